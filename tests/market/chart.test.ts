import { expect, test } from "vitest";
import { decimalOf, parseChart } from "../../src/market/chart.ts";

const at = (text: string) => new Date(text);

interface Shape {
  readonly zone?: string;
  readonly session?: [string, string];
  readonly lastTrade?: string;
  readonly quotes?: [string, number | null][];
  readonly events?: unknown;
}

function chartOf({ zone = "America/New_York", session, lastTrade, quotes = [], events }: Shape) {
  return {
    meta: {
      currency: "USD",
      exchangeTimezoneName: zone,
      regularMarketTime: lastTrade ? at(lastTrade) : null,
      currentTradingPeriod: session && { regular: { start: at(session[0]), end: at(session[1]) } },
    },
    quotes: quotes.map(([date, close]) => ({ date: at(date), open: 1, high: 1, low: 1, close, volume: 1 })),
    ...(events !== undefined && { events }),
  };
}

const newYorkSession: [string, string] = ["2024-06-28T13:30:00Z", "2024-06-28T20:00:00Z"];
const datesOf = (shape: Shape, now = "2026-01-01T00:00:00Z") =>
  parseChart("T", chartOf(shape), null, at(now)).bars.map((bar) => bar.date);

test.each([
  [166.69000244140625, "166.69"],
  [712345.25, "712345.25"],
  [Math.fround(100123.453125), "100123.45"],
  [0.10000000149011612, "0.1"],
  [Math.fround(1e-7), "0.0000001"],
  [0.1925, "0.1925"],
  [36, "36"],
])("the float %d is the price %s", (value, decimal) => {
  expect(decimalOf(value)).toBe(decimal);
  expect(Math.fround(Number(decimal))).toBe(Math.fround(value));
});

test.each([
  // London's midnight is 23:00 UTC of the day before in summer; a request made in winter has the offset of winter.
  ["Europe/London", "2024-07-01T23:00:00Z", "2024-07-02"],
  ["Asia/Tokyo", "2024-07-02T00:00:00Z", "2024-07-02"],
  ["Pacific/Auckland", "2024-07-01T22:00:00Z", "2024-07-02"],
  ["America/New_York", "2024-07-02T04:00:00Z", "2024-07-02"],
  ["UTC", "2024-07-02T00:00:00Z", "2024-07-02"],
  ["America/Sao_Paulo", "2012-10-21T01:00:00Z", "2012-10-21"], // 23:00 of the 20th: Yahoo's fault with summer time
])("in %s a bar stamped %s is of %s", (zone, stamp, date) => {
  expect(datesOf({ zone, quotes: [[stamp, 1]] })).toEqual([date]);
});

test("a last trade at 23:00 sharp is still of its day", () => {
  const lastTrade = "2024-07-02T23:00:00Z";
  expect(datesOf({ zone: "UTC", lastTrade, quotes: [[lastTrade, 1]] })).toEqual(["2024-07-02"]);
});

test.each([
  ["while the session is open", "2024-06-28T19:59:59Z", "2024-06-28T20:00:00Z", false],
  ["when the last trade is the closing one", "2024-06-28T20:00:01Z", "2024-06-28T20:05:00Z", true],
  ["half an hour after the close at the latest", "2024-06-28T19:58:00Z", "2024-06-28T20:30:00Z", true],
])("the bar of today %s (last trade %s, now %s): final is %s", (_when, lastTrade, now, isFinal) => {
  const chart = chartOf({
    session: newYorkSession,
    lastTrade,
    quotes: [
      ["2024-06-27T13:30:00Z", 1],
      ["2024-06-28T13:30:00Z", 2],
    ],
  });
  expect(parseChart("T", chart, null, at(now)).bars.map((bar) => bar.isFinal)).toEqual([true, isFinal]);
});

test("without a trading session, today's bar is provisional", () => {
  const { bars, warnings } = parseChart(
    "T",
    chartOf({
      quotes: [
        ["2024-06-27T13:30:00Z", 1],
        ["2024-06-28T13:30:00Z", 2],
      ],
    }),
    null,
    at("2024-06-28T23:00:00Z"),
  );
  expect(bars.map((bar) => bar.isFinal)).toEqual([true, false]);
  expect(warnings).toEqual(["the reply names no trading session"]);
});

test("rows after today and before the window are dropped", () => {
  const chart = chartOf({
    quotes: [
      ["2024-06-26T13:30:00Z", 1],
      ["2024-06-27T13:30:00Z", 2],
      ["2024-07-01T13:30:00Z", 3],
    ],
  });
  const { bars, warnings } = parseChart("T", chart, "2024-06-27", at("2024-06-28T23:00:00Z"));
  expect(bars.map((bar) => bar.date)).toEqual(["2024-06-27"]);
  expect(warnings).toContain("dropped bars after 2024-06-28, today in America/New_York");
});

test("a null row never hides the one with a price", () => {
  const quotes: [string, number | null][] = [
    ["2024-06-28T13:30:00Z", 5],
    ["2024-06-28T20:00:00Z", null],
  ];
  const { bars, datesWithoutClose } = parseChart("T", chartOf({ quotes }), null, at("2024-07-01T00:00:00Z"));
  expect([bars.map((bar) => bar.close), datesWithoutClose]).toEqual([["5"], []]);
});

test("two dividends on a day are one, and nonsense is dropped with a warning", () => {
  const day = at("2024-06-28T13:30:00Z");
  const events = {
    dividends: [
      { date: day, amount: 0.1 },
      { date: day, amount: 0.2 },
      { date: at("2024-06-27T13:30:00Z"), amount: 0 },
    ],
    splits: [{ date: day, numerator: 3, denominator: 0 }],
  };
  const history = parseChart(
    "T",
    chartOf({ session: newYorkSession, events }),
    null,
    at("2024-07-01T00:00:00Z"),
  );
  expect(history.dividends).toEqual([{ date: "2024-06-28", cashPerShare: "0.3" }]);
  expect(history.splits).toEqual([]);
  expect(history.warnings).toEqual([
    "dropped a split of 3:0 on 2024-06-28",
    "dropped a dividend of 0 on 2024-06-27",
  ]);
});

test.each([
  [{ meta: {}, quotes: [] }, /meta.exchangeTimezoneName/],
  [{ meta: { exchangeTimezoneName: "Moon/Base" }, quotes: [] }, /IANA time zone/],
  [null, /schema|form/],
])("a reply without what is needed is a change of schema", (reply, message) => {
  expect(() => parseChart("T", reply, null, at("2024-07-01T00:00:00Z"))).toThrow(message);
});
