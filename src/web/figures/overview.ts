/** What the overview's template is given, but for the table of its holdings. */
import {
  type AllocatedPart,
  type Allocation,
  type AllocationWords,
  allocatedParts,
  allocations,
  type OverviewFigures,
  type Range,
  type Respect,
} from "../../portfolio/index.ts";
import { timeChart } from "../charts/time-chart.ts";
import { tones, treemapHeight, treemapTiles } from "../charts/treemap.ts";
import type { Format } from "../format.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import { benchmarkView } from "./benchmark.ts";
import { daysInRange, overDays, periodOf, regimeBands } from "./days.ts";
import { classLabel, sectorLabel } from "./labels.ts";

const labels = {
  "1M": defineMessage("1 month"),
  "3M": defineMessage("3 months"),
  "6M": defineMessage("6 months"),
  YTD: defineMessage("This year"),
  "1Y": defineMessage("1 year"),
  "3Y": defineMessage("3 years"),
  "5Y": defineMessage("5 years"),
  Max: defineMessage("The whole time"),
} as const;

const labelOf = (range: Range): string => t("name" in range ? labels[range.name] : "These days");

/** In parts that are rendered each by itself: what stands between them is of another time. */
export function overviewView(
  figures: OverviewFigures,
  range: Range,
  { respect, href }: Allocating,
  format: Format,
) {
  const { span, changes } = figures;
  return {
    period: periodOf(figures, format),
    firstDay: daysInRange(figures)[0],
    headline: {
      marketValue: figures.marketValue,
      day: { ...changes.day, date: figures.day },
      range: { ...changes.range, label: span.is_whole ? t("Since your first trade") : labelOf(range) },
      whole: changes.whole,
      // Up to the end of the range, like everything here.
      wholeTime: { from: span.first, to: span.end },
      benchmark: benchmarkView(figures, changes.range.twr, format),
    },
    value: { chart: valueChart(figures, format) },
    allocation: {
      asOf: span.end,
      ...allocationView(figures, { respect, href }, format),
    },
  };
}

/** In which respect the picture of the allocation is, and where its others are. */
interface Allocating {
  readonly respect: Respect;
  readonly href: (respect: Respect) => string;
}

/** The respects that a picture has: of each ticker by itself there is the table. */
const pictured: Readonly<Partial<Record<Respect, Pictured>>> = {
  sector: { label: defineMessage("Sector"), title: defineMessage("Allocation by sector") },
  class: { label: defineMessage("Asset class"), title: defineMessage("Allocation by asset class") },
  currency: { label: defineMessage("Currency"), title: defineMessage("Allocation by currency") },
  account: { label: defineMessage("Account"), title: defineMessage("Allocation by account") },
};

interface Pictured {
  readonly label: Message;
  readonly title: Message;
}

/** Of the tables. */
const titles: Readonly<Record<Respect, Message>> = {
  ticker: defineMessage("By ticker"),
  class: defineMessage("By asset class"),
  sector: defineMessage("By sector"),
  currency: defineMessage("By currency"),
  account: defineMessage("By account"),
};

const allocationWords = (): AllocationWords => ({
  cash: t("Cash"),
  cashIn: (currency) => t("Cash {currency}", { currency }),
  others: (count) => t("{count, plural, one {# other} other {# others}}", { count }),
  classOf: classLabel,
  sectorOf: sectorLabel,
});

/** A treemap of what is held, within the respect that is chosen or the first that there is, and the tables of all. */
function allocationView(
  { tickers, standing, span }: OverviewFigures,
  { respect: asked, href }: Allocating,
  format: Format,
) {
  const words = allocationWords();
  const all = allocations(tickers, standing, span.currency, words);
  const choices = all.filter(({ respect }) => respect in pictured);
  const chosen =
    choices.find(({ respect }) => respect === asked) ?? choices.find(({ respect }) => respect === "sector");
  return {
    respects: all.map((one) => ({ ...one, title: t(titles[one.respect]) })),
    choices: choices.map(({ respect }) => ({
      label: t(pictured[respect]!.label),
      href: href(respect),
      isCurrent: respect === chosen?.respect,
    })),
    treemap: chosen
      ? treemapView(chosen, allocatedParts(tickers, standing, chosen.respect, words), format)
      : null,
  };
}

function treemapView({ respect, slices }: Allocation, parts: readonly AllocatedPart[], format: Format) {
  const total = parts.reduce((sum, { value }) => sum + Number(value), 0);
  const tiles = treemapTiles(
    parts.map(({ group, label, name, value }) => ({
      group,
      label: shownTicker(label),
      ...(name !== null && { name }),
      value: Number(value),
    })),
  );
  const toneOf = new Map(tiles.map(({ group, tone }) => [group, tone]));
  return {
    title: t(pictured[respect]!.title),
    description: slices.map(({ label, weight }) => `${label} ${format.percent(weight)}`).join(", "),
    height: treemapHeight,
    tiles: tiles.map((tile) => ({
      ...tile,
      group: respect === "account" ? "" : tile.group,
      worth: format.money(String(tile.value)),
      share: format.percent(tile.value / total),
    })),
    groups: slices.map(({ label, weight }) => ({
      label,
      share: format.percent(weight),
      tone: toneOf.get(label) ?? tones - 1,
    })),
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
      title: t("Value"),
      unit: "money",
      height: 260,
      ...overDays(figures),
      series: [
        {
          name: "value",
          label: t("Market value"),
          values: days.marketValue,
          shape: "line",
        },
        {
          name: "contributions",
          label: t(opening === 0 ? "Net deposits" : "Value at the start and net deposits"),
          values: contributed,
          shape: "step",
        },
      ],
      told: [
        {
          label: t("Gain"),
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
