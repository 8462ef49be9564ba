/** One run, for operators: its steps over time, its checks and log as they come, stopping it, doing it again. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  cancelRun,
  type Graph,
  type RunDetail,
  readRun,
  readRunStatus,
  requestRun,
} from "../../engine/index.ts";
import { operatorContext, requireOperator, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { formErrorsOf, planRun, type RunScope } from "./materialize.ts";
import { environmentOf, type SendPage } from "./page.ts";
import { isOpen, runData } from "./run-data.ts";
import { logFilter, streamLogs } from "./run-logs.ts";

/** The newest: a run of an hour that logs each of its tickers has some thousands. */
const mostLogsRead = 10_000;

/** Which page of its steps. */
const stepsPage = z.object({ steps: positiveId.catch(1) });

const rerunForm = z.object({ only_failed: z.literal("true").optional() });

export function runPage(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  const send = async (
    request: Request,
    response: Response,
    runId: number,
    problem?: string,
  ): Promise<void> => {
    const own = operatorContext(context, request);
    const run = await readRun(own.pool, runId, { limit: mostLogsRead });
    const filter = parseInput(logFilter, request.query);
    const { steps } = parseInput(stepsPage, request.query);
    sendPage(request, response, {
      view: "run",
      title: t("Run {id}", { id: String(run.runId) }),
      scripts: ["run.js"],
      status: problem === undefined ? 200 : 422,
      data: {
        ...runData(run, context.registry(), { filter, page: steps }, environmentOf(context, request)),
        ...(await rerunsOf(own, run)),
        problem: problem && { heading: t("It cannot be run again."), message: problem },
      },
    });
  };

  router.get("/runs/:run", async (request, response) => {
    requireOperator(request);
    await send(request, response, runIdOf(request.params.run));
  });

  router.get("/runs/:run/logs", async (request, response) => {
    const { pool } = operatorContext(context, request);
    const runId = runIdOf(request.params.run);
    await readRunStatus(pool, runId);
    await streamLogs(pool, runId, request, response);
  });

  router.post("/runs/:run/cancel", async (request, response) => {
    const { pool } = operatorContext(context, request);
    const runId = runIdOf(request.params.run);
    await cancelRun(pool, runId);
    response.redirect(303, `/runs/${runId}`);
  });

  router.post("/runs/:run/rerun", async (request, response) => {
    const own = operatorContext(context, request);
    const runId = runIdOf(request.params.run);
    const run = await readRun(own.pool, runId, { limit: 0 });
    const { only_failed } = parseInput(rerunForm, request.body ?? {});
    const { graph } = context.registry();
    const again = only_failed === undefined ? scopeOf(run) : failedScopeOf(run, graph);
    const problem = await problemOf(own, again);
    if (again === null || problem !== null)
      return send(request, response, runId, problem ?? t("Nothing of it failed."));
    const newRunId = await requestRun(own.pool, {
      triggerKind: "manual",
      triggerName: own.operator.email,
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
  if (!result.success) throw new NotFoundError("run", text);
  return result.data;
}

function scopeOf({ operation, sample, ...run }: RunDetail): RunScope {
  const { selection, exclude, partitions, since, fullRefresh } = run;
  return {
    selection,
    ...(operation === "verify" && { operation }),
    ...(sample && { sample }),
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
  if (scope === null) return t("Nothing of it failed.");
  try {
    const steps = await planRun(context, scope);
    return steps.length > 0 ? null : t("Nothing would be done: its rows come from outside.");
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
