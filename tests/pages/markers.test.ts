import { expect, test } from "vitest";
import { type Marker, markerLegend, placeMarkers } from "../../src/web/charts/markers.ts";

const at = (name: Marker["name"], date: string, value: number | null): Marker => ({
  name,
  date,
  value,
  title: date,
});
const placement = {
  first: "2024-01-02",
  last: "2024-01-31",
  x: (day: string) => day,
  y: (value: number) => 100 - value,
  height: 100,
};

test("markers stand at their day and value, kept within the chart", () => {
  const markers = [at("buy", "2024-01-02", 40), at("sell", "2024-01-31", 400), at("buy", "2024-01-05", -50)];
  expect(placeMarkers(markers, placement).map(({ x, y }) => [x, y])).toEqual([
    ["2024-01-02", 60],
    ["2024-01-31", 8],
    ["2024-01-05", 92],
  ]);
});

test("without a value a dividend stands at the foot, a split at the top with a line through the height", () => {
  const markers = [at("dividend", "2024-01-03", null), at("split", "2024-01-04", null)];
  expect(placeMarkers(markers, placement).map(({ y, isLine }) => [y, isLine])).toEqual([
    [92, false],
    [8, true],
  ]);
});

test("what lies outside the days is left out, of the legend too", () => {
  const placed = placeMarkers([at("buy", "2024-01-01", 1), at("sell", "2024-02-01", 1)], placement);
  expect([placed, markerLegend(placed)]).toEqual([[], []]);
});

test("the legend names each kind once, and no two kinds have one shape", () => {
  const markers = (["dividend", "buy", "split", "sell", "buy"] as const).map((name) =>
    at(name, "2024-01-03", 1),
  );
  const legend = markerLegend(placeMarkers(markers, placement));
  expect(legend.map(({ label }) => label)).toEqual(["Buy", "Sell", "Split", "Dividend"]);
  expect(new Set(legend.map(({ path }) => path)).size).toBe(4);
});
