import type { ClientBase, Pool } from "pg";
import { type Graph, isView, type Node } from "../definition/index.ts";
import { byName, type Inherited, inherit } from "./inherit.ts";
import { type Failure, type Outcomes, readOutcomes } from "./outcomes.ts";

/** The first of these that holds: it cannot run, its last run failed, there is something to do, it is as it must be. */
export const assetStatuses = ["broken", "failed", "stale", "fresh"] as const;
export type AssetStatus = (typeof assetStatuses)[number];

export interface AssetState {
  readonly asset: string;
  /** Of what is published; null: nothing is. */
  readonly codeVersion: string | null;
  readonly dataVersion: number;
  /** The physical table in schema materialized; null for views and sources. */
  readonly relation: string | null;
  readonly lastRunId: number | null;
  readonly lastMaterializedAt: Date | null;
  /** When it last was what its freshness policy is about: of a source with a function, ingested in full. */
  readonly lastSuccessAt: Date | null;
  readonly status: AssetStatus;
  /** Why it is not fresh, for people; empty when it is. */
  readonly reasons: readonly string[];
  /** What was tried last and has not been done since; null: nothing failed. */
  readonly failure: Failure | null;
  /** There is something to materialize, whether or not that failed the last time: what `state:stale` selects. */
  readonly isStale: boolean;
  /** Older than its freshness policy allows. */
  readonly isOverdue: boolean;
  /** Refreshing what changes is not enough for a model: never materialized, code changed, or newer upstream. */
  readonly outdated: boolean;
}

/** A row of orchestrator.assets: what is published now. */
export interface PublishedState {
  readonly asset: string;
  readonly code_version: string | null;
  readonly data_version: number;
  readonly read_versions: Readonly<Record<string, number>>;
  readonly relation: string | null;
  readonly last_run_id: number | null;
  readonly last_materialized_at: Date | null;
}

/** What the database has on record of all assets at one moment. */
export interface Observation {
  readonly publications: ReadonlyMap<string, PublishedState>;
  /** Source -> how many of its changes wait to be propagated. */
  readonly waiting: ReadonlyMap<string, number>;
  /** Absent: nothing failed, and what was ingested last is in the publications. */
  readonly outcomes?: Outcomes;
  readonly now: Date;
}

/** The state of every asset of the graph, in its order. `now` decides what is overdue. */
export async function readStates(
  pool: Pool | ClientBase,
  graph: Graph,
  now: Date,
): Promise<Map<string, AssetState>> {
  const publications = await pool.query<PublishedState>(
    `select asset, code_version, data_version, read_versions, relation, last_run_id, last_materialized_at
     from orchestrator.assets`,
  );
  const changes = await pool.query<{ asset: string; changes: number }>(
    `select asset, count(*) as changes
     from orchestrator.changes
     group by asset`,
  );
  return statesOf(graph, {
    publications: new Map(publications.rows.map((row) => [row.asset, row])),
    waiting: new Map(changes.rows.map((row) => [row.asset, row.changes])),
    outcomes: await readOutcomes(pool, graph),
    now,
  });
}

/** The same from values: pure. */
export function statesOf(graph: Graph, recorded: Observation): Map<string, AssetState> {
  const states = new Map<string, AssetState>();
  const observation = { ...recorded, publications: withViews(graph, recorded.publications) };
  const above = readAbove(graph, observation);
  for (const node of graph.nodes.values()) states.set(node.asset.name, stateOf(node, observation, above));
  return states;
}

/** A refresh writes down nothing of a view: it is made anew whenever the newest of what it reads is. */
function withViews(graph: Graph, recorded: Observation["publications"]): Map<string, PublishedState> {
  const publications = new Map(recorded);
  for (const { asset } of graph.nodes.values()) {
    const own = recorded.get(asset.name);
    if (!own || own.code_version === null || !isView(asset)) continue;
    const { last_run_id, last_materialized_at } = asset.deps
      .flatMap((dependency) => publications.get(dependency.asset.name) ?? [])
      .reduce((newer, state) => (timeOf(state) > timeOf(newer) ? state : newer), own);
    publications.set(asset.name, { ...own, last_run_id, last_materialized_at });
  }
  return publications;
}

const timeOf = ({ last_materialized_at }: PublishedState): number => last_materialized_at?.getTime() ?? 0;

/** What the grammar's `state:` stands for just now, to be given to `select`. */
export function selectable(states: ReadonlyMap<string, AssetState>): Record<"stale" | "failed", Set<string>> {
  const all = [...states.values()];
  const names = (found: readonly AssetState[]): Set<string> => new Set(found.map(({ asset }) => asset));
  return {
    stale: names(all.filter(({ isStale }) => isStale)),
    failed: names(all.filter(({ status }) => status === "failed")),
  };
}

/** Of each asset: why itself is outdated, and what of that and of waiting changes stands above it. */
interface Above {
  readonly outdated: ReadonlyMap<string, readonly string[]>;
  readonly stale: ReadonlyMap<string, Inherited>;
  /** Sources from which its rows come through models. */
  readonly waiting: ReadonlyMap<string, Inherited>;
}

