import { EngineError } from "../postgres/index.ts";
import type { AnyAsset, Layer } from "./declare.ts";
import { UnknownAssetError } from "./errors.ts";
import type { DefinitionError } from "./problems.ts";
import type { Reaches } from "./reach.ts";
import { defaultLayers, defaultSchemas, type Schemas } from "./relations.ts";
import type { ColumnLineage } from "./sql/index.ts";

export class CycleError extends EngineError {
  readonly code = "cycle";
  readonly path: readonly string[];

  /** path: from an asset, each read by the one before it, back to that asset. */
  constructor(path: readonly string[]) {
    super(`expected assets without a cycle, got: [${path.join(" > ")}]`);
    this.path = path;
  }
}

/** An asset as the registry knows it. */
export interface Node {
  readonly asset: AnyAsset;
  /** The SELECT, without a trailing `;` or comment, so that it can stand in parentheses. null: source, or no body. */
  readonly body: string | null;
  readonly file: string | null;
  /** 8 hex characters over what makes the rows. */
  readonly codeVersion: string;
  readonly lineage: readonly ColumnLineage[];
  /** What a change of each of its dependencies can reach in it; empty of a source. */
  readonly reaches: Reaches;
  /** Not empty: broken, cannot run. */
  readonly problems: readonly DefinitionError[];
}

export interface GraphOptions {
  readonly layers?: readonly Layer[] | undefined;
  readonly schemas?: Schemas | undefined;
}

/** The assets and what reads what. Names are unique; order is topological, then by layer and name. */
export class Graph {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly #dependencies = new Map<string, string[]>();
  readonly #dependents = new Map<string, string[]>();

  readonly layers: readonly Layer[];
  readonly schemas: Schemas;

  /** Throws CycleError. A dependency that is not among the nodes is left out of the edges. */
  constructor(
    nodes: Iterable<Node>,
    { layers = defaultLayers, schemas = defaultSchemas }: GraphOptions = {},
  ) {
    this.layers = layers;
    this.schemas = schemas;
    const byName = new Map([...nodes].map((node) => [node.asset.name, node]));
    for (const name of byName.keys()) this.#dependents.set(name, []);
    for (const [name, { asset }] of byName) {
      const dependencies = [...new Set(asset.deps.map((dependency) => dependency.asset.name))];
      this.#dependencies.set(
        name,
        dependencies.filter((dependency) => byName.has(dependency)),
      );
      for (const dependency of this.#dependencies.get(name)!) this.#dependents.get(dependency)!.push(name);
    }
    this.nodes = new Map(this.#order(byName).map((node) => [node.asset.name, node]));
  }

  /** Throws UnknownAssetError naming the nearest. */
  get(name: string): Node {
    const node = this.nodes.get(name);
    if (!node) throw new UnknownAssetError(name, this.nodes.keys());
    return node;
  }

  /** The assets that declare `name` as a dependency, in topological order. */
  dependents(name: string): readonly Node[] {
    this.get(name);
    const direct = new Set(this.#dependents.get(name));
    return [...this.nodes.values()].filter((node) => direct.has(node.asset.name));
  }

  /** All that `name` depends on, itself left out. depth 1: what it reads itself. */
  upstream(name: string, depth = Number.POSITIVE_INFINITY): Set<string> {
    return this.#walk(name, depth, this.#dependencies);
  }

  /** All that depends on `name`, itself left out. */
  downstream(name: string, depth = Number.POSITIVE_INFINITY): Set<string> {
    return this.#walk(name, depth, this.#dependents);
  }

  /**
   * What the stored rows of `name` were made from: its dependencies and, as a view stores nothing, those behind
   * each view among them. Their data versions, written down with a materialization, tell later if it is stale.
   */
  reads(name: string): ReadonlySet<string> {
    this.get(name);
    const found = new Set<string>();
    const pending = [...this.#dependencies.get(name)!];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      if (isView(this.nodes.get(next)!.asset)) pending.push(...this.#dependencies.get(next)!);
    }
    return found;
  }

  #walk(name: string, depth: number, edges: ReadonlyMap<string, readonly string[]>): Set<string> {
    this.get(name);
    const found = new Set<string>();
    let frontier: readonly string[] = [name];
    for (let step = 0; step < depth && frontier.length > 0; step++) {
      const reached = new Set(frontier.flatMap((from) => edges.get(from)!).filter((to) => !found.has(to)));
      for (const to of reached) found.add(to);
      frontier = [...reached];
    }
    return found;
  }

  /** Of the nodes whose dependencies are placed, the one first by (layer, name) is next: the same every time. */
  #order(byName: ReadonlyMap<string, Node>): Node[] {
    const rank = ({ asset }: Node): string => `${this.layers.indexOf(asset.layer)} ${asset.name}`;
    const sorted = [...byName.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
    const placed = new Set<string>();
    const order: Node[] = [];
    while (order.length < sorted.length) {
      const next = sorted.find(
        ({ asset }) =>
          !placed.has(asset.name) && this.#dependencies.get(asset.name)!.every((name) => placed.has(name)),
      );
      if (!next) throw new CycleError(this.#cycle(sorted.filter(({ asset }) => !placed.has(asset.name))));
      placed.add(next.asset.name);
      order.push(next);
    }
    return order;
  }

  /** Each of the nodes left has a dependency that is left too, so that going up must come round. */
  #cycle(left: readonly Node[]): string[] {
    const names = new Set(left.map(({ asset }) => asset.name));
    const path = [left[0]!.asset.name];
    for (;;) {
      const next = this.#dependencies.get(path.at(-1)!)!.find((name) => names.has(name))!;
      const start = path.indexOf(next);
      path.push(next);
      if (start >= 0) return path.slice(start);
    }
  }
}

export function isView(asset: AnyAsset): boolean {
  return asset.kind === "model" && asset.materialized === "view";
}
