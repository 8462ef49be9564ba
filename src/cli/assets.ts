import type { Pool } from "pg";
import {
  type AssetState,
  type ColumnTree,
  columnTree,
  describeProblem,
  describeScope,
  type Graph,
  plan,
  readChangeLag,
  readRefreshTimes,
  readStates,
  readUndeclared,
  renderProblem,
  select,
  selectable,
} from "../engine/index.ts";
import { type CommandContext, withRegistry } from "./context.ts";
import type { Outcome } from "./exit.ts";
import type { ScopeOptions, SelectionOptions } from "./options.ts";
import type { Output } from "./output.ts";
import { readPart } from "./partitions.ts";
import { sayProblems } from "./problems.ts";

interface Selected {
  readonly names: readonly string[];
  readonly states: ReadonlyMap<string, AssetState>;
}

/** The assets that the options select: all unless something is selected. Throws EmptySelectionError. */
export async function readSelected(
  pool: Pool,
  graph: Graph,
  options: SelectionOptions,
  now: Date,
): Promise<Selected> {
  const states = await readStates(pool, graph, now);
  const names = select(graph, {
    select: options.select.length > 0 ? options.select : ["*"],
    exclude: options.exclude,
    ...selectable(states),
  });
  return { names, states };
}

export function list({ output }: CommandContext, options: SelectionOptions): Promise<Outcome> {
  return withRegistry(async (registry, pool, { clock }) => {
    const { graph } = registry;
    const { names } = await readSelected(pool, graph, options, clock());
    const assets = names.map((name) => {
      const { asset, problems } = graph.get(name);
      return {
        asset: name,
        layer: asset.layer,
        kind: asset.kind,
        materialized: asset.kind === "model" ? asset.materialized : null,
        key: asset.key,
        partition_column: asset.partitionBy ?? null,
        time_column: asset.timeColumn ?? null,
        tags: asset.tags,
        description: asset.description,
        problems: problems.map(describeProblem),
      };
    });
    output.list(assets, {
      asset: ({ asset }) => asset,
      layer: ({ layer }) => layer,
      materialized: ({ materialized, kind }) => materialized ?? kind,
      key: ({ key }) => key.join(", "),
      problems: ({ problems }) => (problems.length > 0 ? "broken" : ""),
    });
    sayProblems(output, registry);
    return "done";
  });
}

export function status({ output }: CommandContext, options: SelectionOptions): Promise<Outcome> {
  return withRegistry(async (registry, pool, { clock }) => {
    const { graph } = registry;
    const { names, states } = await readSelected(pool, graph, options, clock());
    const found = names.flatMap((name) => states.get(name) ?? []);
    const undeclared = isEverything(options) ? await readUndeclared(pool, graph) : [];
    const rows = found.map((state) => ({
      asset: state.asset,
      status: state.status,
      reasons: state.reasons,
      failed_since: state.failure?.since ?? null,
      error: state.failure?.error ?? null,
      overdue: state.isOverdue,
      code_version: state.codeVersion,
      data_version: state.dataVersion,
      last_run_id: state.lastRunId,
      last_materialized_at: state.lastMaterializedAt,
      problems: graph.get(state.asset).problems.map(describeProblem),
    }));
    output.list([...rows, ...undeclared.map(asUndeclared)], {
      asset: (row) => row.asset,
      status: (row) => row.status,
      "last materialized": (row) => row.last_materialized_at?.toISOString(),
      why: (row) => row.reasons.join("; "),
    });
    await sayTimes(output, pool);
    sayProblems(output, registry);
    return registry.problems.length > 0 || rows.some((row) => row.status === "broken") ? "failed" : "done";
  });
}

/** What waits, and how long what came arrived in; nothing where nothing waits and nothing came. */
async function sayTimes(output: Output, pool: Pool): Promise<void> {
  const { changes, seconds } = await readChangeLag(pool);
  const { whole } = await readRefreshTimes(pool);
  const milliseconds = (took: number): string => `${Math.round(took * 1000)} ms`;
  if (changes > 0) output.say(`changes that wait: ${changes}, the oldest for ${Math.round(seconds)} s`);
  if (whole)
    output.say(
      `from a change to gold, ${whole.count} refreshes of the last hour: p50 ${milliseconds(whole.p50)}, ` +
        `p99 ${milliseconds(whole.p99)}, the last ${milliseconds(whole.last)}`,
    );
}

