import { userInfo } from "node:os";
import type { Command } from "commander";
import type { AssetState, Graph, RunDetail, Scope } from "../engine/index.ts";
import { readSelected, scopeOf, showPlan } from "./assets.ts";
import { type CommandContext, withEngine } from "./context.ts";
import { ForeignPartitionError } from "./errors.ts";
import type { Outcome } from "./exit.ts";
import { type ScopeOptions, type SelectionOptions, withScope, withSelection } from "./options.ts";
import { emptyTally, outcomeOf, type Tally } from "./output.ts";
import { withProgress } from "./progress.ts";
import type { Register } from "./register.ts";
import { listSteps } from "./runs.ts";

type MaterializeOptions = SelectionOptions &
  ScopeOptions & { readonly fullRefresh?: boolean; readonly dryRun?: boolean };

/** Who asks for a run: it stands in the record of runs. */
const triggerName = (): string => `${userInfo().username} (command ${process.pid})`;

/** Steps and checks together, as dbt counts them. */
function tallyOf({ steps, checks }: RunDetail): Tally {
  const tally = emptyTally();
  for (const { status } of steps) {
    if (status === "succeeded") tally.pass += 1;
    else if (status === "skipped" || status === "pending") tally.skip += 1;
    else tally.error += 1;
  }
  for (const { failingRows, severity } of checks) {
    if (failingRows === 0) tally.pass += 1;
    else tally[severity] += 1;
  }
  return tally;
}

async function materialize(context: CommandContext, options: MaterializeOptions): Promise<Outcome> {
  if (options.dryRun) return showPlan(context, options);
  return withEngine(async (engine, pool, { clock }) => {
    await readSelected(pool, engine.registry.graph, options, clock()); // a misspelt selection starts no run
    const { partitions = null, since = null } = scopeOf(options) ?? {};
    const name = triggerName();
    const request = {
      triggerKind: "manual" as const,
      triggerName: name,
      selection: options.select.join(" ") || "*",
      exclude: options.exclude.join(" ") || undefined,
      partitions: partitions ?? undefined,
      since: since ?? undefined,
      fullRefresh: options.fullRefresh,
    };
    return report(context, await withProgress(pool, name, engine.run(request, context.signal)));
  });
}

function report({ output }: CommandContext, run: RunDetail): Outcome {
  if (output.format === "json") output.json(run);
  else listSteps(output, run.steps);
  if (run.error !== null) output.say(run.error);
  const tally = tallyOf(run);
  output.done(tally);
  return run.status === "succeeded" ? outcomeOf(tally) : "failed";
}

/**
 * The assets of which the scope says something: values of one partition column mean nothing to assets partitioned
 * by another. Which column is meant follows from the values: numbers are people, words are tickers.
 */
function withinScope(graph: Graph, names: readonly string[], scope: Scope | null): string[] {
  const values = scope?.partitions ?? null;
  if (values === null) return [...names];
  const numeric = values.every((value) => /^\d+$/.test(value));
  const within = names.filter((name) => {
    const { partitionBy, columns } = graph.get(name).asset;
    return partitionBy !== undefined && (columns[partitionBy]?.type === "bigint") === numeric;
  });
  if (within.length === 0) throw new ForeignPartitionError(values);
  return within;
}

type PartOptions = SelectionOptions & ScopeOptions;

function check({ output }: CommandContext, options: PartOptions): Promise<Outcome> {
  return withEngine(async (engine, pool, { clock }) => {
    const { graph } = engine.registry;
    const scope = scopeOf(options);
    const { names, states } = await readSelected(pool, graph, options, clock());
    const published = names.filter((name) => isPublished(graph, states, name));
    const results = await engine.check(withinScope(graph, published, scope), scope ?? undefined);
    output.list(results, {
      asset: (result) => result.asset,
      check: (result) => result.check,
      result: ({ failingRows, severity }) => (failingRows === 0 ? "pass" : severity),
      "failing rows": (result) => result.failingRows,
      example: ({ sample }) => (sample.length > 0 ? JSON.stringify(sample[0]) : ""),
    });
    const tally = emptyTally();
    tally.skip = names.length - published.length;
    for (const { failingRows, severity } of results) tally[failingRows === 0 ? "pass" : severity] += 1;
    output.done(tally);
    return outcomeOf(tally);
  });
}

function isPublished(graph: Graph, states: ReadonlyMap<string, AssetState>, name: string): boolean {
  return graph.get(name).asset.kind === "source" || states.get(name)?.codeVersion != null;
}

function verify({ output }: CommandContext, options: PartOptions): Promise<Outcome> {
  return withEngine(async (engine, pool, { clock }) => {
    const { graph } = engine.registry;
    const scope = scopeOf(options);
    const { names } = await readSelected(pool, graph, options, clock());
    const assets = withinScope(graph, names, scope);
    const results = await engine.verify({ assets, ...(scope && { scope }) });
    output.list(results, {
      asset: (result) => result.asset,
      rows: (result) => result.rows,
      differing: (result) => result.differing,
      waiting: (result) => result.waiting,
      example: ({ sample }) => (sample.length > 0 ? JSON.stringify(sample[0]) : ""),
    });
    const tally = emptyTally();
    for (const { differing, waiting } of results) {
      if (differing > 0) tally.error += 1;
      else if (waiting > 0) tally.warn += 1;
      else tally.pass += 1;
    }
    tally.skip = names.length - results.length; // what stores nothing cannot differ
    output.done(tally);
    return outcomeOf(tally);
  });
}

function rollback(context: CommandContext, asset: string): Promise<Outcome> {
  return withEngine(async (engine) => report(context, await engine.rollback(asset)));
}

export function materializeCommands(program: Command, register: Register): void {
  const selecting = (name: string, description: string) =>
    withScope(withSelection(program.command(name).description(description)));
  register(
    selecting("materialize", "make the rows of assets right")
      .option("--full-refresh", "make tables anew")
      .option("--dry-run", "show the plan and do nothing"),
    materialize,
  );
  register(selecting("check", "run the checks of assets on what is published"), check);
  register(selecting("verify", "compute stored rows anew and compare them, to the bit"), verify);
  register(
    program
      .command("rollback")
      .argument("<asset>")
      .description("publish the version before the present one again"),
    rollback,
  );
}
