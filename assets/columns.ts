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
export const ticker = text("Ticker as Yahoo Finance writes it, in upper case.");
