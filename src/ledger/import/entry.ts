/** What is understood of a line of a file, and what it is read by. */
import type { DateOrder } from "./dates.ts";
import type { DecimalMark } from "./figures.ts";
import type { Format, Texts } from "./format.ts";
import type { Instrument } from "./instrument.ts";
import type { RowKind } from "./kinds.ts";
import type { Layout } from "./layout.ts";
import type { OwnRate } from "./own-rate.ts";
import type { Note, Remark } from "./remarks.ts";
import type { Surroundings } from "./surroundings.ts";

/** What stands in our own export's columns beside those of every file, by name; absent: nothing. */
export type OwnTexts = Readonly<
  Partial<
    Record<
      | "row"
      | "account"
      | "amount"
      | "tax"
      | "fx_rate"
      | "fx_currency"
      | "numerator"
      | "denominator"
      | "acquired_on"
      | "lots"
      | "market_value"
      | "transfer_id"
      | "group_id"
      | "note"
      | "tags"
      | "external_id",
      string
    >
  >
>;

/** How the figures and days of a file are written; null: it does not say. */
export interface Notation {
  readonly dateOrder: DateOrder | null;
  readonly decimalMark: DecimalMark | null;
  /** What prices without a currency are in, as a person says: an ISO code, or "quoted", as each instrument is. */
  readonly currency: string | null;
}

/** Of an entry that is no trade: what it says of money, for who records it. Plain decimals in its sign; null: it does not say. */
export interface BookedFigures {
  /** Before costs, */
  readonly gross: string | null;
  /** and after them. */
  readonly net: string | null;
  readonly price: string | null;
  readonly costs: readonly BookedCost[];
  /** Why nobody should record it: a figure or a day of two readings, a word of taking it back; null: nothing. */
  readonly problem: Remark | null;
  readonly format: Pick<Format, "isCrypto" | "bringsCost"> | null;
}

export interface BookedCost {
  readonly of: "fee" | "tax";
  /** Above 0: paid. */
  readonly value: string;
  readonly currency: string;
}

/** What was understood of a line. Decimals are plain and have their sign; null: the line does not say. */
export interface Entry {
  readonly line: number;
  readonly texts: Texts;
  /** null: its word is not understood. */
  readonly kind: RowKind | null;
  /** What the file calls it. */
  readonly word: string;
  readonly date: string | null;
  readonly time: string | null;
  /** Minutes ahead of UTC; null: in an unknown zone. */
  readonly offset: number | null;
  readonly instrument: Instrument | null;
  readonly quantity: string | null;
  readonly price: string | null;
  readonly amount: string | null;
  readonly fee: string | null;
  /** ISO code, or what else the file has in its place; null: nothing says it. */
  readonly currency: string | null;
  /** Of trades whose sum is in another currency than their price; absent: the day's rate counts. */
  readonly rate?: OwnRate;
  /** Nothing names a currency, and prices are in what each instrument is quoted in. */
  readonly isAsQuoted?: boolean;
  /** Of others than trades alone. */
  readonly booked?: BookedFigures;
  /** Of our own files alone: what its other columns say; absent: the file is another's. */
  readonly own?: OwnTexts;
  readonly errors: readonly Remark[];
  /** Said of a row that can be recorded all the same. */
  readonly warnings: readonly Remark[];
  /** How it was understood, where that is not plain. */
  readonly notes: readonly Note[];
}

/** Of a whole table: what its lines are read by. */
export interface Reading {
  readonly layout: Layout;
  readonly notation: Notation;
  /** Columns of costs that are written as less than nothing. */
  readonly negative: ReadonlySet<string>;
  readonly surroundings: Surroundings;
}
