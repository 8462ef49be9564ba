import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultLayers } from "../../src/engine/definition/index.ts";
import { decimate } from "../../src/web/charts/decimate.ts";
import { ganttChart } from "../../src/web/charts/gantt-chart.ts";
import { lineageChart } from "../../src/web/charts/lineage-chart.ts";
import { timeChart } from "../../src/web/charts/time-chart.ts";
import { formatFor } from "../../src/web/format.ts";

const format = formatFor(["en-GB"]);

describe("decimate", () => {
  test("keeps everything of a short series", () => {
    expect(decimate([3, 1, 2], 10)).toEqual([0, 1, 2]);
  });

  test("keeps both ends and both extremes of any series, in order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ noNaN: true, min: -1e9, max: 1e9 })), {
          minLength: 1,
          maxLength: 400,
        }),
        (values) => {
          const kept = decimate(values, 20);
          expect(kept).toEqual([...new Set(kept)].sort((left, right) => left - right));
          expect(kept[0]).toBe(0);
          expect(kept.at(-1)).toBe(values.length - 1);
          expect(kept.length).toBeLessThanOrEqual(42);
          const numbers = values.filter((value) => value !== null);
          const shown = kept.map((index) => values[index]).filter((value) => typeof value === "number");
          if (numbers.length > 0) {
            expect(Math.max(...shown)).toBe(Math.max(...numbers));
            expect(Math.min(...shown)).toBe(Math.min(...numbers));
          }
        },
      ),
    );
  });
});

