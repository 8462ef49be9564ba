/** The checks of an asset: the last result of each, and how those before it came out. */
import type { Pool } from "pg";
import { type PastCheckResult, readPastChecks } from "../../engine/index.ts";

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

export type PastResult = PastCheckResult & { readonly status: CheckStatus };

const mostPast = 20;

/** The newest results of each check of an asset, the oldest of them first. */
export async function readPastResults(pool: Pool, asset: string): Promise<Map<string, PastResult[]>> {
  const results = (await readPastChecks(pool, asset, mostPast)).map((result) => ({
    ...result,
    status: checkStatus(result.severity, result.failingRows),
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
