import { type Graph, isView, type Node, reachNotes } from "../definition/index.ts";
import { EngineError } from "../postgres/index.ts";
import { describeScope, everything, type Scope } from "./scope.ts";
import type { AssetState } from "./staleness.ts";

/** `--partition` with assets whose partition columns differ: whose values are meant cannot be told. */
export class MixedPartitionColumnsError extends EngineError {
  readonly code = "mixed_partition_columns";

  constructor(assetsByColumn: ReadonlyMap<string, string>) {
    const listed = [...assetsByColumn].map(([column, asset]) => `${column} (${asset})`).join(", ");
    super(
      `partition values were given: expected the first assets selected to share one partition column, got: ${listed}; select fewer`,
    );
  }
}

export interface PlanStep {
  readonly asset: string;
  readonly action: "ingest" | "refresh" | "rebuild" | "view";
  /** Why, for people. */
  readonly reason: string;
  /**
   * What of it. null: what the steps before it turn out to have changed, mapped along the graph as the run goes
   * (a model below an ingestion, or one whose partition column is not that of the values asked for).
   */
  readonly scope: Scope | null;
  /** Steps of this plan that must be done before: those it reads, by way of whatever lies between. */
  readonly after: readonly string[];
  /** What its scope rests on beside what its body proves, and where that is wide: a sentence for each dependency. */
  readonly notes: readonly string[];
  /** Not null: broken, cannot run, and why. */
  readonly problem: string | null;
}

export interface PlanRequest {
  /** As `select` gives them. */
  readonly selected: readonly string[];
  /** Of the first assets selected; those below get what it comes to. null: none was asked for. */
  readonly scope: Scope | null;
  readonly fullRefresh: boolean;
}

type Decision = Pick<PlanStep, "action" | "reason" | "scope">;

/**
 * What must be done, in topological order; pure. Throws MixedPartitionColumnsError.
 * A source: ingest, where it has a function, its own or its producer's. A view: published again. A table: refreshed
 * where a scope is asked for or an ingestion before it brings one; else rebuilt, as are all tables below it.
 */
export function plan(
  graph: Graph,
  states: ReadonlyMap<string, AssetState>,
  request: PlanRequest,
): PlanStep[] {
  return new Planner(graph, states, request).steps();
}

/** Each source that an ingestion of this plan writes -> the asset whose function that is. */
function writersOf(graph: Graph, selected: readonly string[]): Map<string, string> {
  const writerOf = ({ asset }: Node): string | null => {
    if (asset.kind !== "source") return null;
    return asset.ingest ? asset.name : (asset.producedBy?.name ?? null);
  };
  const ingested = new Set(selected.map((name) => writerOf(graph.get(name))).filter((name) => name !== null));
  return new Map(
    [...graph.nodes].flatMap(([name, node]) => {
      const writer = writerOf(node);
      return writer !== null && ingested.has(writer) ? [[name, writer] as const] : [];
    }),
  );
}

class Planner {
  readonly #graph: Graph;
  readonly #states: ReadonlyMap<string, AssetState>;
  readonly #request: PlanRequest;
  readonly #writers: ReadonlyMap<string, string>;
  /** Partition columns that the values asked for are of. */
  readonly #partitionColumns: ReadonlySet<string>;
  readonly #decisions = new Map<string, Decision>();

