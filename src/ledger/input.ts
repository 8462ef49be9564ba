import { Big } from "big.js";
import { z } from "zod";
import { parseTicker } from "../market/ticker.ts";
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
}

const digits = "with at most 28 digits, 12 of them decimals";
const expectations: Record<TransactionField, string> = {
  ticker: "1 to 20 letters, digits and . - = ^ &, such as AAPL, BRK-B or BTC-USD",
  type: "BUY or SELL",
  quantity: `a number above 0 and below 1e15, ${digits}`,
  price: `a number above 0 and below 1e15, ${digits}`,
  fee: `a number from 0 to 1e15, ${digits}`,
  date: "a day of the calendar since 1900, as YYYY-MM-DD",
};

const limit = new Big("1e15");
const longestNumber = 100;

/** null: no number that the ledger can hold. A JSON number is taken as it is written: 0.1 is 0.1. */
function decimalOf(value: string | number): Big | null {
  const text = String(value).trim();
  if (text.length > longestNumber) return null;
  // A number may write itself with an exponent (1e-7); in a string that is a slip of the keyboard.
  const isPlain = typeof value === "number" ? Number.isFinite(value) : /^(\d+(\.\d*)?|\.\d+)$/.test(text);
  if (!isPlain) return null;
  const decimal = new Big(text.replace(/\.$/, ""));
  const [whole = "", fraction = ""] = decimal.toFixed().split(".");
  const isShort = fraction.length <= 12 && whole.length + fraction.length <= 28;
  return isShort && decimal.gte(0) && decimal.lt(limit) ? decimal : null;
}

function decimalFrom(isAllowed: (decimal: Big) => boolean) {
  return z.union([z.string(), z.number()]).transform((value, context): string => {
    const decimal = decimalOf(value);
    if (decimal && isAllowed(decimal)) return decimal.toFixed();
    context.addIssue({ code: "custom" });
    return z.NEVER;
  });
}

const positive = decimalFrom((decimal) => decimal.gt(0));

/** A day that the ledger can hold. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text < "1900-01-01") return false;
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text); // 2024-02-30 would be March
}

const ticker = z.string().transform((text, context) => {
  try {
    return parseTicker(text);
  } catch {
    context.addIssue({ code: "custom" });
    return z.NEVER;
  }
});

// A form sends an empty field for no fee.
const fee = z
  .literal("")
  .or(decimalFrom(() => true))
  .nullish()
  .transform((value) => value || "0");

/** What is parsed; also what the API's description is made from. */
export const transactionInput = z.object({
  ticker: ticker.describe(expectations.ticker),
  type: z.enum(["BUY", "SELL"]),
  quantity: positive.describe(expectations.quantity),
  price: positive.describe(expectations.price),
  fee: fee.describe(expectations.fee),
  date: z.string().trim().refine(isDate).describe(expectations.date),
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
  return parsed.data;
}

/** Today where a day begins first (UTC+14), and so today for everybody. The table allows a whole day beyond UTC's. */
export function latestToday(now: Date): string {
  return new Date(now.getTime() + 14 * 3600_000).toISOString().slice(0, 10);
}
