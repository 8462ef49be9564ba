/** Entries as transactions of the ledger, once it is known which tickers they are of. Pure but for the clock. */

import { Big } from "big.js";
import { z } from "zod";
import { isCurrency } from "../../market/currency.ts";
import { plain } from "../../plain.ts";
import { FutureDateError, InvalidTransactionError } from "../errors.ts";
import { cost, expectations, groupId, transferId } from "../fields.ts";
import { parseTransactionInput, type TransactionInput } from "../input.ts";
import { transactionTypes } from "../transaction-types.ts";
import type { Entry } from "./entry.ts";
import { isTrade, type RowKind } from "./kinds.ts";
import type { ImportField } from "./layout.ts";
import { ledgerDecimals } from "./money.ts";
import { ownFields } from "./own.ts";
import type { RecordGroup } from "./recording.ts";
import { type Note, noteOf, type Remark, remarkOf } from "./remarks.ts";

/** What a row would have recorded. Its account is named as the file does. */
export interface RowInput extends TransactionInput {
  readonly fx_currency?: string;
  readonly transfer_id?: string;
  readonly group_id?: string;
  readonly market_value?: string;
}

export interface ImportRow {
  readonly line: number;
  /** null: not understood; then `errors` say so. */
  readonly kind: RowKind | null;
  /** As the file has them. */
  readonly values: Readonly<Partial<Record<ImportField, string>>>;
  readonly entry: Entry;
  /** null: it cannot be recorded, and `errors` or `problem` say why, or it is part of another row. */
  readonly input: RowInput | null;
  /** Of what is no trade: with which others it is recorded or left out; null: it cannot be recorded, and `problem` says why. */
  readonly group?: RecordGroup | null;
  readonly problem?: Remark;
  /** Of a conversion in one row, which is recorded as what went out: what came in. */
  readonly counterpart?: RowInput;
  /** Line of the dividend that this was withheld of. */
  readonly partOf?: number;
  readonly errors: readonly Remark[];
  readonly warnings: readonly Remark[];
  readonly notes: readonly Note[];
  /** It is another trade than the file says, because the market does and a person agreed. */
  readonly isCorrected?: boolean;
}

const partSchema = z.object({
  transfer_id: transferId.optional(),
  group_id: groupId,
  market_value: cost.optional(),
});

/** What a spin-off takes of its parent is a cost, and no shares. */
function parseOwn(
  fields: Readonly<Record<string, unknown>>,
  isExchanged: boolean,
  clock: () => Date,
): TransactionInput {
  const isCostAlone = isExchanged && fields.type === "TRANSFER_OUT" && !fields.quantity;
  if (!isCostAlone) return parseTransactionInput(fields, clock, transactionTypes);
  const amount = cost.safeParse(fields.amount);
  if (!amount.success) throw new InvalidTransactionError("amount", expectations.amount, fields.amount);
  const { amount: _, ...rest } = fields;
  const { quantity: __, ...input } = parseTransactionInput(
    { ...rest, quantity: "1" },
    clock,
    transactionTypes,
  );
  return { ...input, amount: amount.data };
}

/** Trades, what is to be understood yet, and whatever our own export has; of others a person says whether they are recorded. */
export const isForLedger = ({ kind, entry }: Pick<ImportRow, "kind" | "entry">): boolean =>
  kind === null || isTrade(kind) || entry.own !== undefined;

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

const decimals = { decimals: String(ledgerDecimals) };
const roundings = {
  quantity: plain("The quantity is rounded to {decimals} decimals.", decimals),
  price: plain("The price is rounded to {decimals} decimals.", decimals),
  fee: plain("The fee is rounded to {decimals} decimals.", decimals),
};

/** As the ledger's table takes it; what it cannot hold is rounded, and said. */
function fitDecimal(
  field: keyof typeof roundings,
  value: string | null,
  text: string | undefined,
  notes: Note[],
): string {
  if (value === null) return (text ?? "").slice(0, 60);
  const rounded = new Big(value).round(ledgerDecimals, 1);
  if (!rounded.eq(value)) notes.push(noteOf(roundings[field]));
  return rounded.toFixed();
}

/** A row of our own export, of whichever type. */
function ownInputOf(entry: Entry, ticker: string | undefined, clock: () => Date): RowInput {
  const { own = {} } = entry;
  const fields = { ...ownFields(entry), ...(ticker !== undefined && { ticker }) };
  const { transfer_id, group_id, market_value } = own;
  const isExchanged = Boolean(market_value) && Boolean(group_id);
  const input = parseOwn(fields, isExchanged, clock);
  const parts = partSchema.safeParse({ transfer_id, group_id, ...(isExchanged && { market_value }) });
  if (!parts.success) {
    const field = parts.error.issues[0]!.path[0] as "transfer_id" | "group_id" | "market_value";
    throw new InvalidTransactionError(field, expectations[field], own[field]);
  }
  if ((input.type === "FX_IN" || input.type === "FX_OUT") && parts.data.transfer_id === undefined)
    throw new InvalidTransactionError("transfer_id", expectations.transfer_id, own.transfer_id);
  const row = {
    ...input,
    ...Object.fromEntries(Object.entries(parts.data).filter(([, id]) => id !== undefined)),
  };
  if (row.fx_rate === undefined) return row;
  const fx_currency = own.fx_currency ?? "";
  if (isCurrency(fx_currency)) return { ...row, fx_currency };
  throw new InvalidTransactionError(
    "fx_rate",
    "with the code of a currency in the column fx_currency",
    fx_currency,
  );
}

function inputOf(entry: Entry, ticker: string, notes: Note[], clock: () => Date): RowInput {
  const { kind, texts, currency, rate } = entry;
  const quantity = fitDecimal("quantity", entry.quantity, texts.quantity, notes);
  const input = parseTransactionInput(
    {
      ticker,
      type: kind,
      // A coin that is worth a dollar is no currency of the ledger's.
      ...(currency !== null && isCurrency(currency) && { currency, fx_rate: rate?.fx_rate }),
      // Some files write what is sold as less than nothing.
      quantity: kind === "SELL" ? quantity.replace(/^-/, "") : quantity,
      price: fitDecimal("price", entry.price, texts.price, notes),
      fee: fitDecimal("fee", entry.fee ?? "0", "", notes),
      date: tradingDay(entry, ticker) ?? (texts.date ?? "").slice(0, 40),
    },
    clock,
  );
  return input.fx_rate === undefined ? input : { ...input, fx_currency: rate!.fx_currency };
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
  if (!(isTrade(kind) || entry.own) || errors.length > 0) return row;
  const own = entry.instrument?.ticker ?? entry.instrument?.symbol ?? "";
  const found = entry.own && !entry.instrument ? "" : (resolve(entry) ?? own);
  if (typeof found !== "string") return { ...row, errors: [remarkOf(found)] };
  const notes = [...entry.notes];
  if (entry.instrument && found !== entry.instrument.symbol.toUpperCase())
    notes.push(
      noteOf(
        plain("{symbol} is read as {ticker}.", {
          symbol: entry.instrument.symbol || (entry.instrument.identifier ?? ""),
          ticker: found,
        }),
      ),
    );
  try {
    const input = entry.own
      ? ownInputOf(entry, found || undefined, clock)
      : inputOf(entry, found, notes, clock);
    return { ...row, input, notes };
  } catch (error) {
    if (error instanceof InvalidTransactionError || error instanceof FutureDateError)
      return { ...row, errors: [remarkOf(error)] };
    throw error;
  }
}
