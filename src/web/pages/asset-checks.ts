/** The checks of an asset: the last result of each, and how those before it came out. */
import type { Pool } from "pg";

export type CheckStatus = "passed" | "warned" | "failed";

/** passed, warned or failed, as the marks of `ui/partials/state-mark.hbs` know them. */
export function checkStatus(severity: "warn" | "error", failingRows: number): CheckStatus {
  if (failingRows === 0) return "passed";
  return severity === "warn" ? "warned" : "failed";
}

/** A failing row's key as it is shown: `{"user_id":7}` or a plain text. */
export function describeSample(sample: unknown): string[] {
  const rows: unknown[] = Array.isArray(sample) ? sample : [];
  return rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row)));
}

export interface PastResult {
  readonly runId: number;
  readonly failingRows: number;
  readonly checkedAt: Date;
  readonly status: CheckStatus;
}

const mostPast = 20;

/** The newest results of each check of an asset, the oldest of them first. */
export async function readPastResults(pool: Pool, asset: string): Promise<Map<string, PastResult[]>> {
  const { rows } = await pool.query<
    Omit<PastResult, "status"> & { check: string; severity: "warn" | "error" }
  >(
    `select
       check_name as "check",
       severity,
       run_id as "runId",
       failing_rows as "failingRows",
       checked_at as "checkedAt"
     from (
       select *, row_number() over (partition by check_name order by run_id desc) as age
       from orchestrator.check_results
       where asset = $1
     ) as result
     where age <= ${mostPast}
     order by run_id`,
    [asset],
  );
  const results = rows.map(({ severity, ...result }) => ({
    ...result,
    status: checkStatus(severity, result.failingRows),
  }));
  return Map.groupBy(results, ({ check }) => check);
}

const slot = 9;

/** A mark for each result: what passed stands low, what did not stands tall. */
export function pastChart(results: readonly PastResult[]) {
  return {
    width: results.length * slot,
    count: results.length,
    notPassed: results.filter(({ status }) => status !== "passed").length,
    marks: results.map((result, index) => ({
      ...result,
      x: index * slot,
      y: result.status === "passed" ? 10 : 2,
      height: result.status === "passed" ? 4 : 12,
    })),
  };
}
