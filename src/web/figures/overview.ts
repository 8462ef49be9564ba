/** What the overview's template is given, but for the table of its holdings. */
import { allocations, type OverviewFigures, type Range } from "../../portfolio/index.ts";
import { timeChart } from "../charts/time-chart.ts";
import type { Format } from "../format.ts";
import { benchmarkView } from "./benchmark.ts";
import { daysInRange, overDays, periodOf, regimeBands } from "./days.ts";

const labels = {
  "1M": "1 month",
  "3M": "3 months",
  "6M": "6 months",
  YTD: "This year",
  "1Y": "1 year",
  "3Y": "3 years",
  "5Y": "5 years",
  Max: "The whole time",
} as const;

const labelOf = (range: Range): string => ("name" in range ? labels[range.name] : "These days");

/** In parts that are rendered each by itself: what stands between them is of another time. */
export function overviewView(figures: OverviewFigures, range: Range, format: Format) {
  const { span, changes } = figures;
  return {
    period: periodOf(figures, format),
    firstDay: daysInRange(figures)[0],
    headline: {
      marketValue: figures.marketValue,
      day: { ...changes.day, date: figures.day },
      range: { ...changes.range, label: span.is_whole ? "Since your first trade" : labelOf(range) },
      whole: changes.whole,
      // Up to the end of the range, like everything here.
      wholeTime: { from: span.first, to: span.end },
      benchmark: benchmarkView(figures, changes.range.twr, format),
    },
    value: { chart: valueChart(figures, format) },
    allocation: {
      asOf: span.end,
      respects: allocations(figures.tickers, figures.standing, span.currency),
    },
  };
}

/** The gap between the lines is the gain of the range, less the income that was paid out. */
function valueChart(figures: OverviewFigures, format: Format) {
  const { span, days } = figures;
  const opening = Number(span.opening_value);
  const contributed = days.netContributions.map((amount) => opening + amount);
  return timeChart(
    {
      id: "value",
      title: "Value",
      unit: "money",
      height: 260,
      ...overDays(figures),
      series: [
        {
          name: "value",
          label: "Market value",
          values: days.marketValue,
          shape: "line",
        },
        {
          name: "contributions",
          label: opening === 0 ? "Net contributions" : "Value at the start and net contributions",
          values: contributed,
          shape: "step",
        },
      ],
      told: [
        {
          label: "Gain",
          values: contributed.map(
            (amount, day) => days.marketValue[day]! + days.incomePaidOut[day]! - amount,
          ),
        },
      ],
      shade: "between",
      bands: regimeBands(figures),
      bandsAs: "strip",
    },
    format,
  );
}
