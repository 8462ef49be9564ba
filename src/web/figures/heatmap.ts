/** Returns by month and year, as a table whose cells are tinted by size. */
import type { Month } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { sayReasonOrNull } from "../reasons.ts";

/** Days of the range, as its address names them. */
interface Days {
  readonly from: string;
  readonly to: string;
}

interface Cell {
  readonly text: string | null;
  readonly reason: string | null;
  /** "gain-1" to "gain-4", "loss-1" to "loss-4", "flat"; null: there is no return. */
  readonly tint: string | null;
  /** What the page shows to say what the return is made of. */
  readonly days: Days | null;
}

interface Year {
  readonly year: string;
  readonly months: readonly Cell[];
  readonly whole: Cell;
}

const monthNumbers = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, "0"));
/** The least that each tint stands for; a year's are wider. */
const steps = { month: [0, 0.02, 0.04, 0.08], year: [0, 0.05, 0.1, 0.2] } as const;

/** Years newest first. `names`: the months' as the reader writes them. `days`: of the range, ascending. */
export function heatmap(
  months: readonly Month[],
  days: readonly string[],
  format: Format,
): { names: string[]; years: Year[] } {
  const inMonth = spansOf(days, 7);
  const inYear = spansOf(days, 4);
  const byYear = Map.groupBy(months, ({ month }) => month.slice(0, 4));
  const years = [...byYear].map(([year, ofYear]) => {
    const known = new Map(ofYear.map((one) => [one.month.slice(5, 7), one]));
    const returns = ofYear.flatMap((one) => (one.return === null ? [] : [one.return]));
    const whole = returns.length > 0 ? returns.reduce((product, one) => product * (1 + one), 1) - 1 : null;
    return {
      year,
      months: monthNumbers.map((number) => {
        const month = known.get(number);
        const value = cell(month?.return ?? null, month?.return_reason ?? null, steps.month, format);
        return { ...value, days: inMonth.get(`${year}-${number}`) ?? null };
      }),
      whole: { ...cell(whole, "nothing was held", steps.year, format), days: inYear.get(year) ?? null },
    };
  });
  return {
    names: monthNumbers.map((number) => format.monthName(`2000-${number}-01`)),
    years: years.reverse(),
  };
}

/** First and last of the days that share their first `length` characters: 4 are a year, 7 a month. */
function spansOf(days: readonly string[], length: 4 | 7): Map<string, Days> {
  const spans = new Map<string, Days>();
  for (const day of days) {
    const period = day.slice(0, length);
    spans.set(period, { from: spans.get(period)?.from ?? day, to: day });
  }
  return spans;
}

function cell(
  value: number | null,
  reason: string | null,
  least: readonly number[],
  format: Format,
): Omit<Cell, "days"> {
  if (value === null) return { text: null, reason: sayReasonOrNull(reason), tint: null };
  const strength = least.filter((step) => Math.abs(value) > step).length;
  const tint = strength === 0 ? "flat" : `${value > 0 ? "gain" : "loss"}-${strength}`;
  return { text: format.signedCompactPercent(value), reason: null, tint };
}
