import type { ClientBase, Pool } from "pg";
import type { Scope } from "../planning/index.ts";

/** Changes of one partition value (null: of all) of one source, claimed together. */
export interface ClaimedChanges {
  readonly asset: string;
  readonly partition: string | null;
  readonly since: string | null;
  readonly changeIds: readonly number[];
  /** When the oldest of them was written. */
  readonly oldestAt: Date;
}

/** A source whose changes may be claimed. */
export interface ClaimableSource {
  readonly name: string;
  /** Its partition column; null: it has none, and any change is one of all of it. */
  readonly column: string | null;
}

/** How much is claimed in one transaction, and what first. */
export interface Portion {
  /** Partition values of each column. */
  readonly values: number;
  readonly first: "oldest" | "newest";
}

export interface ClaimRequest {
  readonly sources: readonly ClaimableSource[];
  /** Set: the changes of this run and no others, all of them. */
  readonly runId: number | null;
  /** Set: none but these. */
  readonly changeIds: readonly number[] | null;
  readonly portion: Portion;
  /** Set: nothing of a portion while this automation is switched off. */
  readonly automation: string | null;
}

/** Above this many rows the next claim goes on: one transaction must not grow without bound. */
const claimLimit = 10_000;

/** Left alone: rows that wait after a failure, and rows of a run that is alive. $1: sources, $2: a run, $3: change rows. */
const isClaimable = `
  waiting.asset = any($1)
  and ($3::bigint[] is null or waiting.change_id = any($3))
  and case
    when $2::bigint is not null then waiting.run_id = $2
    else (waiting.not_before is null or waiting.not_before <= now())
      and not exists (
        select
        from orchestrator.runs
        where runs.run_id = waiting.run_id
          and runs.status = 'running'
      )
  end`;

/** $4: the partition column of each source. */
const sourceColumns = "unnest($1::text[], $4::text[]) as source (asset, partition_column)";

/** All that is claimable. */
const whole = `
  select change_id
  from orchestrator.changes as waiting
  where ${isClaimable}
  order by change_id
  limit case when $2::bigint is null then ${claimLimit} end
  for update skip locked`;

/**
 * The partition values of a few rows that nobody holds, and all that waits of those values in whichever source; where
 * all of a source changed, all that waits of it. $5: how many.
 */
function portionOf(first: Portion["first"]): string {
  return `
    with probe as materialized (
      select found.asset, found.partition_value, grouped.partition_column
      from (
        select partition_column, array_agg(asset) as assets
        from ${sourceColumns}
        group by partition_column
      ) as grouped,
      lateral (
        select waiting.asset, waiting.partition_value
        from orchestrator.changes as waiting
        where waiting.asset = any(grouped.assets)
          and ${isClaimable}
        order by waiting.change_id ${first === "newest" ? "desc" : "asc"}
        limit $5
        for update skip locked
      ) as found
    )
    select waiting.change_id
    from orchestrator.changes as waiting
    -- An array: looked up by index, however many others wait.
    where not exists (select from orchestrator.automations where automation = $6 and not enabled)
      and waiting.change_id = any(array(
        select matching.change_id
        from probe
        join orchestrator.changes as matching on matching.partition_value = probe.partition_value
        join ${sourceColumns}
          on source.asset = matching.asset
          and source.partition_column is not distinct from probe.partition_column
        union
        select matching.change_id
        from probe
        join orchestrator.changes as matching on matching.asset = probe.asset
        where probe.partition_value is null
      ))
      and ${isClaimable}
    order by waiting.change_id
    limit ${claimLimit}
    for update skip locked`;
}

/**
 * Takes change rows out of the table, in the transaction that does their work: a rollback or a crash puts them back.
 * Left alone: rows another transaction holds, rows that wait after a failure, and rows of a run that is alive.
 */
