/** What is read from a price file. */

/** Why a row is not used, each told with its line. */
export const refusalReasons = [
  "too_many_cells",
  "unreadable_date",
  "future",
  "rest_day",
  "out_of_place",
  "no_code",
  "no_price",
  "unreadable_price",
  "not_positive",
  "repeated_day",
  "other_scale",
  "other_source",
  "other_unit",
  "not_a_rate",
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

export interface RowNote<Reason extends string = RefusalReason> {
  /** Of the file, from 1. */
  readonly line: number;
  readonly reason: Reason;
  /** For people: what stands there, and what was expected. */
  readonly detail: string;
}

/** Used all the same. */
export type DoubtReason = "outside_range" | "unreadable_figure";

/** Decimals in the file's unit. */
export interface FileBar {
  readonly line: number;
  readonly date: string;
  readonly open: string | null;
  readonly high: string | null;
  readonly low: string | null;
  readonly close: string;
  readonly adjClose: string | null;
  readonly volume: string | null;
  /** Close adjusted for splits; null: as the close is. */
  readonly adjusted: string | null;
  /** Close of the day before, as this row says. */
  readonly previous: string | null;
}

export interface FileSplit {
  readonly date: string;
  readonly numerator: number;
  readonly denominator: number;
  readonly detail: string;
}

/** One ticker's, or one currency's, bars; ascending, one a day. */
export interface FileSeries {
  /** As the file has it; null: it says none. */
  readonly code: string | null;
  readonly name: string | null;
  readonly bars: readonly FileBar[];
  readonly splits: readonly FileSplit[];
}

export interface PriceFileReading {
  /** Set: nothing could be read, and this is why. */
  readonly problem: string | null;
  /** Lines with something on them, the header not counted. */
  readonly rows: number;
  /** Rows that say again what another one says. */
  readonly repeated: number;
  readonly series: readonly FileSeries[];
  readonly refused: readonly RowNote[];
  readonly doubtful: readonly RowNote<DoubtReason>[];
}
