/** The asset graph and each asset, for operators. */
import { dirname, relative } from "node:path";
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { type AssetState, type Graph, type Node, readStates, requestRun } from "../../engine/index.ts";
import { readAsset } from "../api/assets.ts";
import { lineageChart } from "../charts/lineage-chart.ts";
import { requireOperator, type WebContext } from "../context.ts";
import { day } from "../schemas.ts";
import type { SendPage } from "./page.ts";

type States = ReadonlyMap<string, AssetState>;

const focusSchema = z.object({ focus: z.string().optional().catch(undefined) });

export function assetPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/assets", async (request, response) => {
    requireOperator(request);
    const { graph, problems } = context.registry();
    const { focus } = focusSchema.parse(request.query);
    const shown = focus === undefined ? [...graph.nodes.keys()] : neighbourhood(graph, focus, Infinity);
    const states = await readStates(context.pool, graph, context.clock());
    const assets = shown.map((name) => describeState(graph.get(name), states));
    sendPage(request, response, {
      view: "assets",
      title: "Assets",
      scripts: ["lineage.js"],
      data: {
        focus,
        problems: problems.map(({ message }) => message),
        counts: count(assets.map(({ status }) => status)),
        chart: chart(graph, states, shown),
        assets,
      },
    });
  });

  router.get("/assets/:asset", async (request, response) => {
    requireOperator(request);
    const data = await assetData(context, request.params.asset);
    sendAsset(sendPage, request, response, { ...data, values: emptyForm, errors: {} });
  });

  router.post("/assets/:asset/materialize", async (request, response) => {
    const operator = requireOperator(request);
    const name = request.params.asset;
    context.registry().graph.get(name);
    const form = materializeForm.safeParse(request.body);
    if (!form.success) {
      const values = { ...emptyForm, ...request.body };
      const errors = { since: "Expected a date, or nothing for all days." };
      return sendAsset(
        sendPage,
        request,
        response,
        { ...(await assetData(context, name)), values, errors },
        422,
      );
    }
    const { reach, partitions, since, full_refresh } = form.data;
    const runId = await requestRun(context.pool, {
      triggerKind: "manual",
      triggerName: operator.email,
      selection: reaches[reach](name),
      ...(partitions && { partitions }),
      ...(since && { since }),
      ...(full_refresh && { fullRefresh: true }),
    });
    response.redirect(303, `/runs/${runId}`);
  });
  return router;
}

type AssetData = Awaited<ReturnType<typeof assetData>> & { readonly values: object; readonly errors: object };

function sendAsset(
  sendPage: SendPage,
  request: Request,
  response: Response,
  data: AssetData,
  status = 200,
): void {
  sendPage(request, response, {
    view: "asset",
    title: data.asset.asset,
    scripts: ["lineage.js"],
    status,
    data,
  });
}

/** How far a materialization reaches, in the selection grammar. */
const reaches = {
  this: (name: string) => name,
  downstream: (name: string) => `${name}+`,
  upstream: (name: string) => `+${name}`,
};

const emptyForm = { reach: "this", partitions: "", since: "", full_refresh: false };

const materializeForm = z.object({
  reach: z.enum(Object.keys(reaches) as (keyof typeof reaches)[]),
  partitions: z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((value) => value.trim())
        .filter((value) => value !== ""),
    )
    .transform((values) => (values.length > 0 ? values : null)),
  since: z.union([z.literal("").transform(() => null), day]).default(null),
  full_refresh: z
    .literal("true")
    .optional()
    .transform((value) => value !== undefined),
});

/** An asset with what it depends on and what depends on it, so many steps away, in the graph's order. */
function neighbourhood(graph: Graph, name: string, depth: number): string[] {
  const near = new Set([name, ...graph.upstream(name, depth), ...graph.downstream(name, depth)]);
  return [...graph.nodes.keys()].filter((candidate) => near.has(candidate));
}

function describeState({ asset }: Node, states: States) {
  const state = states.get(asset.name);
  return {
    name: asset.name,
    layer: asset.layer,
    status: state?.status ?? "stale",
    reasons: state?.reasons ?? [],
    lastMaterializedAt: state?.lastMaterializedAt ?? null,
  };
}

function chart(graph: Graph, states: States, names: readonly string[]) {
  return lineageChart(
    names.map((name) => {
      const node = graph.get(name);
      const { layer, status } = describeState(node, states);
      return { name, layer, status, upstream: node.asset.deps.map(({ asset }) => asset.name) };
    }),
  );
}

function count<T extends string>(statuses: readonly T[]): { status: T; count: number }[] {
  return [...Map.groupBy(statuses, (status) => status)].map(([status, all]) => ({
    status,
    count: all.length,
  }));
}

/** What `readAsset` tells, with what only a page needs: the graph around it and how long things took. */
async function assetData(context: WebContext, name: string) {
  const { graph, bodiesFolder } = context.registry();
  const asset = await readAsset(context, name);
  const states = await readStates(context.pool, graph, context.clock());
  return {
    asset,
    chart: chart(graph, states, neighbourhood(graph, name, 1)),
    facts: facts(asset, graph.get(name), states.get(name), dirname(bodiesFolder)),
    columns: asset.columns.map((column) => ({ ...column, role: roles(asset, column.column).join(", ") })),
    checks: asset.checks.map((check) => ({
      ...check,
      status: checkStatus(check.severity, check.failing_rows),
    })),
    materializations: asset.materializations.map((step) => ({
      ...step,
      milliseconds: millisecondsBetween(step.started_at, step.finished_at),
    })),
  };
}

type Asset = Awaited<ReturnType<typeof readAsset>>;

function facts(asset: Asset, { asset: declared }: Node, state: AssetState | undefined, root: string) {
  const kind =
    declared.kind === "model" ? `${declared.materialized} model` : `source, schema ${declared.schema}`;
  const hours = declared.freshness?.maximumAgeHours;
  const known: [label: string, value: string | null | undefined][] = [
    ["Kind", kind],
    ["Key", asset.key.join(", ")],
    ["Partition column", asset.partition_column],
    ["Time column", asset.time_column],
    ["Freshness", hours === undefined ? null : `overdue after ${hours} hours`],
    ["Owner", asset.owner],
    ["Tags", asset.tags.join(", ")],
    ["File", asset.file && relative(root, asset.file)],
    ["Code version", asset.code_version],
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
