/** Columns as the portfolio models declare them: what a word for a type of figure is in PostgreSQL. */
import type { Column } from "../src/engine/index.ts";

type Declared<T extends Column["type"]> = { readonly type: T; readonly description: string };

/** Money, a quantity or a price: exact. */
export const amount = (description: string): Declared<"numeric"> => ({ type: "numeric", description });

/** A ratio: 0.05 is five percent. */
export const ratio = (description: string): Declared<"double precision"> => ({
  type: "double precision",
  description,
});

export const day = (description: string): Declared<"date"> => ({ type: "date", description });
export const flag = (description: string): Declared<"boolean"> => ({ type: "boolean", description });
export const text = (description: string): Declared<"text"> => ({ type: "text", description });
export const count = (description: string): Declared<"bigint"> => ({ type: "bigint", description });
export const number = (description: string): Declared<"integer"> => ({ type: "integer", description });

export const moment = (description: string): Declared<"timestamp with time zone"> => ({
  type: "timestamp with time zone",
  description,
});

export function nullable<C extends Column>(column: C): C & { readonly nullable: true } {
  return { ...column, nullable: true };
}

/** Why the figure of the same name is null. */
export const reason = (figure: string): Declared<"text"> & { readonly nullable: true } =>
  nullable(text(`Why there is no ${figure}; null when there is one.`));

export const person = count("Whose it is.");
export const account = count("In which of the person's accounts.");
export const portfolio = count("0: all accounts of the person together; else the account's number.");
export const ticker = text("Ticker as Yahoo Finance writes it, in upper case.");

/** A currency that figures are converted from, and the one that they are converted into. */
export const currencies = {
  currency: text("ISO code of the ticker's currency, which local_ figures and prices are in."),
  base_currency: text("ISO code of the person's base currency, which all other figures are in."),
};

export const isRated = flag("False: before the first known exchange rate, converted at a transaction's.");

export const priceEffect = amount(
  "What the day's move of prices added to the value, at the exchange rates before: all that neither a flow nor a rate did.",
);

export const currencyEffect = amount(
  "What the day's move of exchange rates added to the value: 0 where none is needed.",
);

/** Of what is computed for each day from the period that the day is in. */
export const periodsByDay = {
  time: "carry",
  reason: "up to the day of a change a period is what it was, wherever it ends now",
} as const;
