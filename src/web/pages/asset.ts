/** One asset, for operators: all there is to know of it, and asking for it to be materialized. */
import { dirname, relative } from "node:path";
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  type AssetState,
  columnTree,
  type Graph,
  type Node,
  readStates,
  requestRun,
} from "../../engine/index.ts";
import { readAsset } from "../api/assets.ts";
import { historyChart } from "../charts/history-chart.ts";
import { requireOperator, type WebContext } from "../context.ts";
import { nearbyChart } from "./asset-graph.ts";
import { highlightSql } from "./highlight-sql.ts";
import {
  describeSteps,
  emptyForm,
  type FormErrors,
  formErrorsOf,
  parseForm,
  planRun,
  type RunScope,
} from "./materialize.ts";
import type { SendPage } from "./page.ts";

const assetQuery = z.object({ column: z.string().optional().catch(undefined) });

export function assetPage(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  const send = async (
    request: Request,
    response: Response,
    name: string,
    refused?: Refused,
  ): Promise<void> => {
    const { column } = assetQuery.parse(request.query);
    const data = await assetData(context, name, column);
    sendPage(request, response, {
      view: "asset",
      title: name,
      scripts: ["lineage.js"],
      status: refused ? 422 : 200,
      data: { ...data, values: refused?.values ?? emptyForm, errors: refused?.errors ?? {} },
    });
  };

  router.get("/assets/:asset", async (request, response) => {
    requireOperator(request);
    await send(request, response, request.params.asset);
  });

  router.get("/assets/:asset/plan", async (request, response) => {
    requireOperator(request);
    const name = request.params.asset;
    const { graph } = context.registry();
    graph.get(name);
    const values = { ...emptyForm, ...z.record(z.string(), z.unknown()).parse(request.query) };
    const planned = await planOf(context, name, values);
    if (planned.errors) return send(request, response, name, { values, errors: planned.errors });
    sendPage(request, response, {
      view: "plan",
      title: `Plan of ${name}`,
      data: {
        asset: name,
        values,
        request: planned.request,
        steps: describeSteps(graph, planned.steps),
        broken: planned.steps.filter(({ problem }) => problem !== null).length,
      },
    });
  });

  router.post("/assets/:asset/materialize", async (request, response) => {
    const operator = requireOperator(request);
    const name = request.params.asset;
    context.registry().graph.get(name);
    const values = { ...emptyForm, ...z.record(z.string(), z.unknown()).parse(request.body ?? {}) };
    const planned = await planOf(context, name, values);
    if (planned.errors) return send(request, response, name, { values, errors: planned.errors });
    const runId = await requestRun(context.pool, {
      triggerKind: "manual",
      triggerName: operator.email,
      ...planned.request,
    });
    response.redirect(303, `/runs/${runId}`);
  });
  return router;
}

interface Refused {
  readonly values: object;
  readonly errors: FormErrors;
}

type Planned =
  | { readonly request: RunScope; readonly steps: Awaited<ReturnType<typeof planRun>>; readonly errors: null }
  | { readonly errors: FormErrors };

async function planOf(context: WebContext, name: string, form: unknown): Promise<Planned> {
  const { request, errors } = parseForm(name, form);
  if (errors) return { errors };
  const { partitionBy } = context.registry().graph.get(name).asset;
  try {
    return { request, steps: await planRun(context, request, partitionBy), errors: null };
  } catch (error) {
    const refused = formErrorsOf(error);
    if (!refused) throw error;
    return { errors: refused };
  }
}