export async function claimChanges(client: ClientBase, request: ClaimRequest): Promise<ClaimedChanges[]> {
  const { sources, runId, changeIds, portion, automation } = request;
  const isWhole = runId !== null || changeIds !== null;
  const values: unknown[] = [sources.map(({ name }) => name), runId, changeIds];
  if (!isWhole)
    values.push(
      sources.map(({ column }) => column),
      portion.values,
      automation,
    );
  const { rows } = await client.query<ClaimedChanges>({
    name: isWhole ? "claim_changes" : `claim_changes_${portion.first}`,
    text: `
      with claimed as (
        delete from orchestrator.changes
        -- An array, not a join: a stale plan of a semi join runs the sub-select again and again, and takes every row.
        where change_id = any(array(${isWhole ? whole : portionOf(portion.first)}))
        returning change_id, asset, partition_value, since, created_at
      )
      select
        asset,
        partition_value as partition,
        case when bool_and(since is not null) then min(since) end as since,
        array_agg(change_id) as "changeIds",
        min(created_at) as "oldestAt"
      from claimed
      group by asset, partition_value`,
    values,
  });
  return rows;
}

/** How many partition values of the sources wait to be claimed by whoever comes next. */
export async function countWaitingValues(
  client: ClientBase,
  sources: readonly ClaimableSource[],
): Promise<number> {
  const { rows } = await client.query<{ values: number }>(
    `select count(distinct (source.partition_column, waiting.partition_value)) as values
     from orchestrator.changes as waiting
     join ${sourceColumns} on source.asset = waiting.asset
     where ${isClaimable}`,
    [sources.map(({ name }) => name), null, null, sources.map(({ column }) => column)],
  );
  return rows[0]!.values;
}

/** What changed of each source. */
export function scopesOf(claimed: readonly ClaimedChanges[]): Map<string, Scope> {
  const bySource = Map.groupBy(claimed, ({ asset }) => asset);
  return new Map([...bySource].map(([asset, changes]) => [asset, scopeOf(changes)]));
}

function scopeOf(changes: readonly ClaimedChanges[]): Scope {
  const days = changes.map(({ since }) => since).sort();
  return {
    partitions: changes.some(({ partition }) => partition === null)
      ? null
      : changes.map(({ partition }) => partition!).sort(),
    since: days.includes(null) ? null : days[0]!,
  };
}

/** Puts off changes whose refresh failed: 5 s, doubled with each further failure, up to 10 minutes. */
export async function postponeChanges(
  client: ClientBase | Pool,
  changeIds: readonly number[],
  error: string,
): Promise<void> {
  await client.query(
    `update orchestrator.changes
     set
       attempts = attempts + 1,
       not_before = now() + make_interval(secs => least(600, 5 * 2 ^ least(attempts, 10))),
       last_error = $2
     where change_id = any($1)`,
    [changeIds, error],
  );
}

/** Changes of one partition value of one source that no run has taken yet. */
export interface WaitingChanges {
  readonly asset: string;
  /** null: of all. */
  readonly partition: string | null;
  readonly changes: number;
  /** null: from the beginning. */
  readonly since: string | null;
  readonly oldestAt: Date;
  /** How often their refresh has failed. */
  readonly attempts: number;
  /** null: they are next in turn; else they wait until then, because of `lastError`. */
  readonly notBefore: Date | null;
  readonly lastError: string | null;
}

/** What waits of these sources, those put off after a failure first, then the oldest; no more than `limit` entries. */
export async function readWaitingChanges(
  pool: Pool,
  sources: readonly string[],
  limit: number,
): Promise<WaitingChanges[]> {
  const { rows } = await pool.query<WaitingChanges>(
    `select
       asset,
       partition_value as partition,
       count(*) as changes,
       case when bool_and(since is not null) then min(since) end as since,
       min(created_at) as "oldestAt",
       max(attempts) as attempts,
       max(not_before) as "notBefore",
       (array_agg(last_error order by attempts desc, change_id desc))[1] as "lastError"
     from orchestrator.changes
     where asset = any($1)
     group by asset, partition_value
     order by max(not_before) nulls last, min(change_id)
     limit $2`,
    [sources, limit],
  );
  return rows;
}
