/** One run, for operators: its steps over time, its checks and log as they come, stopping it, doing it again. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  cancelRun,
  describeScope,
  type Graph,
  type RunDetail,
  readRun,
  readRunStatus,
  requestRun,
  type StepRecord,
} from "../../engine/index.ts";
import { ganttBars } from "../charts/gantt-chart.ts";
import { requireOperator, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import type { Format } from "../format.ts";
import { positiveId } from "../schemas.ts";
import { checkStatus, describeSample, millisecondsBetween } from "./asset.ts";
import { formErrorsOf, planRun, type RunScope } from "./materialize.ts";
import { environmentOf, type SendPage } from "./page.ts";
import { streamLogs } from "./run-logs.ts";

/** The newest lines that the page itself shows; a run over thousands of tickers writes tens of thousands. */
const mostLogLines = 500;

const rerunForm = z.object({ only_failed: z.literal("true").optional() });

export function runPage(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  const send = async (
    request: Request,
    response: Response,
    runId: number,
    problem?: string,
  ): Promise<void> => {
    const run = await readRun(context.pool, runId);
    const { format, now } = environmentOf(context, request);
    sendPage(request, response, {
      view: "run",
      title: `Run ${run.runId}`,
      scripts: ["run.js"],
      status: problem === undefined ? 200 : 422,
      data: {
        ...runData(run, context.registry().graph, format, now),
        ...(await rerunsOf(context, run)),
        problem: problem && { heading: "It cannot be run again.", message: problem },
      },
    });
  };

  router.get("/runs/:run", async (request, response) => {
    requireOperator(request);
    await send(request, response, runIdOf(request.params.run));
  });

  router.get("/runs/:run/logs", async (request, response) => {
    requireOperator(request);
    const runId = runIdOf(request.params.run);
    await readRunStatus(context.pool, runId);
    await streamLogs(context.pool, runId, request, response);
  });

  router.post("/runs/:run/cancel", async (request, response) => {
    requireOperator(request);
    const runId = runIdOf(request.params.run);
    await cancelRun(context.pool, runId);
    response.redirect(303, `/runs/${runId}`);
  });

  router.post("/runs/:run/rerun", async (request, response) => {
    const operator = requireOperator(request);
    const runId = runIdOf(request.params.run);
    const run = await readRun(context.pool, runId);
    const { only_failed } = rerunForm.parse(request.body ?? {});
    const { graph } = context.registry();
    const again = only_failed === undefined ? scopeOf(run) : failedScopeOf(run, graph);
    const problem = await problemOf(context, again);
    if (again === null || problem !== null)
      return send(request, response, runId, problem ?? "Nothing of it failed.");
    const newRunId = await requestRun(context.pool, {
      triggerKind: "manual",
      triggerName: operator.email,
      ...again,
      rerunOf: runId,
      // Pressed twice, it is one run.
      requestKey: `rerun:${runId}${only_failed ? ":failed" : ""}`,
    });
    response.redirect(303, `/runs/${newRunId}`);
  });
  return router;
}

/** Throws NotFoundError for what can be no run's id. */
function runIdOf(text: string): number {
  const result = positiveId.safeParse(text);
  if (!result.success) throw new NotFoundError(`run ${text}`);
  return result.data;
}

function isOpen({ status }: RunDetail): boolean {
  return status === "queued" || status === "running";
}

function scopeOf({ selection, exclude, partitions, since, fullRefresh }: RunDetail): RunScope {
  return {
    selection,
    ...(exclude && { exclude }),
    ...(partitions && { partitions }),
    ...(since && { since }),
    ...(fullRefresh && { fullRefresh }),
  };
}

/**
 * What did not succeed, and for whom: the run's partition values where they are those of the first of the failed; else
 * they were another asset's, and all is done again. null: nothing failed.
 */
function failedScopeOf(run: RunDetail, graph: Graph): RunScope | null {
  const failed = run.steps.filter(({ asset, status }) => status !== "succeeded" && graph.nodes.has(asset));
  if (failed.length === 0) return null;
  const names = failed.map(({ asset }) => asset);
  const first = failed.filter(({ asset }) => !names.some((other) => graph.upstream(asset).has(other)));
  const isTheirs = first.every(({ scope }) => sameValues(scope?.partitions ?? null, run.partitions));
  const { exclude: _, partitions, ...rest } = scopeOf(run);
  return { ...rest, selection: names.join(" "), ...(isTheirs && partitions && { partitions }) };
}

