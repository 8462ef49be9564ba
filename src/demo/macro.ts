import { UnknownSeriesError } from "../market/errors.ts";
import type { MacroSource, Observation } from "../market/source.ts";
import { dateOf, dayOf, type EpochDay, epochDay, indicators, isSlump, isWeekend, normal } from "./economy.ts";

const firstDay = epochDay("2010-01-01");
/** A month's figure is out by the middle of the next one. */
const publicationDays = 45;
const monthsAYear = 12;

type Series = (lastDay: EpochDay) => Observation[];

const observation = (day: EpochDay, value: number, digits: number): Observation => ({
  date: dateOf(day),
  value: value.toFixed(digits),
  realtimeStart: null,
});

/** One figure each weekday, known the day after. */
function daily(seriesId: string, value: (day: EpochDay) => number): Series {
  return (lastDay) => {
    const rows: Observation[] = [];
    for (let day = firstDay; day < lastDay; day += 1) {
      if (!isWeekend(day)) rows.push(observation(day, value(day) + 0.02 * normal(seriesId, day), 2));
    }
    return rows;
  };
}

function months(lastDay: EpochDay): EpochDay[] {
  const days: EpochDay[] = [];
  for (let day = firstDay; day + publicationDays <= lastDay; day += 1) {
    if (dateOf(day).endsWith("-01")) days.push(day);
  }
  return days;
}

function monthly(value: (day: EpochDay) => number, digits: number): Series {
  return (lastDay) => months(lastDay).map((day) => observation(day, value(day), digits));
}

/** An index of 100 that grows each month at the rate (per cent a year) of that month. */
function index(rate: (day: EpochDay) => number): Series {
  return (lastDay) => {
    let level = 100;
    return months(lastDay).map((day) => {
      level *= (1 + rate(day) / 100) ** (1 / monthsAYear);
      return observation(day, level, 3);
    });
  };
}

const series: Readonly<Record<string, Series>> = {
  DFF: daily("DFF", indicators.policyRate),
  GS10: monthly(indicators.tenYearRate, 2),
  T10Y2Y: daily("T10Y2Y", indicators.yieldCurve),
  T10YIE: daily("T10YIE", indicators.expectedInflation),
  CPIAUCSL: index(indicators.inflation),
  UNRATE: monthly(indicators.unemployment, 1),
  INDPRO: index(indicators.productionGrowth),
  USREC: monthly((day) => (isSlump(day) ? 1 : 0), 0),
  DTB3: daily("DTB3", (day) => indicators.policyRate(day) - 0.1),
};

/** A macro source without a network: the figures of the demo's economy, up to the clock's today. */
export function createSyntheticMacroSource(clock: () => Date): MacroSource {
  return {
    series: async (seriesId) => {
      const found = series[seriesId];
      if (!found) throw new UnknownSeriesError(seriesId);
      return found(dayOf(clock()));
    },
  };
}
