/** What is said to a person whose field is wrong: by what was typed into it. */
import { isNothing, type Plain, plain, quoted } from "../plain.ts";

interface NumberField {
  /** After "the". */
  readonly name: string;
  readonly least: "above 0" | "from 0" | "any";
  /** Digits before the point. */
  readonly digits: 15 | 12 | 9;
  readonly example: string;
}

const numberOf = (name: string, example: string, rest: Partial<NumberField> = {}): NumberField => ({
  name,
  example,
  least: "above 0",
  digits: 15,
  ...rest,
});

const numbers: Readonly<Record<string, NumberField>> = {
  quantity: numberOf("quantity", "12.5"),
  price: numberOf("price", "101.5"),
  amount: numberOf("amount", "250"),
  fee: numberOf("fee", "1.95", { least: "from 0" }),
  tax: numberOf("tax withheld", "3.75", { least: "any" }),
  fx_rate: numberOf("exchange rate", "1.0842", { digits: 12 }),
  numerator: numberOf("number of new shares", "3", { digits: 9 }),
  denominator: numberOf("number of old shares", "2", { digits: 9 }),
  market_value: numberOf("value of the shares", "250", { least: "from 0" }),
  cost_share: numberOf("share of the cost", "0.25"),
  new_price: numberOf("close of the new share", "101.5"),
  cash_per_share: numberOf("cash for each share", "12.5"),
  fraction_price: numberOf("cash for one whole new share", "101.5"),
};

/** Why what was typed is none that the field takes. */
function numberWords({ name, least, digits, example }: NumberField, value: unknown): Plain {
  const range = least === "any" ? "" : least === "above 0" ? " above 0" : " of 0 or more";
  const text = typeof value === "number" ? String(value) : quoted(value);
  const isPlain = /^-?(?:\d+\.?\d*|\.\d+)$/.test(text);
  if (isNothing(value)) return plain(`Enter the ${name}: a number${range}, such as ${example}.`);
  if (!isPlain)
    return plain(`“{typed}” is no number. Enter the ${name} in digits, such as ${example}.`, { typed: text });
  if (Math.abs(Number(text)) >= 10 ** digits)
    return plain(`That is too large for the ${name}: check whether a digit or a point slipped.`);
  if (least !== "any" && (Number(text) < 0 || (least === "above 0" && Number(text) === 0)))
    return plain(`Enter a number${range} for the ${name}: {typed} is not.`, { typed: text });
  if (name === "share of the cost")
    return plain("Enter the share of the cost as a part of 1: 0.25 is a quarter of it.");
  if (Number(text) === 0) return plain(`Enter the ${name}: 0 would change nothing.`);
  return plain(`The ${name} has more decimals than can be kept: enter at most 12.`);
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
  if (number) return numberWords(number, value);
  const words = others[field]?.(value);
  return (
    words ??
    plain(`“{typed}” cannot stand in the column ${field}: leave the row out, or correct it in the file.`, {
      typed: quoted(value),
    })
  );
}

/** Of a field that the kind of entry does not have. */
export function absenceWords(field: string): Plain {
  const name = numbers[field]?.name ?? field.replaceAll("_", " ");
  return plain(`This kind of entry has no ${name}: leave it empty.`);
}
