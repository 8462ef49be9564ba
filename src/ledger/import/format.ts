/** What a declaration of a broker's format says, and how its files are told from others. */
import type { DateOrder } from "./dates.ts";
import type { DecimalMark } from "./figures.ts";
import type { Meaning, RowKind } from "./kinds.ts";
import { spell } from "./spelling.ts";
import type { Table } from "./table.ts";

/** What a column can hold. */
export const fields = [
  "date",
  "time",
  "type",
  "ticker",
  "identifier",
  "name",
  "quantity",
  "price",
  /** Money before costs, */
  "gross",
  /** and after them. */
  "amount",
  "fee",
  "tax",
  "currency",
  "amountCurrency",
  "feeCurrency",
  /** Of the trade: what one of the price's currency was in the amount's, or the other way round. */
  "fxRate",
  /** Of rows that an earlier import kept: what they are known by. */
  "key",
  "assetType",
  "status",
  "description",
] as const;

export type Field = (typeof fields)[number];

/** The texts of a line, as its file has them. */
export type Texts = Partial<Record<Exclude<Field, "fee" | "tax">, string>> & {
  /** Each of its costs: they are summed. */
  readonly fee?: readonly string[];
  readonly tax?: readonly string[];
};

/** A cell with a value that no field reads. */
export interface CellBeside {
  readonly index: number;
  /** Of its column, as shown. */
  readonly name: string;
  readonly text: string;
}

export interface TextLine {
  readonly line: number;
  readonly texts: Texts;
  /** What a broker says besides: that it was cancelled, a cost that has no name. */
  readonly beside?: readonly CellBeside[];
  /** Of each of its costs, where they stand in columns. */
  readonly costColumns?: Readonly<Record<"fee" | "tax", readonly number[]>>;
  /** How many values it has, where that is another number than there are columns and one that is needed is not there. */
  readonly count?: number;
  /** One of its figures may have been cut in two where the file has a comma in it. */
  readonly isSplit?: boolean;
}

export interface Format {
  /** As people call it. */
  readonly name: string;
  /** Names of columns that its files alone have together, spelled with `spell`. */
  readonly headers: readonly string[];
  /** Of the section, in a statement that has sections; null: of none. */
  readonly title?: string | null;
  /** By name, as spelled; the first that has a value counts, of costs all. "price+1": the one right of it, which has no name. */
  readonly columns: Readonly<Partial<Record<Field, string | readonly string[]>>>;
  /** Of every line. */
  readonly kind?: RowKind;
  /** The broker's own words, spelled, where they mean something else than elsewhere. */
  readonly words?: Readonly<Record<string, Meaning>>;
  readonly dateOrder?: DateOrder;
  readonly decimalMark?: DecimalMark;
  /** Of its times. */
  readonly zone?: "UTC";
  /** Where neither a column nor a figure says it. */
  readonly currency?: string;
  /** Its prices are in what each instrument is quoted in, which it does not name. */
  readonly isAsQuoted?: boolean;
  /** Its trades are in the currencies that it names, whichever: it is our own. */
  readonly isOwn?: boolean;
  /** Its tickers are coins. */
  readonly isCrypto?: boolean;
  /** Shares that come in by a transfer bring what they had cost, not what they are worth on that day. */
  readonly bringsCost?: boolean;
  /** For what stands within a text. What it gives counts before the columns; null: the line is none of the table's. */
  readonly take?: (cell: (name: string) => string) => Partial<Texts> | null;
  /** Where one trade is several lines. */
  readonly merge?: (lines: readonly TextLine[]) => TextLine[];
}

/** Names as spelled, each once: a second "Cur." is "cur2". */
export function spellHeaders(headers: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return headers.map((header) => {
    const name = spell(header);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 || name === "" ? name : `${name}${count}`;
  });
}

/** The most particular format that these columns are; null: none. */
export function recogniseFormat(
  formats: readonly Format[],
  { headers, title }: Pick<Table, "headers" | "title">,
): Format | null {
  const names = new Set(spellHeaders(headers));
  const fitting = formats.filter(
    (format) =>
      (format.title === undefined || format.title === title) &&
      format.headers.every((header) => names.has(header)),
  );
  return fitting.reduce<Format | null>(
    (best, next) => (best && best.headers.length >= next.headers.length ? best : next),
    null,
  );
}
