import type { ClientBase, Pool } from "pg";
import type { Severity } from "../definition/index.ts";

export interface CheckResult {
  readonly asset: string;
  readonly check: string;
  readonly severity: Severity;
  /** 0: passed. */
  readonly failingRows: number;
  /** Keys of a few of them. */
  readonly sample: readonly unknown[];
}

/**
 * The statement that writes down check results, to stand by itself or in a WITH. run: SQL of a relation with the run's
 * id; results: SQL of a jsonb array of CheckResult. Checked again, the newer result counts.
 */
export function insertCheckResults(run: string, results: string): string {
  return `
    insert into orchestrator.check_results (run_id, asset, check_name, severity, failing_rows, sample)
    select distinct on (asset, "check") run_id, asset, "check", severity, "failingRows", sample
    from ${run} as run, jsonb_to_recordset(${results}) as result (
      asset text, "check" text, severity text, "failingRows" bigint, sample jsonb
    )
    order by asset, "check", "failingRows" desc -- of two checks of one name, the one that says more
    on conflict (run_id, asset, check_name) do update
    set failing_rows = excluded.failing_rows, sample = excluded.sample, checked_at = excluded.checked_at`;
}

export async function recordCheckResults(
  client: ClientBase | Pool,
  runId: number,
  results: readonly CheckResult[],
): Promise<void> {
  if (results.length === 0) return;
  const statement = insertCheckResults("(select $1::bigint as run_id)", "$2::jsonb");
  await client.query(statement, [runId, JSON.stringify(results)]);
}
