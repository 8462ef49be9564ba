import type { ClientBase, Pool } from "pg";
import { type Graph, isView } from "../definition/index.ts";
import type { Scope } from "../planning/index.ts";
import { transaction } from "../postgres/index.ts";
import {
  type Announcement,
  announcedSeparately,
  appendLog,
  type CheckResult,
  endLine,
  insertCheckResults,
  insertPropagations,
  type Line,
  type Propagation,
  type StepProgress,
  stepLine,
  type TriggerKind,
} from "../records/index.ts";
import { type ClaimedChanges, postponeChanges, scopesOf } from "./changes.ts";
import type { Affected } from "./propagate.ts";

/** Who or what asked for a run. */
export interface Trigger {
  readonly kind: TriggerKind;
  /** The schedule, the sensor, or who asked. */
  readonly name: string;
}

export interface RefreshRecord {
  readonly trigger: Trigger;
  /** null: a run of its own, which is done with this transaction. */
  readonly runId: number | null;
  readonly affected: ReadonlyMap<string, Affected>;
  readonly checks: readonly CheckResult[];
  readonly milliseconds: number;
  /** When the oldest of the changes that it carries on was written: what asked for it; null: it has none. */
  readonly askedAt: Date | null;
  /** Not null: part of a batch; of a run that has planned its steps, part of what these do. */
  readonly progress: StepProgress | null;
}

const mostAnnounced = 100;

/**
 * Writes down in one statement what a refresh did, at the end of its transaction, so that the rows every refresh
 * writes (those of the assets) are locked no longer than a commit takes, and in the order of names. Returns the run's id.
 *
 * data_version grows by one for each asset whose content changed; those that read it and are right again grow their
 * read version by one too. So a gap between the two, which is what makes an asset stale, stays as it was. The version of
 * each partition value that is announced grows likewise.
 */
