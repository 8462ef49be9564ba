import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DayLabel, extentOf, type PlotWidth, type Unit, widthOf } from "../../src/web/charts/axes.ts";
import { timeChart } from "../../src/web/charts/time-chart.ts";
import { formatFor } from "../../src/web/format.ts";

// Labels of an axis never run into one another: whatever the days, the values, the reader's locale and the page's width.

/** What the stylesheet shows of a plot so wide: tests/browser/axes.test.ts asks the browser. */
const shownAt = (plotWidth: number): PlotWidth =>
  plotWidth < 416 ? "narrow" : plotWidth < 640 ? "medium" : "wide";

/** Of pages of 360, 768 and 1440 pixels: one chart over the whole of it, and two beside each other. */
const plots = [280, 326, 340, 415, 416, 600, 639, 640, 690, 1340];

const magnitude = fc.oneof(
  fc.double({ min: 0.001, max: 1, noNaN: true }),
  fc
    .integer({ min: -3, max: 12 })
    .chain((power) =>
      fc.double({ min: 1, max: 9.99, noNaN: true }).map((mantissa) => mantissa * 10 ** power),
    ),
);
const input = fc.record({
  first: fc.integer({ min: 0, max: 20_000 }),
  days: fc.oneof(fc.integer({ min: 2, max: 90 }), fc.integer({ min: 2, max: 30 * 366 })),
  unit: fc.constantFrom<Unit>("money", "price", "quantity", "percent"),
  height: fc.constantFrom(160, 190, 220, 260),
  base: magnitude,
  /** Of the base: what the values move by. */
  spread: fc.constantFrom(0, 0.0001, 0.01, 0.5, 3),
  isNegative: fc.boolean(),
  isAroundZero: fc.boolean(),
  shade: fc.constantFrom("none" as const, "zero" as const),
  locale: fc.constantFrom("en-US", "de", "fr", "pt-BR", "sw", "ja", "hi"),
  currency: fc.constantFrom("USD", "KES", "JPY"),
});

function chartOf(of: typeof input extends fc.Arbitrary<infer T> ? T : never) {
  const start = Date.UTC(1975, 0, 1) + of.first * 86_400_000;
  const dates = Array.from({ length: Math.min(of.days, 60) }, (_, index) => {
    const day = Math.round((index / Math.max(1, Math.min(of.days, 60) - 1)) * (of.days - 1));
    return new Date(start + day * 86_400_000).toISOString().slice(0, 10);
  });
  const sign = of.isNegative ? -1 : 1;
  const values = dates.map((_, index) => {
    const wave = Math.sin(index * 1.7) * of.spread * of.base;
    return of.isAroundZero ? wave : sign * of.base + wave;
  });
  const format = formatFor([of.locale], { base: of.currency, all: [of.currency] });
  return timeChart(
    {
      id: "any",
      title: "Any",
      unit: of.unit,
      height: of.height,
      dates,
      series: [{ name: "any", label: "Any", values, shape: "line" }],
      shade: of.shade,
    },
    format,
  );
}

const labelsAt = (chart: ReturnType<typeof chartOf>, plotWidth: number) =>
  chart.xTicks
    .filter((tick) => tick.shownAt.split(" ").includes(`at-${shownAt(plotWidth)}`))
    .map(({ x, label, anchor }) => ({
      fraction: Number.parseFloat(x) / 100,
      label,
      anchor: anchor as DayLabel["anchor"],
    }));

describe("the labels of an axis", () => {
  test("of days never touch, stay within the chart and are never none, from 2 days to 30 years", () => {
    fc.assert(
      fc.property(input, (of) => {
        const chart = chartOf(of);
        for (const plotWidth of plots) {
          const labels = labelsAt(chart, plotWidth);
          expect(labels.length).toBeGreaterThan(0);
          const extents = labels.map((label) => extentOf(label, plotWidth));
          for (const [index, [from, to]] of extents.entries()) {
            expect(from).toBeGreaterThanOrEqual(-1);
            expect(to).toBeLessThanOrEqual(plotWidth + 1);
            const next = extents[index + 1];
            if (next) expect(next[0] - to).toBeGreaterThan(4);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("of values never touch, stay within the chart and are each another text, from 0.001 to 1e12", () => {
    fc.assert(
      fc.property(input, (of) => {
        const { yTicks } = chartOf(of);
        const labels = yTicks.filter(({ label }) => label !== null);
        expect(labels.length).toBeGreaterThan(0);
        expect(new Set(labels.map(({ label }) => label)).size).toBe(labels.length);
        const sorted = labels.map(({ labelY }) => labelY).sort((left, right) => left - right);
        for (const [index, y] of sorted.entries()) {
          expect(y).toBeGreaterThanOrEqual(8);
          expect(y).toBeLessThanOrEqual(of.height + 1);
          if (index > 0) expect(y - sorted[index - 1]!).toBeGreaterThanOrEqual(12.8);
        }
        for (const { label } of labels) expect(widthOf(label!)).toBeLessThan(280);
      }),
      { numRuns: 500 },
    );
  });

  test("tell values apart that two decimals would not", () => {
    const values = [1_000_000, 1_000_400];
    const chart = timeChart(
      {
        id: "near",
        title: "Near",
        unit: "money",
        height: 220,
        dates: ["2024-01-01", "2024-01-02"],
        series: [{ name: "near", label: "Near", values, shape: "line" }],
        shade: "none",
      },
      formatFor(["en-US"]),
    );
    expect(chart.yTicks.map(({ label }) => label)).toEqual([
      "$1M",
      "$1.0001M",
      "$1.0002M",
      "$1.0003M",
      "$1.0004M",
    ]);
  });
});