/** What `readAsset` tells, with what only a page needs: the graph around it, its history as a chart, SQL in colours. */
async function assetData(context: WebContext, name: string, column: string | undefined) {
  const { graph, bodiesFolder } = context.registry();
  const asset = await readAsset(context, name);
  const states = await readStates(context.pool, graph, context.clock());
  const node = graph.get(name);
  const dependencies = new Set(asset.dependencies.map((dependency) => dependency.asset));
  const materializations = asset.materializations.map((step) => ({
    ...step,
    milliseconds: millisecondsBetween(step.started_at, step.finished_at),
    rows: rowsOf(step),
  }));
  return {
    asset,
    chart: nearbyChart(graph, states, name),
    facts: facts(asset, node, states.get(name), dirname(bodiesFolder)),
    freshness: freshness(node, states.get(name)),
    columns: asset.columns.map((one) => ({
      ...one,
      role: roles(asset, one.column).join(", "),
      to: columnsFrom(graph, name, one.column),
      isTraced: one.column === column,
    })),
    trace: column === undefined ? null : traceOf(graph, name, column),
    checks: asset.checks.map((check) => ({
      ...check,
      status: checkStatus(check.severity, check.failing_rows),
      sample: describeSample(check.sample),
    })),
    materializations,
    history: historyChart(materializations.map((step) => ({ ...step, runId: step.run_id }))),
    body: asset.body === null ? null : await highlightSql(asset.body, dependencies),
  };
}

/** A failing row's key as it is shown: `{"user_id":7}` or a plain text. */
export function describeSample(sample: unknown): string[] {
  const rows: unknown[] = Array.isArray(sample) ? sample : [];
  return rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row)));
}

type Asset = Awaited<ReturnType<typeof readAsset>>;

function rowsOf(step: Asset["materializations"][number]): number | null {
  const counts = [step.rows_inserted, step.rows_updated, step.rows_deleted];
  if (counts.every((count) => count === null)) return null;
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** The columns computed from this one, one step down. */
function columnsFrom(graph: Graph, name: string, column: string): { asset: string; column: string }[] {
  return graph
    .dependents(name)
    .flatMap((dependent) =>
      dependent.lineage
        .filter(({ from }) => from.some((read) => read.asset === name && read.column === column))
        .map((one) => ({ asset: dependent.asset.name, column: one.column })),
    );
}

/** Everything the column is computed from, and everything computed from it. Throws UnknownAssetColumnError. */
function traceOf(graph: Graph, name: string, column: string) {
  return {
    column,
    upstream: columnTree(graph, name, column, "upstream").columns,
    downstream: columnTree(graph, name, column, "downstream").columns,
  };
}

/** When it becomes overdue; null: no freshness is asked of it, or it was never materialized. */
function freshness({ asset }: Node, state: AssetState | undefined) {
  const hours = asset.freshness?.maximumAgeHours;
  if (hours === undefined) return null;
  const last = state?.lastMaterializedAt;
  return { hours, dueAt: last ? new Date(last.getTime() + hours * 3_600_000) : null };
}

function facts(asset: Asset, { asset: declared }: Node, state: AssetState | undefined, root: string) {
  const kind =
    declared.kind === "model" ? `${declared.materialized} model` : `source, schema ${declared.schema}`;
  const published = asset.published_code_version;
  const known: [label: string, value: string | null | undefined][] = [
    ["Kind", kind],
    ["Key", asset.key.join(", ")],
    ["Partition column", asset.partition_column],
    ["Time column", asset.time_column],
    ["Owner", asset.owner],
    ["Tags", asset.tags.join(", ")],
    ["File", asset.file && relative(root, asset.file)],
    ["Code version", asset.code_version],
    ["Published code", published === asset.code_version ? null : published],
    ["Data version", String(asset.data_version)],
    ["Table", state?.relation],
  ];
  return known.flatMap(([label, value]) => (value ? [{ label, value }] : []));
}

function roles(asset: Asset, column: string): string[] {
  return [
    ...(asset.key.includes(column) ? ["key"] : []),
    ...(asset.partition_column === column ? ["partition"] : []),
    ...(asset.time_column === column ? ["time"] : []),
  ];
}

/** passed, warned or failed, as the marks of `ui/partials/state-mark.hbs` know them. */
export function checkStatus(severity: "warn" | "error", failingRows: number): "passed" | "warned" | "failed" {
  if (failingRows === 0) return "passed";
  return severity === "warn" ? "warned" : "failed";
}

/** null: not ended, or never begun. */
export function millisecondsBetween(start: Date | null, end: Date | null): number | null {
  return start && end ? end.getTime() - start.getTime() : null;
}