  constructor(graph: Graph, states: ReadonlyMap<string, AssetState>, request: PlanRequest) {
    this.#graph = graph;
    this.#states = states;
    this.#request = request;
    this.#writers = writersOf(graph, request.selected);
    this.#partitionColumns = this.#partitionColumnsAskedFor();
    const ingested = new Set(this.#writers.values());
    const selected = new Set(request.selected);
    const remade = new Map<string, string>();
    for (const [name, node] of graph.nodes) {
      if (ingested.has(name)) this.#decisions.set(name, this.#ingestion(node));
      if (node.asset.kind !== "model") continue;
      const cause = this.#remadeAbove(name, remade);
      if (selected.has(name)) this.#decisions.set(name, this.#decide(node, cause));
      if (this.#isRemade(name)) remade.set(name, name);
      else if (isView(node.asset) && cause !== null) remade.set(name, cause);
    }
  }

  steps(): PlanStep[] {
    return [...this.#graph.nodes.values()].flatMap(({ asset, problems, reaches }) => {
      const decision = this.#decisions.get(asset.name);
      if (!decision) return [];
      const problem = problems.length === 0 ? null : problems.map(({ message }) => message).join("; ");
      const after = this.#stepsBefore(asset.name);
      return [{ asset: asset.name, ...decision, after, notes: reachNotes(asset, reaches), problem }];
    });
  }

  /** The values belong to the first assets of the selection: what is ingested, and models with no step above. */
  #partitionColumnsAskedFor(): ReadonlySet<string> {
    const { scope, selected } = this.#request;
    if (scope === null || scope.partitions === null) return new Set();
    const hasStep = (name: string): boolean =>
      this.#writers.has(name) || this.#graph.get(name).asset.kind === "model";
    const assets = new Map<string, string>();
    for (const name of selected.filter(hasStep)) {
      const { asset } = this.#graph.get(name);
      const above = this.#graph.upstream(name);
      const isFirst =
        asset.kind === "source" || !selected.some((other) => above.has(other) && hasStep(other));
      if (isFirst && asset.partitionBy && !assets.has(asset.partitionBy)) assets.set(asset.partitionBy, name);
    }
    if (assets.size > 1) throw new MixedPartitionColumnsError(assets);
    return new Set(assets.keys());
  }

  #ingestion(node: Node): Decision {
    const { name } = node.asset;
    const produced = this.#request.selected.filter((other) => this.#writers.get(other) === name);
    const reason = produced.includes(name) ? "selected" : `writes ${produced.join(", ")}`;
    return { action: "ingest", reason, scope: this.#scopeOf(node) ?? everything };
  }

  /** null: none was asked for, or not in terms of its partition column. */
  #scopeOf({ asset }: Node): Scope | null {
    const { scope } = this.#request;
    if (scope === null || scope.partitions === null) return scope;
    return asset.partitionBy && this.#partitionColumns.has(asset.partitionBy) ? scope : null;
  }

  /** Which asset, made anew in this plan, its rows come from: itself named, or behind views that store nothing. */
  #remadeAbove(name: string, remade: ReadonlyMap<string, string>): string | null {
    for (const above of this.#graph.upstream(name, 1)) {
      const cause = remade.get(above);
      if (cause !== undefined) return cause;
    }
    return null;
  }

  /** A table rebuilt, or a view that will say something else than it did. */
  #isRemade(name: string): boolean {
    const decision = this.#decisions.get(name);
    if (decision?.action === "rebuild") return true;
    return decision?.action === "view" && (this.#states.get(name)?.outdated ?? true);
  }

  #decide(node: Node, cause: string | null): Decision {
    const state = this.#states.get(node.asset.name);
    const outdated = state?.outdated ?? true;
    const why = state?.reasons.join(", ") || "never materialized";
    if (isView(node.asset)) {
      return { action: "view", reason: outdated ? why : "selected", scope: everything };
    }
    const rebuild = (reason: string): Decision => ({ action: "rebuild", reason, scope: everything });
    if (this.#request.fullRefresh) return rebuild("full refresh");
    if (state?.codeVersion !== node.codeVersion) return rebuild(why);
    if (cause !== null) return rebuild(`below ${cause}, made anew`);
    if (this.#request.scope !== null) {
      const scope = this.#scopeOf(node);
      if (scope === null) return { action: "refresh", reason: "what the steps before it change", scope };
      return { action: "refresh", reason: describeScope(node.asset, scope), scope };
    }
    const ingested = this.#ingestedAbove(node.asset.name);
    if (!outdated && ingested.length > 0) {
      return { action: "refresh", reason: `what ${ingested.join(", ")} brings`, scope: null };
    }
    return rebuild(outdated ? why : "selected");
  }

  #ingestedAbove(name: string): string[] {
    return [...this.#graph.upstream(name)].filter((above) => this.#writers.has(above)).sort();
  }

  #stepsBefore(name: string): string[] {
    const above = this.#graph.upstream(name);
    const before = new Set([...above].map((other) => this.#writers.get(other) ?? other));
    before.delete(name);
    return [...this.#graph.nodes.keys()].filter((other) => before.has(other) && this.#decisions.has(other));
  }
}
