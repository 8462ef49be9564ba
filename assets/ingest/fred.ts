/** Macro series, each as a whole, from FRED into bronze. */
import { transaction } from "../../src/database/transaction.ts";
import { type IngestContext, type IngestResult, messageOf } from "../../src/engine/index.ts";
import type { Observation } from "../../src/market/source.ts";
import type { MarketResources } from "../resources.ts";
import { addRowCounts, countWritten, noRows, type RowCounts } from "./row-counts.ts";

type Context = IngestContext<MarketResources>;

export const fredSeries = [
  "DFF",
  "GS10",
  "T10Y2Y",
  "T10YIE",
  "CPIAUCSL",
  "UNRATE",
  "INDPRO",
  "USREC",
  "DTB3",
] as const;

/**
 * Ingests every series of `partitions` one after the other: FRED limits the pace of a key. One that fails is listed with
 * the reason and stops no other.
 */
export async function ingestFred(context: Context): Promise<IngestResult> {
  const seriesIds = context.partitions ?? fredSeries;
  const failed = new Map<string, string>();
  let counts = noRows;
  for (const [index, seriesId] of seriesIds.entries()) {
    try {
      const observations = await context.resources.macro.series(seriesId, context.signal);
      counts = addRowCounts(counts, await writeSeries(context, seriesId, observations));
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      context.log("error", `${seriesId}: ${messageOf(error)}`);
      failed.set(seriesId, messageOf(error));
    }
    context.progress(index + 1, seriesIds.length, seriesId);
  }
  return {
    rowsInserted: counts.inserted,
    rowsUpdated: counts.updated,
    rowsDeleted: counts.deleted,
    failed,
  };
}

/**
 * The series becomes what was fetched: FRED revises any of it. A day of first publication stays when the reply does
 * not say one (the key-less CSV never does).
 */
function writeSeries(
  context: Context,
  seriesId: string,
  observations: readonly Observation[],
): Promise<RowCounts> {
  return transaction(context.pool, async (client) => {
    await client.query("select pg_advisory_xact_lock(hashtextextended('raw_fred ' || $1, 0))", [seriesId]);
    const { rows } = await client.query<RowCounts>(
      `with fetched as (
         select observation_date, value, realtime_start
         from unnest($2::date[], $3::numeric[], $4::date[])
           as observation (observation_date, value, realtime_start)
       ),
       removed as (
         delete from bronze.raw_fred as stored
         where series_id = $1
           and not exists (
             select
             from fetched
             where fetched.observation_date = stored.observation_date
           )
         returning observation_date
       ),
       written as (
         insert into bronze.raw_fred as stored (series_id, observation_date, value, realtime_start, fetched_at)
         select $1, observation_date, value, realtime_start, $5
         from fetched
         on conflict (series_id, observation_date) do update
         set
           value = excluded.value,
           realtime_start = coalesce(excluded.realtime_start, stored.realtime_start),
           fetched_at = excluded.fetched_at
         where (stored.value, stored.realtime_start)
           is distinct from (excluded.value, coalesce(excluded.realtime_start, stored.realtime_start))
         returning old.series_id is null as inserted
       )
       ${countWritten}`,
      [
        seriesId,
        observations.map((observation) => observation.date),
        observations.map((observation) => observation.value),
        observations.map((observation) => observation.realtimeStart),
        context.resources.clock(),
      ],
    );
    return rows[0]!;
  });
}
