import type { Context } from "../context.ts";
import { dropPropagations } from "../records/index.ts";

const defaultRetentionDays = 30;

/** Old runs and ticks go; runs stay while they are the last of an asset or made a version that is kept. */
export async function dropOldRecords(context: Context): Promise<void> {
  const { pool, retentionDays = defaultRetentionDays } = context;
  await pool.query(
    `delete from orchestrator.runs
     where created_at < now() - make_interval(days => $1)
       and status not in ('queued', 'running')
       and run_id not in (select last_run_id from orchestrator.assets where last_run_id is not null)
       and run_id not in (select run_id from orchestrator.asset_versions where run_id is not null)
       and run_id not in (select run_id from orchestrator.alerts where run_id is not null and recovered_at is null)`,
    [retentionDays],
  );
  await pool.query("delete from orchestrator.alerts where recovered_at < now() - make_interval(days => $1)", [
    retentionDays,
  ]);
  await pool.query("delete from orchestrator.ticks where started_at < now() - make_interval(days => $1)", [
    retentionDays,
  ]);
  await dropPropagations(pool);
}
