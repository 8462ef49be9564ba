/** Runs: the list, and one run with its steps, checks and log, for operators. */
import { Router } from "express";
import { z } from "zod";
import {
  cancelRun,
  describeScope,
  type Graph,
  listRuns,
  type RunDetail,
  readRun,
  type StepRecord,
} from "../../engine/index.ts";
import { ganttBars } from "../charts/gantt-chart.ts";
import { requireOperator, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import type { Format } from "../format.ts";
import { positiveId } from "../schemas.ts";
import { checkStatus, millisecondsBetween } from "./assets.ts";
import { environmentOf, type SendPage } from "./page.ts";

const pageLength = 50;

const listQuery = z.object({ before: positiveId.optional().catch(undefined) });

export function runPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/runs", async (request, response) => {
    requireOperator(request);
    const { before } = listQuery.parse(request.query);
    const runs = await listRuns(context.pool, { limit: pageLength, before });
    sendPage(request, response, {
      view: "runs",
      title: "Runs",
      data: {
        runs: runs.map((run) => ({
          ...run,
          milliseconds: millisecondsBetween(run.startedAt, run.finishedAt),
        })),
        isLaterPage: before !== undefined,
        next: runs.length === pageLength ? runs.at(-1)?.runId : undefined,
      },
    });
  });

  router.get("/runs/:run", async (request, response) => {
    requireOperator(request);
    const run = await readRun(context.pool, runIdOf(request.params.run));
    const { format, now } = environmentOf(context, request);
    sendPage(request, response, {
      view: "run",
      title: `Run ${run.runId}`,
      data: runData(run, context.registry().graph, format, now),
    });
  });

  router.post("/runs/:run/cancel", async (request, response) => {
    requireOperator(request);
    const runId = runIdOf(request.params.run);
    await cancelRun(context.pool, runId);
    response.redirect(303, `/runs/${runId}`);
  });
  return router;
}

/** Throws NotFoundError for what can be no run's id. */
function runIdOf(text: string): number {
  const result = positiveId.safeParse(text);
  if (!result.success) throw new NotFoundError(`run ${text}`);
  return result.data;
}

function runData(run: RunDetail, graph: Graph, format: Format, now: Date) {
  const { bars, milliseconds: span } = ganttBars(run.steps, now);
  const first = Math.min(...run.steps.map(({ startedAt }) => startedAt?.getTime() ?? Infinity));
  const isOpen = run.status === "queued" || run.status === "running";
  return {
    run,
    isOpen,
    isCancelling: run.cancelRequestedAt !== null,
    milliseconds: millisecondsBetween(run.startedAt, run.finishedAt ?? (isOpen ? now : null)),
    span,
    options: options(run, format),
    steps: run.steps.map((step, index) => ({
      ...step,
      bar: bars[index],
      barLabel: barLabel(step, first, format, now),
      milliseconds: millisecondsBetween(step.startedAt, step.finishedAt),
      scope: scopeText(step, graph),
      progress: step.status === "running" ? step.progress : null,
    })),
    checks: run.checks.map((check) => ({
      ...check,
      status: checkStatus(check.severity, check.failingRows),
      sample: check.sample.map((row) => JSON.stringify(row)).join(", "),
    })),
    logs: run.logs.map((log) => ({ ...log, time: log.loggedAt.toISOString().slice(11, 23) })),
  };
}

/** An asset that was removed since can no longer say what its scope means. */
function scopeText({ asset, scope }: StepRecord, graph: Graph): string {
  const node = graph.nodes.get(asset);
  return node && scope ? describeScope(node.asset, scope) : "";
}

function options({ partitions, since, fullRefresh, exclude, retryOf, attempt }: RunDetail, format: Format) {
  return [
    ...(exclude ? [{ label: "Except", value: exclude }] : []),
    ...(partitions ? [{ label: "Partitions", value: partitions.join(", ") }] : []),
    ...(since ? [{ label: "Since", value: format.date(since) }] : []),
    ...(fullRefresh ? [{ label: "Full refresh", value: "yes" }] : []),
    ...(attempt > 1 ? [{ label: "Attempt", value: String(attempt) }] : []),
    ...(retryOf !== null ? [{ label: "Retry of", value: `run ${retryOf}` }] : []),
  ];
}

/** What the bar shows, in words. */
function barLabel({ startedAt, finishedAt }: StepRecord, first: number, format: Format, now: Date): string {
  if (startedAt === null) return "not started";
  const after = format.duration(startedAt.getTime() - first);
  const lasted = format.duration((finishedAt ?? now).getTime() - startedAt.getTime());
  return `began after ${after}, ${finishedAt ? "took" : "has been running for"} ${lasted}`;
}
