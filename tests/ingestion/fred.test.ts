import { beforeEach, expect, onTestFinished, test } from "vitest";
import { fredSeries, ingestFred } from "../../assets/ingest/fred.ts";
import type { MarketResources } from "../../assets/resources.ts";
import { createFredMacroSource } from "../../src/market/fred.ts";
import { createTestDatabase } from "../support/database.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { contextOf, resourcesOf } from "./context.ts";

const { pool } = await createTestDatabase();
let server: ReplayServer;
let resources: MarketResources;

beforeEach(async () => {
  await pool.query("truncate bronze.raw_fred; truncate orchestrator.changes");
  server = await createReplayServer();
  resources = resourcesOf(server);
  onTestFinished(server.close);
});

const ingest = (partitions: readonly string[] | null, from = resources) =>
  ingestFred(contextOf(pool, from, { partitions }));

async function changes(): Promise<[string, string][]> {
  const { rows } = await pool.query<{ partition_value: string; since: string }>(
    "delete from orchestrator.changes returning partition_value, since",
  );
  return rows.map((row) => [row.partition_value, row.since]);
}

test("all nine series, whole, and nothing the second time", async () => {
  const first = await ingest(null);
  const { rows } = await pool.query<{ series_id: string; rows: number }>(
    "select series_id, count(*) as rows from raw_fred group by series_id",
  );
  expect(Object.fromEntries(rows.map((row) => [row.series_id, row.rows]))).toEqual(
    Object.fromEntries(fredSeries.map((id) => [id, server.series(id).observations.length])),
  );
  expect(first).toMatchObject({ rowsUpdated: 0, rowsDeleted: 0, failed: new Map() });
  await changes();
  expect(await ingest(null)).toMatchObject({ rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0 });
  expect(await changes()).toEqual([]);
});

test("a revision, a new and a withdrawn observation are one row each", async () => {
  await ingest(["UNRATE"]);
  await changes();
  const series = server.series("UNRATE");
  const [withdrawn, revised, ...rest] = series.observations;
  const added = { date: "2024-06-01", value: "9.9", publishedOn: "2024-07-05" };
  series.observations = [{ ...revised!, value: "1.1" }, ...rest, added];
  expect(await ingest(["UNRATE"])).toMatchObject({ rowsInserted: 1, rowsUpdated: 1, rowsDeleted: 1 });
  expect((await changes()).sort()).toEqual([
    ["UNRATE", withdrawn!.date],
    ["UNRATE", revised!.date],
    ["UNRATE", added.date],
  ]);
});

test("a day of publication, once known, survives a fetch without a key", async () => {
  const macro = createFredMacroSource({
    apiBaseUrl: server.url,
    apiKey: "abcdefghijklmnopqrstuvwxyz012345",
    minimumIntervalMs: 1,
  });
  await ingest(["CPIAUCSL"], { ...resources, macro });
  await changes();
  expect(await ingest(["CPIAUCSL"])).toMatchObject({ rowsUpdated: 0 });
  const { rows } = await pool.query("select realtime_start from raw_fred order by observation_date limit 1");
  expect(rows).toEqual([{ realtime_start: server.series("CPIAUCSL").observations[0]!.publishedOn }]);
});

test("a series that fails stops no other, and loses nothing", async () => {
  await ingest(["DFF", "USREC"]);
  server.fail("fredCsv", "html200", 99, { subject: "DFF" });
  const context = contextOf(pool, resources, { partitions: ["DFF", "NOPE", "USREC"] });
  const { failed } = await ingestFred(context);
  expect([...failed]).toEqual([
    ["DFF", expect.stringMatching(/^FRED answers with a page instead of data/)],
    ["NOPE", "FRED knows no series NOPE"],
  ]);
  expect(context.progressed).toEqual([
    [1, 3, "DFF"],
    [2, 3, "NOPE"],
    [3, 3, "USREC"],
  ]);
  const { rows } = await pool.query("select count(*) as rows from raw_fred where series_id = 'DFF'");
  expect(rows).toEqual([{ rows: server.series("DFF").observations.length }]);
});
