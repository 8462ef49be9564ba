/** Runs, for operators: what was done, what is being done, and stopping it. */
import { z } from "zod";
import { cancelRun, listRuns, readRun, triggerKinds } from "../../engine/index.ts";
import { runRecord, snakeCased } from "../../snake-case.ts";
import { characters, day, instant, wholeNumberOr } from "../../values.ts";
import { NotFoundError } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { pageLimit, positiveId } from "../schemas.ts";

const run = z.object({
  run_id: z.int(),
  operation: z.enum(["materialize", "refresh", "rollback", "verify"]),
  trigger_kind: z.enum(triggerKinds),
  trigger_name: z.string().describe("The schedule, the sensor, the watcher, or who asked"),
  selection: z.string(),
  exclude: z.string().nullable(),
  partitions: z.array(z.string()).readonly().nullable().describe("null: all"),
  since: day.nullable().describe("null: from the beginning"),
  full_refresh: z.boolean(),
  request_key: z.string().nullable(),
  status: z.enum(["queued", "running", "succeeded", "failed", "cancelled"]),
  attempt: z.int(),
  retry_of: z.int().nullable().describe("The run whose process died and whose place this one takes"),
  rerun_of: z.int().nullable().describe("The run that a person asked to have done again"),
  sample: z
    .object({ values: z.int(), seed: z.string() })
    .readonly()
    .nullable()
    .describe(
      "Of a verification: how many values of each partition column it compares, and what they follow from",
    ),
  cancel_requested_at: instant.nullable(),
  created_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  error: z.string().nullable(),
});

const scope = z.object({
  partitions: z.array(z.string()).readonly().nullable(),
  since: z.string().nullable(),
});

const step = z.object({
  asset: z.string(),
  action: z.enum(["ingest", "refresh", "rebuild", "view", "check", "verify"]),
  status: z.enum(["pending", "running", "succeeded", "failed", "skipped", "cancelled"]),
  reason: z.string(),
  scope: scope.readonly().nullable(),
  attempt: z.int(),
  rows_inserted: z.int().nullable(),
  rows_updated: z.int().nullable(),
  rows_deleted: z.int().nullable(),
  progress: z.object({ done: z.int(), total: z.int(), label: z.string() }).readonly().nullable(),
  started_at: instant.nullable(),
  filled_at: instant
    .nullable()
    .describe("Of a rebuild: its rows stood there; it ends when all are published together"),
  finished_at: instant.nullable(),
  error: z.string().nullable(),
});

const logLine = z.object({
  log_id: z.int(),
  asset: z.string().nullable().describe("null: of the run as a whole"),
  level: z.enum(["debug", "info", "warn", "error"]),
  message: z.string(),
  logged_at: instant,
});

const check = z.object({
  asset: z.string(),
  check: z.string(),
  severity: z.enum(["warn", "error"]),
  failing_rows: z.int().describe("0: passed"),
  sample: z.array(z.unknown()).readonly().describe("Keys of a few failing rows"),
});

const runDetail = run.extend({
  steps: z.array(step),
  next_steps: z
    .string()
    .nullable()
    .describe("`steps_after` of the steps that come next; null: these are the last"),
  logs: z.array(logLine),
  checks: z.array(check),
});

const parameters = z.object({ id: z.string() });

/** In one answer. */
const mostLogs = 10_000;
const mostSteps = 1000;

/** The id of a run in a path: what is no id is no run. */
function runId(id: string): number {
  const parsed = positiveId.safeParse(id);
  if (!parsed.success) throw new NotFoundError("run", id);
  return parsed.data;
}

export const runRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/runs",
    summary: "Runs, the newest first",
    access: "operator",
    query: z.object({ limit: pageLimit, before: positiveId.optional() }),
    status: 200,
    answer: z.object({ runs: z.array(run), next: z.int().nullable().describe("`before` of the next page") }),
    handle: async ({ context, query }) => {
      const runs = await listRuns(context.pool, query);
      return {
        runs: runs.map(snakeCased),
        next: runs.length === query.limit ? runs.at(-1)!.runId : null,
      };
    },
  }),
  route({
    method: "get",
    path: "/api/runs/:id",
    summary: "One run with its steps, logs and checks",
    access: "operator",
    parameters,
    query: z.object({
      log_limit: wholeNumberOr(mostLogs, 1, mostLogs).describe("The newest logs"),
      logs_before: positiveId.optional().describe("`log_id` of the first log of an answer: those before it"),
      step_limit: wholeNumberOr(mostSteps, 1, mostSteps).describe(
        "The first steps, in the order in which they began",
      ),
      steps_after: characters(1, 100)
        .optional()
        .describe("`asset` of the last step of an answer: those after it"),
    }),
    status: 200,
    answer: z.object({ run: runDetail }),
    errors: ["not_found", "unknown_run"],
    handle: async ({ context, parameters: { id }, query }) => {
      const { log_limit, logs_before, step_limit, steps_after } = query;
      const logs = { limit: log_limit, before: logs_before };
      // One more than fit, to know whether there are others.
      const found = await readRun(context.pool, runId(id), logs, {
        after: steps_after,
        limit: step_limit + 1,
      });
      const steps = found.steps.slice(0, step_limit);
      const next_steps = found.steps.length > step_limit ? steps.at(-1)!.asset : null;
      return { run: { ...runRecord({ ...found, steps }), next_steps } };
    },
  }),
  route({
    method: "post",
    path: "/api/runs/:id/cancel",
    summary: "Ask for a run to be stopped; nothing happens to one that has ended",
    access: "operator",
    parameters,
    status: 202,
    answer: z.object({ run_id: z.int() }),
    errors: ["not_found", "unknown_run"],
    handle: async ({ context, parameters: { id } }) => {
      const run_id = runId(id);
      await cancelRun(context.pool, run_id);
      return { run_id };
    },
  }),
];
