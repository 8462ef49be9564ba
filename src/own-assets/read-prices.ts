/** Days and prices of one asset, as people type or paste them. Pure. */
import { tradePrice } from "../ledger/index.ts";
import { type RowNote, readPriceFile } from "../price-files/index.ts";
import { UnreadablePricesError } from "./errors.ts";

export interface OwnPrice {
  readonly date: string;
  /** Decimal, in the asset's currency. */
  readonly price: string;
}

export interface ReadPrices {
  readonly prices: readonly OwnPrice[];
  /** Lines with something on them. */
  readonly rows: number;
  /** Lines that say again what another one says. */
  readonly repeated: number;
  readonly refused: readonly RowNote[];
}

const header = "date\tprice";

/** A line that has a day and a price alone, with a blank between them, has two cells. */
const inCells = (text: string): string => text.replace(/^[ \t]*(\S+)[ \t]+(\S+)[ \t]*$/gm, "$1\t$2");

/** What stands between the cells of a text without a first line that names them; null: it has one. */
function unnamedDelimiter(text: string): string | null {
  const first = /\S.*/.exec(text)?.[0] ?? "";
  if (!/^["']?\d/.test(first)) return null;
  return ["\t", ";", "|", ","].find((delimiter) => first.includes(delimiter)) ?? "\t";
}

/**
 * With a first line that names a column of dates and one of prices, or without. `today`: of days after it there are no prices. A line that
 * cannot be what it says is refused, and told. Throws UnreadablePricesError.
 */
export function readPrices(text: string, today: string): ReadPrices {
  const cells = inCells(text);
  const delimiter = unnamedDelimiter(cells);
  const named = delimiter === null ? cells : `${header.replace("\t", delimiter)}\n${cells}`;
  const reading = readPriceFile(named, { today, restDays: [], dateOrder: null });
  if (reading.problem !== null) throw new UnreadablePricesError(reading.problem);
  if (reading.series.some(({ code }) => code !== null))
    throw new UnreadablePricesError("expected days and prices of this asset alone, got a column of codes");
  const lineOf = (line: number): number => (delimiter === null ? line : line - 1);
  const refused: RowNote[] = reading.refused.map((note) => ({ ...note, line: lineOf(note.line) }));
  const prices: OwnPrice[] = [];
  for (const { line, date, close } of reading.series.flatMap(({ bars }) => bars)) {
    const { success, data } = tradePrice.safeParse(close);
    if (success) prices.push({ date, price: data });
    else
      refused.push({
        line: lineOf(line),
        reason: "unreadable_price",
        detail: `expected a price with at most 28 digits, 12 of them decimals, got: ${close.slice(0, 40)}`,
      });
  }
  return { prices, rows: reading.rows, repeated: reading.repeated, refused };
}
