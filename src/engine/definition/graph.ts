import { EngineError } from "../postgres/index.ts";
import { type AnyAsset, defaultLayers, type Layer } from "./declare.ts";
import { UnknownAssetError } from "./errors.ts";
import type { DefinitionError } from "./problems.ts";
import type { Reaches } from "./reach.ts";
import { defaultSchemas, type Schemas } from "./relations.ts";
import type { ColumnLineage } from "./sql/index.ts";

export class CycleError extends EngineError {
  readonly code = "cycle";
  readonly path: readonly string[];
  /** This one, and others that share no asset with it. */
  readonly paths: readonly (readonly string[])[];

  /** path: from an asset, each read by the one before it, back to that asset. */
  constructor(path: readonly string[], others: readonly (readonly string[])[] = []) {
    super(`expected assets without a cycle, got: [${path.join(" > ")}]`);
    this.path = path;
    this.paths = [path, ...others];
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
  /** Assets that depend on one another, each set a cycle: the edges between them are left out. */
  readonly cycles?: readonly ReadonlySet<string>[] | undefined;
}

/** The assets and what reads what. Names are unique; order is topological, then by layer and name. */
export class Graph {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly #dependencies = new Map<string, string[]>();
  readonly #dependents = new Map<string, string[]>();
  readonly #positions: ReadonlyMap<string, number>;
  readonly #reads = new Map<string, ReadonlySet<string>>();

  readonly layers: readonly Layer[];
  readonly schemas: Schemas;
  readonly #options: GraphOptions;

  /** Throws CycleError. A dependency that is not among the nodes is left out of the edges. */
  constructor(nodes: Iterable<Node>, options: GraphOptions = {}) {
    const { layers = defaultLayers, schemas = defaultSchemas, cycles = [] } = options;
    this.#options = options;
    this.layers = layers;
    this.schemas = schemas;
    const byName = new Map([...nodes].map((node) => [node.asset.name, node]));
    for (const name of byName.keys()) this.#dependents.set(name, []);
    for (const [name, { asset }] of byName) {
      const dependencies = [...new Set(asset.deps.map((dependency) => dependency.asset.name))];
      this.#dependencies.set(
        name,
        dependencies.filter(
          (dependency) =>
            byName.has(dependency) && !cycles.some((cycle) => cycle.has(name) && cycle.has(dependency)),
        ),
      );
      for (const dependency of this.#dependencies.get(name)!) this.#dependents.get(dependency)!.push(name);
    }
    this.nodes = new Map(this.#order(byName).map((node) => [node.asset.name, node]));
    this.#positions = new Map([...this.nodes.keys()].map((name, position) => [name, position]));
  }

  /** The same edges between other nodes, of the same assets. */
  with(nodes: Iterable<Node>): Graph {
    return new Graph(nodes, this.#options);
  }

  /** Throws UnknownAssetError naming the nearest. */
  get(name: string): Node {
    const node = this.nodes.get(name);
    if (!node) throw new UnknownAssetError(name, this.nodes.keys());
    return node;
  }

  /** Where people read it: its table's schema, or that of the models. */
  schemaOf(asset: AnyAsset): string {
    return asset.kind === "source" ? asset.schema : this.schemas.models;
  }

  /** The name of an asset that is written `asset` or `schema.asset`. Throws UnknownAssetError naming the nearest. */
  named(text: string): string {
    const [schema, name, ...more] = text.split(".");
    const qualified = name !== undefined && more.length === 0 ? this.nodes.get(name) : undefined;
    if (qualified && this.schemaOf(qualified.asset) === schema) return name!;
    return this.get(text).asset.name;
  }

  /** The assets that declare `name` as a dependency, in topological order. */
  dependents(name: string): readonly Node[] {
    this.get(name);
    return this.inOrder(this.#dependents.get(name)!).map((dependent) => this.nodes.get(dependent)!);
  }

  /** The assets of these names, each once, in topological order. */
  inOrder(names: Iterable<string>): string[] {
    return [...new Set(names)].sort((a, b) => this.#positions.get(a)! - this.#positions.get(b)!);
  }

  /** All that `name` depends on, itself left out. depth 1: what it reads itself. */
  upstream(name: string, depth = Number.POSITIVE_INFINITY): Set<string> {
    return this.#walk([name], depth, this.#dependencies);
  }

  /** All that depends on `name`, itself left out. */
  downstream(name: string, depth = Number.POSITIVE_INFINITY): Set<string> {
    return this.#walk([name], depth, this.#dependents);
  }

  /** All that any of the assets depends on, in one walk; those among them that another depends on are in it too. */
  upstreamOfAny(names: Iterable<string>, depth = Number.POSITIVE_INFINITY): Set<string> {
    return this.#walk(names, depth, this.#dependencies);
  }

  /** All that depends on any of the assets, likewise. */
  downstreamOfAny(names: Iterable<string>, depth = Number.POSITIVE_INFINITY): Set<string> {
    return this.#walk(names, depth, this.#dependents);
  }

  /** Whether `name` depends on `above`, at any distance: looked for no higher than `above` stands. */
  dependsOn(name: string, above: string): boolean {
    const top = this.#positions.get(above);
    if (top === undefined) return false;
    const seen = new Set<string>();
    const pending = [this.get(name).asset.name];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const dependency of this.#dependencies.get(next)!) {
        if (dependency === above) return true;
        if (seen.has(dependency) || this.#positions.get(dependency)! < top) continue;
        seen.add(dependency);
        pending.push(dependency);
      }
    }
    return false;
  }

  /**
   * For each asset what is nearest above it of what `standsFor` gives a name for (its own, or another's that stands for
   * it; null: look further up), in topological order. One pass: no asset's whole ancestry is ever listed.
   */
  nearestAbove(standsFor: (name: string) => string | null): Map<string, readonly string[]> {
    const nearest = new Map<string, readonly string[]>();
    for (const name of this.nodes.keys()) {
      const lists = this.#dependencies.get(name)!.map((dependency) => {
        const standing = standsFor(dependency);
        return standing === null ? nearest.get(dependency)! : [standing];
      });
      // What reads one thing only has its list; most lists of a long way through the unwanted are one and the same.
      const [first = [], ...others] = new Set(lists);
      nearest.set(name, others.length === 0 ? first : this.inOrder(lists.flat()));
    }
    return nearest;
  }

  /**
   * What the stored rows of `name` were made from: its dependencies and, as a view stores nothing, those behind
   * each view among them. Their data versions, written down with a materialization, tell later if it is stale.
   */
  reads(name: string): ReadonlySet<string> {
    this.get(name);
    const known = this.#reads.get(name);
    if (known) return known;
    const found = new Set<string>();
    const pending = [...this.#dependencies.get(name)!];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      if (isView(this.nodes.get(next)!.asset)) pending.push(...this.#dependencies.get(next)!);
    }
    this.#reads.set(name, found);
    return found;
  }

  #walk(names: Iterable<string>, depth: number, edges: ReadonlyMap<string, readonly string[]>): Set<string> {
    const found = new Set<string>();
    let frontier = [...names];
    for (const name of frontier) this.get(name);
    for (let step = 0; step < depth && frontier.length > 0; step++) {
      const reached: string[] = [];
      for (const from of frontier) {
        for (const to of edges.get(from)!) {
          if (found.has(to)) continue;
          found.add(to);
          reached.push(to);
        }
      }
      frontier = reached;
    }
    return found;
  }

