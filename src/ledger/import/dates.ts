/** Days as brokers write them: which number is the month is told by the file, or asked. Pure. */
import { wordsOf } from "./spelling.ts";

/** Which number of 03/04/2024 comes first. */
export type DateOrder = "day" | "month";

export interface Moment {
  /** `YYYY-MM-DD` as it stands in the file; for "03/04/2024" both, by the order that they have then. */
  readonly date: string | Readonly<Record<DateOrder, string>>;
  /** `HH:MM:SS`; null: only the day is known. */
  readonly time: string | null;
  /** Minutes ahead of UTC, where the file says it. */
  readonly offset: number | null;
}

const longest = 64;

const monthNames: readonly string[] = [
  "jan januar january janvier enero gennaio ene gen januari styczen sty",
  "feb februar february fevrier febrero febbraio fev februari fevr luty lut",
  "mar march marz maerz mars marzo mrt maart marca",
  "apr april avril abril aprile abr avr kwi",
  "may mai mayo maggio mei mag maj",
  "jun june juni juin junio giugno giu cze",
  "jul july juli juillet julio luglio lug juil lip",
  "aug august aout agosto augustus ago augusti sie",
  "sep sept september septembre septiembre settembre set wrz",
  "oct october oktober octobre octubre ottobre okt ott paz",
  "nov november novembre noviembre lis",
  "dec december dez dezember decembre diciembre dicembre dic gru",
];
const months = new Map(
  monthNames.flatMap((names, index) => names.split(" ").map((name) => [name, index + 1] as const)),
);

const pad = (number: number | string): string => String(number).padStart(2, "0");
const yearOf = (text: string): string =>
  text.length === 2 ? (Number(text) > 70 ? `19${text}` : `20${text}`) : text;
const dayOf = (year: string, month: number | string, day: number | string): string =>
  `${yearOf(year)}-${pad(month)}-${pad(day)}`;

function timeOf(text: string): string | null {
  const packed = /^[T;,\s]*(\d{2})(\d{2})(\d{2})$/.exec(text);
  if (packed) return `${packed[1]}:${packed[2]}:${packed[3]}`;
  const match = /(?:^|[^\d:])(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d{1,9})?\s{0,2}([ap]\.?m)?/i.exec(text);
  if (!match) return null;
  const half = match[4]?.toLowerCase().startsWith("p");
  const hour = Number(match[1]);
  const hours = match[4] ? (hour % 12) + (half ? 12 : 0) : hour;
  return hours > 23 || Number(match[2]) > 59 ? null : `${pad(hours)}:${match[2]}:${match[3] ?? "00"}`;
}

function offsetOf(text: string): number | null {
  const match = /(?:\d|\s|GMT|UTC)([+-])(\d{2}):?(\d{2})\b/.exec(text);
  if (match) return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
  return /\dZ$|\b(UTC|GMT)\b/.test(text) ? 0 : null;
}

/** "02-Apr-2025", "May 5, 2020", "Tue Jan 02 2024"; null: no month has a name in it. */
function namedDay(text: string): { date: string; rest: string } | null {
  const match =
    /^(?<day>\d{1,2})(?:st|nd|rd|th|\.)?[\s/-]{0,2}(?<name>\p{L}{3,12})\.?,?[\s/-]{0,2}(?<year>\d{4}|\d{2})\b/u.exec(
      text,
    ) ??
    /^(?:\p{L}{3,9},?\s)?(?<name>\p{L}{3,12})\.?[\s-](?<day>\d{1,2})(?:st|nd|rd|th)?,?[\s-](?<year>\d{4})\b/u.exec(
      text,
    ) ??
    /^(?<year>\d{4})[\s/-](?<name>\p{L}{3,12})[\s/-](?<day>\d{1,2})\b/u.exec(text);
  if (!match) return null;
  const { day, name, year } = match.groups as { day: string; name: string; year: string };
  const month = months.get(wordsOf(name)[0] ?? "");
  return month ? { date: dayOf(year, month, day), rest: text.slice(match[0].length) } : null;
}

