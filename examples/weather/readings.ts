/** Readings, from the stations' service over HTTP into their table. */
import { z } from "zod";
import type { IngestContext, IngestResult } from "../../src/engine/index.ts";

/** What the program makes available to the functions of sources. */
export interface WeatherResources {
  /** Of the service: `<url>/stations/<station>/readings?from=<day>` gives its readings from that day on. */
  readonly serviceUrl: string;
}

/** A service sends late what an instrument kept: so many days before the newest reading are asked for again. */
const overlapDays = 2;
const requestSeconds = 10;

const reply = z
  .array(z.object({ observed_at: z.iso.datetime(), celsius: z.number().min(-1000).max(1000) }))
  .max(100_000);

type Reading = z.infer<typeof reply>[number];

/**
 * Fetches every station asked for, else all there are, one after the other. One that fails is listed with the reason and
 * stops no other; the engine tries the failed ones again.
 */
export async function ingestReadings(context: IngestContext<WeatherResources>): Promise<IngestResult> {
  const stations = context.partitions ?? (await knownStations(context));
  const failed = new Map<string, string>();
  let rowsInserted = 0;
  let rowsUpdated = 0;
  for (const [index, station] of stations.entries()) {
    try {
      const readings = await fetchReadings(context, station, await firstDay(context, station));
      const written = await writeReadings(context, station, readings);
      rowsInserted += written.inserted;
      rowsUpdated += written.updated;
    } catch (error) {
      context.signal.throwIfAborted();
      failed.set(station, error instanceof Error ? error.message : String(error));
    }
    context.progress(index + 1, stations.length, station);
  }
  return { rowsInserted, rowsUpdated, rowsDeleted: 0, failed };
}

async function knownStations({ pool }: IngestContext<WeatherResources>): Promise<string[]> {
  const { rows } = await pool.query<{ station: string }>(
    "select station from weather.stations order by station",
  );
  return rows.map(({ station }) => station);
}

async function firstDay(
  { pool, fullRefresh }: IngestContext<WeatherResources>,
  station: string,
): Promise<string> {
  const { rows } = await pool.query<{ day: string | null }>(
    "select max(observed_on) - $2::integer as day from weather.readings where station = $1",
    [station, overlapDays],
  );
  return (fullRefresh ? null : rows[0]!.day) ?? "1900-01-01";
}

async function fetchReadings(
  { resources, signal }: IngestContext<WeatherResources>,
  station: string,
  from: string,
): Promise<Reading[]> {
  const url = new URL(`/stations/${encodeURIComponent(station)}/readings?from=${from}`, resources.serviceUrl);
  const response = await fetch(url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestSeconds * 1000)]),
  });
  if (!response.ok) throw new Error(`expected readings, got: HTTP ${response.status}`);
  const parsed = reply.safeParse(await response.json());
  if (!parsed.success)
    throw new Error(`expected readings, got something else: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Writes what is new or differs, and nothing else: each row written is a change that goes on to the models. */
async function writeReadings(
  { pool }: IngestContext<WeatherResources>,
  station: string,
  readings: readonly Reading[],
): Promise<{ inserted: number; updated: number }> {
  const { rows } = await pool.query<{ inserted: number; updated: number }>(
    `with written as (
       insert into weather.readings as stored (station, observed_at, observed_on, celsius)
       select $1, observed_at, observed_at::date, celsius
       from unnest($2::timestamptz[], $3::numeric[]) as reading (observed_at, celsius)
       on conflict (station, observed_at) do update
       set celsius = excluded.celsius
       where stored.celsius <> excluded.celsius
       returning old.station is null as is_new
     )
     select
       count(*) filter (where is_new) as inserted,
       count(*) filter (where not is_new) as updated
     from written`,
    [station, readings.map((reading) => reading.observed_at), readings.map((reading) => reading.celsius)],
  );
  return rows[0]!;
}