const isEverything = ({ select, exclude }: SelectionOptions): boolean =>
  select.length === 0 && exclude.length === 0;

/** A published model whose declaration is gone: its view still answers, and nobody keeps it fresh. */
function asUndeclared(asset: string) {
  return {
    asset,
    status: "undeclared" as const,
    reasons: [`published and not declared any more: declare it, or see stratafolio drop ${asset}`],
    code_version: null,
    data_version: null,
    last_run_id: null,
    last_materialized_at: null,
    problems: [],
  };
}

type PlanOptions = SelectionOptions & ScopeOptions & { readonly fullRefresh?: boolean };

export function showPlan({ output }: CommandContext, options: PlanOptions): Promise<Outcome> {
  return withRegistry(async (registry, pool, { clock }) => {
    const { graph } = registry;
    const { names: selected, states } = await readSelected(pool, graph, options, clock());
    const { names, scope } = await readPart(pool, graph, selected, options, "below");
    const steps = plan(graph, states, { selected: names, scope, fullRefresh: options.fullRefresh ?? false });
    output.list(steps, {
      step: (step) => steps.indexOf(step) + 1,
      asset: ({ asset }) => asset,
      action: ({ action }) => action,
      scope: ({ asset, scope }) =>
        scope === null ? "what changes above" : describeScope(graph.get(asset).asset, scope),
      why: ({ reason, problem }) => problem ?? reason,
    });
    // A plan that is piped stays a table.
    for (const { asset, notes } of steps) for (const note of notes) output.say(`${asset}: ${note}`);
    sayProblems(output, registry);
    return "done";
  });
}

const indented = (depth: number, line: string): string => `${"  ".repeat(depth)}${line}`;

function columnLines(tree: ColumnTree, depth = 0): string[] {
  const line = `${tree.asset}.${tree.column}${tree.repeated ? " (see above)" : ""}`;
  return [indented(depth, line), ...tree.columns.flatMap((column) => columnLines(column, depth + 1))];
}

/** `asset`, `asset.column`, and both with the asset's schema in front. An unknown asset is named with its nearest. */
function columnNamed(graph: Graph, name: string): { asset: string; column: string | undefined } {
  const parts = name.split(".");
  const isQualified = parts.length > 1 && !graph.nodes.has(parts[0]!);
  const [asset, column] = isQualified ? [parts.slice(0, 2).join("."), parts[2]] : parts;
  return { asset: graph.named(asset!), column };
}

export function lineage({ output }: CommandContext, name: string): Promise<Outcome> {
  return withRegistry(async ({ graph }) => {
    const { asset, column } = columnNamed(graph, name);
    if (column !== undefined) {
      const upstream = columnTree(graph, asset, column, "upstream");
      const downstream = columnTree(graph, asset, column, "downstream");
      if (output.format === "json") output.json({ upstream, downstream });
      else
        output.text(
          ["computed from:", ...columnLines(upstream, 1), "used by:", ...columnLines(downstream, 1)].join(
            "\n",
          ),
        );
      return "done";
    }
    const order = [...graph.nodes.keys()];
    const sorted = (names: Set<string>) => order.filter((other) => names.has(other));
    const [upstream, downstream] = [sorted(graph.upstream(asset)), sorted(graph.downstream(asset))];
    if (output.format === "json") output.json({ asset, upstream, downstream });
    else {
      const lines = (names: string[]) => names.map((other) => indented(1, other));
      output.text(["depends on:", ...lines(upstream), "is read by:", ...lines(downstream)].join("\n"));
    }
    return "done";
  });
}

/** What is to be mended, as data: read and asked of PostgreSQL anew, whatever was found before. */
export function validate({ output }: CommandContext): Promise<Outcome> {
  return withRegistry(
    async ({ graph, problems, warnings = [] }) => {
      const found = [...problems, ...warnings];
      if (output.format === "json") output.json(found.map(describeProblem));
      else {
        for (const problem of found) output.text(renderProblem(problem));
        const checks = [...graph.nodes.values()].reduce((sum, { asset }) => sum + asset.checks.length, 0);
        const counts = `${graph.nodes.size} assets, ${checks} declared checks`;
        output.text(`${counts}: ${problems.length} to mend, ${warnings.length} to look at.`);
      }
      return problems.length > 0 ? "failed" : "done";
    },
    { anew: true },
  );
}
