/** What happened on a day, marked on a chart over days: told apart by shape as well as by colour. */
import { defineMessage, type Message, t } from "../messages/index.ts";

export type MarkerName = "buy" | "sell" | "split" | "dividend";

export interface Marker {
  readonly name: MarkerName;
  readonly date: string;
  /** In the unit of the chart. null: it stands at the foot of the chart, a split at its top. */
  readonly value: number | null;
  /** "BUY 3 at $101.50 on Mar 4, 2024". */
  readonly title: string;
}

interface Placement {
  readonly first: string;
  readonly last: string;
  readonly x: (day: string) => string;
  readonly y: (value: number) => number;
  readonly height: number;
}

const shapes: Readonly<Record<MarkerName, { label: Message; path: string }>> = {
  buy: { label: defineMessage("Buy"), path: "M0-8L8 6H-8Z" },
  sell: { label: defineMessage("Sell"), path: "M0 8L8-6H-8Z" },
  split: { label: defineMessage("Split"), path: "M-6-6H6V6H-6Z" },
  dividend: { label: defineMessage("Dividend"), path: "M0-6L6 0L0 6L-6 0Z" },
};

/** Markers within the chart's days, where they stand on it; a split is a line through the whole height too. */
export function placeMarkers(markers: readonly Marker[], { first, last, x, y, height }: Placement) {
  return markers
    .filter(({ date }) => date >= first && date <= last)
    .map(({ name, date, value, title }) => ({
      name,
      date,
      title,
      x: x(date),
      // A trade's price may lie off the day's closes, and so off the chart.
      y: Math.min(height - 8, Math.max(8, value !== null ? y(value) : name === "split" ? 0 : height)),
      isLine: name === "split",
      path: shapes[name].path,
    }));
}

/** Each kind once, in the order of the shapes. */
export function markerLegend(markers: readonly Pick<Marker, "name">[]) {
  const names = new Set(markers.map(({ name }) => name));
  return Object.entries(shapes)
    .filter(([name]) => names.has(name as MarkerName))
    .map(([name, { label, path }]) => ({ name, label: t(label), path }));
}
