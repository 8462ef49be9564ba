/** What a program that watches the engine counts: asked for often, so that it reads what ended since and no more. */
import type { ClientBase, Pool } from "pg";

/** Where counting goes on; null at first: then what ended within the day before is counted. */
export interface CountedUntil {
  readonly at: Date;
  /** Counted, and near enough to `at` that the next look sees them again. */
  readonly runIds: readonly number[];
}

/** Runs that ended since the last look, and the steps of them. */
export interface Ended {
  readonly until: CountedUntil;
  /** Status -> how many runs. */
  readonly runs: Readonly<Record<string, number>>;
  readonly steps: readonly {
    readonly asset: string;
    readonly action: string;
    readonly count: number;
    /** Of all of them together. */
    readonly seconds: number;
  }[];
}

/** A transaction writes when its run ended, then commits: a look goes back this far for what it could not see yet. */
const overlap = "interval '10 s'";

export async function readEnded(client: ClientBase | Pool, after: CountedUntil | null): Promise<Ended> {
  const { rows } = await client.query<Omit<Ended, "until"> & { at: Date; runIds: number[] }>(
    `with ended as materialized (
       select run_id, status, finished_at
       from orchestrator.runs
       where finished_at >= coalesce($1::timestamptz, clock_timestamp() - interval '1 day') - ${overlap}
     ),
     uncounted as materialized (
       select run_id, status
       from ended
       where run_id <> all($2::bigint[])
     ),
     counted as (
       select status, count(*) as runs
       from uncounted
       group by status
     ),
     step as (
       select
         asset,
         action,
         count(*) as count,
         sum(extract(epoch from coalesce(filled_at, steps.finished_at) - started_at))::float8 as seconds
       from orchestrator.steps
       join uncounted using (run_id)
       where steps.status in ('succeeded', 'failed')
         and started_at is not null
         and steps.finished_at is not null
       group by asset, action
     )
     select
       statement_timestamp() as at,
       coalesce(
         (select jsonb_agg(run_id) from ended where finished_at >= statement_timestamp() - 2 * ${overlap}),
         '[]'
       ) as "runIds",
       coalesce((select jsonb_object_agg(status, runs) from counted), '{}') as runs,
       coalesce((select jsonb_agg(to_jsonb(step)) from step), '[]') as steps`,
    [after?.at ?? null, after?.runIds ?? []],
  );
  const { at, runIds, ...ended } = rows[0]!;
  return { until: { at, runIds }, ...ended };
}

/** Change rows that wait, of whatever source, and how long ago the oldest of them was made; 0: none waits. */
export async function readChangeLag(
  client: ClientBase | Pool,
): Promise<{ readonly changes: number; readonly seconds: number }> {
  const { rows } = await client.query<{ changes: number; seconds: number }>(
    `select
       count(*) as changes,
       coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as seconds
     from orchestrator.changes`,
  );
  return rows[0]!;
}

/** How long something took, in seconds: half of the times, and 99 in 100, were no longer. */
export interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** What refreshes of the last hour took. */
export interface RefreshTimes {
  /** From a change, as it was written, to what follows from it; null: there was none. */
  readonly whole: (Times & { readonly last: number }) | null;
  /** Of those, what each table took. */
  readonly steps: readonly (Times & { readonly asset: string })[];
}

/** So many are looked at, the newest: enough for the hundredth, and read in a few milliseconds however many there are. */
const mostTimed = 2000;

/** trigger: the sensor whose refreshes are meant; absent: any. A change that waited after a failure has waited. */
export async function readRefreshTimes(client: ClientBase | Pool, trigger?: string): Promise<RefreshTimes> {
  const times = (seconds: string): string => `
    count(*) as count,
    percentile_cont(0.5) within group (order by ${seconds}) as p50,
    percentile_cont(0.99) within group (order by ${seconds}) as p99`;
  const { rows } = await client.query<RefreshTimes>(
    `with timed as (
       select run_id, extract(epoch from finished_at - created_at)::float8 as seconds
       from orchestrator.runs
       where operation = 'refresh'
         and status = 'succeeded'
         and finished_at > clock_timestamp() - interval '1 hour'
         and ($1::text is null or trigger_name = $1)
       order by finished_at desc
       limit ${mostTimed}
     ),
     whole as (
       select ${times("seconds")}, (array_agg(seconds order by run_id desc))[1] as last
       from timed
       having count(*) > 0
     ),
     step as (
       select asset, ${times("extract(epoch from finished_at - started_at)::float8")}
       from orchestrator.steps
       join timed using (run_id)
       where action = 'refresh'
         and rows_inserted is not null -- a table
       group by asset
     )
     select
       (select to_jsonb(whole) from whole) as whole,
       coalesce((select jsonb_agg(step order by p50 desc, asset) from step), '[]') as steps`,
    [trigger ?? null],
  );
  return rows[0]!;
}