export async function recordRefresh(
  client: ClientBase,
  graph: Graph,
  record: RefreshRecord,
): Promise<number> {
  const { trigger, runId, affected, checks, milliseconds, progress } = record;
  const isPartial = runId !== null && progress !== null && progress.done < progress.total;
  const now = performance.now();
  const { rows } = await client.query<{ run_id: number }>({
    name: "record_refresh",
    text: `
      with new_run as (
        insert into orchestrator.runs
          (operation, trigger_kind, trigger_name, selection, status, created_at, started_at, finished_at)
        select
          'refresh', $2, $3, $4, 'succeeded', coalesce($14, clock_timestamp()), clock_timestamp() - make_interval(secs => $5::float8 / 1000), clock_timestamp()
        where $1::bigint is null
        returning run_id
      ),
      run as (
        select run_id from new_run
        union all
        select $1::bigint where $1 is not null
      ),
      step as (
        insert into orchestrator.steps
          (run_id, asset, action, status, reason, scope, rows_inserted, rows_updated, rows_deleted, code_version, progress, started_at, finished_at)
        select
          run_id, asset, 'refresh', 'succeeded', reason, scope, rows_inserted, rows_updated, rows_deleted, code_version, $12::jsonb,
          statement_timestamp() - make_interval(secs => begun_ago / 1000),
          statement_timestamp() - make_interval(secs => (begun_ago - milliseconds) / 1000)
        from run, jsonb_to_recordset($6) as done (
          asset text, reason text, scope jsonb, rows_inserted bigint, rows_updated bigint, rows_deleted bigint,
          code_version text, begun_ago float8, milliseconds float8
        )
        on conflict (run_id, asset) do update
        set
          status = case when $13::boolean then steps.status else excluded.status end,
          scope = case when $12::jsonb is null then excluded.scope else steps.scope end,
          -- What the same step did for other partition values before counts too.
          rows_inserted = coalesce(steps.rows_inserted, 0) + excluded.rows_inserted,
          rows_updated = coalesce(steps.rows_updated, 0) + excluded.rows_updated,
          rows_deleted = coalesce(steps.rows_deleted, 0) + excluded.rows_deleted,
          progress = excluded.progress,
          started_at = least(excluded.started_at, case when steps.rows_inserted is not null then steps.started_at end),
          finished_at = case when not $13::boolean then excluded.finished_at end
        where steps.action = 'refresh'
      ),
      logged as (
        insert into orchestrator.step_logs (run_id, asset, level, message, logged_at)
        select run_id, asset, level, message, statement_timestamp() - make_interval(secs => ago / 1000)
        from run, jsonb_to_recordset($10) as line (asset text, level text, message text, ago float8)
        order by ago desc
      ),
      checked as (${insertCheckResults("run", "$7")}
      ),
      propagated as (${insertPropagations("$11")}
      ),
      touched as (
        select asset, changed, materialized, read
        from jsonb_to_recordset($8) as touched (asset text, changed integer, materialized boolean, read text[])
      ),
      locked as materialized (
        select asset
        from orchestrator.assets
        where asset in (select asset from touched)
        order by asset
        for update
      ),
      updated as (
        update orchestrator.assets as stored
        set
          data_version = data_version + changed,
          read_versions = read_versions || coalesce(
            (
              select jsonb_object_agg(name, (read_versions ->> name)::bigint + 1)
              from unnest(read) as name
              where read_versions ? name
            ),
            '{}'
          ),
          last_run_id = case when materialized then run_id else last_run_id end,
          last_materialized_at = case when materialized then clock_timestamp() else last_materialized_at end
        from run, touched join locked using (asset)
        where stored.asset = touched.asset
      ),
      versioned as (
        insert into orchestrator.partition_versions as stored (partition_column, partition_value, version)
        select distinct publication ->> 'partition_column', announced.value, 1
        from jsonb_array_elements($9) as publication
        left join lateral jsonb_array_elements_text(nullif(publication -> 'partitions', 'null')) as announced (value) on true
        where publication ->> 'partition_column' is not null
        order by 1, 2
        on conflict (partition_column, partition_value) do update
        set version = stored.version + 1
      )
      select
        run_id,
        pg_notify('orchestrator_runs', run_id::text),
        (
          select count(pg_notify(
            'orchestrator_published',
            (jsonb_build_object('run_id', run_id) || publication)::text
          ))
          from jsonb_array_elements($9) as publication
        )
      from run`,
    values: [
      runId,
      trigger.kind,
      trigger.name,
      [...affected.values()].flatMap(({ asset }) => (asset.kind === "source" ? [asset.name] : [])).join(" "),
      milliseconds,
      JSON.stringify(stepsOf(graph, affected, now)),
      JSON.stringify(checks),
      JSON.stringify(touchedOf(graph, affected)),
      JSON.stringify(announcementsOf(affected)),
      JSON.stringify(linesOf(record, now)),
      JSON.stringify(propagationsOf(affected)),
      progress && JSON.stringify(progress),
      isPartial,
      record.askedAt,
    ],
  });
  return rows[0]!.run_id;
}

/** Sources and tables: a view has no rows of its own to tell of, and there would be many. */
function stepsOf(graph: Graph, affected: ReadonlyMap<string, Affected>, now: number): unknown[] {
  return [...affected.values()]
    .filter(({ asset, difference, done }) => done && (asset.kind === "source" || difference))
    .map(({ asset, scope, difference, begunAt, milliseconds }) => ({
      asset: asset.name,
      reason: asset.kind === "source" ? "changed" : "changed upstream",
      scope: scopeRecord(scope),
      rows_inserted: difference?.rowsInserted ?? null,
      rows_updated: difference?.rowsUpdated ?? null,
      rows_deleted: difference?.rowsDeleted ?? null,
      code_version: graph.get(asset.name).codeVersion,
      begun_ago: now - begunAt,
      milliseconds,
    }));
}

/** Of a run of its own also that it ended: it is done with this transaction. What changed a source is not its doing. */
function linesOf(
  { runId, affected, milliseconds, progress }: RefreshRecord,
  now: number,
): (Line & { asset: string | null; ago: number })[] {
  const part = progress ? ` (${progress.done} of ${progress.total} ${progress.label})` : "";
  const lines = [...affected.values()]
    .filter(({ difference, done }) => done && difference)
    .map((step) => {
      const line = stepLine({
        action: "refresh",
        status: "succeeded",
        ...step.difference!,
        milliseconds: step.milliseconds,
        error: null,
      });
      return {
        ...line,
        message: line.message + part,
        asset: step.asset.name,
        ago: now - step.begunAt - step.milliseconds,
      };
    });
  if (runId !== null) return lines;
  const end = endLine("succeeded", milliseconds, null);
  return [...lines, { ...end, message: end.message + part, asset: null, ago: 0 }];
}

