/** Recorded answers of Yahoo Finance and FRED, and a server that speaks for them with its own ways to fail. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ingestFred } from "../../assets/ingest/fred.ts";
import { ingestPrices } from "../../assets/ingest/prices.ts";
import type { MarketResources } from "../../assets/resources.ts";
import { createFredMacroSource } from "../../src/market/fred.ts";
import type { PriceHistory } from "../../src/market/source.ts";
import { createYahooPriceSource } from "../../src/market/yahoo.ts";
import { contextOf, resourcesOf } from "../ingestion/context.ts";
import { createTestDatabase } from "../support/database.ts";

const shared = (path: string) => fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url));

interface Recording {
  readonly body: string;
  readonly type?: string;
  readonly status?: number;
}

/** A server that answers everything with one recording. */
class Player {
  recording: Recording = { body: "" };
  readonly #server: Server = createServer((_request, response) => {
    const { body, type = "application/json;charset=utf-8", status = 200 } = this.recording;
    response.writeHead(status, { "content-type": type }).end(body);
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const player = new Player();
let playerUrl: string;
beforeAll(async () => {
  playerUrl = await player.listen();
});
afterAll(() => player.close());

describe("recorded charts", () => {
  const folder = shared("data/yahoo/chart");
  const daily = readdirSync(folder).filter((file) => {
    if (!/^(?!.*(meta|fake)\.json$).*\.json$/.test(file)) return false;
    return readFileSync(`${folder}/${file}`, "utf8").includes('"dataGranularity":"1d"');
  });

  async function play(file: string): Promise<PriceHistory> {
    player.recording = { body: readFileSync(`${folder}/${file}`, "utf8") };
    const prices = createYahooPriceSource({
      baseUrl: playerUrl,
      clock: () => new Date("2026-11-22T00:00:00Z"),
    });
    return prices.history("ANY", null);
  }

  test("there are enough of them", () => expect(daily.length).toBeGreaterThan(25));

  test.each(daily)("%s: every row with a close becomes the bar of one date", async (file) => {
    const [result] = JSON.parse(readFileSync(`${folder}/${file}`, "utf8")).chart.result;
    const closes: (number | null)[] = result.indicators.quote[0]?.close ?? [];
    const { bars, description } = await play(file);
    expect(bars.map((bar) => Math.fround(Number(bar.close)))).toEqual(
      closes.filter((close) => close !== null).map((close) => Math.fround(close)),
    );
    const dates = bars.map((bar) => bar.date);
    expect(dates).toEqual([...new Set(dates)].sort());
    expect(bars.every((bar) => bar.isFinal)).toBe(true);
    expect(description).toMatchObject({
      currency: result.meta.currency,
      exchangeTimezone: result.meta.exchangeTimezoneName,
    });
  });

  test.each([
    ["chart-BTC-USD-2020-01-01-to-2020-01-03.json", ["2020-01-01", "2020-01-02", "2020-01-03"]],
    ["chart-EURUSD=X-2020-01-01-to-2020-01-03.json", ["2020-01-01", "2020-01-02", "2020-01-03"]],
    ["chart-GC=F-2020-01-01-to-2020-01-03.json", ["2020-01-02"]],
    ["chart-WSKT.JK-2020-01-01-to-2020-01-03.json", ["2020-01-02"]],
    ["chart-OCDO.L-2020-01-01-to-2020-01-03.json", ["2020-01-02"]],
  ])("%s is of %j", async (file, dates) => {
    expect((await play(file)).bars.map((bar) => bar.date)).toEqual(dates);
  });

  test("splits and dividends are on their ex-dates", async () => {
    const nvidia = await play("historical-via-chart-NVDA-split-2021-02-01-to-2022-01-31.csv.json");
    expect(nvidia.splits).toEqual([{ date: "2021-07-20", numerator: "4", denominator: "1" }]);
    const microsoft = await play("historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json");
    expect(microsoft.dividends).toEqual([
      { date: "2021-02-17", cashPerShare: "0.56" },
      { date: "2021-05-19", cashPerShare: "0.56" },
      { date: "2021-08-18", cashPerShare: "0.56" },
      { date: "2021-11-17", cashPerShare: "0.62" },
    ]);
  });
});

describe("recorded searches and errors", () => {
  const prices = () =>
    createYahooPriceSource({ baseUrl: playerUrl, clock: () => new Date(), firstDelayMs: 1 });
  const read = (file: string) => readFileSync(shared(`data/yahoo/${file}`), "utf8");

  test("a search finds Apple, and no option on it", async () => {
    player.recording = { body: read("search/search-AAPL.json") };
    const found = await prices().search("AAPL");
    expect(found[0]).toEqual({ ticker: "AAPL", name: "Apple Inc.", assetClass: "stock", exchange: "NASDAQ" });
    expect(found.map((match) => match.ticker)).not.toContain("AAPL251219C00120000");
  });

  test.each([
    ["404-chart-not-found.json", 404, { code: "unknown_ticker" }],
    ["401-user-unable-to-access.json", 401, { reason: "refused" }],
    ["429-edge-too-many-requests.txt", 429, { reason: "rate_limited" }],
  ])("%s with status %d", async (file, status, error) => {
    player.recording = { body: read(`errors/${file}`), status };
    await expect(prices().describe("AAPL")).rejects.toMatchObject(error);
  });

  test("a window without data is empty", async () => {
    player.recording = { body: read("errors/400-chart-no-data-for-range.json"), status: 400 };
    expect((await prices().history("AAPL", null)).bars).toEqual([]);
  });
});

describe("recorded macro series", () => {
  const read = (file: string) => readFileSync(shared(`data/fred/api/${file}`), "utf8");
  const macro = () =>
    createFredMacroSource({
      apiBaseUrl: playerUrl,
      apiKey: "a".repeat(32),
      minimumIntervalMs: 1,
      firstDelayMs: 1,
    });

  test("observations of the API, with missing ones", async () => {
    player.recording = { body: read("series_observations__GDP__2025-01-20.json") };
    const observations = await macro().series("GDP");
    expect(observations).toHaveLength(315);
    expect(observations.slice(0, 5).map(({ date, value }) => [date, value])).toEqual([
      ["1946-01-01", null],
      ["1946-04-01", null],
      ["1946-07-01", null],
      ["1946-10-01", null],
      ["1947-01-01", "243.164"],
    ]);
  });

  test.each([
    ["error_400_series_does_not_exist.json", { code: "unknown_series" }],
    ["error_400_api_key_not_registered.json", { reason: "refused" }],
  ])("%s", async (file, error) => {
    player.recording = { body: read(file), status: 400 };
    await expect(macro().series("GDP")).rejects.toMatchObject(error);
  });
});

describe("the market server", async () => {
  const { pool } = await createTestDatabase();
  let child: ChildProcess;
  let url: string;
  let now: Date;
  let resources: MarketResources;

  async function control(command: object): Promise<void> {
    const reply = await fetch(`${url}/__control`, { method: "POST", body: JSON.stringify(command) });
    const state = (await reply.json()) as { now: number };
    expect(reply.status, JSON.stringify(state)).toBe(200);
    now = new Date(state.now * 1000);
  }

  beforeAll(async () => {
    child = spawn(
      process.execPath,
      [shared("market-server/market-server.mjs"), "--port", "0", "--synthetic", "60"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    for await (const line of createInterface({ input: child.stdout! })) {
      url = `http://127.0.0.1:${line.split(" ")[1]}`;
      break;
    }
    resources = resourcesOf({ url, clock: () => now });
  });
  afterAll(async () => {
    child.kill("SIGTERM");
    await once(child, "exit");
  });
  beforeEach(async () => {
    await pool.query("truncate raw_prices, raw_assets, raw_corporate_actions, raw_fred");
    await pool.query("truncate orchestrator.changes");
    await control({ reset: true });
  });

  const ingest = (tickers: string[]) => ingestPrices(contextOf(pool, resources, { partitions: tickers }));
  const nothing = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, failed: new Map() };

  /** What is stored must be what a fresh ingestion of everything would store. */
  async function expectAsFetchedWhole(tickers: string[]): Promise<void> {
    const read = async () =>
      (
        await pool.query(
          `select ticker, price_date, open, high, low, close, adj_close, volume, is_final from raw_prices
           order by ticker, price_date`,
        )
      ).rows;
    const incremental = await read();
    await pool.query("truncate raw_prices, raw_assets, raw_corporate_actions");
    await ingest(tickers);
    expect(incremental).toEqual(await read());
  }

  test("ten years of a ticker, then day by day, with splits, dividends and corrections", async () => {
    const tickers = ["SYN0001", "SYN0002", "SYN0003", "SYNC-USD", "SYNUSD=X"];
    expect((await ingest(tickers)).rowsInserted).toBeGreaterThan(13_000);
    expect(await ingest(tickers)).toEqual(nothing);
    for (const command of [
      {},
      { split: { symbol: "SYN0002", ratio: "4:1" } },
      { dividend: { symbol: "SYN0001", date: "2025-01-03", amount: 1 } },
      { scale: { symbol: "SYN0003", from: "2020-05-01", to: "2025-12-31", factor: 1.01 } },
      { set: { live: "partial" } },
      { set: { live: "duplicate" } },
      { set: { live: "append" } },
      { set: { live: "evening" } },
      { set: { live: "off" } },
    ]) {
      await control({ ...command, publish: 1 });
      expect((await ingest(tickers)).failed.size).toBe(0);
    }
    await expectAsFetchedWhole(tickers);
  });

  test.each([
    ...["429", "429json", "500", "500json", "502html", "html503", "html200", "truncated", "cut", "reset"],
    ...["slow", "extra", "schema", "nulllast", "empty", "400"],
  ])("%s, once, loses nothing", async (mode) => {
    await ingest(["SYN0001"]);
    const before = (await pool.query("select * from raw_prices order by price_date")).rows;
    await control({ rules: [{ kind: "chart", mode, times: 1, delayMs: mode === "slow" ? 50 : 0 }] });
    expect(await ingest(["SYN0001"])).toEqual(nothing);
    expect((await pool.query("select * from raw_prices order by price_date")).rows).toEqual(before);
  });

  test("a delisted ticker keeps its bars", async () => {
    await ingest(["SYN0003"]);
    await control({ delist: "SYN0003" });
    expect(await ingest(["SYN0003"])).toEqual({ ...nothing, rowsUpdated: 1 });
    expect((await pool.query("select count(*) as bars from raw_prices")).rows[0].bars).toBeGreaterThan(2500);
  });

  test("sixty tickers past a rate limit and random failures", async () => {
    await control({ set: { rateLimit: 30, failRate: 0.1 } });
    const tickers = Array.from({ length: 60 }, (_, i) => `SYN${String(i + 1).padStart(4, "0")}`);
    const { failed } = await ingest(tickers);
    expect([...failed]).toEqual([]);
    const { rows } = await pool.query("select count(distinct ticker) as tickers from raw_prices");
    expect(rows).toEqual([{ tickers: 60 }]);
  });

  test("macro series, by key and without", async () => {
    const partitions = ["DFF", "CPIAUCSL", "UNRATE"];
    const first = await ingestFred(contextOf(pool, resources, { partitions }));
    expect(first.failed.size).toBe(0);
    const macro = createFredMacroSource({ apiBaseUrl: url, apiKey: "a".repeat(32), minimumIntervalMs: 1 });
    const second = await ingestFred(contextOf(pool, { ...resources, macro }, { partitions }));
    expect(second).toMatchObject({ rowsInserted: 0, rowsDeleted: 0, failed: new Map() });
    const { rows } = await pool.query(
      "select count(*) as unpublished from raw_fred where realtime_start is null",
    );
    expect(rows).toEqual([{ unpublished: 0 }]);
  });
});
