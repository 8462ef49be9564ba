/**
 * The geometry of a chart over days; `ui/partials/time-chart.hbs` draws it.
 *
 * It has no width: what must not be stretched (text, bands) is placed in percent, and only the paths live in a
 * nested SVG of 1000 units that is stretched to whatever width there is. So one markup fits a phone and a desk.
 */
import { scaleLinear, scaleUtc } from "d3-scale";
import { area, curveLinear, curveStepAfter, line } from "d3-shape";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { dayLabels, type Unit, valueLabels, writeValues } from "./axes.ts";
import { decimate } from "./decimate.ts";
import { type Marker, markerLegend, placeMarkers } from "./markers.ts";

export type { Unit } from "./axes.ts";

export interface Series {
  /** Becomes the class `series-<name>`. */
  readonly name: string;
  readonly label: string;
  /** One for each date; null is a gap. */
  readonly values: readonly (number | null)[];
  /** step: the value holds until the next one (contributions). */
  readonly shape: "line" | "step";
}

/** A figure of each day that is not drawn: it is told with the others, in the tooltip and the table. */
export type Told = Pick<Series, "label" | "values">;

/** A stretch of days with a name, drawn behind the lines. */
export interface Band {
  readonly name: string;
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

export interface TimeChartInput {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly height: number;
  /** Ascending, at least one. */
  readonly dates: readonly string[];
  /** The first decides which days are kept when there are too many to draw. */
  readonly series: readonly Series[];
  readonly told?: readonly Told[];
  /** What to shade: between the first two series, or between the first and zero. */
  readonly shade: "between" | "zero" | "none";
  readonly bands?: readonly Band[];
  /** Where they stand: over the height of the chart (default), or in a strip below it, which can be closed. */
  readonly bandsAs?: "background" | "strip";
  /** What happened on a day; those outside the dates are left out. */
  readonly markers?: readonly Marker[];
  /**
   * Days can be selected, and the page goes to them. What its first point is: the `close` that a range is measured from,
   * or a `day` of the range. Absent: nothing can be selected.
   */
  readonly zoom?: "close" | "day";
}

const width = 1000;
const buckets = 300;
/** Days to the right of the last one, so that a line of one day is seen at all. */
const dayInMilliseconds = 86_400_000;

const instant = (day: string): number => Date.parse(day);
const percentOf = (fraction: number): string => `${(fraction * 100).toFixed(2)}%`;

export function timeChart(input: TimeChartInput, format: Format) {
  const { dates, series } = input;
  const first = instant(dates[0] ?? "1970-01-01");
  const last = Math.max(instant(dates.at(-1) ?? "1970-01-01"), first + dayInMilliseconds);
  const x = scaleUtc().domain([first, last]).range([0, width]);
  const y = valueScale(input);
  const kept = keptDays(input).map((index) => ({ index, x: x(instant(dates[index] ?? "")) }));
  const places = series.map(({ values }) => placesOf(values, kept, y));
  const told = [...series, ...(input.told ?? [])];
  const markers = placeMarkers(input.markers ?? [], {
    first: dates[0] ?? "",
    last: dates.at(-1) ?? "",
    x: (day) => percentOf(x(instant(day)) / width),
    y: (value) => round(y(value)),
    height: input.height,
  });
  return {
    id: input.id,
    title: input.title,
    description: describe(input, format),
    height: input.height,
    viewBox: `0 0 ${width} ${input.height}`,
    axisY: input.height + 18,
    totalHeight: input.height + 26,
    lines: series.map((one, number) => ({
      name: one.name,
      label: one.label,
      path: linePath(one, places[number]!),
    })),
    shade: shadePath(input, places, y(0)),
    yTicks: valueTicks(y, input.unit, format),
    xTicks: timeTicks(x, format),
    bands: (input.bands ?? []).map((band) => placeBand(band, first, last, format)),
    isStrip: input.bandsAs === "strip",
    legend: legend(input.bands ?? []),
    markers,
    markerLegend: markerLegend(markers),
    unit: input.unit,
    ...currencyOf(input.unit, format),
    zoom: input.zoom,
    points: kept
      .map(({ index }) =>
        [dates[index], ...told.map(({ values }) => exact(values[index], input.unit, format))].join(","),
      )
      .join(";"),
    table: table(input, told, format),
  };
}

/** Days on which something happened are kept too: the tooltip tells it with the values of that day. */
function keptDays({ dates, series, markers = [] }: TimeChartInput): number[] {
  const marked = new Set(markers.map(({ date }) => date));
  const kept = new Set(decimate(series[0]?.values ?? [], buckets));
  for (const [index, date] of dates.entries()) if (marked.has(date)) kept.add(index);
  return [...kept].sort((left, right) => left - right);
}

function valueWriter(unit: Unit, format: Format): (value: number) => string {
  const writers = { money: format.money, price: format.price, quantity: format.quantity };
  return unit === "percent" ? format.percent : (value) => writers[unit](String(value));
}

/** For the script that reads the chart, which writes US dollars unless it is told. */
function currencyOf(unit: Unit, { currency, currencyDisplay }: Format) {
  const isMoney = unit === "money" || unit === "price";
  return isMoney && (currency !== "USD" || currencyDisplay === "code") ? { currency, currencyDisplay } : {};
}

/** A day that is drawn, and where. */
interface Kept {
  readonly index: number;
  readonly x: number;
}

type ValueScale = ReturnType<typeof valueScale>;
type TimeScale = ReturnType<typeof scaleUtc<number, number>>;

function valueScale({ series, shade, height, unit }: TimeChartInput) {
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  if (shade === "zero") values.push(0);
  if (values.length === 0) values.push(0, 1);
  const lowest = values.reduce((left, right) => Math.min(left, right), Infinity);
  const highest = values.reduce((left, right) => Math.max(left, right), -Infinity);
  // What only differs in the last digits of a double is the same: drawn from bottom to top, the axis had fourteen decimals.
  const same = Math.max(
    1e-9 * Math.max(Math.abs(highest), Math.abs(lowest)),
    unit === "percent" ? 1e-12 : 0, // what is left of a volatility of nothing; a price may be as small
  );
  const flat = !(highest - lowest > same);
  const flatMargin = Math.abs(highest) > same ? Math.abs(highest) * 0.05 : 0.01;
  const margin = flat ? flatMargin : (highest - lowest) * 0.06;
  return scaleLinear()
    .domain([lowest - margin, shade === "zero" && highest === 0 ? 0.15 * -lowest : highest + 2 * margin])
    .range([height, 0]);
}

/** A day of a series as it is drawn. */
interface PlaceOfDay {
  readonly x: number;
  /** null: a gap. */
  readonly y: number | null;
}

/** Once for all that is drawn of them: of a chart of years the scales take most of the time. */
function placesOf(values: Series["values"], kept: readonly Kept[], y: ValueScale): PlaceOfDay[] {
  return kept.map(({ index, x }) => {
    const value = values[index] ?? null;
    return { x, y: value === null ? null : y(value) };
  });
}

function linePath({ shape }: Series, places: readonly PlaceOfDay[]): string {
  const draw = line<PlaceOfDay>()
    .defined(({ y }) => y !== null)
    .x(({ x }) => x)
    .y(({ y }) => y ?? 0)
    .curve(shape === "step" ? curveStepAfter : curveLinear)
    .digits(1);
  const [only] = places;
  // One day is a point, which nobody would see.
  if (places.length === 1 && typeof only?.y === "number") return `M0,${round(only.y)}H${width}`;
  return draw(places) ?? "";
}

function shadePath(
  { shade }: TimeChartInput,
  [upper = [], lower]: readonly (readonly PlaceOfDay[])[],
  zero: number,
): string {
  if (shade === "none") return "";
  const draw = area<PlaceOfDay>()
    .defined(({ y }) => y !== null)
    .x(({ x }) => x)
    .y0((_, number) => (shade === "between" ? lower?.[number]?.y : null) ?? zero)
    .y1(({ y }) => y ?? 0)
    .digits(1);
  return draw([...upper]) ?? "";
}

function valueTicks(y: ValueScale, unit: Unit, format: Format) {
  const values = y.ticks(4);
  return valueLabels(values, (value) => y(value), writeValues(values, unit, format)).map((tick) => ({
    y: round(tick.y),
    labelY: round(tick.labelY),
    label: tick.label,
    zero: tick.value === 0,
  }));
}

/** What is shown of them at which width says the stylesheet. */
function timeTicks(x: TimeScale, format: Format) {
  const days = [...new Set(x.ticks(6).map((tick) => tick.toISOString().slice(0, 10)))].filter(
    (day) => x(instant(day)) <= width,
  );
  const write = days.every((day) => day.endsWith("-01-01"))
    ? format.year
    : days.every((day) => day.endsWith("-01"))
      ? format.month
      : format.shortDate;
  const places = days.map((day) => ({ fraction: x(instant(day)) / width, label: write(day) }));
  const january = Math.max(
    0,
    days.findIndex((day) => day.endsWith("-01-01")),
  );
  return dayLabels(places, january).map(({ fraction, label, anchor, shownAt }) => ({
    x: percentOf(fraction),
    label,
    anchor,
    shownAt: shownAt.map((name) => `at-${name}`).join(" "),
  }));
}

function placeBand(band: Band, first: number, last: number, format: Format) {
  const from = Math.max(instant(band.from), first);
  const to = Math.min(instant(band.to) + dayInMilliseconds, last);
  const share = Math.max(0, (to - from) / (last - first));
  return {
    name: band.name,
    label: band.label,
    from: band.from,
    to: band.to,
    title: t("{name}: {from} to {to}", {
      name: band.label,
      from: format.date(band.from),
      to: format.date(band.to),
    }),
    x: percentOf((from - first) / (last - first)),
    width: percentOf(share),
    middle: percentOf((from - first) / (last - first) + share / 2),
    /** Room enough for its name, even on a narrow screen. */
    wide: share > 0.16,
  };
}

/** Each name once, in order of appearance. */
function legend(bands: readonly Band[]): { name: string; label: string }[] {
  return [...new Map(bands.map(({ name, label }) => [name, { name, label }])).values()];
}

function describe({ dates, series, unit }: TimeChartInput, format: Format): string {
  const exactly = valueWriter(unit, format);
  const write = (value: number | null): string => (value === null ? t("no value") : exactly(value));
  const ends = series.map(({ label, values }) =>
    t("{series} from {first} to {last}", {
      series: label,
      first: write(values[0] ?? null),
      last: write(values.at(-1) ?? null),
    }),
  );
  return t("{from} to {to}: {series}.", {
    from: format.date(dates[0] ?? ""),
    to: format.date(dates.at(-1) ?? ""),
    series: ends.join("; "),
  });
}

/** The same figures as text: each day, the last day of each week or of each month, so that it stays readable. */
function table({ dates, unit }: TimeChartInput, told: readonly Told[], format: Format) {
  const period = (day: string): string =>
    dates.length <= 45
      ? day
      : dates.length <= 200
        ? String(Math.floor(instant(day) / (7 * dayInMilliseconds)))
        : day.slice(0, 7);
  const indexes = dates.flatMap((day, index) => {
    const next = dates[index + 1];
    return next === undefined || period(next) !== period(day) ? [index] : [];
  });
  const write = valueWriter(unit, format);
  return {
    headers: told.map(({ label }) => label),
    rows: indexes.reverse().map((index) => ({
      date: dates[index],
      values: told.map(({ values }) => {
        const value = values[index] ?? null;
        return value === null ? null : write(value);
      }),
    })),
  };
}

function exact(value: number | null | undefined, unit: Unit, { minorDigits }: Format): string {
  if (value === null || value === undefined) return "";
  return unit === "money"
    ? value.toFixed(minorDigits)
    : unit === "percent"
      ? value.toFixed(6)
      : String(value);
}

const round = (value: number): number => Math.round(value * 10) / 10;
