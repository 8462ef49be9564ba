/**
 * The weather, from stations to a summary, in a database of its own: `npm run example`. With DATABASE_URL it is made in that
 * database, which must be empty; else on a PostgreSQL that is started in the folder `.weather`, anew each time.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../src/database/embedded.ts";
import { type Engine, Listener, type RunDetail } from "../../src/engine/index.ts";
import { modelsFolder, openWeather, type Weather } from "./program.ts";
import { inventedReadings, startService } from "./service.ts";

const silent = { info() {}, warn() {}, error: console.error };

async function walk({ engine, pool, load }: Weather, folder: string): Promise<void> {
  await pool.query(
    `insert into weather.stations (station, name, region)
     values ('hill', 'On the hill', 'north'), ('lake', 'By the lake', 'north'), ('port', 'At the port', 'south')
     on conflict do nothing`,
  );

  // Deploy: what was never built, or whose code changed, is built and published.
  const deployed = await engine.deploy();
  report("deployed", deployed);

  // Ingest: the source's function runs, and what it changed goes on to the models below, in one commit.
  const ingested = await engine.run({
    triggerKind: "manual",
    triggerName: "example",
    selection: "readings+",
  });
  report("ingested", ingested);
  await show(engine, "select * from station_summary order by station");

  // Correct: whoever writes a source leaves a change in the same commit. A look of the sensor carries it on.
  await pool.query(
    "update weather.readings set celsius = celsius + 1 where station = 'hill' and observed_on = '2026-01-07'",
  );
  const refreshed = await engine.refresh("weather_sensor");
  console.log(`refreshed: ${refreshed.changes} change, ${refreshed.failed} failed`);
  await show(
    engine,
    "select * from region_days where observed_on >= '2026-01-06' order by region, observed_on",
  );

  // Verify: what is stored, computed anew and compared to the bit.
  const verified = await engine.verify({ assets: ["station_days", "region_days"] });
  for (const { asset, rows, differing } of verified)
    console.log(`verified ${asset}: ${rows} rows, ${differing} differ`);

  // Change a model: its file is edited, the definitions are loaded again, and deployed.
  const file = join(folder, "daily/station_days.sql");
  await writeFile(
    file,
    (await readFile(file, "utf8")).replace("round(avg(celsius), 2)", "round(avg(celsius))"),
  );
  await engine.reload(await load());
  report("deployed", await engine.deploy());
  await show(engine, "select mean from station_days where station = 'lake' and observed_on = '2026-01-02'");

  // Roll back: the version before it is published again, and kept right from then on.
  report("rolled back", await engine.rollback("station_days"));
  await show(engine, "select mean from station_days where station = 'lake' and observed_on = '2026-01-02'");

  // Check: every check of what is published, declared and built in.
  const checks = await engine.check(["station_days", "region_days", "station_summary"]);
  console.log(
    `checked: ${checks.length}, failing: ${checks.filter((check) => check.failingRows > 0).length}`,
  );
}

/** Waits for the engine to do by itself what the walk asked it for. */
async function live({ engine, pool }: Weather): Promise<void> {
  const published = Promise.withResolvers<string>();
  const listener = new Listener({
    pool,
    channels: ["orchestrator_published"],
    log: silent,
    onNotification: (_, payload) => published.resolve(payload),
    onConnect: () => {},
  });
  await listener.start();

  // By itself: schedules, sensors and queued runs, in this process, until it is stopped.
  await engine.start();
  await pool.query("insert into weather.readings values ('port', '2026-01-08T06:00Z', '2026-01-08', 12.5)");
  console.log(`published: ${await published.promise}`);
  await engine.stop();
  await listener.stop();
  await show(engine, "select * from station_summary where station = 'port'");
}

function report(what: string, run: RunDetail | null): void {
  const steps = run?.steps.map(({ asset, action, status }) => `${asset} (${action}: ${status})`) ?? [];
  console.log(`${what}: ${run?.status ?? "nothing to do"} ${steps.join(", ")}`);
}

async function show({ pool }: Engine, query: string): Promise<void> {
  console.log(query);
  console.table((await pool.query(query)).rows);
}

const dataDirectory = ".weather";
if (!process.env.DATABASE_URL) await rm(dataDirectory, { recursive: true, force: true });
const server = process.env.DATABASE_URL ? null : await startEmbedded({ dataDirectory });
const service = await startService(inventedReadings);
const folder = await mkdtemp(join(tmpdir(), "weather-"));
try {
  await cp(modelsFolder, folder, { recursive: true });
  const url = process.env.DATABASE_URL ?? server!.connectionString;
  const weather = await openWeather(url, { serviceUrl: service.url }, silent, folder);
  await walk(weather, folder);
  await live(weather);
  await weather.close();
} finally {
  await rm(folder, { recursive: true });
  await service.close();
  await server?.stop();
}