describe("time chart", () => {
  const chart = (dates: string[], values: (number | null)[]) =>
    timeChart(
      {
        id: "value",
        title: "Value",
        unit: "money",
        height: 100,
        dates,
        series: [{ name: "value", label: "Market value", values, shape: "line" }],
        shade: "zero",
        bands: [{ name: "recovery", label: "Recovery", from: "2023-01-01", to: "2024-01-02" }],
      },
      format,
    );

  test("says in words what it shows", () => {
    const { description } = chart(["2024-01-01", "2024-01-31"], [100, 250.5]);
    expect(description).toBe("1 Jan 2024 to 31 Jan 2024: Market value from $100.00 to $250.50.");
  });

  test("draws a single day", () => {
    const { lines, xTicks, table } = chart(["2024-01-01"], [100]);
    expect(lines[0]?.path).toMatch(/^M0,[\d.]+H1000$/); // a point could not be seen
    expect(xTicks.length).toBeGreaterThan(0);
    expect(table.rows).toEqual([{ date: "2024-01-01", values: ["$100.00"] }]);
  });

  test.each([[[2.368119532642104, 2.368119532642105, 2.368119532642104]], [[0, 2e-17, 1e-17]]])(
    "draws what differs in its last digits alone as the same: %j",
    (values) => {
      const { lines, yTicks } = timeChart(
        {
          id: "volatility",
          title: "Volatility",
          unit: "percent",
          height: 100,
          dates: ["2024-01-01", "2024-01-02", "2024-01-03"],
          series: [
            {
              name: "value",
              label: "Volatility",
              values,
              shape: "line",
            },
          ],
          shade: "none",
        },
        format,
      );
      for (const { label } of yTicks) expect(label?.length ?? 0).toBeLessThan(8);
      const heights = [...lines[0]!.path.matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
      expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(1);
    },
  );

  test("tells what is not drawn with what is, in the tooltip and the table", () => {
    const { lines, points, table } = timeChart(
      {
        id: "value",
        title: "Value",
        unit: "money",
        height: 100,
        dates: ["2024-01-01", "2024-01-02"],
        series: [{ name: "value", label: "Market value", values: [1, 2], shape: "line" }],
        told: [{ label: "Gain", values: [0, 1] }],
        shade: "zero",
      },
      format,
    );
    expect(lines.map(({ label }) => label)).toEqual(["Market value"]);
    expect(points).toBe("2024-01-01,1.00,0.00;2024-01-02,2.00,1.00");
    expect(table.headers).toEqual(["Market value", "Gain"]);
    expect(table.rows[0]).toEqual({ date: "2024-01-02", values: ["$2.00", "$1.00"] });
  });

  test.each([
    ["2023-12-05", 31],
    ["2021-01-05", 1050],
    ["2015-03-05", 3650],
    ["2004-03-05", 7300],
  ])("has room for the names of its days: from %s, %i days", (first, count) => {
    const start = Date.parse(first);
    const dates = Array.from({ length: count }, (_, day) =>
      new Date(start + day * 86_400_000).toISOString().slice(0, 10),
    );
    const { xTicks } = chart(
      dates,
      dates.map((_, day) => day),
    );
    expect(xTicks.length).toBeGreaterThanOrEqual(3);
    expect(xTicks.filter(({ shownAt }) => shownAt.includes("at-narrow")).length).toBeLessThanOrEqual(8);
    expect(new Set(xTicks.map(({ label }) => label)).size).toBe(xTicks.length);
  });

  test("leaves a gap where there is no value", () => {
    const { lines, points } = chart(["2024-01-01", "2024-01-02", "2024-01-03"], [1, null, 3]);
    expect(lines[0]?.path.match(/M/g)).toHaveLength(2);
    expect(points).toBe("2024-01-01,1.00;2024-01-02,;2024-01-03,3.00");
  });

  test("cuts a band off at the edges and names its whole length", () => {
    const [band] = chart(["2024-01-01", "2024-01-05"], [1, 2]).bands;
    expect(band).toMatchObject({
      x: "0.00%",
      width: "50.00%",
      title: "Recovery: 1 Jan 2023 to 2 Jan 2024",
    });
  });

  test("stays small however long the history", () => {
    const dates = Array.from({ length: 20_000 }, (_, day) =>
      new Date(Date.UTC(1970, 0, 1 + day)).toISOString().slice(0, 10),
    );
    const { points, table } = chart(
      dates,
      dates.map((_, day) => Math.sin(day / 100)),
    );
    expect(points.split(";").length).toBeLessThanOrEqual(602);
    expect(table.rows.length).toBeLessThan(700);
  });
});

describe("lineage", () => {
  const asset = (name: string, ...upstream: string[]) =>
    ({ name, href: `/assets/${name}`, layer: "bronze", status: "fresh", upstream }) as const;
  const pairs = (edges: readonly { from: string; to: string }[]) =>
    edges.map(({ from, to }) => `${from} ${to}`);

  test("runs from left to right, and an asset outside the selection draws no edge", () => {
    const { nodes, edges, isDown } = lineageChart([asset("a", "elsewhere"), asset("b", "a")], defaultLayers);
    expect(isDown).toBe(false);
    expect(pairs(edges)).toEqual(["a b"]);
    expect(nodes[1]!.x).toBeGreaterThan(nodes[0]!.x + nodes[0]!.width);
  });

  test("that is deep runs from the top down", () => {
    const { nodes, isDown } = lineageChart(
      [..."abcdefgh"].map((name, index, all) => asset(name, all[index - 1] ?? "")),
      defaultLayers,
    );
    expect(isDown).toBe(true);
    expect(nodes[1]!.y).toBeGreaterThan(nodes[0]!.y + nodes[0]!.height);
  });

  test("leaves out what another way tells as well, unless it is asked for", () => {
    const nodes = [asset("a"), asset("b", "a"), asset("c", "a", "b"), asset("d", "a")];
    const { edges, implied, impliedCount } = lineageChart(nodes, defaultLayers);
    expect(pairs(edges)).toEqual(["a b", "b c", "a d"]);
    expect([implied, impliedCount]).toEqual([[], 1]);
    expect(pairs(lineageChart(nodes, defaultLayers, true).implied)).toEqual(["a c"]);
  });

  test("in a circle, as of layers drawn as one node, leaves nothing out", () => {
    const { edges } = lineageChart([asset("a"), asset("b", "a", "c"), asset("c", "a", "b")], defaultLayers);
    expect(pairs(edges).sort()).toEqual(["a b", "a c", "b c", "c b"]);
  });
});

describe("a Gantt chart", () => {
  const at = (second: number) => new Date(second * 1000);
  const nothing = () => new Set<string>();

  test("has bars that share the run's time; a running step reaches to now, one not started has none", () => {
    const { bars, milliseconds, ticks } = ganttChart(
      [
        { asset: "a", startedAt: at(0), filledAt: null, finishedAt: at(5) },
        { asset: "b", startedAt: at(5), filledAt: null, finishedAt: null },
        { asset: "c", startedAt: null, filledAt: null, finishedAt: null },
      ],
      nothing,
      at(10),
    );
    expect(milliseconds).toBe(10_000);
    expect([...bars]).toEqual([
      ["a", { work: { x: "0.00%", width: "50.00%" }, wait: null }],
      ["b", { work: { x: "50.00%", width: "50.00%" }, wait: null }],
      ["c", null],
    ]);
    expect(ticks.map((tick) => tick.milliseconds)).toEqual([0, 2000, 4000, 6000, 8000, 10_000]);
  });

  test("tells work from waiting for publication, and which steps the run could not have been shorter without", () => {
    const upstream = new Map([["c", new Set(["a", "b"])]]);
    const { bars, criticalPath, criticalMilliseconds, publication } = ganttChart(
      [
        { asset: "a", startedAt: at(0), filledAt: at(2), finishedAt: at(10) },
        { asset: "b", startedAt: at(0), filledAt: at(4), finishedAt: at(10) },
        { asset: "c", startedAt: at(4), filledAt: at(8), finishedAt: at(10) },
      ],
      (asset) => upstream.get(asset) ?? nothing(),
      at(20),
      at(12),
    );
    expect(bars.get("b")).toEqual({
      work: { x: "0.00%", width: "33.33%" },
      wait: { x: "33.33%", width: "50.00%" },
    });
    expect(criticalPath).toEqual(["b", "c"]);
    expect(criticalMilliseconds).toBe(8000);
    expect(publication).toEqual({ x: "66.67%", width: "33.33%" });
  });
});
