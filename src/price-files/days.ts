/** The days of a price file: their notation is decided over the whole file, and a day that cannot be is told. Pure. */
import { type DateOrder, proveDateOrder, readMoment } from "../ledger/import/dates.ts";

/** What no ledger may name, no price is dated with: a slip. */
const firstDay = "1900-01-01";

const isDay = (date: string): boolean => {
  const day = new Date(`${date}T00:00:00Z`);
  return date >= firstDay && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
};

export const weekdayOf = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay();

export type ReadDays =
  | { readonly days: ReadonlyMap<string, string>; readonly problem: null }
  | { readonly days: null; readonly problem: string };

/** By what the day would be: one order has it on days of rest, and the other never. */
function orderByRest(texts: readonly string[], restDays: readonly number[]): DateOrder | null {
  const resting = (order: DateOrder): boolean =>
    texts.some((text) => {
      const date = readMoment(text)?.date;
      return date !== undefined && typeof date !== "string" && restDays.includes(weekdayOf(date[order]));
    });
  const [day, month] = [resting("day"), resting("month")];
  if (day === month) return null;
  return day ? "month" : "day";
}

/** Text -> `YYYY-MM-DD`; a text that is no day is left out. `problem`: the texts leave their order open. */
export function readDays(
  all: Iterable<string>,
  { today, restDays, order: given }: { today: string; restDays: readonly number[]; order: DateOrder | null },
): ReadDays {
  const texts = [...new Set(all)];
  const order = given ?? proveDateOrder(texts, today)?.order ?? orderByRest(texts, restDays);
  const days = new Map<string, string>();
  for (const text of texts) {
    const date = readMoment(text)?.date;
    if (date === undefined) continue;
    if (typeof date === "string") {
      if (isDay(date)) days.set(text, date);
    } else if (order === null) {
      const problem = `the file does not say whether days or months come first in its dates: ${text} may be ${date.day} or ${date.month}`;
      return { days: null, problem };
    } else if (isDay(date[order])) days.set(text, date[order]);
  }
  return { days, problem: null };
}

const day = 86_400_000;
/** Farther from the rows on both sides of it, which are near to one another, a date is a slip. */
const farDays = 45;

/** Of dates in the file's order: the places of those that stand where they do not belong. */
export function outOfPlace(dates: readonly string[]): ReadonlySet<number> {
  const starts = dates.flatMap((date, index) => (date === dates[index - 1] ? [] : [index]));
  const far = (a: string, b: string): boolean => Math.abs(Date.parse(a) - Date.parse(b)) > farDays * day;
  const found = new Set<number>();
  for (let block = 1; block < starts.length - 1; block++) {
    const [before, here, after] = [block - 1, block, block + 1].map((at) => dates[starts[at]!]!) as [
      string,
      string,
      string,
    ];
    if (!far(here, before) || !far(here, after) || far(before, after)) continue;
    for (let index = starts[block]!; index < starts[block + 1]!; index++) found.add(index);
  }
  return found;
}
