import { userInfo } from "node:os";
import { type AssetState, type Graph, type RunDetail, readRemains } from "../engine/index.ts";
import { runRecord } from "../snake-case.ts";
import { readSelected, showPlan } from "./assets.ts";
import { type CommandContext, withEngine } from "./context.ts";
import type { Outcome } from "./exit.ts";
import type { ScopeOptions, SelectionOptions } from "./options.ts";
import { emptyTally, outcomeOf, type Tally } from "./output.ts";
import { readPart } from "./partitions.ts";
import { sayProblems } from "./problems.ts";
import { withProgress } from "./progress.ts";
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

export async function materialize(context: CommandContext, options: MaterializeOptions): Promise<Outcome> {
  if (options.dryRun) return showPlan(context, options);
  return withEngine(async (engine, pool, { clock }) => {
    // A misspelt selection starts no run, and neither does one of what is stale while nothing is.
    const { graph } = engine.registry;
    const { names: selected } = await readSelected(pool, graph, options, clock());
    if (selected.length === 0) return nothingToDo(context);
    const { names, scope } = await readPart(pool, graph, selected, options, "below");
    const { partitions = null, since = null } = scope ?? {};
    const isNarrowed = names.length < selected.length;
    const name = triggerName();
    const request = {
      triggerKind: "manual" as const,
      triggerName: name,
      selection: isNarrowed ? names.join(" ") : options.select.join(" ") || "*",
      exclude: isNarrowed ? undefined : options.exclude.join(" ") || undefined,
      partitions: partitions ?? undefined,
      since: since ?? undefined,
      fullRefresh: options.fullRefresh,
    };
    const run = await withProgress(pool, name, engine.run(request, context.signal));
    const problems = run.steps.flatMap(({ asset }) => [...graph.get(asset).problems]);
    sayProblems(context.output, { problems: problems.filter(({ code }) => code !== "below_broken") });
    return report(context, run);
  });
}

function nothingToDo({ output }: CommandContext): Outcome {
  output.say("Nothing to do: nothing that is selected is in that state.");
  output.done(emptyTally());
  return "done";
}

function report({ output }: CommandContext, run: RunDetail): Outcome {
  if (output.format === "json") output.json(runRecord(run));
  else listSteps(output, run.steps);
  if (run.error !== null) output.say(run.error);
  const tally = tallyOf(run);
  output.done(tally);
  return run.status === "succeeded" ? outcomeOf(tally) : "failed";
}

type PartOptions = SelectionOptions & ScopeOptions;

export function check({ output }: CommandContext, options: PartOptions): Promise<Outcome> {
  return withEngine(async (engine, pool, { clock }) => {
    const { graph } = engine.registry;
    const { names, states } = await readSelected(pool, graph, options, clock());
    const { names: within, scope } = await readPart(pool, graph, names, options, "own");
    const published = within.filter((name) => isPublished(graph, states, name));
    const broken = published.filter((name) => states.get(name)?.status === "broken");
    const results = await engine.check(
      published.filter((name) => !broken.includes(name)),
      scope ?? undefined,
    );
    output.list(results, {
      asset: (result) => result.asset,
      check: (result) => result.check,
      result: ({ failingRows, severity }) => (failingRows === 0 ? "pass" : severity),
      "failing rows": (result) => result.failingRows,
      example: ({ sample }) => (sample.length > 0 ? JSON.stringify(sample[0]) : ""),
    });
    const tally = emptyTally();
    tally.skip = names.length - published.length;
    tally.error = broken.length; // what cannot be checked has not passed
    sayProblems(output, { problems: broken.flatMap((name) => [...graph.get(name).problems]) });
    for (const { failingRows, severity } of results) tally[failingRows === 0 ? "pass" : severity] += 1;
    output.done(tally);
    return outcomeOf(tally);
  });
}

function isPublished(graph: Graph, states: ReadonlyMap<string, AssetState>, name: string): boolean {
  return graph.get(name).asset.kind === "source" || states.get(name)?.codeVersion != null;
}

export function verify({ output }: CommandContext, options: PartOptions): Promise<Outcome> {
  return withEngine(async (engine, pool, { clock }) => {
    const { graph } = engine.registry;
    const { names } = await readSelected(pool, graph, options, clock());
    const { names: assets, scope } = await readPart(pool, graph, names, options, "own");
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

export function rollback(context: CommandContext, asset: string): Promise<Outcome> {
  return withEngine(async (engine) =>
    report(context, await engine.rollback(engine.registry.graph.named(asset))),
  );
}

export function drop(
  { output }: CommandContext,
  asset: string,
  options: { readonly yes?: boolean },
): Promise<Outcome> {
  return withEngine(async (engine, pool) => {
    const remains = await readRemains(pool, engine.registry.graph, asset);
    const parts = [{ relation: remains.view }, ...remains.tables.map((relation) => ({ relation }))];
    if (!options.yes) {
      output.list(parts, { "would be dropped": ({ relation }) => relation });
      for (const dependent of remains.dependents) output.say(`${dependent} stands on it and must go first.`);
      output.say(`Nothing was dropped: give --yes to drop them, and the record of ${asset}.`);
      return "error";
    }
    await engine.drop(asset);
    output.list(parts, { dropped: ({ relation }) => relation });
    return "done";
  });
}
