/** One row of a price file: a bar, or why it is none. Pure. */
import type { DecimalMark } from "../ledger/import/figures.ts";
import { type Columns, codePattern } from "./columns.ts";
import { weekdayOf } from "./days.ts";
import { readPrice, readSidePrice, readVolume } from "./figures.ts";
import type { DoubtReason, FileBar, RefusalReason, RowNote } from "./reading.ts";
import type { Line } from "./records.ts";

export interface ReadRow {
  readonly code: string | null;
  readonly name: string | null;
  readonly bar: FileBar;
}

/** What is decided over the whole file. */
export interface Frame {
  readonly columns: Columns;
  /** How many columns the first line names. */
  readonly width: number;
  /** By the text of the date. */
  readonly days: ReadonlyMap<string, string>;
  /** Lines whose dates stand where they do not belong. */
  readonly misplaced: ReadonlySet<number>;
  readonly mark: DecimalMark | null;
  readonly today: string;
  readonly restDays: readonly number[];
}

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

function dayProblem(date: string, line: number, frame: Frame): readonly [RefusalReason, string] | null {
  if (date > frame.today) return ["future", `${date} is still to come`];
  const isMisplaced = frame.misplaced.has(line);
  const beside = isMisplaced ? ", and far from the rows beside it" : "";
  const weekday = weekdayOf(date);
  if (frame.restDays.includes(weekday))
    return ["rest_day", `${date} is a ${weekdays[weekday]}, on which the exchange rests${beside}`];
  return isMisplaced
    ? ["out_of_place", `${date} is far from the rows beside it, which are near to one another`]
    : null;
}

export function readRow({ line, cells }: Line, frame: Frame): ReadRow | RowNote {
  const { columns, days, mark } = frame;
  const cell = (index: number | undefined): string => (index === undefined ? "" : (cells[index] ?? ""));
  const refuse = (reason: RefusalReason, detail: string): RowNote => ({ line, reason, detail });
  const surplus = cells.slice(frame.width).filter((text) => text !== "");
  if (surplus.length > 0)
    return refuse(
      "too_many_cells",
      `expected ${frame.width} cells, got ${cells.length}: a comma within a figure, as in 1,900.50, divides it unless it is quoted`,
    );
  const date = days.get(cell(columns.date));
  if (date === undefined)
    return refuse(
      "unreadable_date",
      `expected a day from 1900 on, got: ${cell(columns.date).slice(0, 40) || "nothing"}`,
    );
  const problem = dayProblem(date, line, frame);
  if (problem) return refuse(...problem);
  const code = columns.code === undefined ? null : cell(columns.code).toUpperCase();
  if (code !== null && !codePattern.test(code))
    return refuse("no_code", `expected a ticker's code, got: ${code.slice(0, 40) || "nothing"}`);
  const price = readPrice(cell(columns.close), mark);
  if (price === null) return refuse("no_price", `${code ?? "the row"} of ${date} has no price`);
  if (price === undefined)
    return refuse("unreadable_price", `expected a price, got: ${cell(columns.close).slice(0, 40)}`);
  if (!(Number(price) > 0)) return refuse("not_positive", `expected a price above 0, got: ${price}`);
  const figure = (index: number | undefined): string | null => readSidePrice(cell(index), mark) ?? null;
  const { open, high, low, adjClose, adjusted, previous, volume } = columns;
  const bar: FileBar = {
    line,
    date,
    open: figure(open),
    high: figure(high),
    low: figure(low),
    close: price,
    adjClose: figure(adjClose),
    volume: readVolume(cell(volume), mark) ?? null,
    adjusted: figure(adjusted),
    previous: figure(previous),
  };
  return { code, name: cell(columns.name) || null, bar };
}

/** Of a row that is used: figures that contradict one another, or are none. */
export function doubtsOf(
  { cells }: Line,
  { bar }: ReadRow,
  { columns, mark }: Frame,
): RowNote<DoubtReason>[] {
  const { line, open, high, low, close } = bar;
  const doubts: RowNote<DoubtReason>[] = [];
  const doubt = (reason: DoubtReason, detail: string): void => void doubts.push({ line, reason, detail });
  for (const role of ["open", "high", "low"] as const) {
    const index = columns[role];
    const text = index === undefined ? "" : (cells[index] ?? "");
    if (readSidePrice(text, mark) === undefined)
      doubt("unreadable_figure", `expected a price for ${role}, got: ${text.slice(0, 40)}`);
  }
  const volume = columns.volume === undefined ? "" : (cells[columns.volume] ?? "");
  if (readVolume(volume, mark) === undefined)
    doubt("unreadable_figure", `expected shares traded, got: ${volume.slice(0, 40)}`);
  const within = (price: string | null): boolean =>
    price === null ||
    ((low === null || Number(price) >= Number(low)) && (high === null || Number(price) <= Number(high)));
  if (!within(close) || !within(open) || !within(high) || !within(low))
    doubt(
      "outside_range",
      `${bar.date}: open ${open ?? "-"}, high ${high ?? "-"}, low ${low ?? "-"}, close ${close} are in no order`,
    );
  return doubts;
}

const sameFigures = (a: FileBar, b: FileBar): boolean =>
  (["open", "high", "low", "close", "adjClose", "volume"] as const).every((role) => a[role] === b[role]);

/**
 * Of one code's bars: one a day, ascending. What is said twice with the same figures counts once; with others nobody can tell which is
 * the day's, and both are refused.
 */
export function oneADay(rows: readonly ReadRow[]): {
  readonly bars: readonly FileBar[];
  readonly repeated: number;
  readonly refused: readonly RowNote[];
} {
  const bars: FileBar[] = [];
  const refused: RowNote[] = [];
  let repeated = 0;
  const byDay = Map.groupBy(rows, ({ bar }) => bar.date);
  for (const [date, own] of byDay) {
    const [first, ...others] = own.map(({ bar }) => bar);
    if (others.every((other) => sameFigures(first!, other))) {
      bars.push(first!);
      repeated += others.length;
      continue;
    }
    const said = own.map(({ bar }) => `${bar.close} in line ${bar.line}`).join(", ");
    for (const { bar, code } of own)
      refused.push({
        line: bar.line,
        reason: "repeated_day",
        detail: `${code ?? "the row"} of ${date} stands more than once, with other figures: ${said}`,
      });
  }
  bars.sort((a, b) => (a.date < b.date ? -1 : 1));
  return { bars, repeated, refused };
}
