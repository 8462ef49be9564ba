/** A price file read: a daily list of a whole exchange, or the history of one ticker or currency. Pure: nobody is asked anything. */
import type { DateOrder } from "../ledger/import/dates.ts";
import { type DecimalMark, proveDecimalMark } from "../ledger/import/figures.ts";
import { type Columns, columnsOf } from "./columns.ts";
import { outOfPlace, readDays } from "./days.ts";
import type { DoubtReason, FileSeries, PriceFileReading, RowNote } from "./reading.ts";
import { type Line, readLines } from "./records.ts";
import { doubtsOf, type Frame, oneADay, type ReadRow, readRow } from "./rows.ts";
import { splitsOf } from "./splits.ts";

export interface ReadingOptions {
  /** `YYYY-MM-DD`; rows after it are slips. */
  readonly today: string;
  /** Days of the week without trading; 0: Sunday. */
  readonly restDays: readonly number[];
  /** null: the file has to say. */
  readonly dateOrder: DateOrder | null;
}

export const unreadFile = (problem: string): PriceFileReading => ({
  problem,
  rows: 0,
  repeated: 0,
  series: [],
  refused: [],
  doubtful: [],
});

/**
 * Which exchange's it is, and which ticker's where the file says none, is for who knows what is stored. A row that cannot be what it says
 * is refused, and told.
 */
export function readPriceFile(text: string, options: ReadingOptions): PriceFileReading {
  const read = readLines(text);
  if (read.lines === null) return unreadFile(read.problem);
  const [header, ...lines] = read.lines;
  if (header === undefined) return unreadFile("the file is empty");
  const columns = columnsOf(
    header.cells,
    lines.map(({ cells }) => cells),
  );
  if (columns === null) {
    const got = header.cells.join(", ").slice(0, 200);
    return unreadFile(`expected a first line that names a column of dates and one of prices, got: ${got}`);
  }
  const dateOf = ({ cells }: Line): string => cells[columns.date] ?? "";
  const { days, problem } = readDays(lines.map(dateOf), { ...options, order: options.dateOrder });
  if (days === null) return unreadFile(problem);
  const dated = lines.filter((line) => days.has(dateOf(line)));
  const misplaced = outOfPlace(dated.map((line) => days.get(dateOf(line))!));
  const frame: Frame = {
    ...options,
    columns,
    width: header.cells.length,
    days,
    misplaced: new Set([...misplaced].map((index) => dated[index]!.line)),
    mark: markOf(lines, columns),
  };
  return collect(lines, frame);
}

/**
 * By the prices; where they leave it open ("128.850"), by whatever else stands in the file: volumes ("0.14K") and changes ("-0.12%").
 */
function markOf(lines: readonly Line[], columns: Columns): DecimalMark | null {
  const figuresOf = (isAsked: (index: number) => boolean): string[] =>
    lines.flatMap(({ cells }) =>
      cells.flatMap((cell, index) =>
        isAsked(index) && /[.,]/.test(cell) ? [cell.replace(/\s*[%KMB]$/i, "")] : [],
      ),
    );
  const { date, code, name, open, high, low, close, adjClose, adjusted, previous } = columns;
  const prices = [close, open, high, low, adjClose, adjusted, previous];
  return (
    proveDecimalMark(figuresOf((index) => prices.includes(index))) ??
    proveDecimalMark(figuresOf((index) => ![date, code, name].includes(index)))
  );
}

function collect(lines: readonly Line[], frame: Frame): PriceFileReading {
  const rows: ReadRow[] = [];
  const refused: RowNote[] = [];
  const doubtful: RowNote<DoubtReason>[] = [];
  for (const line of lines) {
    const row = readRow(line, frame);
    if ("reason" in row) {
      refused.push(row);
      continue;
    }
    rows.push(row);
    doubtful.push(...doubtsOf(line, row, frame));
  }
  const series: FileSeries[] = [];
  let repeated = 0;
  for (const [code, own] of Map.groupBy(rows, (row) => row.code)) {
    const days = oneADay(own);
    repeated += days.repeated;
    refused.push(...days.refused);
    if (days.bars.length > 0)
      series.push({ code, name: own.at(-1)!.name, bars: days.bars, splits: splitsOf(days.bars) });
  }
  refused.sort((a, b) => a.line - b.line);
  return { problem: null, rows: lines.length, repeated, series, refused, doubtful };
}
