import type { Command } from "commander";
import type { Pool } from "pg";
import {
  type AssetState,
  type ColumnTree,
  columnTree,
  describeScope,
  type Graph,
  plan,
  readStates,
  type Scope,
  select,
} from "../engine/index.ts";
import { type CommandContext, withRegistry } from "./context.ts";
import type { Outcome } from "./exit.ts";
import { type ScopeOptions, type SelectionOptions, withScope, withSelection } from "./options.ts";
import type { Register } from "./register.ts";

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
  const stale = new Set(
    [...states.values()].flatMap(({ asset, status }) => (status === "stale" ? [asset] : [])),
  );
  const names = select(graph, {
    select: options.select.length > 0 ? options.select : ["*"],
    exclude: options.exclude,
    stale,
  });
  return { names, states };
}

/** null: no part of the rows was asked for. */
export function scopeOf({ partition, since }: ScopeOptions): Scope | null {
  if (partition.length === 0 && since === undefined) return null;
  return { partitions: partition.length > 0 ? partition : null, since: since ?? null };
}

function list({ output }: CommandContext, options: SelectionOptions): Promise<Outcome> {
  return withRegistry(async ({ graph }, pool, { clock }) => {
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
        problems: problems.map(({ message }) => message),
      };
    });
    output.list(assets, {
      asset: ({ asset }) => asset,
      layer: ({ layer }) => layer,
      materialized: ({ materialized, kind }) => materialized ?? kind,
      key: ({ key }) => key.join(", "),
    });
    return "done";
  });
}

function status({ output }: CommandContext, options: SelectionOptions): Promise<Outcome> {
  return withRegistry(async ({ graph, problems }, pool, { clock }) => {
    const { names, states } = await readSelected(pool, graph, options, clock());
    const found = names.flatMap((name) => states.get(name) ?? []);
    const rows = found.map((state) => ({
      asset: state.asset,
      status: state.status,
      reasons: state.reasons,
      code_version: state.codeVersion,
      data_version: state.dataVersion,
      last_run_id: state.lastRunId,
      last_materialized_at: state.lastMaterializedAt,
    }));
    output.list(rows, {
      asset: (row) => row.asset,
      status: (row) => row.status,
      "last materialized": (row) => row.last_materialized_at?.toISOString(),
      why: (row) => row.reasons.join("; "),
    });
    for (const problem of problems) output.say(problem.message);
    return "done";
  });
}

type PlanOptions = SelectionOptions & ScopeOptions & { readonly fullRefresh?: boolean };

export function showPlan({ output }: CommandContext, options: PlanOptions): Promise<Outcome> {
  return withRegistry(async ({ graph }, pool, { clock }) => {
    const { names, states } = await readSelected(pool, graph, options, clock());
    const scope = scopeOf(options);
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
    return "done";
  });
}

const indented = (depth: number, line: string): string => `${"  ".repeat(depth)}${line}`;

function columnLines(tree: ColumnTree, depth = 0): string[] {
  const line = `${tree.asset}.${tree.column}${tree.repeated ? " (see above)" : ""}`;
  return [indented(depth, line), ...tree.columns.flatMap((column) => columnLines(column, depth + 1))];
}

function lineage({ output }: CommandContext, name: string): Promise<Outcome> {
  return withRegistry(async ({ graph }) => {
    const [asset = "", column] = name.split(".");
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
    graph.get(asset); // an unknown one is named with its nearest
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

export function assetCommands(program: Command, register: Register): void {
  register(withSelection(program.command("list").description("the assets there are")), list);
  register(withSelection(program.command("status").description("fresh, stale or broken, and why")), status);
  register(
    withScope(
      withSelection(program.command("plan").description("what materialize would do, and why")),
    ).option("--full-refresh", "make tables anew"),
    showPlan,
  );
  register(
    program
      .command("lineage")
      .argument("<asset[.column]>")
      .description("what an asset or a column is made from, and what is made from it"),
    lineage,
  );
}
