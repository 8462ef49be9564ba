/** Entries as transactions of the ledger, once it is known which tickers they are of. Pure but for the clock. */
import { Big } from "big.js";
import { isCurrency } from "../../market/currency.ts";
import { FutureDateError, InvalidTransactionError } from "../errors.ts";
import { parseTransactionInput } from "../input.ts";
import type { TransactionToInsert } from "../rows.ts";
import type { Entry } from "./entries.ts";
import { isTrade, type RowKind } from "./kinds.ts";
import type { ImportField } from "./layout.ts";
import { ledgerDecimals } from "./money.ts";
import { type Remark, remarkOf } from "./remarks.ts";

export interface ImportRow {
  readonly line: number;
  /** null: not understood; then `errors` say so. */
  readonly kind: RowKind | null;
  /** As the file has them. */
  readonly values: Readonly<Partial<Record<ImportField, string>>>;
  readonly entry: Entry;
  /** null: it is no trade, or it cannot be read and `errors` say why. */
  readonly input: TransactionToInsert | null;
  readonly errors: readonly Remark[];
  readonly warnings: readonly Remark[];
  readonly notes: readonly string[];
  /** It is another trade than the file says, because the market does and a person agreed. */
  readonly isCorrected?: boolean;
}

/** A ticker, or why there is none; undefined: it says itself. */
export type Resolve = (entry: Entry) => string | Remark | undefined;

const newYork = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York", dateStyle: "short" });

/**
 * The day of a trade where it was traded. A broker who writes UTC books an evening in New York on the next day; crypto has
 * its day in UTC, and other exchanges close before midnight in UTC. Midnight itself is a day without a time.
 */
export function tradingDay(
  { date, time, offset }: Pick<Entry, "date" | "time" | "offset">,
  ticker: string,
): string | null {
  if (date === null || time === null || offset === null || time === "00:00:00") return date;
  const instant = Date.parse(`${date}T${time}Z`) - offset * 60_000;
  if (Number.isNaN(instant)) return date;
  const isAmerican = !/[.]/.test(ticker) && !/-(USD|EUR|GBP)$/.test(ticker);
  return isAmerican ? newYork.format(instant) : new Date(instant).toISOString().slice(0, 10);
}

/** As the ledger's table takes it; what it cannot hold is rounded, and said. */
function fitDecimal(field: string, value: string | null, text: string | undefined, notes: string[]): string {
  if (value === null) return (text ?? "").slice(0, 60);
  const rounded = new Big(value).round(ledgerDecimals, 1);
  if (!rounded.eq(value)) notes.push(`the ${field} is rounded to ${ledgerDecimals} decimals`);
  return rounded.toFixed();
}

function inputOf(entry: Entry, ticker: string, notes: string[], clock: () => Date): TransactionToInsert {
  const { kind, texts, ownRate } = entry;
  const quantity = fitDecimal("quantity", entry.quantity, texts.quantity, notes);
  const input = parseTransactionInput(
    {
      ...(ownRate && { currency: entry.currency, fx_rate: ownRate.rate }),
      ticker,
      type: kind,
      // Some files write what is sold as less than nothing.
      quantity: kind === "SELL" ? quantity.replace(/^-/, "") : quantity,
      price: fitDecimal("price", entry.price, texts.price, notes),
      fee: fitDecimal("fee", entry.fee ?? "0", "", notes),
      date: tradingDay(entry, ticker) ?? (texts.date ?? "").slice(0, 40),
    },
    clock,
  );
  if (input.fx_rate === undefined) return input;
  const fx_currency = ownRate?.currency ?? "";
  if (isCurrency(fx_currency)) return { ...input, fx_currency };
  throw new InvalidTransactionError(
    "fx_rate",
    "with the code of a currency in the column fx_currency",
    fx_currency,
  );
}

function valuesOf({ texts }: Entry): ImportRow["values"] {
  const values = {
    date: texts.date,
    type: texts.type,
    ticker: texts.ticker || texts.identifier || texts.name,
    quantity: texts.quantity,
    price: texts.price,
    amount: texts.amount || texts.gross,
    fee: texts.fee?.join(" + "),
    currency: texts.currency,
  };
  return Object.fromEntries(Object.entries(values).map(([field, text]) => [field, text?.slice(0, 80) ?? ""]));
}

export function readRow(entry: Entry, resolve: Resolve, clock: () => Date): ImportRow {
  const { line, kind, errors, warnings } = entry;
  const row = {
    line,
    kind,
    values: valuesOf(entry),
    entry,
    input: null,
    errors,
    warnings,
    notes: entry.notes,
  };
  if (!isTrade(kind) || errors.length > 0) return row;
  const own = entry.instrument?.ticker ?? entry.instrument?.symbol ?? "";
  const found = resolve(entry) ?? own;
  if (typeof found !== "string") return { ...row, errors: [remarkOf(found)] };
  const notes = [...entry.notes];
  if (found !== entry.instrument?.symbol.toUpperCase())
    notes.push(`${entry.instrument?.symbol || entry.instrument?.identifier} is read as ${found}`);
  try {
    return { ...row, input: inputOf(entry, found, notes, clock), notes };
  } catch (error) {
    if (error instanceof InvalidTransactionError || error instanceof FutureDateError)
      return { ...row, errors: [remarkOf(error)] };
    throw error;
  }
}
