import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFredMacroSource } from "../../src/market/fred.ts";
import type { MacroSource } from "../../src/market/source.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";

const apiKey = "abcdefghijklmnopqrstuvwxyz012345";
let server: ReplayServer;

beforeEach(async () => {
  server = await createReplayServer();
});
afterEach(() => server.close());

function source(options: { apiKey?: string; timeoutMs?: number } = {}): MacroSource {
  return createFredMacroSource({
    apiBaseUrl: server.url,
    webBaseUrl: server.url,
    firstDelayMs: 1,
    minimumIntervalMs: 1,
    ...options,
  });
}

describe.each([
  ["the key-less CSV", {}, "fredCsv"],
  ["the API", { apiKey }, "fredApi"],
] as const)("%s", (_name, options, kind) => {
  test("has the whole series, ascending, missing values as null", async () => {
    const model = server.series("T10Y2Y").observations;
    const observations = await source(options).series("T10Y2Y");
    expect(observations.map(({ date, value }) => [date, value])).toEqual(
      model.map(({ date, value }) => [date, value]),
    );
    expect(observations.some((observation) => observation.value === null)).toBe(true);
  });

  test("an unknown series is unknown", async () => {
    await expect(source(options).series("NOPE")).rejects.toMatchObject({
      code: "unknown_series",
      seriesId: "NOPE",
    });
  });

  test.each([
    ["500", "server_error"],
    ["html200", "html"],
    ["reset", "unreachable"],
    ["cut", "unreachable"],
    ["hang", "timeout"],
  ] as const)("%s is tried again, and reported as %s when it stays", async (mode, reason) => {
    server.fail(kind, mode, 1);
    const macro = source({ ...options, ...(mode === "hang" && { timeoutMs: 400 }) });
    expect(await macro.series("USREC")).not.toEqual([]);
    server.fail(kind, mode, 99);
    await expect(macro.series("USREC")).rejects.toMatchObject({ code: "market_data_unavailable", reason });
  });

  test("a 429 is waited out", async () => {
    server.fail(kind, "429", 2, { retryAfterSeconds: 0 });
    expect(await source(options).series("USREC")).not.toEqual([]);
  });

  test("a series without observations is not taken for an empty one", async () => {
    server.series("USREC").observations = [];
    await expect(source(options).series("USREC")).rejects.toMatchObject({ reason: "schema" });
  });
});

test("the API says when a value was first published; the CSV cannot", async () => {
  const { date, publishedOn } = server.series("CPIAUCSL").observations[0]!;
  const [fromApi] = await source({ apiKey }).series("CPIAUCSL");
  expect(fromApi).toMatchObject({ date, realtimeStart: publishedOn });
  const [fromCsv] = await source().series("CPIAUCSL");
  expect(fromCsv).toMatchObject({ date, realtimeStart: null });
});

test("a series without a history of revisions has its values all the same", async () => {
  const observations = await source({ apiKey }).series("DFF");
  expect(observations).toHaveLength(server.series("DFF").observations.length);
  expect(observations[0]?.realtimeStart).toBeNull();
});

test("a refused key is named as the reason, and never written out", async () => {
  const wrongKey = "NOT-A-KEY-BUT-A-SECRET";
  const error = await source({ apiKey: wrongKey })
    .series("DFF")
    .catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: "market_data_unavailable", reason: "refused" });
  expect(String(error)).toContain("api_key");
  expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain(wrongKey);
});

test("requests to the API keep their distance", async () => {
  const macro = createFredMacroSource({ apiBaseUrl: server.url, apiKey, minimumIntervalMs: 40 });
  const startedAt = performance.now();
  await Promise.all([macro.series("USREC"), macro.series("UNRATE")]);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(3 * 40 - 5);
});
