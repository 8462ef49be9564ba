/** What each field of a transaction takes, whichever its type. */
import { Big } from "big.js";
import { z } from "zod";
import { minorUnitNames } from "../market/currency.ts";
import { ledgerTicker, typedTicker } from "../market/ticker.ts";
import { day, nonblank } from "../values.ts";
import type { TransactionField } from "./errors.ts";

/** Of any figure that the ledger takes. */
export const mostDecimals = 12;

const digits = `with at most 28 digits, ${mostDecimals} of them decimals`;
const sum = `a number above 0 and below 1e15, ${digits}`;

/** Of a field that is wrong: what was expected of it. */
export const expectations: Readonly<Record<TransactionField, string>> = {
  account: "the id or the name of one of your accounts",
  ticker: "1 to 20 letters, digits and . - = ^ &, such as AAPL, BRK-B or BTC-USD",
  type: "BUY, SELL, DIVIDEND, INTEREST, DEPOSIT, WITHDRAWAL, FEE, TAX, TRANSFER_IN, TRANSFER_OUT, SPLIT, RETURN_OF_CAPITAL or BONUS",
  quantity: sum,
  price: sum,
  amount: sum,
  fee: `a number from 0 to 1e15, ${digits}`,
  tax: `a number between -1e15 and 1e15, ${digits}: what was withheld, below 0 where it was paid back`,
  date: "a day of the calendar since 1900, as YYYY-MM-DD",
  currency: `the code of a currency, such as USD or KES, or one of ${minorUnitNames.join(", ")}, in which price and fee then are`,
  fx_rate: `a number above 0 and below 1e12, ${digits}: what one of the currency was worth in your base currency`,
  numerator: `a number above 0 and below 1e9, ${digits}: into how many shares \`denominator\` old ones were split`,
  denominator: `a number above 0 and below 1e9, ${digits}: how many old shares were split into \`numerator\``,
  acquired_on:
    "the day on which the shares had been bought, as YYYY-MM-DD, not after the date of the transfer",
  lots: "what of each purchase is sold, as {transaction_id of the purchase: quantity}, together at most the quantity",
  note: "a text of 1 to 1000 characters",
  tags: "1 to 20 texts of 1 to 50 characters",
  external_id: "a text of 1 to 200 characters, another one for each transaction of an account",
  market_value: `what the shares of a corporate action were worth, a number from 0 to 1e15, ${digits}; with a group_id`,
  transfer_id: "the id of a transfer, a UUID",
  group_id: "the id of a group, a UUID",
};

const longestNumber = 100;
type Digits = 15 | 12 | 9;
/** Without an exponent, which in a text is a slip of the keyboard. By how many digits there may be before the point. */
const plainDecimal: Readonly<Record<Digits, RegExp>> = {
  15: /^\s*-?0*(?:\d{1,15}(?:\.\d{0,12}0*)?|\.\d{1,12}0*)\s*$/,
  12: /^\s*-?0*(?:\d{1,12}(?:\.\d{0,12}0*)?|\.\d{1,12}0*)\s*$/,
  9: /^\s*-?0*(?:\d{1,9}(?:\.\d{0,12}0*)?|\.\d{1,12}0*)\s*$/,
};

type Range = "above 0" | "from 0" | "not 0" | "any";

/** In the schema itself, not asked afterwards: the API's description is made from it. */
function decimalIn(
  range: Range,
  digits: Digits,
): z.ZodUnion<readonly [z.ZodType<string>, z.ZodType<number>]> {
  const plain = z.string().max(longestNumber, { abort: true }).regex(plainDecimal[digits], { abort: true });
  const some = plain.regex(/[1-9]/);
  const unsigned = /^[^-]*$/;
  const end = 10 ** digits;
  const number = z.number().lt(end);
  const expected = { error: `expected a number${range === "any" ? "" : ` ${range}`}` };
  switch (range) {
    case "above 0":
      return z.union([some.regex(unsigned, expected), number.gt(0)], expected);
    case "from 0":
      return z.union([plain.regex(unsigned, expected), number.min(0)], expected);
    case "not 0":
      return z.union([some, z.union([number.gt(0), z.number().gt(-end).lt(0)])], expected);
    case "any":
      return z.union([plain, number.gt(-end)], expected);
  }
}

/** A text, or a JSON number, which is taken as it is written: 0.1 is 0.1. Without exponent and trailing zeros. */
function decimalFrom(range: Range, digits: Digits = 15) {
  return decimalIn(range, digits).transform((value, context): string => {
    const decimal = new Big(String(value).trim().replace(/\.$/, "")).toFixed();
    if ((decimal.split(".")[1]?.length ?? 0) <= mostDecimals) return decimal;
    context.addIssue({ code: "custom" });
    return z.NEVER;
  });
}

const tickerLike = (pattern: RegExp) =>
  z
    .string()
    .regex(pattern, { abort: true })
    .transform((text) => text.trim().toUpperCase());
export const ticker = tickerLike(ledgerTicker).describe(
  `${expectations.ticker}; or an asset of your own, such as ~7.1`,
);
/** One that sources of prices have: of an asset of somebody's own there is nothing that others could say. */
export const marketTicker = tickerLike(typedTicker).describe(expectations.ticker);
export const quantity = decimalFrom("above 0").describe(expectations.quantity);
export const price = decimalFrom("above 0").describe(expectations.price);
export const positiveAmount = decimalFrom("above 0").describe(expectations.amount);
export const cost = decimalFrom("from 0").describe(
  `what the shares had cost, a number from 0 to 1e15, ${digits}`,
);
export const signedAmount = decimalFrom("not 0").describe(
  `a number between -1e15 and 1e15 and not 0, ${digits}; below 0 where it went the other way`,
);
export const fee = decimalFrom("from 0").default("0").describe(expectations.fee);
export const tax = decimalFrom("any").optional().describe(expectations.tax);
export const ratio = decimalFrom("above 0", 9);
// Whether there is such a currency is asked afterwards.
export const currency = z
  .string()
  .regex(new RegExp(`^(?:[A-Z]{3}|${minorUnitNames.join("|")})$`))
  .optional()
  .describe(expectations.currency);
export const fxRate = decimalFrom("above 0", 12).optional().describe(expectations.fx_rate);
export const account = z
  .union([z.int().positive(), nonblank(60)])
  .optional()
  .describe(`${expectations.account}; absent: the default one`);
export const date = day.describe(expectations.date);
export const acquiredOn = day.optional().describe(expectations.acquired_on);
export const lots = z
  .record(z.string().regex(/^[1-9]\d{0,15}$/), decimalFrom("above 0"))
  .refine((chosen) => Object.keys(chosen).length > 0 && Object.keys(chosen).length <= 1000)
  .optional()
  .describe(expectations.lots);
export const note = nonblank(1000).optional().describe(expectations.note);
export const tags = z
  .array(nonblank(50))
  .min(1)
  .max(20)
  .transform((words) => [...new Set(words)])
  .optional()
  .describe(expectations.tags);
export const externalId = nonblank(200).optional().describe(expectations.external_id);
export const groupId = z.uuid().optional().describe(expectations.group_id);
export const transferId = z.uuid().describe(expectations.transfer_id);
