/** The real yahoo-finance2 client over loopback HTTP. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PriceSource } from "../../src/market/source.ts";
import { createYahooPriceSource } from "../../src/market/yahoo.ts";
import { createReplayServer, type FailureMode, type ReplayServer } from "../support/replay-server.ts";

let server: ReplayServer;
let prices: PriceSource;

beforeEach(async () => {
  server = await createReplayServer();
  prices = source();
});
afterEach(() => server.close());

function source(timeoutMs = 10_000): PriceSource {
  return createYahooPriceSource({ baseUrl: server.url, clock: server.clock, timeoutMs, firstDelayMs: 4 });
}
const failing = (mode: FailureMode, times = 99) => server.fail("chart", mode, times);
const charts = () => server.requests.filter((request) => request.kind === "chart").length;

describe("history", () => {
  test("has every bar, split and dividend, as decimal strings on trading dates", async () => {
    const history = await prices.history("ACME", null);
    const model = server.ticker("ACME");
    expect(history.bars.map((bar) => [bar.date, bar.close])).toEqual(
      model.bars.map((bar) => [bar.date, String(bar.close)]),
    );
    expect(history.bars.at(-1)).toMatchObject({ volume: String(model.bars.at(-1)!.volume), isFinal: true });
    expect(history.splits).toEqual([{ date: model.splits[0]!.date, numerator: "4", denominator: "1" }]);
    expect(history.dividends).toEqual(model.dividends.map(({ date }) => ({ date, cashPerShare: "0.24" })));
    expect(history.warnings).toEqual([]);
  });

  test("from a date on has nothing before it", async () => {
    const { bars, dividends } = await prices.history("ACME", "2024-06-03");
    expect(bars[0]?.date).toBe("2024-06-03");
    expect(bars.at(-1)?.date).toBe("2024-06-28");
    expect(dividends).toEqual([]);
  });

  test.each(["COIN-USD", "OIL=F", "EURX.DE"])("%s has its own calendar", async (ticker) => {
    const { bars } = await prices.history(ticker, null);
    expect(bars.map((bar) => bar.date)).toEqual(server.ticker(ticker).bars.map((bar) => bar.date));
  });

  test("a session that is still open has a provisional bar, and one only", async () => {
    server.setNow("2024-06-28T18:00:00Z");
    const before = await prices.history("ACME", "2024-06-27");
    expect(before.bars.map((bar) => [bar.date, bar.isFinal])).toEqual([
      ["2024-06-27", true],
      ["2024-06-28", false],
    ]);
    server.fail("chart", "duplicate");
    const doubled = await prices.history("ACME", "2024-06-27");
    expect(doubled.bars).toEqual(before.bars);
  });

  test("a market that never closes has a provisional bar all day", async () => {
    server.setNow("2024-06-28T23:59:30Z");
    expect((await prices.history("COIN-USD", "2024-06-28")).bars).toMatchObject([{ isFinal: false }]);
  });

  test("rows without values are left out, and named", async () => {
    failing("nulls", 1);
    const { bars, datesWithoutClose } = await prices.history("ACME", "2024-06-24");
    expect(bars.map((bar) => bar.date)).toEqual(["2024-06-24", "2024-06-25", "2024-06-26", "2024-06-27"]);
    expect(datesWithoutClose).toEqual(["2024-06-28"]);
  });

  test.each(["400", "empty"] as const)("an empty window (%s) is nothing new, not an error", async (mode) => {
    failing(mode, 1);
    expect((await prices.history("ACME", "2024-06-29")).bars).toEqual([]);
    expect(charts()).toBe(1);
  });

  test("a ticker Yahoo does not know is unknown, at once", async () => {
    await expect(prices.history("NOPE", null)).rejects.toMatchObject({
      code: "unknown_ticker",
      message: expect.stringContaining("NOPE"),
    });
    expect(charts()).toBe(1);
  });

  test("a reply that fails the client's schema is used as far as it goes", async () => {
    failing("schema", 1);
    const history = await prices.history("ACME", "2024-06-27");
    expect(history.bars).toHaveLength(2);
    expect(history.description?.currency).toBeNull();
    expect(history.warnings).toEqual(["the reply names no currency"]);
  });

  test.each([
    ["500", "server_error"],
    ["html200", "html"],
    ["truncated", "truncated"],
    ["cut", "unreachable"],
    ["reset", "unreachable"],
    ["hang", "timeout"],
  ] as const)("%s is tried again, and reported as %s when it stays", async (mode, reason) => {
    if (mode === "hang") prices = source(400);
    failing(mode, 1);
    expect((await prices.history("ACME", "2024-06-27")).bars).toHaveLength(2);
    failing(mode);
    await expect(prices.history("ACME", null)).rejects.toMatchObject({
      code: "market_data_unavailable",
      reason,
      retryAfterSeconds: expect.any(Number),
    });
    expect(charts()).toBe(2 + 4);
  });

  test("an answer without a result is a change of schema, and not tried again", async () => {
    failing("nullresult");
    await expect(prices.history("ACME", null)).rejects.toMatchObject({ reason: "schema" });
    expect(charts()).toBe(1);
  });

  test("an error of the server never carries its page", async () => {
    failing("html200");
    await expect(prices.history("ACME", null)).rejects.toThrow(
      /^Yahoo Finance answers with a page instead of data; try again in 30 seconds$/,
    );
  });

  test("a 429 makes everybody wait, until it has passed", async () => {
    failing("429", 3);
    const histories = await Promise.all(
      ["ACME", "GLOBEX", "WORLD"].map((ticker) => prices.history(ticker, "2024-06-27")),
    );
    expect(histories.map((history) => history.bars.length)).toEqual([2, 2, 2]);
    expect(charts()).toBe(6);
  });

  test("a 429 that asks for a long wait is reported with it, and nobody asks again meanwhile", async () => {
    server.fail("chart", "429", 99, { retryAfterSeconds: 120 });
    const unavailable = { reason: "rate_limited", retryAfterSeconds: 120 };
    await expect(prices.history("ACME", null)).rejects.toMatchObject(unavailable);
    await expect(prices.history("GLOBEX", null)).rejects.toMatchObject(unavailable);
    await expect(prices.describe("GLOBEX")).rejects.toMatchObject(unavailable);
    expect(charts()).toBe(1);
  });

  test("an abort ends a request and a wait at once, with its own reason", async () => {
    failing("hang", 1);
    const request = new AbortController();
    const asked = server.waitForRequest("chart");
    const history = prices.history("ACME", null, request.signal);
    await asked;
    request.abort(new Error("enough"));
    await expect(history).rejects.toThrow("enough");

    server.fail("chart", "429", 1, { retryAfterSeconds: 60 });
    const wait = new AbortController();
    const refused = server.waitForRequest("chart");
    const waiting = prices.history("ACME", null, wait.signal);
    await refused;
    wait.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  });

  test.each(["../../v1/finance/search", "AAPL?x=1", "A B", "", "%2e", "TOOLONGTOBEATICKEROFANYKIND"])(
    "%j never becomes a request",
    async (text) => {
      await expect(prices.history(text, null)).rejects.toMatchObject({ code: "invalid_ticker" });
      await expect(prices.describe(text)).rejects.toMatchObject({ code: "invalid_ticker" });
      expect(server.requests).toEqual([]);
    },
  );
});

describe("describe", () => {
  test("says what a ticker is, in one small request", async () => {
    expect(await prices.describe(" acme ")).toEqual({
      ticker: "ACME",
      name: "Acme Corporation",
      assetClass: "stock",
      exchange: "NASDAQ",
      currency: "USD",
      exchangeTimezone: "America/New_York",
      firstTradeDate: server.ticker("ACME").bars[0]?.date,
    });
    expect(await prices.describe("COIN-USD")).toMatchObject({
      assetClass: "crypto",
      exchangeTimezone: "UTC",
    });
    expect(await prices.describe("OIL=F")).toMatchObject({ assetClass: "future", exchange: "NYMEX" });
    expect(await prices.describe("WORLD")).toMatchObject({ assetClass: "etf" });
    expect(await prices.describe("EURX.DE")).toMatchObject({ currency: "EUR" });
    expect(charts()).toBe(5);
  });

  test("looks at all time when the last week is empty", async () => {
    failing("400", 1);
    expect(await prices.describe("ACME")).toMatchObject({ ticker: "ACME" });
    expect(charts()).toBe(2);
  });

  test("does not wait for a second answer that does not come: somebody is waiting", async () => {
    prices = source(1000);
    failing("hang");
    await expect(prices.describe("ACME")).rejects.toMatchObject({ reason: "timeout" });
    expect(charts()).toBe(1);
  });

  test("gives up soon: somebody is waiting", async () => {
    failing("500");
    await expect(prices.describe("ACME")).rejects.toMatchObject({ code: "market_data_unavailable" });
    expect(charts()).toBe(2);
  });

  test("a server that is not there is unreachable", async () => {
    const gone = createYahooPriceSource({
      baseUrl: "http://127.0.0.1:9",
      clock: server.clock,
      firstDelayMs: 1,
    });
    await expect(gone.describe("ACME")).rejects.toMatchObject({ reason: "unreachable" });
  });
});

describe("search", () => {
  test("finds what can be held", async () => {
    expect(await prices.search("acme")).toEqual([
      { ticker: "ACME", name: "Acme Corporation", assetClass: "stock", exchange: "NASDAQ" },
    ]);
    expect(await prices.search("zzz")).toEqual([]);
    expect(await prices.search("  ")).toEqual([]);
  });

  test("reports trouble as what it is", async () => {
    server.fail("search", "nullresult");
    await expect(prices.search("acme")).rejects.toMatchObject({ reason: "schema" });
    server.fail("search", "400");
    await expect(prices.search("acme")).rejects.toMatchObject({ reason: "refused" });
  });
});

describe("profile", () => {
  test("is sector and industry, or null where there is none", async () => {
    expect(await prices.profile("ACME")).toEqual({ sector: "Technology", industry: "Consumer Electronics" });
    expect(await prices.profile("WORLD")).toBeNull();
    expect(server.requests.filter((request) => request.kind === "crumb")).toHaveLength(1);
  });

  test("a crumb that has died is replaced by a new one", async () => {
    await prices.profile("ACME");
    server.expireCrumbs();
    expect(await prices.profile("GLOBEX")).toMatchObject({ sector: "Industrials" });
    expect(server.requests.filter((request) => request.kind === "crumb")).toHaveLength(2);
  });

  test("a rate limit on crumbs leaves prices alone", async () => {
    server.fail("crumb", "429", 99, { retryAfterSeconds: 60 });
    await expect(prices.profile("ACME")).rejects.toMatchObject({ reason: "rate_limited" });
    expect((await prices.history("ACME", "2024-06-27")).bars).toHaveLength(2);
  });

  test("a refusal with status 200 is not taken for a crumb", async () => {
    server.fail("crumb", "html200");
    expect(await prices.profile("ACME")).toMatchObject({ sector: "Technology" });
  });
});
