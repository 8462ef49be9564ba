/** What a run says of itself in its log: that it began, how each step came out, that it ended. */
import type { ClientBase, Pool } from "pg";
import type { LogLevel, RunStatus, StepAction, StepStatus, TriggerKind } from "./runs.ts";

export interface Line {
  readonly level: LogLevel;
  readonly message: string;
}

/** What is known of a step once it is over. */
export interface Outcome {
  readonly action: StepAction;
  readonly status: StepStatus;
  readonly rowsInserted: number | null;
  readonly rowsUpdated: number | null;
  readonly rowsDeleted: number | null;
  /** null: it did not begin, or takes no time. */
  readonly milliseconds: number | null;
  readonly error: string | null;
}

const levels: Partial<Record<RunStatus | StepStatus, LogLevel>> = {
  failed: "error",
  skipped: "warn",
  cancelled: "warn",
};

/** `refresh succeeded: 3 inserted, 1 updated in 12 ms` */
export function stepLine(outcome: Outcome): Line {
  const { action, status, error } = outcome;
  const took = outcome.milliseconds === null ? "" : ` in ${secondsOf(outcome.milliseconds)}`;
  const what = status === "succeeded" ? written(outcome) : (error ?? "");
  return {
    level: levels[status] ?? "info",
    message: `${action} ${status}${took}${what === "" ? "" : `: ${what}`}`,
  };
}

function written({ rowsInserted, rowsUpdated, rowsDeleted }: Outcome): string {
  const counts = { inserted: rowsInserted, updated: rowsUpdated, deleted: rowsDeleted };
  const known = Object.entries(counts).filter(([, rows]) => rows !== null);
  const changed = known.filter(([, rows]) => rows !== 0);
  if (known.length === 0) return "";
  if (changed.length === 0) return "no row written";
  return `rows ${changed.map(([how, rows]) => `${how} ${rows}`).join(", ")}`;
}

/** `started by schedule nightly: 3 steps (ingest 1, refresh 2)` */
export function startLine(kind: TriggerKind, name: string, actions: readonly StepAction[]): Line {
  const counts = [...Map.groupBy(actions, (action) => action)].map(
    ([action, all]) => `${action} ${all.length}`,
  );
  const steps = actions.length === 1 ? "1 step" : `${actions.length} steps`;
  const which = counts.length > 0 ? ` (${counts.join(", ")})` : "";
  const trigger = kind === name ? kind : `${kind} ${name}`;
  return { level: "info", message: `started by ${trigger}: ${steps}${which}` };
}

/** `succeeded after 3.2 s` */
export function endLine(status: RunStatus, milliseconds: number | null, error: string | null): Line {
  const after = milliseconds === null ? "" : ` after ${secondsOf(milliseconds)}`;
  return { level: levels[status] ?? "info", message: `${status}${after}${error ? `: ${error}` : ""}` };
}

function secondsOf(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** asset null: of the run as a whole. */
export async function appendLog(
  client: Pool | ClientBase,
  runId: number,
  asset: string | null,
  line: Line,
): Promise<void> {
  await appendLogs(client, runId, [{ asset, ...line }]);
}

/** In the order given. */
export async function appendLogs(
  client: Pool | ClientBase,
  runId: number,
  lines: readonly (Line & { readonly asset: string | null })[],
): Promise<void> {
  if (lines.length === 0) return;
  await client.query(
    `insert into orchestrator.step_logs (run_id, asset, level, message)
     select $1, asset, level, message
     from unnest($2::text[], $3::text[], $4::text[]) with ordinality as line (asset, level, message, position)
     order by position`,
    [
      runId,
      lines.map(({ asset }) => asset),
      lines.map(({ level }) => level),
      lines.map(({ message }) => message),
    ],
  );
}
