/** All that the page of an asset shows. */
import { dirname, relative } from "node:path";
import {
  type AssetState,
  columnTree,
  type Graph,
  type Node,
  type Registry,
  readCurrentVersions,
  readStates,
  renderProblem,
  type TriggerKind,
} from "../../engine/index.ts";
import { readAsset } from "../api/assets.ts";
import { historyChart } from "../charts/history-chart.ts";
import type { WebContext } from "../context.ts";
import { t } from "../messages/index.ts";
import { checkStatus, describeSample, pastChart, readPastResults } from "./asset-checks.ts";
import { nearbyChart } from "./asset-graph.ts";
import { type BodyDiff, bodyDiff } from "./body-diff.ts";
import { highlightSql, linesOf } from "./highlight-sql.ts";
import { describeTrigger } from "./trigger.ts";

type Asset = Awaited<ReturnType<typeof readAsset>>;

/** Materializations that stand on the page; the others are a click away. */
const materializationsShown = 8;

/** What `readAsset` tells, with what only a page needs: the graph around it, charts, SQL in colours, what was edited. */
export async function assetData(context: WebContext, name: string, column: string | undefined) {
  const registry = context.registry();
  const { graph, bodiesFolder } = registry;
  const [asset, states, past] = await Promise.all([
    readAsset(context, name),
    readStates(context.pool, graph, context.clock()),
    readPastResults(context.pool, name),
  ]);
  const node = graph.get(name);
  const materializations = materializationsOf(asset, registry);
  const body = asset.body === null ? null : await bodyOf(asset);
  return {
    asset,
    chart: nearbyChart(graph, states, name),
    facts: facts(asset, node, states.get(name), dirname(bodiesFolder)),
    isOutside: node.asset.kind === "source" && !node.asset.ingest && node.asset.producedBy === undefined,
    freshness: freshness(node, states.get(name), context.clock()),
    edited: await editedSince(context, node, states.get(name)),
    columns: asset.columns.map((one) => ({
      ...one,
      role: roles(asset, one.column).join(", "),
      from: byAsset(one.from),
      to: byAsset(columnsFrom(graph, name, one.column)),
      isTraced: one.column === column,
    })),
    trace: column === undefined ? null : traceOf(graph, name, column),
    checks: asset.checks.map((check) => ({
      ...check,
      status: checkStatus(check.severity, check.failing_rows),
      sample: describeSample(check.sample),
      past: pastChart(past.get(check.check) ?? []),
    })),
    materializations: materializations.slice(0, materializationsShown),
    earlier: materializations.slice(materializationsShown),
    history: historyChart(
      materializations.map(({ trigger, ...step }) => ({
        ...step,
        runId: step.run_id,
        trigger: `${trigger.kind} ${trigger.name}`.trim(),
      })),
    ),
    body,
    problems: node.problems.map(renderProblem),
  };
}

function materializationsOf({ materializations }: Asset, registry: Registry) {
  return materializations.map((step) => ({
    ...step,
    trigger: describeTrigger(step.trigger_kind as TriggerKind, step.trigger_name, registry),
    milliseconds: millisecondsBetween(step.started_at, step.filled_at ?? step.finished_at),
    rows: rowsOf(step),
  }));
}

async function bodyOf({ body, dependencies }: Asset) {
  const read = new Set(dependencies.map((dependency) => dependency.asset));
  return linesOf(await highlightSql(body!, read));
}

/** How the body differs from the one that is published. null: it is that one, nothing is published, or it cannot run. */
async function editedSince(
  { pool, registry }: WebContext,
  { asset, body, codeVersion, problems }: Node,
  state: AssetState | undefined,
): Promise<BodyDiff | null> {
  const published = state?.codeVersion ?? null;
  if (body === null || published === null || published === codeVersion || problems.length > 0) return null;
  const before = (await readCurrentVersions(pool, registry().graph)).get(asset.name)?.body;
  return before === null || before === undefined ? null : bodyDiff(before, body);
}

function rowsOf(step: Asset["materializations"][number]): number | null {
  const counts = [step.rows_inserted, step.rows_updated, step.rows_deleted];
  if (counts.every((count) => count === null)) return null;
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

interface ColumnReference {
  readonly asset: string;
  readonly column: string;
}

/** The columns computed from this one, one step down. */
function columnsFrom(graph: Graph, name: string, column: string): ColumnReference[] {
  return graph
    .dependents(name)
    .flatMap((dependent) =>
      dependent.lineage
        .filter(({ from }) => from.some((read) => read.asset === name && read.column === column))
        .map((one) => ({ asset: dependent.asset.name, column: one.column })),
    );
}

/** An asset's name once, before all columns of it. */
function byAsset(references: readonly ColumnReference[]): { asset: string; columns: string[] }[] {
  return [...Map.groupBy(references, ({ asset }) => asset)].map(([asset, all]) => ({
    asset,
    columns: all.map(({ column }) => column),
  }));
}

/** Everything the column is computed from, and everything computed from it. Throws UnknownAssetColumnError. */
function traceOf(graph: Graph, name: string, column: string) {
  return {
    column,
    upstream: columnTree(graph, name, column, "upstream").columns,
    downstream: columnTree(graph, name, column, "downstream").columns,
  };
}

/** What is promised of its age, and whether it is kept. null: nothing is. */
function freshness({ asset }: Node, state: AssetState | undefined, now: Date) {
  const hours = asset.freshness?.maximumAgeHours;
  if (hours === undefined) return null;
  const last = state?.lastSuccessAt;
  const dueAt = last ? new Date(last.getTime() + hours * 3_600_000) : null;
  return { hours, dueAt, isOverdue: dueAt !== null && dueAt < now };
}

function facts(asset: Asset, { asset: declared }: Node, state: AssetState | undefined, root: string) {
  const kind =
    declared.kind === "model"
      ? t("{materialized, select, view {view model} table {table model} other {incremental model}}", {
          materialized: declared.materialized,
        })
      : t("source, schema {schema}", { schema: declared.schema });
  const published = asset.published_code_version;
  const known: [label: string, value: string | null | undefined][] = [
    [t("Kind"), kind],
    [t("Key"), asset.key.join(", ")],
    [t("Partition column"), asset.partition_column],
    [t("Time column"), asset.time_column],
    [t("Owner"), asset.owner],
    [t("File"), asset.file && relative(root, asset.file)],
    [t("Code version"), asset.code_version],
    [t("Published code"), published === asset.code_version ? null : published],
    [
      t("Data version"),
      declared.kind === "model" && declared.materialized === "view" ? null : String(asset.data_version),
    ],
    [t("Table"), state?.relation],
  ];
  return known.flatMap(([label, value]) => (value ? [{ label, value }] : []));
}

function roles(asset: Asset, column: string): string[] {
  return [
    ...(asset.key.includes(column) ? [t("key")] : []),
    ...(asset.partition_column === column ? [t("partition")] : []),
    ...(asset.time_column === column ? [t("time")] : []),
  ];
}

/** null: not ended, or never begun. */
export function millisecondsBetween(start: Date | null, end: Date | null): number | null {
  return start && end ? end.getTime() - start.getTime() : null;
}
