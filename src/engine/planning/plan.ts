import { type Graph, isView, type Node, reachNotes } from "../definition/index.ts";
import { EngineError } from "../postgres/index.ts";
import { byName, type Inherited, inherit } from "./inherit.ts";
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
  /** The nearest steps of this plan that must be done before: those it reads, by way of whatever lies between. */
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
 * A source: ingest, where it has a function, its own or its producer's. A view: published again, or, where a scope is asked
 * for and it says what it said, checked in that ("refresh"). A table: refreshed where a scope is asked for or an ingestion before it brings one; else rebuilt, as are all tables below it.
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
  const ingested = new Set(selected.map((name) => writerOf(graph.get(name))));
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
  /** Each writer -> what of the selection it writes. */
  readonly #written: ReadonlyMap<string, readonly string[]>;
  /** Partition columns that the values asked for are of. */
  readonly #partitionColumns: ReadonlySet<string>;
  readonly #ingestedAbove: ReadonlyMap<string, Inherited>;
  readonly #decisions = new Map<string, Decision>();

  constructor(graph: Graph, states: ReadonlyMap<string, AssetState>, request: PlanRequest) {
    this.#graph = graph;
    this.#states = states;
    this.#request = request;
    this.#writers = writersOf(graph, request.selected);
    this.#written = Map.groupBy(request.selected, (name) => this.#writers.get(name) ?? "");
    this.#ingestedAbove = inherit(graph, {
      isCause: (name) => this.#writers.has(name),
      isPassing: () => true,
      compare: byName,
    });
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
    const before = this.#graph.nearestAbove((name) => {
      const step = this.#writers.get(name) ?? name;
      return this.#decisions.has(step) ? step : null;
    });
    return [...this.#graph.nodes.values()].flatMap(({ asset, problems, reaches }) => {
      const decision = this.#decisions.get(asset.name);
      if (!decision) return [];
      const problem = problems.length === 0 ? null : problems.map(({ message }) => message).join("; ");
      const after = before.get(asset.name)!.filter((name) => name !== asset.name);
      return [{ asset: asset.name, ...decision, after, notes: reachNotes(asset, reaches), problem }];
    });
  }

  /** The values belong to the first assets of the selection: what is ingested, and models with no step above. */
  #partitionColumnsAskedFor(): ReadonlySet<string> {
    const { scope, selected } = this.#request;
    if (scope === null || scope.partitions === null) return new Set();
    const hasStep = (name: string): boolean =>
      this.#writers.has(name) || this.#graph.get(name).asset.kind === "model";
    const asked = new Set(selected.filter(hasStep));
    const above = this.#graph.nearestAbove((name) => (asked.has(name) ? name : null));
    const assets = new Map<string, string>();
    for (const name of asked) {
      const { asset } = this.#graph.get(name);
      const isFirst = asset.kind === "source" || above.get(name)!.length === 0;
      if (isFirst && asset.partitionBy && !assets.has(asset.partitionBy)) assets.set(asset.partitionBy, name);
    }
    if (assets.size > 1) throw new MixedPartitionColumnsError(assets);
    return new Set(assets.keys());
  }

  #ingestion(node: Node): Decision {
    const { name } = node.asset;
    const produced = this.#written.get(name) ?? [];
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

  #refresh(node: Node): Decision {
    const scope = this.#scopeOf(node);
    const reason = scope === null ? "what the steps before it change" : describeScope(node.asset, scope);
    return { action: "refresh", reason, scope };
  }

  #decide(node: Node, cause: string | null): Decision {
    const state = this.#states.get(node.asset.name);
    const outdated = state?.outdated ?? true;
    const why = state?.reasons.join(", ") || "never materialized";
    if (isView(node.asset)) {
      // Where only some rows are asked for, a view that says what it said is not published again.
      const stands = !outdated && cause === null && !this.#request.fullRefresh;
      if (stands && this.#request.scope !== null) return this.#refresh(node);
      return { action: "view", reason: outdated ? why : "selected", scope: everything };
    }
    const rebuild = (reason: string): Decision => ({ action: "rebuild", reason, scope: everything });
    if (this.#request.fullRefresh) return rebuild("full refresh");
    if (state?.codeVersion !== node.codeVersion) return rebuild(why);
    if (cause !== null) return rebuild(`below ${cause}, made anew`);
    if (this.#request.scope !== null) return this.#refresh(node);
    const { names: ingested, more } = this.#ingestedAbove.get(node.asset.name)!;
    if (!outdated && ingested.length > 0) {
      const reason = `what ${ingested.join(", ")}${more ? " and others" : ""} brings`;
      return { action: "refresh", reason, scope: null };
    }
    return rebuild(outdated ? why : "selected");
  }
}
