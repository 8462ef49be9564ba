import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Pool } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { modelsFolder, openWeather, type Weather } from "../../examples/weather/program.ts";
import { type Answer, startService } from "../../examples/weather/service.ts";
import { Listener, type RunDetail, type RunRequestInput } from "../../src/engine/index.ts";
import { silent } from "../engine/execution/shops.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

// Another domain on the engine as it stands: other schemas, layers and roles, and nothing of the application's migrations.

interface Opened extends Weather {
  readonly database: TestDatabase;
  readonly folder: string;
}

async function open(answer: Answer): Promise<Opened> {
  const database = await createTestDatabase("template0");
  const service = await startService(answer);
  const folder = await mkdtemp(join(tmpdir(), "weather-"));
  await cp(modelsFolder, folder, { recursive: true });
  const weather = await openWeather(database.url, { serviceUrl: service.url }, silent, folder);
  onTestFinished(async () => {
    await weather.close();
    await service.close();
    await rm(folder, { recursive: true });
  });
  await weather.pool.query(
    `insert into weather.stations (station, name, region)
     values ('hill', 'On the hill', 'north'), ('lake', 'By the lake', 'north'), ('port', 'At the port', 'south')`,
  );
  return { ...weather, database, folder };
}

const readingsOf: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  hill: [
    ["2026-01-01T06:00:00Z", -4],
    ["2026-01-01T14:00:00Z", 1],
    ["2026-01-02T06:00:00Z", -2.5],
  ],
  lake: [
    ["2026-01-01T06:00:00Z", 2],
    ["2026-01-01T14:00:00Z", 999.9],
    ["2026-01-02T06:00:00Z", 3],
  ],
  port: [["2026-01-01T06:00:00Z", 8.25]],
};

const answer: Answer = (station, from) =>
  readingsOf[station]
    ?.filter(([observedAt]) => observedAt >= from)
    .map(([observed_at, celsius]) => ({ observed_at, celsius })) ?? null;

const ingestion: RunRequestInput = { triggerKind: "manual", triggerName: "test", selection: "readings+" };

async function rows(pool: Pool, sql: string): Promise<unknown[]> {
  return (await pool.query({ text: sql, rowMode: "array" })).rows;
}

const days =
  "select station, observed_on, readings, coldest, mean, warmest from station_days order by station, observed_on";
const regions = "select region, observed_on, stations, mean from region_days order by region, observed_on";

const stepOf = (run: RunDetail, asset: string): RunDetail["steps"][number] =>
  run.steps.find((step) => step.asset === asset)!;

test("the weather goes from stations to regions, is corrected, verified, changed and rolled back", async () => {
  const { engine, pool, folder, load } = await open(answer);
  expect(engine.registry.problems.map(String)).toEqual([]);
  expect((await engine.deploy())?.status).toBe("succeeded");
  expect(await engine.inspect()).toEqual([]);
  expect(await engine.deploy()).toBeNull();

  const ingested = await engine.run(ingestion);
  expect(ingested.status).toBe("succeeded");
  expect(stepOf(ingested, "readings")).toMatchObject({ action: "ingest", rowsInserted: 7 });
  expect(await rows(pool, days)).toEqual([
    ["hill", "2026-01-01", 2, "-4", "-1.50", "1"],
    ["hill", "2026-01-02", 1, "-2.5", "-2.50", "-2.5"],
    ["lake", "2026-01-01", 1, "2", "2.00", "2"],
    ["lake", "2026-01-02", 1, "3", "3.00", "3"],
    ["port", "2026-01-01", 1, "8.25", "8.25", "8.25"],
  ]);
  const regionDays = [
    ["north", "2026-01-01", 2, "0.25"],
    ["north", "2026-01-02", 2, "0.25"],
    ["south", "2026-01-01", 1, "8.25"],
  ];
  expect(await rows(pool, regions)).toEqual(regionDays);
  expect(await rows(pool, "select * from station_summary where station = 'hill'")).toEqual([
    ["hill", "On the hill", "north", 2, "2026-01-02", "-4", "1"],
  ]);

  // A correction touches its station's days from that day on, and of the regions the one it stands in.
  await pool.query("update weather.readings set celsius = -3.5 where station = 'hill' and celsius = -2.5");
  expect(await engine.refresh("weather_sensor")).toMatchObject({ succeeded: 1, failed: 0, changes: 1 });
  expect(await rows(pool, regions)).toEqual([
    regionDays[0],
    ["north", "2026-01-02", 2, "-0.25"],
    regionDays[2],
  ]);

  // A station that moves takes its days along.
  await pool.query("update weather.stations set region = 'south' where station = 'lake'");
  await engine.refresh("weather_sensor");
  expect(await rows(pool, regions)).toEqual([
    ["north", "2026-01-01", 1, "-1.50"],
    ["north", "2026-01-02", 1, "-3.50"],
    ["south", "2026-01-01", 2, "5.13"],
    ["south", "2026-01-02", 1, "3.00"],
  ]);
  const everyTable = { assets: ["station_days", "region_days"] };
  expect(await engine.verify(everyTable)).toMatchObject([{ differing: 0 }, { differing: 0 }]);

  const file = join(folder, "daily/station_days.sql");
  const body = await readFile(file, "utf8");
  await writeFile(file, body.replace("round(avg(celsius), 2)", "round(avg(celsius), 0)"));
  await engine.reload(await load());
  const changed = await engine.deploy();
  expect(changed?.steps.map(({ asset }) => asset).sort()).toEqual([
    "region_days",
    "station_days",
    "station_summary",
  ]);
  expect((await rows(pool, days))[0]).toEqual(["hill", "2026-01-01", 2, "-4", "-2", "1"]);

  expect((await engine.rollback("station_days")).status).toBe("succeeded");
  expect((await rows(pool, days))[0]).toEqual(["hill", "2026-01-01", 2, "-4", "-1.50", "1"]);
  expect((await rows(pool, regions))[0]).toEqual(["north", "2026-01-01", 1, "-1.50"]);
  expect(await engine.verify(everyTable)).toMatchObject([{ differing: 0 }, { differing: 0 }]);
});