/** A view has no rows of its own: what changes it is recorded of the tables behind it. */
function propagationsOf(affected: ReadonlyMap<string, Affected>): Propagation[] {
  return [...affected.values()].flatMap(({ asset, changed }) =>
    changed && !isView(asset) ? [{ asset: asset.name, scope: scopeRecord(changed) }] : [],
  );
}

/** Above this many values a scope is written down as everything of its days, which is on the safe side. */
const mostRecorded = 1000;

export function scopeRecord({ partitions, since }: Scope): Scope {
  return { partitions: partitions && partitions.length > mostRecorded ? null : partitions, since };
}

/**
 * Sources and tables that changed or were read anew. A view is what it reads, and what is known of it is told from that: written down too,
 * 61 rows were written for a single change, for every other refresh to wait for, instead of 9.
 */
function touchedOf(graph: Graph, affected: ReadonlyMap<string, Affected>): unknown[] {
  const touched: unknown[] = [];
  for (const [name, { asset }] of graph.nodes) {
    if (isView(asset)) continue;
    const step = affected.get(name);
    if (step && !step.done) continue; // it is behind now, and is to say so
    const read = [...graph.reads(name)].filter(
      (dependency) => affected.get(dependency)?.changed && !isView(graph.get(dependency).asset),
    );
    if (step || read.length > 0) {
      touched.push({ asset: name, changed: step?.changed ? 1 : 0, materialized: step !== undefined, read });
    }
  }
  return touched;
}

function announcementsOf(affected: ReadonlyMap<string, Affected>): Announcement[] {
  const changed = [...affected.values()].filter(({ asset, changed }) => asset.kind === "model" && changed);
  const byColumn = Map.groupBy(changed, ({ asset }) => asset.partitionBy ?? null);
  return [...byColumn].flatMap(([column, steps]) => {
    const assets = steps.map(({ asset }) => asset.name);
    const partitions = column === null ? null : announced(steps);
    return announcedSeparately({ assets, partition_column: column, partitions });
  });
}

function announced(steps: readonly Affected[]): string[] | null {
  const values = new Set<string>();
  for (const { changed } of steps) {
    if (!changed?.partitions) return null;
    for (const value of changed.partitions) values.add(value);
    if (values.size > mostAnnounced) return null;
  }
  return [...values];
}

/** A run that failed and left nothing behind, apart; what it had claimed waits. Returns the run's id. */
export async function recordFailedRefresh(
  pool: Pool,
  trigger: Trigger,
  claimed: readonly ClaimedChanges[],
  error: string,
): Promise<number> {
  return await transaction(pool, async (client) => {
    const changeIds = claimed.flatMap((change) => change.changeIds);
    await postponeChanges(client, changeIds, error);
    const { rows } = await client.query<{ run_id: number }>(
      `with run as (
         insert into orchestrator.runs (operation, trigger_kind, trigger_name, selection, status, started_at, finished_at, error)
         values ('refresh', $1, $2, $3, 'failed', clock_timestamp(), clock_timestamp(), $4)
         returning run_id
       ),
       step as (
         insert into orchestrator.steps (run_id, asset, action, status, reason, scope, finished_at, error)
         select run_id, asset, 'refresh', 'failed', 'changed', scope, clock_timestamp(), $4
         from run, jsonb_to_recordset($5) as failed (asset text, scope jsonb)
       )
       select run_id, pg_notify('orchestrator_runs', run_id::text)
       from run`,
      [
        trigger.kind,
        trigger.name,
        [...new Set(claimed.map(({ asset }) => asset))].join(" "),
        error,
        JSON.stringify([...scopesOf(claimed)].map(([asset, scope]) => ({ asset, scope }))),
      ],
    );
    await appendLog(client, rows[0]!.run_id, null, endLine("failed", null, error));
    return rows[0]!.run_id;
  });
}