/** null: it is no day. Whether the calendar has it is asked later. */
export function readMoment(text: string): Moment | null {
  if (text.length < 6 || text.length > longest) return null;
  // A broker's "as of" is the day that the entry counts for.
  const counted = /\bas of (.{6,40})$/i.exec(text)?.[1] ?? text;
  const early = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)(.*)$/.exec(counted);
  if (early) return momentOf(dayOf(early[1]!, early[3]!, early[4]!), early[5]!);
  const packed = /^((?:19|20)\d{2})(\d{2})(\d{2})(?!\d)(.*)$/.exec(counted);
  if (packed) return momentOf(dayOf(packed[1]!, packed[2]!, packed[3]!), packed[4]!);
  const late = /^(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)(.*)$/.exec(counted);
  if (late && isYearOpen(late[2]!, late[1]!, late[4]!)) return null;
  if (late) return momentOf(bothOrders(late[1]!, late[3]!, late[4]!), late[5]!);
  const named = namedDay(counted);
  return named && momentOf(named.date, named.rest);
}

/** "24-01-05" is January 24 of 2005, or January 5 of 2024: with hyphens both are written, and neither is guessed. */
function isYearOpen(separator: string, first: string, last: string): boolean {
  return separator === "-" && last.length === 2 && Number(first) > 12 && Number(last) <= 31 && first !== last;
}

function momentOf(date: Moment["date"], rest: string): Moment {
  return { date, time: timeOf(rest), offset: offsetOf(rest) };
}

function bothOrders(first: string, second: string, year: string): Moment["date"] {
  const [day, month] = [dayOf(year, second, first), dayOf(year, first, second)];
  if (day === month || Number(first) > 12) return day;
  return Number(second) > 12 ? month : { day, month };
}

const isYearLast = (text: string): boolean => /^\d{1,2}[-/.]\s?\d{1,2}[-/.]/.test(text);

export interface KnownOrder {
  readonly order: DateOrder;
  readonly because: DateEvidence;
}

/** What says so: a date that can be read in one way only, or that has points, or would be to come; the rows' order; the format's name. */
export interface DateEvidence {
  readonly kind: "one_way" | "points" | "future" | "sequence" | "format";
  /** The date, or the name; "": of the order. */
  readonly text: string;
}

/** What the dates of a file prove of their order; null: they leave it open. `today`: nobody trades after it. */
export function proveDateOrder(texts: readonly string[], today: string): KnownOrder | null {
  const days = texts.slice(0, 10_000).filter((text) => text.length <= longest && isYearLast(text));
  const proofs = new Map<DateOrder, string>();
  for (const text of days) {
    const [first = 0, second = 0] = text.split(/[-/.]/).map(Number);
    if (first > 12 && second <= 12) proofs.set("day", text);
    if (second > 12 && first <= 12) proofs.set("month", text);
  }
  // One date with a day that is no month decides; two that contradict one another decide nothing.
  const [proof, contradiction] = [...proofs];
  if (contradiction) return null;
  if (proof) return { order: proof[0], because: { kind: "one_way", text: proof[1] } };
  const dotted = days.find((text) => text.includes("."));
  if (dotted) return { order: "day", because: { kind: "points", text: dotted } };
  return proveBySequence(days, today);
}

/** By what cannot be: a day that is still to come, or days in no order when the other way they are in one. */
function proveBySequence(texts: readonly string[], today: string): KnownOrder | null {
  const open = texts.flatMap((text) => {
    const date = readMoment(text)?.date;
    return date && typeof date !== "string" ? [{ text, date }] : [];
  });
  const orders = ["day", "month"] as const;
  for (const order of orders) {
    const other = order === "day" ? "month" : "day";
    const future = open.find(({ date }) => date[other] > today && date[order] <= today);
    if (future && open.every(({ date }) => date[order] <= today))
      return { order, because: { kind: "future", text: future.text } };
  }
  if (new Set(open.map(({ text }) => text.slice(0, 10))).size < 4) return null;
  const inOrder = orders.filter((order) => isSorted(open.map(({ date }) => date[order])));
  return inOrder.length === 1 ? { order: inOrder[0]!, because: { kind: "sequence", text: "" } } : null;
}

function isSorted(dates: readonly string[]): boolean {
  const isUp = dates.every((date, index) => index === 0 || dates[index - 1]! <= date);
  return isUp || dates.every((date, index) => index === 0 || dates[index - 1]! >= date);
}
