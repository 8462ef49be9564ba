/** The list of runs, for operators. */
import { Router } from "express";
import { z } from "zod";
import {
  type Graph,
  listRuns,
  type Registry,
  type RunFilter,
  type RunRecord,
  type RunSummary,
  summarizeRuns,
  triggerKinds,
  UnknownAssetError,
} from "../../engine/index.ts";
import { day } from "../../values.ts";
import { operatorContext, type WebContext } from "../context.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { millisecondsBetween } from "./asset-data.ts";
import type { SendPage } from "./page.ts";
import { describeTrigger } from "./trigger.ts";

const pageLength = 50;
const statuses = ["queued", "running", "succeeded", "failed", "cancelled"] as const;

/** The fields of the form: what each takes, and how it is told so. */
const fields = {
  status: {
    schema: z.enum(statuses),
    expected: () => t("Expected one of {values}", { values: statuses.join(", ") }),
  },
  trigger: {
    schema: z.enum(triggerKinds),
    expected: () => t("Expected one of {values}", { values: triggerKinds.join(", ") }),
  },
  asset: { schema: z.string().trim(), expected: () => t("Expected the name of an asset") },
  from: { schema: day, expected: () => t("Expected a date") },
  to: { schema: day, expected: () => t("Expected a date") },
};

type Field = keyof typeof fields;

const cursor = z.object({ before: positiveId.optional().catch(undefined) });

export function runPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/runs", async (request, response) => {
    const { pool } = operatorContext(context, request);
    const registry = context.registry();
    const { graph } = registry;
    const { values, filter, errors } = parseFilter(request.query, graph);
    const { before } = parseInput(cursor, request.query);
    const runs = await listRuns(pool, { ...filter, limit: pageLength, before });
    const summaries = await summarizeRuns(
      pool,
      runs.map(({ runId }) => runId),
    );
    const page = (place?: number) =>
      `/runs?${new URLSearchParams({ ...values, ...(place && { before: String(place) }) })}`;
    sendPage(request, response, {
      view: "runs",
      title: t("Runs"),
      status: Object.keys(errors).length > 0 ? 422 : 200,
      data: {
        values,
        errors,
        statuses: statuses.map((value) => ({ value, isChosen: value === values.status })),
        triggers: triggerKinds.map((value) => ({ value, isChosen: value === values.trigger })),
        assets: [...graph.nodes.keys()],
        isFiltered: Object.keys(values).length > 0,
        runs: describeRuns(runs, summaries, registry, context.clock()),
        isLive: runs.some(({ status }) => status === "running"),
        newest: before === undefined ? null : page(),
        older: runs.length === pageLength ? page(runs.at(-1)!.runId) : null,
      },
    });
  });
  return router;
}

/** More assets than this are counted. */
const mostNamed = 3;

function describeRuns(
  runs: readonly RunRecord[],
  summaries: ReadonlyMap<number, RunSummary>,
  registry: Registry,
  now: Date,
) {
  const tookOf = ({ startedAt, finishedAt, status }: RunRecord): number | null =>
    millisecondsBetween(startedAt, finishedAt ?? (status === "running" ? now : null));
  const longest = Math.max(1, ...runs.map((run) => tookOf(run) ?? 0));
  return runs.map((run) => {
    const milliseconds = tookOf(run);
    const selected = run.selection.split(/\s+/).filter((term) => term !== "");
    return {
      ...run,
      summary: summaries.get(run.runId) ?? null,
      trigger: describeTrigger(run.triggerKind, run.triggerName, registry),
      named: selected.slice(0, mostNamed).join(" "),
      unnamed: Math.max(0, selected.length - mostNamed),
      milliseconds,
      barWidth: milliseconds === null ? null : `${Math.max(1, (milliseconds / longest) * 100).toFixed(1)}%`,
      isLive: run.status === "queued" || run.status === "running",
    };
  });
}

interface ParsedFilter {
  /** What was given, as it was given. */
  readonly values: Partial<Record<Field, string>>;
  readonly filter: RunFilter;
  /** What is wrong with a field, which then does not filter. */
  readonly errors: Partial<Record<Field, string>>;
}

function parseFilter(query: Readonly<Record<string, unknown>>, graph: Graph): ParsedFilter {
  const values: ParsedFilter["values"] = {};
  const errors: ParsedFilter["errors"] = {};
  const read = <F extends Field>(field: F): z.output<(typeof fields)[F]["schema"]> | undefined => {
    const given = query[field];
    if (given === undefined || given === "") return undefined;
    values[field] = String(given);
    const result = fields[field].schema.safeParse(given);
    if (result.success) return result.data as z.output<(typeof fields)[F]["schema"]>;
    errors[field] = fields[field].expected();
    return undefined;
  };
  const filter = {
    status: read("status"),
    triggerKind: read("trigger"),
    asset: read("asset"),
    from: read("from"),
    to: read("to"),
  };
  if (filter.asset === undefined || graph.nodes.has(filter.asset)) return { values, filter, errors };
  errors.asset = new UnknownAssetError(filter.asset, graph.nodes.keys()).message;
  return { values, filter: { ...filter, asset: undefined }, errors };
}
