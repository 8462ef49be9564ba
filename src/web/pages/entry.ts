/** One transaction of any type: entered, and edited. Each type is a page of its own, so that its form needs no script. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  browseLedger,
  editTransaction,
  findTransaction,
  listAccounts,
  readLedgerCurrencies,
  recordTransaction,
  recordTransfer,
  type Transaction,
  undoLast,
} from "../../ledger/index.ts";
import { readTransferredCost } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError, NotFoundError } from "../errors.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { describeForm, type EntryValues } from "./entry-form.ts";
import { type Entry, type EntryField, entryGroups, entryNamed, entryOf, trades } from "./entry-types.ts";
import { type Problem, type SendPage, sentence } from "./page.ts";

const typed = z.string().max(10_000);
/** What was typed, kept as it was: the ledger says what is wrong with it. */
const form = z.record(
  z.string().max(50),
  typed.or(z.array(typed)).transform((value) => [value].flat()[0] ?? ""),
);

interface State {
  readonly values: EntryValues;
  readonly errors: EntryValues;
  readonly problem: Problem | null;
  readonly status: number;
}

const unsent = (values: EntryValues): State => ({ values, errors: {}, problem: null, status: 200 });

export function entryPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/transactions/new/:entry", async (request, response) => {
    const date = context.clock().toISOString().slice(0, 10);
    const account = positiveId.safeParse(request.query.account);
    const from: EntryValues = account.success
      ? { account: String(account.data), from: String(account.data) }
      : {};
    await sendEntry(context, sendPage, request, response, unsent({ date, ...from }));
  });

  router.post("/transactions/new/:entry", async (request, response) => {
    const { userId } = requirePerson(request);
    const entry = requireEntry(request);
    const { idempotency_key, ...body } = parseInput(form, request.body ?? {});
    const values = valuesOf(entry, body);
    try {
      const recorded = await record(context, userId, entry, values, idempotency_key);
      response.redirect(303, `/transactions?recorded=${recorded.transaction_id}`);
    } catch (error) {
      await sendEntry(context, sendPage, request, response, refusal(error, values, entry, "Not recorded."));
    }
  });

  router.get("/transactions/:id/edit", async (request, response) => {
    const transaction = await findTransaction(
      context,
      requirePerson(request).userId,
      transactionIdOf(request),
    );
    await sendEdit(context, sendPage, request, response, transaction, unsent(valuesOfRow(transaction)));
  });

  router.post("/transactions/:id/edit", async (request, response) => {
    const { userId } = requirePerson(request);
    const transaction = await findTransaction(context, userId, transactionIdOf(request));
    const entry = entryOf(transaction);
    const values = { ...valuesOfRow(transaction), ...parseInput(form, request.body ?? {}) };
    try {
      const change = changeOf(transaction, values);
      if (Object.keys(change).length > 0)
        await editTransaction(context, userId, transaction.transaction_id, change);
      response.redirect(303, `/transactions?edited=${transaction.transaction_id}`);
    } catch (error) {
      const state = refusal(error, values, entry, "Not changed.");
      await sendEdit(context, sendPage, request, response, transaction, state);
    }
  });

  router.post("/transactions/:id/undo", async (request, response) => {
    const { userId } = requirePerson(request);
    const id = transactionIdOf(request);
    try {
      await undoLast(context, userId, id);
      response.redirect(303, `/transactions?edited=${id}`);
    } catch (error) {
      const transaction = await findTransaction(context, userId, id);
      const state = refusal(error, valuesOfRow(transaction), entryOf(transaction), "Not taken back.");
      await sendEdit(context, sendPage, request, response, transaction, state);
    }
  });
  return router;
}

function requireEntry(request: Request): Entry {
  const entry = entryNamed(request.params.entry);
  if (!entry) throw new NotFoundError(`page ${request.path}`);
  return entry;
}

function transactionIdOf(request: Request): number {
  const result = positiveId.safeParse(request.params.id);
  if (!result.success) throw new NotFoundError(`transaction ${request.params.id}`);
  return result.data;
}

const ownFields: readonly EntryField[] = ["account", "note", "tags"];

function valuesOf(entry: Entry, body: Readonly<Record<string, string>>): EntryValues {
  return Object.fromEntries([...ownFields, ...entry.fields].map((field) => [field, body[field] ?? ""]));
}

/** As the form has them. */
function valuesOfRow(row: Transaction): EntryValues {
  const { account_id, tags, ...said } = row;
  const texts = Object.entries(said).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value]] : [],
  );
  return { ...Object.fromEntries(texts), account: String(account_id), tags: (tags ?? []).join(", ") };
}

