import { cancelRun, listRuns, type RunRecord, readRun, type StepRecord } from "../engine/index.ts";
import { runRecord } from "../snake-case.ts";
import { type CommandContext, withPool } from "./context.ts";
import type { Outcome } from "./exit.ts";
import type { Output } from "./output.ts";

/** Seconds with one decimal; nothing while it has not begun. */
function duration({ startedAt, finishedAt }: Pick<RunRecord, "startedAt" | "finishedAt">): string {
  if (startedAt === null || finishedAt === null) return "";
  return `${((finishedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1)} s`;
}

/** A deployment selects every asset by name: one such run would make the whole table 600 characters wide. */
const longestSelection = 60;

function briefSelection(selection: string): string {
  const terms = selection.split(" ");
  return selection.length <= longestSelection ? selection : `${terms[0]} and ${terms.length - 1} more`;
}

export function runs(
  { output }: CommandContext,
  options: { limit: number; before?: number },
): Promise<Outcome> {
  return withPool(async (pool) => {
    output.list(await listRuns(pool, options), {
      run: (run) => run.runId,
      status: (run) => run.status,
      trigger: (run) => `${run.triggerKind} ${run.triggerName}`,
      selection: (run) => briefSelection(run.selection),
      created: (run) => run.createdAt.toISOString(),
      took: duration,
      error: (run) => run.error?.split("\n")[0],
    });
    return "done";
  });
}

/** A step's row in the table of a run. */
export function listSteps(output: Output, steps: readonly StepRecord[]): void {
  output.list(steps, {
    asset: (step) => step.asset,
    action: (step) => step.action,
    status: (step) => step.status,
    inserted: (step) => step.rowsInserted,
    updated: (step) => step.rowsUpdated,
    deleted: (step) => step.rowsDeleted,
    took: duration,
    why: (step) => step.error?.split("\n")[0] ?? step.reason,
  });
}

export function logs({ output }: CommandContext, runId: number): Promise<Outcome> {
  return withPool(async (pool) => {
    const run = await readRun(pool, runId);
    if (output.format === "json") output.json(runRecord(run));
    else {
      output.text(`run ${run.runId}  ${run.status}  ${run.triggerKind} ${run.triggerName}  ${run.selection}`);
      if (run.error !== null) output.text(run.error);
      listSteps(output, run.steps);
      for (const { loggedAt, level, asset, message } of run.logs)
        output.text(`${loggedAt.toISOString()}  ${level.padEnd(5)}  ${asset ?? "run"}  ${message}`);
    }
    return "done";
  });
}

export function cancel({ output }: CommandContext, runId: number): Promise<Outcome> {
  return withPool(async (pool) => {
    const wasOpen = await cancelRun(pool, runId);
    const run = await readRun(pool, runId);
    output.say(wasOpen ? `Run ${runId} will be stopped.` : `Run ${runId} is ${run.status}; nothing to stop.`);
    return "done";
  });
}
