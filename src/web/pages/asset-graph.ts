/** What of the asset graph a page shows: a selection, a neighbourhood, layers drawn as one node each. */
import { z } from "zod";
import {
  type AssetState,
  assetStatuses,
  EmptySelectionError,
  type Graph,
  type Layer,
  SelectionSyntaxError,
  select,
  selectable,
} from "../../engine/index.ts";
import { type LineageNode, lineageChart } from "../charts/lineage-chart.ts";
import { t } from "../messages/index.ts";
import { stateName } from "../state-names.ts";

export type States = ReadonlyMap<string, AssetState>;

/**
 * More nodes than this are not drawn: nobody could read them, and dagre takes 0.2 s for 150, 4 s for 500. Layers start
 * collapsed instead.
 */
export const mostDrawn = 150;

/** More than anybody types; every term is a walk through the graph. */
const longestSelection = 1000;

const layerList = z
  .string()
  .transform((text): readonly Layer[] => text.split(",").filter((layer) => layer !== ""))
  .optional()
  .catch(undefined);

export const viewQuery = z.object({
  /** In an address typed by hand the + in front has been read as a space. */
  select: z
    .string()
    .transform((text) => text.replace(/^ /, "+").trim())
    .catch(""),
  focus: z.string().optional().catch(undefined),
  /** How many steps from the focus; `all` of them. */
  depth: z.union([z.literal("all"), z.coerce.number().int().min(1).max(99)]).catch(1),
  /** The layers drawn as one node each. Absent: none, or all where there would be too many nodes. */
  closed: layerList,
  /** `all`: also the edges that others imply. */
  edges: z.literal("all").optional().catch(undefined),
});

export type ViewQuery = Readonly<Omit<z.output<typeof viewQuery>, "closed" | "edges">> & {
  readonly closed?: readonly Layer[] | undefined;
  readonly edges?: "all" | undefined;
};

/** The address of a view; `closed` stays absent where it is. */
export function viewAddress({ select, focus, depth, closed, edges }: ViewQuery): string {
  const query = new URLSearchParams({
    ...(select && { select }),
    ...(focus !== undefined && { focus, depth: String(depth) }),
    ...(closed && { closed: closed.join(",") }),
    ...(edges && { edges }),
  });
  return query.size > 0 ? `/assets?${query}` : "/assets";
}

/**
 * The assets that the query asks for, in the graph's order, and what is wrong with its selection: then it counts for
 * nothing. Throws UnknownAssetError for a focus that is none.
 */
export function shownAssets(
  graph: Graph,
  states: States,
  { select: selection, focus, depth }: ViewQuery,
): { names: readonly string[]; error: string | null } {
  const near = focus === undefined ? null : neighbourhood(graph, focus, depth === "all" ? Infinity : depth);
  const within = (names: Iterable<string>): string[] => [...names].filter((name) => near?.has(name) ?? true);
  if (selection === "") return { names: within(graph.nodes.keys()), error: null };
  if (selection.length > longestSelection)
    return {
      names: within(graph.nodes.keys()),
      error: t("a selection has at most {most} characters, got: {got}", {
        most: String(longestSelection),
        got: String(selection.length),
      }),
    };
  try {
    return { names: within(selectForgiving(graph, selection, states)), error: null };
  } catch (error) {
    if (!(error instanceof EmptySelectionError || error instanceof SelectionSyntaxError)) throw error;
    return { names: within(graph.nodes.keys()), error: error.message };
  }
}

/** By the grammar, or else by parts of names: whoever looks for `drawdown` types just that. Throws as `select` does. */
function selectForgiving(graph: Graph, selection: string, states: States): string[] {
  try {
    return select(graph, { select: [selection], ...selectable(states) });
  } catch (error) {
    const parts = selection
      .split(/\s+/)
      .map((term) => (/^\w+$/.test(term) ? `*${term.toLowerCase()}*` : term));
    if (!(error instanceof EmptySelectionError) || parts.join(" ") === selection) throw error;
    try {
      return select(graph, { select: parts, ...selectable(states) });
    } catch {
      throw error; // it names what was typed, and the nearest to that
    }
  }
}

/** An asset with what it depends on and what depends on it, so many steps away. */
export function neighbourhood(graph: Graph, name: string, depth: number): Set<string> {
  return new Set([name, ...graph.upstream(name, depth), ...graph.downstream(name, depth)]);
}

/** The layers that are drawn as one node each. */
export function closedLayers(
  graph: Graph,
  names: readonly string[],
  { closed }: ViewQuery,
): readonly Layer[] {
  if (closed === undefined) return names.length > mostDrawn ? graph.layers : [];
  return graph.layers.filter((layer) => closed.includes(layer));
}

/** Each of the assets as a node; those of a closed layer, but for the focus, together as one, which opens the layer. */
export function graphNodes(
  graph: Graph,
  states: States,
  names: readonly string[],
  view: { readonly closed: readonly Layer[]; readonly focus?: string | undefined; href(open: Layer): string },
): LineageNode[] {
  const { closed, focus, href } = view;
  const layerOf = (name: string): Layer => graph.get(name).asset.layer;
  const isClosed = (name: string): boolean => name !== focus && closed.includes(layerOf(name));
  const nodeOf = (name: string): string => (isClosed(name) ? layerOf(name) : name);
  const upstreamOf = (members: readonly string[]): string[] => {
    const own = nodeOf(members[0]!);
    const read = members.flatMap((name) => [...graph.upstream(name, 1)].map(nodeOf));
    return [...new Set(read)].filter((name) => name !== own);
  };
  return [...Map.groupBy(names, nodeOf)].map(([name, members]): LineageNode => {
    const layer = layerOf(members[0]!);
    const statuses = members.map((member) => states.get(member)!.status);
    const status = assetStatuses.find((worst) => statuses.includes(worst))!;
    const node = { name, layer, status, upstream: upstreamOf(members) };
    if (!isClosed(members[0]!)) return { ...node, href: `/assets/${name}`, isFocus: name === focus };
    const affected = statuses.filter((other) => other === status).length;
    const summary = t("{count, plural, one {# asset} other {# assets}}, {affected} {status}", {
      count: members.length,
      affected: String(affected),
      status: stateName(status),
    });
    return { ...node, href: href(layer), summary };
  });
}

/** The graph around one asset, without layers drawn as one. */
export function nearbyChart(graph: Graph, states: States, name: string) {
  const near = neighbourhood(graph, name, 1);
  const names = [...graph.nodes.keys()].filter((other) => near.has(other));
  // Opening a layer leads to the wider view.
  const address = viewAddress({ select: "", focus: name, depth: 1, closed: [] });
  const closed = names.length > mostDrawn ? graph.layers : [];
  const nodes = graphNodes(graph, states, names, { closed, focus: name, href: () => address });
  return lineageChart(nodes, graph.layers, true);
}