function readAbove(graph: Graph, observation: Observation): Above {
  const outdated = new Map(
    [...graph.nodes].map(([name, node]) => [
      name,
      node.asset.kind === "model" ? outdatedReasons(graph, node, observation) : [],
    ]),
  );
  const positions = new Map([...graph.nodes.keys()].map((name, position) => [name, position]));
  const isModel = (name: string): boolean => graph.get(name).asset.kind === "model";
  return {
    outdated,
    stale: inherit(graph, {
      isCause: (name) => outdated.get(name)!.length > 0,
      isPassing: () => true,
      compare: (a, b) => positions.get(a)! - positions.get(b)!,
    }),
    waiting: inherit(graph, {
      isCause: (name) => !isModel(name) && (observation.waiting.get(name) ?? 0) > 0,
      isPassing: isModel,
      compare: byName,
    }),
  };
}

function stateOf(node: Node, observation: Observation, above: Above): AssetState {
  const { asset, problems } = node;
  const own = observation.publications.get(asset.name);
  const outdated = above.outdated.get(asset.name)!;
  const overdue = overdueReasons(node, observation);
  const failure = observation.outcomes?.failures.get(asset.name) ?? null;
  const stale = [
    ...outdated,
    ...(asset.kind === "source"
      ? neverIngested(node, observation)
      : belowStale(above.stale.get(asset.name)!, outdated)),
    ...waitingReasons(node, above.waiting.get(asset.name)!, observation),
    ...overdue,
  ];
  const reasons = failure ? [failureReason(failure), ...stale] : stale;
  const isBroken = problems.length > 0;
  return {
    asset: asset.name,
    codeVersion: own?.code_version ?? null,
    dataVersion: own?.data_version ?? 0,
    relation: own?.relation ?? null,
    lastRunId: own?.last_run_id ?? null,
    lastMaterializedAt: own?.last_materialized_at ?? null,
    lastSuccessAt: lastSuccess(asset.name, observation),
    status: isBroken ? "broken" : failure ? "failed" : stale.length > 0 ? "stale" : "fresh",
    reasons: isBroken ? problems.map(({ message }) => `broken: ${message}`) : reasons,
    failure,
    isStale: !isBroken && stale.length > 0,
    isOverdue: overdue.length > 0,
    outdated: outdated.length > 0,
  };
}

/** A view reads when it is read; a table holds what its upstream was when it was made. */
function outdatedReasons(
  graph: Graph,
  { asset, codeVersion }: Node,
  { publications }: Observation,
): string[] {
  const own = publications.get(asset.name);
  if (!own || own.code_version === null) return ["never materialized"];
  if (own.code_version !== codeVersion) return ["code changed"];
  if (isView(asset)) return [];
  // Of a source only its change rows tell what has not been read yet: its version grows with every change of it,
  // most of which concern only some of the assets below.
  return [...graph.reads(asset.name)]
    .filter((name) => graph.get(name).asset.kind === "model")
    .filter((name) => {
      const read = own.read_versions[name];
      return read !== undefined && (publications.get(name)?.data_version ?? 0) > read;
    })
    .sort()
    .map((name) => `newer upstream ${name}`);
}

/** Rows made from outdated rows: right for what stands there, and not what the definitions say. */
function belowStale({ names, more }: Inherited, outdated: readonly string[]): string[] {
  if (outdated.length > 0) return [];
  return [...names.map((name) => `below stale ${name}`), ...(more ? ["below more that is stale"] : [])];
}

/** Sources that people or programs outside fill are never ingested, and that is as it should be. */
function neverIngested({ asset }: Node, { publications }: Observation): string[] {
  if (asset.kind !== "source") return [];
  const writer = asset.ingest ? asset : asset.producedBy;
  return writer && !publications.get(writer.name)?.last_materialized_at ? ["never materialized"] : [];
}

/** Changes of the sources from which its rows come through models: each waits for every asset below. */
function waitingReasons({ asset }: Node, { names, more }: Inherited, { waiting }: Observation): string[] {
  if (asset.kind !== "model") return [];
  const reasons = names.map((source) => {
    const changes = waiting.get(source)!;
    return `${changes} ${changes === 1 ? "change" : "changes"} of ${source} waiting`;
  });
  return more ? [...reasons, "changes of more sources waiting"] : reasons;
}

const hourInMilliseconds = 3_600_000;

function failureReason({ since, error }: Failure): string {
  return `failed since ${since.toISOString().slice(0, 16).replace("T", " ")} UTC: ${error}`;
}

function lastSuccess(asset: string, { publications, outcomes }: Observation): Date | null {
  return outcomes?.ingestedAt.get(asset) ?? publications.get(asset)?.last_materialized_at ?? null;
}

function overdueReasons({ asset }: Node, observation: Observation): string[] {
  const succeededAt = lastSuccess(asset.name, observation);
  if (!asset.freshness || !succeededAt) return [];
  const hours = (observation.now.getTime() - succeededAt.getTime()) / hourInMilliseconds;
  const { maximumAgeHours } = asset.freshness;
  if (hours <= maximumAgeHours) return [];
  return [`overdue: last materialized ${Math.floor(hours)} h ago, policy ${maximumAgeHours} h`];
}