  /** Of the nodes whose dependencies are placed, the one first by (layer, name) is next: the same every time. */
  #order(byName: ReadonlyMap<string, Node>): Node[] {
    const rank = ({ asset }: Node): string => `${this.layers.indexOf(asset.layer)} ${asset.name}`;
    const sorted = [...byName.values()]
      .map((node) => ({ node, rank: rank(node) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1))
      .map(({ node }) => node);
    const ranks = new Map(sorted.map(({ asset }, index) => [asset.name, index]));
    const missing = new Map(
      sorted.map(({ asset }) => [asset.name, this.#dependencies.get(asset.name)!.length]),
    );
    const placeable = new SmallestFirst();
    for (const [name, count] of missing) if (count === 0) placeable.add(ranks.get(name)!);
    const order: Node[] = [];
    for (let next = placeable.take(); next !== undefined; next = placeable.take()) {
      const node = sorted[next]!;
      order.push(node);
      for (const dependent of this.#dependents.get(node.asset.name)!) {
        const left = missing.get(dependent)! - 1;
        missing.set(dependent, left);
        if (left === 0) placeable.add(ranks.get(dependent)!);
      }
    }
    if (order.length < sorted.length) {
      const left = sorted.map(({ asset }) => asset.name).filter((name) => missing.get(name)! > 0);
      const [path, ...others] = this.#cycles(left);
      throw new CycleError(path!, others);
    }
    return order;
  }

  /**
   * Each of the assets left has a dependency that is left too, so that going up must come round. All the cycles that can be
   * found so without meeting an asset twice: what goes up into one that was found, or was gone up from before, is let be.
   */
  #cycles(left: readonly string[]): string[][] {
    const names = new Set(left);
    const seen = new Set<string>();
    const cycles: string[][] = [];
    for (const start of left) {
      const places = new Map<string, number>();
      let name = start;
      while (!seen.has(name)) {
        seen.add(name);
        places.set(name, places.size);
        name = this.#dependencies.get(name)!.find((dependency) => names.has(dependency))!;
      }
      const place = places.get(name);
      if (place !== undefined) cycles.push([...[...places.keys()].slice(place), name]);
    }
    return cycles;
  }
}

/** Numbers, of which the smallest is taken first: a binary heap. */
class SmallestFirst {
  readonly #heap: number[] = [];

  add(value: number): void {
    const heap = this.#heap;
    let index = heap.push(value) - 1;
    for (let parent = (index - 1) >> 1; index > 0 && heap[parent]! > value; parent = (index - 1) >> 1) {
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = value;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (child >= heap.length || heap[child]! >= last) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

export function isView(asset: AnyAsset): boolean {
  return asset.kind === "model" && asset.materialized === "view";
}
