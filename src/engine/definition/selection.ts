/**
 * dbt's selection grammar. `m` an asset, or `schema.m`, `*` in it any characters, `method:value` those with it; `+m` with all it
 * depends on, `2+m` as far as two steps, `m+` with all that depends on it, `@m` with that and all it depends on.
 * A space or several selections: union. A comma: intersection.
 */
import { EmptySelectionError, nearestName, SelectionSyntaxError } from "./errors.ts";
import type { Graph, Node } from "./graph.ts";

export interface Selection {
  readonly select: readonly string[];
  readonly exclude?: readonly string[];
  /** What `state:stale` stands for. */
  readonly stale: ReadonlySet<string>;
  /** What `state:failed` stands for. Absent: nothing. */
  readonly failed?: ReadonlySet<string>;
}

/** `state:` -> the assets in it. */
type States = Readonly<Record<string, ReadonlySet<string>>>;

/**
 * The assets selected, in topological order. Throws SelectionSyntaxError, and EmptySelectionError when nothing is
 * selected or a term matches no asset, even if others do: it is misspelt. A term that asks for a state may match
 * nothing: all is as it should be.
 */
export function select(
  graph: Graph,
  { select, exclude = [], stale, failed = new Set() }: Selection,
): string[] {
  const states = { stale, failed };
  const selected = union(graph, select, states);
  const excluded = union(graph, exclude, states);
  const names = [...graph.nodes.keys()].filter((name) => selected.has(name) && !excluded.has(name));
  if (names.length === 0 && !select.some(asksForState)) {
    const without = excluded.size > 0 ? ` without ${exclude.join(" ")}` : "";
    throw new EmptySelectionError(select.join(" ") + without, nearestAsset(graph, select.join(" ")));
  }
  return names;
}

/** Whether what is selected depends on how the assets stand just now, and so may be nothing. */
function asksForState(selection: string): boolean {
  return /(?:^|[\s,+@])state:/.test(selection);
}

/** Throws what `select` would, whatever is stale or has failed just now. */
export function resolvable(graph: Graph, selection: string): void {
  const all = new Set(graph.nodes.keys());
  select(graph, { select: [selection], stale: all, failed: all });
}

function union(graph: Graph, selections: readonly string[], states: States): Set<string> {
  const terms = selections.flatMap((selection) => selection.split(/\s+/)).filter((term) => term !== "");
  const found = new Set<string>();
  for (const term of new Set(terms)) for (const name of intersection(graph, term, states)) found.add(name);
  return found;
}

function intersection(graph: Graph, term: string, states: States): Set<string> {
  const [first, ...others] = term.split(",").map((part) => expand(graph, part, states));
  return new Set([...first!].filter((name) => others.every((other) => other.has(name))));
}

/** Longer than the name of any relation with its schema, and of a tag or an owner that anybody would type. */
const longestTerm = 400;

const termPattern =
  /^(?<all>@)?(?:(?<up>\d*)\+)?(?:(?<method>\w+):)?(?<value>[^\s,+@:]+)(?:\+(?<down>\d*))?$/;

function expand(graph: Graph, term: string, states: States): Set<string> {
  if (term.length > longestTerm)
    throw new SelectionSyntaxError(`${term.slice(0, 40)}…`, `a term of at most ${longestTerm} characters`);
  const groups = termPattern.exec(term)?.groups;
  if (!groups || (groups.all && (groups.up !== undefined || groups.down !== undefined))) {
    throw new SelectionSyntaxError(term, "m, +m, m+, 2+m+1, @m, method:value or * in a name");
  }
  const { all, up, down, method, value } = groups;
  const found = new Set(matching(graph, term, method, value!, states));
  const depth = (steps: string): number => (steps === "" ? Number.POSITIVE_INFINITY : Number(steps));
  const selected = [...found];
  const add = (names: Iterable<string>): void => {
    for (const name of names) found.add(name);
  };
  if (up !== undefined || all)
    add(graph.upstreamOfAny(selected, all ? Number.POSITIVE_INFINITY : depth(up!)));
  if (down !== undefined) add(graph.downstreamOfAny(selected, depth(down)));
  if (all) {
    const below = graph.downstreamOfAny(selected);
    add(below);
    add(graph.upstreamOfAny(below));
  }
  return found;
}

type Test = (node: Node, matches: (text: string) => boolean) => boolean;

const methods: Readonly<Record<string, Test>> = {
  tag: ({ asset }, matches) => asset.tags.some(matches),
  layer: ({ asset }, matches) => matches(asset.layer),
  owner: ({ asset }, matches) => matches(asset.owner),
  source: ({ asset }, matches) =>
    asset.kind === "source" && (matches(asset.name) || matches(`${asset.schema}.${asset.name}`)),
};

function matching(
  graph: Graph,
  term: string,
  method: string | undefined,
  value: string,
  states: States,
): string[] {
  if (method === "state") {
    const found = Object.hasOwn(states, value) ? states[value] : undefined;
    if (!found) throw new SelectionSyntaxError(term, "state:stale or state:failed");
    return [...graph.nodes.keys()].filter((name) => found.has(name));
  }
  // Most terms are one name, and a run may name thousands.
  if (method === undefined && graph.nodes.has(value)) return [value];
  const test: Test | undefined =
    method === undefined
      ? ({ asset }, matches) =>
          matches(value.includes(".") ? `${graph.schemaOf(asset)}.${asset.name}` : asset.name)
      : methods[method];
  if (!test) {
    const known = [...Object.keys(methods), "state"].map((name) => `${name}:`).join(", ");
    throw new SelectionSyntaxError(term, `one of the methods ${known}`);
  }
  const names = [...graph.nodes.values()]
    .filter((node) => test(node, (text) => matchesWildcard(value, text)))
    .map(({ asset }) => asset.name);
  if (names.length === 0) throw new EmptySelectionError(term, nearestAsset(graph, value.split(".").at(-1)!));
  return names;
}

/**
 * Whether a whole text is of a pattern in which `*` stands for any characters. Each piece between stars is taken where it
 * comes first, which leaves most for the next: an expression would try every place for every star.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  const middle = text.slice(first.length, text.length - last.length);
  let at = 0;
  for (const piece of rest) {
    const found = middle.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return true;
}

function nearestAsset(graph: Graph, text: string): string | null {
  return nearestName(text, graph.nodes.keys());
}