/** As the ledger takes it; "": nothing is said. */
function saidOf(field: string, value: string): unknown {
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

async function record(
  context: WebContext,
  userId: number,
  entry: Entry,
  values: EntryValues,
  idempotencyKey: string | undefined,
): Promise<Transaction> {
  const said = Object.fromEntries(
    Object.entries(values)
      .map(([field, value]) => [field, saidOf(field, value)] as const)
      .filter(([, value]) => value !== null),
  );
  if (entry.type !== null) {
    const input = { ...said, type: entry.type };
    return (await recordTransaction(context, userId, input, idempotencyKey)).transaction;
  }
  const { account, ...rest } = said;
  const ends = entry.isBetween ? {} : { from: account };
  const input = { ...rest, ...ends };
  const { transactions } = await recordTransfer(context, userId, input, readTransferredCost, idempotencyKey);
  return transactions[0]!;
}

/** What is another than it was; null: nothing any more. */
function changeOf(before: Transaction, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const was: Readonly<Record<string, string | undefined>> = valuesOfRow(before);
  const entry = entryOf(before);
  const fields = before.transfer_id === null ? [...ownFields, ...entry.fields, "type"] : ["note", "tags"];
  const changed = fields.filter((field) => (values[field] ?? "").trim() !== (was[field] ?? ""));
  return Object.fromEntries(changed.map((field) => [field, saidOf(field, values[field] ?? "")]));
}

/** The form again, with what was typed and what is wrong with it; what is ours is thrown on. */
function refusal(error: unknown, values: EntryValues, entry: Entry, heading: string): State {
  const { status, code, field, message } = describeError(error, "POST", "");
  if (status >= 500 && code !== "market_data_unavailable") throw error;
  const place = field && placeOf(field, message, values, entry);
  if (place) return { values, status, errors: { [place]: sentence(message) }, problem: null };
  return { values, status, errors: {}, problem: { heading, message: sentence(message) } };
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

async function readSurroundings(context: WebContext, userId: number) {
  const accounts = await listAccounts(context, userId);
  const query = { sort: "date", isDescending: true, page: 1 } as const;
  const { tickers } = await browseLedger(context, userId, query, 1);
  const currencies = await readLedgerCurrencies(context, userId, [], tickers);
  const all = [...currencies.all, ...accounts.flatMap(({ currency }) => currency ?? [])];
  return { accounts, tickers, currencies: { ...currencies, all: [...new Set(all)] } };
}

/** The types that there are to choose from; two accounts are needed to move something between them. */
export function entryChoices(accounts: number, current: string | null) {
  const groups = [{ label: "Trades", entries: trades }, ...entryGroups];
  return groups
    .filter(({ entries }) => accounts > 1 || !entries.some(({ isBetween }) => isBetween))
    .map(({ label, entries }) => ({
      label,
      entries: entries.map((entry) => ({
        name: entry.name,
        label: entry.label,
        isCurrent: entry.name === current,
      })),
    }));
}

async function sendEntry(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  { values, errors, problem, status }: State,
): Promise<void> {
  const { userId } = requirePerson(request);
  const entry = requireEntry(request);
  const { accounts, tickers, currencies } = await readSurroundings(context, userId);
  sendPage(request, response, {
    view: "entry",
    title: entry.label,
    status,
    currencies,
    data: {
      entry,
      problem,
      form: describeForm(context, { entry, values, errors, accounts, base: currencies.base }),
      action: `/transactions/new/${entry.name}`,
      groups: entryChoices(accounts.length, entry.name),
      needsAccounts: entry.isBetween && accounts.length < 2,
      tickers,
      currencyCodes: currencies.all,
      idempotencyKey: crypto.randomUUID(),
    },
  });
}

async function sendEdit(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  transaction: Transaction,
  { values, errors, problem, status }: State,
): Promise<void> {
  const { userId } = requirePerson(request);
  const entry = entryOf(transaction);
  const isOneSide = transaction.transfer_id !== null;
  const { accounts, tickers, currencies } = await readSurroundings(context, userId);
  const isTrade = trades.includes(entry) && !isOneSide;
  sendPage(request, response, {
    view: "entry",
    title: `Edit: ${entry.label.toLowerCase()}`,
    status,
    currencies,
    data: {
      entry,
      problem,
      form: describeForm(context, { entry, values, errors, accounts, base: currencies.base, isOneSide }),
      action: `/transactions/${transaction.transaction_id}/edit`,
      edited: transaction,
      isOneSide,
      types: isTrade
        ? trades.map(({ type, label }) => ({ type, label, isChosen: type === typeOf(values, transaction) }))
        : null,
      typeError: errors["type" as EntryField],
      tickers,
      currencyCodes: currencies.all,
    },
  });
}

const typeOf = (values: Readonly<Record<string, string>>, { type }: Transaction): string =>
  values.type ?? type;
