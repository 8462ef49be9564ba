/** What is said to a person whose field is wrong: by what was typed into it. */
import { defineMessage, isNothing, type Plain, plain, quoted } from "../plain.ts";

interface NumberField {
  readonly least: "above 0" | "from 0" | "any";
  /** Digits before the point. */
  readonly digits: 15 | 12 | 9;
  readonly example: string;
}

const numberOf = (example: string, rest: Partial<NumberField> = {}): NumberField => ({
  example,
  least: "above 0",
  digits: 15,
  ...rest,
});

const numbers: Readonly<Record<string, NumberField>> = {
  quantity: numberOf("12.5"),
  price: numberOf("101.5"),
  amount: numberOf("250"),
  fee: numberOf("1.95", { least: "from 0" }),
  tax: numberOf("3.75", { least: "any" }),
  fx_rate: numberOf("1.0842", { digits: 12 }),
  numerator: numberOf("3", { digits: 9 }),
  denominator: numberOf("2", { digits: 9 }),
  market_value: numberOf("250", { least: "from 0" }),
  cost_share: numberOf("0.25"),
  new_price: numberOf("101.5"),
  cash_per_share: numberOf("12.5"),
  fraction_price: numberOf("101.5"),
};

/** In a message: which of them it is about. */
const theNumber =
  "{field, select, quantity {the quantity} price {the price} amount {the amount} fee {the fee} tax {the tax withheld} " +
  "fx_rate {the exchange rate} numerator {the number of new shares} denominator {the number of old shares} " +
  "market_value {the value of the shares} cost_share {the share of the cost} new_price {the close of the new share} " +
  "cash_per_share {the cash for each share} fraction_price {the cash for one whole new share} other {the number}}";
const aNumber = "{least, select, above {a number above 0} from {a number of 0 or more} other {a number}}";

const leastNames = { "above 0": "above", "from 0": "from", any: "any" } as const;

/** Why what was typed is none that the field takes. */
function numberWords(field: string, { least, digits, example }: NumberField, value: unknown): Plain {
  const text = typeof value === "number" ? String(value) : quoted(value);
  const isPlain = /^-?(?:\d+\.?\d*|\.\d+)$/.test(text);
  const values = { field, least: leastNames[least], example, typed: text };
  if (isNothing(value)) return plain(`Enter ${theNumber}: ${aNumber}, such as {example:number}.`, values);
  if (!isPlain)
    return plain(`“{typed}” is no number. Enter ${theNumber} in digits, such as {example:number}.`, values);
  if (Math.abs(Number(text)) >= 10 ** digits)
    return plain(`That is too large for ${theNumber}: check whether a digit or a point slipped.`, values);
  if (least !== "any" && (Number(text) < 0 || (least === "above 0" && Number(text) === 0)))
    return plain(`Enter ${aNumber} for ${theNumber}: {typed} is not.`, values);
  if (field === "cost_share")
    return plain("Enter the share of the cost as a part of 1: 0.25 is a quarter of it.");
  if (Number(text) === 0) return plain(`Enter ${theNumber}: 0 would change nothing.`, values);
  return plain(
    defineMessage(
      "{field, select, quantity {The quantity has} price {The price has} amount {The amount has} fee {The fee has} tax {The tax withheld has} " +
        "fx_rate {The exchange rate has} numerator {The number of new shares has} denominator {The number of old shares has} " +
        "market_value {The value of the shares has} new_price {The close of the new share has} " +
        "cash_per_share {The cash for each share has} fraction_price {The cash for one whole new share has} other {The number has}} " +
        "more decimals than can be kept: enter at most 12.",
    ),
    values,
  );
}

const ticker = (value: unknown): Plain =>
  isNothing(value)
    ? plain("Enter the ticker of it, such as AAPL. You can search for it by the name of the company.")
    : plain(
        "“{typed}” is no ticker: those have up to 20 letters and digits, such as AAPL, BRK-B or BTC-USD.",
        { typed: quoted(value) },
      );

const day = (value: unknown): Plain =>
  isNothing(value)
    ? plain("Enter the date.")
    : plain("“{typed}” is no date. Enter a day since 1900 by year, month and day, such as 2024-03-31.", {
        typed: quoted(value),
      });

/** Of a code of letters, whichever field it stands in. */
export const currencyWords = (value: unknown): Plain =>
  isNothing(value)
    ? plain("Enter the three letters of a currency, such as USD, EUR or KES.")
    : plain(
        "“{typed}” is no currency that is known here. Enter its three letters, such as USD, EUR or KES.",
        {
          typed: quoted(value),
        },
      );

const others: Readonly<Record<string, (value: unknown) => Plain>> = {
  ticker,
  new_ticker: ticker,
  date: day,
  acquired_on: () =>
    plain("Enter the day on which the shares were bought: it is not after the day of the transfer."),
  currency: currencyWords,
  account: (value) => plain("You have no account “{typed}”. Choose one of yours.", { typed: quoted(value) }),
  type: (value) =>
    isNothing(value)
      ? plain("Choose what it was: a purchase, a sale or another entry.")
      : plain("“{typed}” is no kind of entry here. Choose what it was, such as Buy or Sell.", {
          typed: quoted(value),
        }),
  note: () => plain("Shorten the note: it can have 1,000 letters."),
  tags: () => plain("Enter at most 20 tags, each of at most 50 letters, with commas between them."),
  lots: () => plain("Say how much of each purchase was sold: together at most the quantity of the sale."),
  kind: () =>
    plain("Choose what happened: a spin-off, a merger, another symbol, rights, or cash for a fraction."),
  is_exercised: () => plain("Choose whether shares were bought with the rights, or the rights were sold."),
};

/** Of any field of a transaction or a corporate action; what only files have is said by the name of its column. */
export function fieldWords(field: string, value: unknown): Plain {
  const number = numbers[field];
  if (number) return numberWords(field, number, value);
  const words = others[field]?.(value);
  return (
    words ??
    plain("“{typed}” cannot stand in the column {field}: leave the row out, or correct it in the file.", {
      typed: quoted(value),
      field,
    })
  );
}

/** Of a field that the kind of entry does not have. */
export const absenceWords = (field: string): Plain =>
  plain(
    defineMessage(
      "This kind of entry has no {field, select, quantity {quantity} price {price} amount {amount} fee {fee} tax {tax withheld} " +
        "fx_rate {exchange rate} numerator {number of new shares} denominator {number of old shares} " +
        "market_value {value of the shares} cost_share {share of the cost} new_price {close of the new share} " +
        "cash_per_share {cash for each share} fraction_price {cash for one whole new share} ticker {ticker} " +
        "currency {currency} acquired_on {acquired on} lots {lots} other {{name}}}: leave it empty.",
    ),
    { field, name: field.replaceAll("_", " ") },
  );