function sameValues(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Why doing this would fail or do nothing; null: it can be asked for. */
async function problemOf(context: WebContext, scope: RunScope | null): Promise<string | null> {
  if (scope === null) return "Nothing of it failed.";
  try {
    const steps = await planRun(context, scope);
    return steps.length > 0 ? null : "Nothing would be done: its rows come from outside.";
  } catch (error) {
    const errors = formErrorsOf(error);
    if (!errors) throw error;
    return Object.values(errors).join(" ");
  }
}

/** What can be asked for of a run that has ended. */
async function rerunsOf(context: WebContext, run: RunDetail) {
  if (isOpen(run)) return { canRerun: false, canRerunFailed: false };
  const failed = failedScopeOf(run, context.registry().graph);
  const isPart = failed !== null && failed.selection !== run.selection;
  return {
    canRerun: (await problemOf(context, scopeOf(run))) === null,
    canRerunFailed: isPart && (await problemOf(context, failed)) === null,
  };
}

function runData(run: RunDetail, graph: Graph, format: Format, now: Date) {
  const { bars, milliseconds: span } = ganttBars(run.steps, now);
  const first = Math.min(...run.steps.map(({ startedAt }) => startedAt?.getTime() ?? Infinity));
  const logs = run.logs.slice(-mostLogLines);
  const checks = run.checks.map((check) => ({
    ...check,
    status: checkStatus(check.severity, check.failingRows),
    sample: describeSample(check.sample),
  }));
  return {
    run,
    isOpen: isOpen(run),
    isCancelling: run.cancelRequestedAt !== null,
    milliseconds: millisecondsBetween(run.startedAt, run.finishedAt ?? (isOpen(run) ? now : null)),
    span,
    marks: span > 0 ? [0, span / 2, span].map((mark) => format.duration(mark)) : [],
    options: options(run, format),
    wayOut: wayOut(run),
    written: run.steps.reduce((sum, step) => sum + rowsOf(step), 0),
    steps: run.steps.map((step, index) => ({
      ...step,
      bar: bars[index],
      barLabel: barLabel(step, first, format, now),
      milliseconds: millisecondsBetween(step.startedAt, step.finishedAt),
      scope: scopeText(step, graph),
      isKnown: graph.nodes.has(step.asset),
      progress: step.status === "running" ? step.progress : null,
    })),
    checks,
    failing: checks.filter(({ failingRows }) => failingRows > 0),
    passed: checks.filter(({ failingRows }) => failingRows === 0),
    logs: logs.map((log) => ({ ...log, time: log.loggedAt.toISOString().slice(11, 23) })),
    earlierLogs: run.logs.length - logs.length,
    lastLogId: logs.at(-1)?.logId ?? 0,
  };
}

function rowsOf({ rowsInserted, rowsUpdated, rowsDeleted }: StepRecord): number {
  return (rowsInserted ?? 0) + (rowsUpdated ?? 0) + (rowsDeleted ?? 0);
}

/** What a person can do about a run that failed; null: it did not. */
function wayOut({ status, triggerKind, steps, checks }: RunDetail): string | null {
  if (status !== "failed") return null;
  if (checks.some(({ failingRows, severity }) => failingRows > 0 && severity === "error"))
    return "Nothing was published: readers see what was there before. Correct the rows named below at their source, or the check, and run it again.";
  if (triggerKind === "sensor" && steps.every(({ action }) => action === "refresh"))
    return "Nothing was written. The changes wait, and are tried again by themselves: Automation tells when.";
  if (steps.some((step) => step.status === "failed" && step.action === "ingest"))
    return "What was fetched is kept, and goes on by itself. When the source answers again, run again what failed.";
  return "Nothing was published: readers see what was there before. Correct the body of the asset that failed, or what it reads, and run again what failed.";
}

/** An asset that was removed since can no longer say what its scope means. */
function scopeText({ asset, scope }: StepRecord, graph: Graph): string {
  const node = graph.nodes.get(asset);
  return node && scope ? describeScope(node.asset, scope) : "";
}

function options(run: RunDetail, format: Format) {
  const { partitions, since, fullRefresh, exclude, retryOf, rerunOf, attempt } = run;
  return [
    ...(exclude ? [{ label: "Except", value: exclude }] : []),
    ...(partitions ? [{ label: "Partitions", value: partitions.join(", ") }] : []),
    ...(since ? [{ label: "Since", value: format.date(since) }] : []),
    ...(fullRefresh ? [{ label: "Full refresh", value: "yes" }] : []),
    ...(attempt > 1 ? [{ label: "Attempt", value: String(attempt) }] : []),
    ...(retryOf !== null ? [{ label: "Retry of", value: `run ${retryOf}`, href: `/runs/${retryOf}` }] : []),
    ...(rerunOf !== null ? [{ label: "Again", value: `run ${rerunOf}`, href: `/runs/${rerunOf}` }] : []),
  ];
}

/** What the bar shows, in words. */
function barLabel({ startedAt, finishedAt }: StepRecord, first: number, format: Format, now: Date): string {
  if (startedAt === null) return "not started";
  const after = format.duration(startedAt.getTime() - first);
  const lasted = format.duration((finishedAt ?? now).getTime() - startedAt.getTime());
  return `began after ${after}, ${finishedAt ? "took" : "has been running for"} ${lasted}`;
}
