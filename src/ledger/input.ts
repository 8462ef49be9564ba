import { Big } from "big.js";
import { z } from "zod";
import { inMajor, isCurrency, minorUnitNames, type Unit, unitOf } from "../market/currency.ts";
import { typedTicker } from "../market/ticker.ts";
import { day } from "../values.ts";
import { FutureDateError, InvalidTransactionError, type TransactionField } from "./errors.ts";

export type TransactionType = "BUY" | "SELL";

/** A transaction that somebody wants recorded, checked; decimals without exponent and trailing zeros. */
export interface TransactionInput {
  readonly ticker: string;
  readonly type: TransactionType;
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
  readonly date: string;
  /** ISO code of what it was paid in; absent: the ticker's own currency. */
  readonly currency?: string;
  /** What one of it was worth in the person's base currency; absent: the day's rate. */
  readonly fx_rate?: string;
}

const digits = "with at most 28 digits, 12 of them decimals";
const expectations: Record<TransactionField, string> = {
  ticker: "1 to 20 letters, digits and . - = ^ &, such as AAPL, BRK-B or BTC-USD",
  type: "BUY or SELL",
  quantity: `a number above 0 and below 1e15, ${digits}`,
  price: `a number above 0 and below 1e15, ${digits}`,
  fee: `a number from 0 to 1e15, ${digits}`,
  date: "a day of the calendar since 1900, as YYYY-MM-DD",
  currency: `the code of a currency, such as USD or KES, or one of ${minorUnitNames.join(", ")}, in which price and fee then are`,
  fx_rate: `a number above 0 and below 1e12, ${digits}: what one of the currency was worth in your base currency`,
};

const longestNumber = 100;
/** Without an exponent, which in a text is a slip of the keyboard. By how many digits there may be before the point. */
const plainDecimal = {
  15: /^\s*0*(?:\d{1,15}(?:\.\d{0,12}0*)?|\.\d{1,12}0*)\s*$/,
  12: /^\s*0*(?:\d{1,12}(?:\.\d{0,12}0*)?|\.\d{1,12}0*)\s*$/,
} as const;

/** A text, or a JSON number, which is taken as it is written: 0.1 is 0.1. `some`: above 0. */
function decimalFrom(some: boolean, digits: keyof typeof plainDecimal = 15) {
  const text = z.string().max(longestNumber, { abort: true }).regex(plainDecimal[digits], { abort: true });
  const number = z.number().lt(10 ** digits);
  return z
    .union([some ? text.regex(/[1-9]/) : text, some ? number.gt(0) : number.min(0)])
    .transform((value, context): string => {
      const decimal = new Big(String(value).trim().replace(/\.$/, "")).toFixed();
      if ((decimal.split(".")[1]?.length ?? 0) <= 12) return decimal;
      context.addIssue({ code: "custom" });
      return z.NEVER;
    });
}

const positive = decimalFrom(true);

/** A day that the ledger can hold. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text < "1900-01-01") return false;
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text); // 2024-02-30 would be March
}

const ticker = z
  .string()
  .regex(typedTicker, { abort: true })
  .transform((text) => text.trim().toUpperCase());

// A form sends an empty field for no fee.
const fee = z
  .literal("")
  .or(decimalFrom(false))
  .nullish()
  .transform((value) => value || "0");

// As a form sends an empty field for what nobody said. Whether there is such a currency is asked afterwards.
const currency = z
  .string()
  .regex(new RegExp(`^(?:[A-Z]{3}|${minorUnitNames.join("|")}|)$`))
  .nullish();

const fxRate = z.literal("").or(decimalFrom(true, 12)).nullish();

/** What is parsed; also what the API's description is made from. */
export const transactionInput = z.object({
  ticker: ticker.describe(expectations.ticker),
  type: z.enum(["BUY", "SELL"]),
  quantity: positive.describe(expectations.quantity),
  price: positive.describe(expectations.price),
  fee: fee.describe(expectations.fee),
  date: day.describe(expectations.date),
  currency: currency.describe(expectations.currency),
  fx_rate: fxRate.describe(expectations.fx_rate),
});

/** Throws InvalidTransactionError for the first field that is wrong, or FutureDateError. `clock` says what day it is. */
export function parseTransactionInput(input: unknown, clock: () => Date): TransactionInput {
  const fields = z.record(z.string(), z.unknown()).safeParse(input).data ?? {};
  const parsed = transactionInput.safeParse(fields);
  if (!parsed.success) {
    const field = parsed.error.issues[0]!.path[0] as TransactionField;
    throw new InvalidTransactionError(field, expectations[field], fields[field]);
  }
  const today = latestToday(clock());
  if (parsed.data.date > today) throw new FutureDateError(parsed.data.date, today);
  const { currency: name, fx_rate, ...trade } = parsed.data;
  const unit = name ? unitOf(name) : null;
  if (unit && !isCurrency(unit.currency))
    throw new InvalidTransactionError("currency", expectations.currency, name);
  return {
    ...trade,
    ...(unit && { currency: unit.currency, price: paid("price", unit), fee: paid("fee", unit) }),
    ...(fx_rate && { fx_rate }),
  };

  /** In the unit's currency, once and for all; exactly, or not at all. */
  function paid(field: "price" | "fee", unit: Unit): string {
    const amount = inMajor(trade[field], unit);
    if ((amount.split(".")[1]?.length ?? 0) <= 12) return amount;
    throw new InvalidTransactionError(field, `${expectations[field]}, in ${unit.currency}`, amount);
  }
}

/** Today where a day begins first (UTC+14), and so today for everybody. The table allows a whole day beyond UTC's. */
export function latestToday(now: Date): string {
  return new Date(now.getTime() + 14 * 3600_000).toISOString().slice(0, 10);
}