test("a service that fails is asked again, and a station that goes on failing holds up no other", async () => {
  let failures = 1;
  const { engine, pool } = await open((station, from) => {
    if (station === "hill" && failures-- > 0) throw new Error("busy");
    return station === "port" ? null : answer(station, from);
  });
  await engine.deploy();
  const run = await engine.run(ingestion);
  expect(run.status).toBe("failed");
  expect(stepOf(run, "readings")).toMatchObject({ status: "failed", attempt: 3, rowsInserted: 6 });
  expect(stepOf(run, "readings").error).toContain("port (expected readings, got: HTTP 404)");
  expect(await rows(pool, "select distinct station from station_days order by station")).toEqual([
    ["hill"],
    ["lake"],
  ]);
});

test("a reading of no weather on earth is not published, and the day before it goes on being read", async () => {
  const { engine, pool } = await open(answer);
  await engine.deploy();
  await engine.run(ingestion);
  await pool.query(
    "insert into weather.readings values ('port', '2026-01-02T06:00:00Z', '2026-01-02', 280.15)",
  );
  expect(await engine.refresh("weather_sensor")).toMatchObject({ succeeded: 0, failed: 1 });
  expect(await rows(pool, "select observed_on from station_days where station = 'port'")).toEqual([
    ["2026-01-01"],
  ]);
  const waiting = await rows(pool, "select partition_value, last_error from orchestrator.changes");
  expect(waiting).toEqual([["port", expect.stringContaining("temperature_on_earth")]]);
});

test("once started, the engine fetches what a new station lacks, by its sensor, and tells who listens", async () => {
  const { engine, pool, database } = await open(answer);
  await engine.deploy();
  const published = Promise.withResolvers<void>();
  const listener = new Listener({
    pool: database.pool,
    channels: ["orchestrator_published"],
    log: silent,
    onNotification: (_, payload) => payload.includes("region_days") && published.resolve(),
    onConnect: () => {},
  });
  await listener.start();
  onTestFinished(() => listener.stop());
  await engine.start();
  await published.promise;
  expect(await rows(pool, "select count(*) > 0 from region_days")).toEqual([[true]]);
  const [hourly] = await engine.automations();
  expect(hourly).toMatchObject({ name: "hourly_readings", kind: "schedule", enabled: true });
});

test("the reader reads what is published and may not write it", async () => {
  const { engine, database } = await open(answer);
  await engine.deploy();
  await engine.run(ingestion);
  const reader = database.connect({ role: "weather_reader" });
  expect(await rows(reader, "select count(*) from climate.station_days")).toEqual([[5]]);
  await expect(reader.query("delete from weather.readings")).rejects.toThrow(/permission denied/);
  const schemas = await rows(
    database.pool,
    "select nspname from pg_namespace where nspname in ('default', 'bronze', 'materialized')",
  );
  expect(schemas).toEqual([]);
});

test("a newcomer runs main.ts on an empty database", async () => {
  const { url } = await createTestDatabase("template0");
  const main = join(import.meta.dirname, "../../examples/weather/main.ts");
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
  });
  expect(stderr).toBe("");
  expect(stdout).toContain("ingested: succeeded readings (ingest: succeeded)");
  expect(stdout).toContain("refreshed: 1 change, 0 failed");
  expect(stdout).toContain("verified station_days: 20 rows, 0 differ");
  expect(stdout).toContain("rolled back: succeeded station_days");
  expect(stdout).toContain("failing: 0");
  expect(stdout).toMatch(/published: \{"assets"/);
});
