/** The form of one kind of entry: its fields, in rows, with what was typed and what is wrong with it. */

import type { listAccounts } from "../../ledger/index.ts";
import { latestToday } from "../../ledger/index.ts";
import { isOwnAsset } from "../../market/ticker.ts";
import type { WebContext } from "../context.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import type { Entry, EntryField } from "./entry-types.ts";

export type Account = Awaited<ReturnType<typeof listAccounts>>[number];

/** As texts, by field. */
export type EntryValues = Readonly<Partial<Record<EntryField, string>>>;

interface Choice {
  readonly value: string;
  readonly label: string;
  readonly isSelected: boolean;
}

interface FieldView {
  readonly name: EntryField;
  readonly label: string;
  readonly value: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly type?: string;
  readonly inputmode?: string;
  readonly list?: string;
  readonly max?: string;
  readonly required?: boolean;
  readonly autocomplete: "off";
  /** Of a select. */
  readonly choices?: readonly Choice[];
}

interface Row {
  readonly fields: readonly FieldView[];
  readonly isPair: boolean;
}

const usualLabels: Readonly<Record<EntryField, Message>> = {
  account: defineMessage("Account"),
  from: defineMessage("From account"),
  to: defineMessage("To account"),
  ticker: defineMessage("Ticker"),
  quantity: defineMessage("Quantity"),
  price: defineMessage("Price"),
  amount: defineMessage("Amount"),
  to_amount: defineMessage("Amount received"),
  fee: defineMessage("Fee"),
  tax: defineMessage("Tax withheld"),
  numerator: defineMessage("New shares"),
  denominator: defineMessage("For old shares"),
  acquired_on: defineMessage("Bought on"),
  date: defineMessage("Date"),
  currency: defineMessage("Currency"),
  to_currency: defineMessage("Currency received"),
  fx_rate: defineMessage("Exchange rate"),
  note: defineMessage("Note"),
  tags: defineMessage("Tags"),
};

/** Numbers. */
export const figures: ReadonlySet<EntryField> = new Set([
  "quantity",
  "price",
  "amount",
  "to_amount",
  "fee",
  "tax",
  "numerator",
  "denominator",
  "fx_rate",
]);
const optional: ReadonlySet<EntryField> = new Set([
  "fee",
  "tax",
  "acquired_on",
  "currency",
  "fx_rate",
  "note",
  "tags",
]);
const accountFields: ReadonlySet<EntryField> = new Set(["account", "from", "to"]);
/** What stands behind "Currency": nobody needs it who pays in what a thing is quoted in. */
const ofCurrency: ReadonlySet<EntryField> = new Set(["currency", "fx_rate"]);
const remarks: readonly EntryField[] = ["note", "tags"];

export interface FormSubject {
  readonly entry: Entry;
  /** As they are shown: a number as the page writes it. */
  readonly values: EntryValues;
  readonly errors: EntryValues;
  readonly accounts: readonly Account[];
  /** The person's base currency. */
  readonly base: string;
  /** One side of what was written together: what belongs to the row alone can be changed. */
  readonly isOneSide?: boolean;
}

/** The account that nothing, or a text, names. */
const accountOf = (accounts: readonly Account[], value: string | undefined): Account | undefined =>
  accounts.find(({ account_id }) => String(account_id) === value) ??
  accounts.find(({ is_default }) => is_default);

export function describeForm(context: Pick<WebContext, "clock">, subject: FormSubject) {
  const { entry, accounts, isOneSide = false } = subject;
  const hasChoice = accounts.length > 1 && !entry.isBetween;
  const shown: readonly EntryField[] = isOneSide
    ? []
    : [...(hasChoice ? (["account"] as const) : []), ...entry.fields];
  // Of cash the currency is the amount's, and stands beside it.
  const amount = entry.fields.indexOf("amount");
  const isBesideAmount = amount >= 0 && entry.fields[amount + 1] === "currency";
  const isAside = (field: EntryField): boolean =>
    ofCurrency.has(field) && !(isBesideAmount && field === "currency");
  const view = (field: EntryField): FieldView => viewOf(context, subject, field);
  const currency = shown.filter(isAside).map(view);
  const account = accountOf(accounts, subject.values.account ?? subject.values.from);
  return {
    rows: rowsOf(shown.filter((field) => !isAside(field)).map(view)),
    currency: {
      rows: rowsOf(currency),
      isOpen: currency.some(({ value, error }) => (value !== "" && value !== subject.base) || error),
    },
    remarks: remarks.map(view),
    areRemarksOpen: isOneSide || remarks.some((field) => subject.values[field] || subject.errors[field]),
    ofMarket: entry.type === "DIVIDEND" && account?.income === "market" ? account : null,
    withoutCash: movesCash.has(entry.name) && account && !account.tracks_cash && !isOneSide ? account : null,
  };
}

/** In an account that keeps no cash these move no figure. */
const movesCash = new Set(["deposit", "withdrawal", "conversion", "transfer-cash"]);

function viewOf({ clock }: Pick<WebContext, "clock">, subject: FormSubject, field: EntryField): FieldView {
  const { entry, values, errors } = subject;
  const value = values[field] ?? "";
  return {
    name: field,
    label: t(entry.labels?.[field] ?? usualLabels[field]),
    value,
    hint: hintOf(subject, field),
    error: errors[field],
    autocomplete: "off",
    required: !optional.has(field) && !(field === "ticker" && entry.labels?.ticker !== undefined),
    ...(figures.has(field) && { inputmode: "decimal" }),
    ...((field === "date" || field === "acquired_on") && { type: "date", max: latestToday(clock()) }),
    ...(field === "ticker" && { list: "own-tickers" }),
    ...((field === "currency" || field === "to_currency") && { list: "own-currencies" }),
    ...(accountFields.has(field) && { choices: choicesOf(subject.accounts, value) }),
  };
}

/** Those that are open, and the one that is chosen. `value`: its id; "": the default one. */
export function choicesOf(accounts: readonly Account[], value: string): Choice[] {
  return accounts
    .filter(({ account_id, closed_at }) => closed_at === null || String(account_id) === value)
    .map(({ account_id, name, is_default }) => ({
      value: String(account_id),
      label: name,
      isSelected: value === "" ? is_default : String(account_id) === value,
    }));
}

function hintOf({ entry, base, accounts, values }: FormSubject, field: EntryField): string | undefined {
  if (field === "ticker") return isOwnAsset(values.ticker ?? "") ? shownTicker(values.ticker!) : undefined;
  if (field === "currency" && entry.fields.includes("to_currency")) return undefined;
  if (field === "currency" && (entry.isBetween || !entry.fields.includes("ticker")))
    return t("Empty: {currency}.", {
      currency: accountOf(accounts, values.account ?? values.from)?.currency ?? base,
    });
  if (field === "currency") return t("Empty: what the ticker is quoted in.");
  if (field === "fx_rate")
    return t("{currency} for one of the currency. Empty: the day’s.", { currency: base });
  if (field === "acquired_on") return t("Empty: on the date of the transfer.");
  if (field === "tags") return t("Separated by commas.");
  return undefined;
}

/** Two short fields beside each other; an account and a note have a row of their own. */
function rowsOf(fields: readonly FieldView[]): Row[] {
  const rows: FieldView[][] = [];
  for (const field of fields) {
    const last = rows.at(-1);
    const isWide = field.name === "account" || field.name === "ticker";
    if (last && last.length === 1 && !isWide && !["account", "ticker"].includes(last[0]!.name))
      last.push(field);
    else rows.push([field]);
  }
  return rows.map((row) => ({ fields: row, isPair: row.length > 1 }));
}
