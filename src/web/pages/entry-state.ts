/** What the forms of all types of transaction share: what was typed, what the ledger is told of it, and what it answers. */
import { z } from "zod";
import {
  browseLedger,
  findInputProblems,
  listAccounts,
  readLedgerCurrencies,
  type Transaction,
  transactionTypes,
} from "../../ledger/index.ts";
import type { WebContext } from "../context.ts";
import { describeError } from "../errors.ts";
import { type NumbersRead, numberLocale, readNumbers, shownNumbers } from "../number-input.ts";
import { parseInput } from "../route.ts";
import { inWords } from "../words.ts";
import { type EntryValues, figures } from "./entry-form.ts";
import type { Entry, EntryField } from "./entry-types.ts";
import { type ChosenLots, findWrongLot } from "./lots-form.ts";
import type { Problem } from "./page.ts";
import { TradeQuestion } from "./trade-question.ts";

const typed = z.string().max(10_000);

/** What was typed, kept as it was: the ledger says what is wrong with it. */
const form = z.record(
  z.string().max(50),
  typed.or(z.array(typed)).transform((value) => [value].flat()[0] ?? ""),
);

export interface State {
  readonly values: EntryValues;
  /** Of a sale. */
  readonly chosen: ChosenLots;
  readonly errors: EntryValues & { readonly lots?: string };
  /** Numbers that could not be read, as they were typed. */
  readonly unread: Readonly<Record<string, string>>;
  readonly problem: Problem | null;
  /** What the market says against it. */
  readonly question?: TradeQuestion;
  readonly status: number;
}

export const unsent = (values: EntryValues, chosen: ChosenLots = null): State => ({
  values,
  chosen,
  errors: {},
  unread: {},
  problem: null,
  status: 200,
});

/** What came with a form, its numbers as plain decimals. */
export function readForm(body: unknown): NumbersRead<Readonly<Record<string, string>>> {
  const { number_locale, ...sent } = parseInput(form, body ?? {});
  return readNumbers(sent, isNumber, parseInput(numberLocale, number_locale));
}

const isNumber = (field: string): boolean => figures.has(field as EntryField) || /^lot-\d+$/.test(field);

/** As the form shows them once more. */
export const shownValues = ({ values, unread }: State, locale: string): EntryValues =>
  shownNumbers({ ...values, ...ofFields(unread) }, isNumber, unread, locale);

const ofFields = (unread: State["unread"]): EntryValues =>
  Object.fromEntries(Object.entries(unread).filter(([field]) => figures.has(field as EntryField)));

/** Everything that is wrong before the ledger is asked; null: nothing is. `input`: as the ledger takes it. */
export function findErrors(
  { clock }: WebContext,
  { entry, values, chosen }: Sent,
  { unread, errors }: Pick<NumbersRead<object>, "unread" | "errors">,
  input: object | null,
): State | null {
  const shown: readonly string[] = [...entry.fields, ...ownFields];
  const wrong = input === null ? [] : findInputProblems(input, clock, transactionTypes);
  const lot = Object.keys(errors).find((field) => field.startsWith("lot-"));
  const all = {
    ...Object.fromEntries(
      wrong
        .filter(({ field }) => shown.includes(field))
        .map((error) => [error.field, inWords(error, error.message)]),
    ),
    ...Object.fromEntries(Object.entries(errors).filter(([field]) => shown.includes(field))),
    ...(lot !== undefined && { lots: errors[lot]! }),
  };
  if (Object.keys(all).length === 0) return null;
  return { values, chosen, unread, errors: all, problem: null, status: 422 };
}

export const ownFields: readonly EntryField[] = ["account", "note", "tags"];

/** As the form has them. */
export function valuesOfRow(row: Transaction): EntryValues {
  const { account_id, tags, ...said } = row;
  const texts = Object.entries(said).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value]] : [],
  );
  return { ...Object.fromEntries(texts), account: String(account_id), tags: (tags ?? []).join(", ") };
}

/** As the ledger takes it; "": nothing is said. */
export function saidOf(field: string, value: string): unknown {
  const text = value.trim();
  if (text === "") return null;
  if (field === "account" || field === "from" || field === "to") return Number(text) || text;
  if (field === "currency" || field === "to_currency") return inCapitals(text);
  if (field === "tags") return tagsOf(text);
  return value;
}

/** GBp is pence, and stays so. */
const inCapitals = (currency: string): string =>
  /^[a-z]{3}$/.test(currency) ? currency.toUpperCase() : currency;

const tagsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
  ),
];

export interface Sent {
  readonly entry: Entry;
  readonly values: EntryValues;
  readonly chosen: ChosenLots;
}

/** The form again, with what was typed and what is wrong with it; what is ours is thrown on. */
export function refusal(error: unknown, { values, chosen, entry }: Sent, heading: string): State {
  if (error instanceof TradeQuestion) return { ...unsent(values, chosen), question: error, status: 422 };
  const { status, code, field, message } = describeError(error, "POST", "");
  if (status >= 500 && code !== "market_data_unavailable") throw error;
  const isOfLots = field === "lots" && chosen !== null;
  const place = isOfLots ? "lots" : field && placeOf(field, message, values, entry);
  const state = { ...unsent(values, chosen), status };
  if (place) return { ...state, errors: { [place]: inWords(error, message) } };
  return { ...state, problem: { heading, message: inWords(error, message) } };
}

/** Which field of the form it is: the ledger knows rows, of which a transfer has several. */
function placeOf(field: string, message: string, values: EntryValues, entry: Entry): EntryField | null {
  const shown: readonly EntryField[] = [...entry.fields, ...ownFields];
  const others: Readonly<Record<string, EntryField>> = {
    account: "to",
    amount: "to_amount",
    currency: "to_currency",
  };
  const other = others[field];
  const isIn = (name: EntryField): boolean => shown.includes(name);
  if (other && isIn(other)) {
    const first = field === "account" ? "from" : (field as EntryField);
    const isOther =
      message.includes(`got: ${JSON.stringify(values[other] ?? "")}`) || message.includes("`to`");
    return isOther || !isIn(first) ? other : first;
  }
  return isIn(field as EntryField) ? (field as EntryField) : null;
}

export async function readSurroundings(context: WebContext, userId: number) {
  const accounts = await listAccounts(context, userId);
  const query = { sort: "date", isDescending: true, page: 1 } as const;
  const { tickers } = await browseLedger(context, userId, query, 1);
  const currencies = await readLedgerCurrencies(context, userId, [], tickers);
  const all = [...currencies.all, ...accounts.flatMap(({ currency }) => currency ?? [])];
  return { accounts, tickers, currencies: { ...currencies, all: [...new Set(all)] } };
}

/** A button was pressed that asks for the purchases, or what was typed beside one is no figure. */
export const isAsking = (body: Readonly<Record<string, string>>, chosen: ChosenLots): boolean =>
  body.choose !== undefined || findWrongLot(chosen) !== undefined;

export function asked(
  values: EntryValues,
  chosen: ChosenLots,
  body: Readonly<Record<string, string>>,
  { unread, errors }: Pick<NumbersRead<object>, "unread" | "errors">,
): State {
  const wrong = findWrongLot(chosen);
  const isSent = body.choose === undefined;
  const state = { ...unsent(values, chosen), unread };
  return { ...state, errors: { ...errors, ...(wrong && { lots: wrong }) }, status: isSent ? 422 : 200 };
}
