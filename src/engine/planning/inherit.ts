import type { Graph } from "../definition/index.ts";

/** What an asset has from those above it. */
export interface Inherited {
  /** The first of them, in the order of their ranks. */
  readonly names: readonly string[];
  /** There are more than are named. */
  readonly more: boolean;
}

/** Reasons name as many assets: of thousands above, nobody reads the rest, and all of them for all is quadratic. */
const mostNamed = 20;
const nothing: Inherited = { names: [], more: false };

export interface Inheritance {
  /** Whether an asset is one that those below are to name. Asked once for each, after all above it. */
  isCause(name: string): boolean;
  /** Whether what an asset has from above goes on to those below it. */
  isPassing(name: string): boolean;
  /** The order in which causes are named: smaller first. */
  compare(a: string, b: string): number;
}

/** Which causes stand above each asset, in one pass over the graph and never more than a few of them kept. */
export function inherit(graph: Graph, { isCause, isPassing, compare }: Inheritance): Map<string, Inherited> {
  const inherited = new Map<string, Inherited>();
  const handedOn = new Map<string, Inherited>();
  for (const [name, { asset }] of graph.nodes) {
    const from = new Set(asset.deps.map((dependency) => handedOn.get(dependency.asset.name) ?? nothing));
    from.delete(nothing);
    const own = union([...from], compare);
    inherited.set(name, own);
    const passed = isPassing(name) ? own : nothing;
    handedOn.set(name, isCause(name) ? union([passed, { names: [name], more: false }], compare) : passed);
  }
  return inherited;
}

/** The smallest of all are among the smallest of each, so that nothing is lost by keeping those alone. */
function union(all: readonly Inherited[], compare: Inheritance["compare"]): Inherited {
  if (all.length === 0) return nothing;
  if (all.length === 1) return all[0]!;
  const names = [...new Set(all.flatMap((one) => one.names))].sort(compare);
  const more = names.length > mostNamed || all.some((one) => one.more);
  return { names: names.slice(0, mostNamed), more };
}

export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
