/** The asset graph from left to right, laid out by dagre; `ui/partials/lineage-chart.hbs` draws it. */
import dagre from "@dagrejs/dagre";
import { curveBumpX, line } from "d3-shape";
import { type Layer, layers } from "../../engine/index.ts";

type Status = "fresh" | "stale" | "broken";

export interface LineageNode {
  readonly name: string;
  readonly href: string;
  readonly layer: Layer;
  readonly status: Status;
  readonly upstream: readonly string[];
  /** A layer drawn as one node: what stands under its name. */
  readonly summary?: string;
  /** The one that the others are the neighbours of. */
  readonly isFocus?: boolean;
}

const nodeHeight = 42;
const lineHeight = 15;
/** The baseline of a single line in the middle of a node. */
const lineY = 25;
/** A semibold letter of 12 px is 7.6 px wide on average in the widest of the usual system fonts. */
const letterWidth = 7.6;
/** Left of the name, and right of it where the state's mark is. */
const margins = 42;
const longestLine = 15;

/** A long name in two lines, broken after the underscore nearest to its middle: our graph is 12 assets deep. */
function linesOf({ name, summary }: LineageNode): string[] {
  if (summary !== undefined) return [name, summary];
  const breaks = [...name.matchAll(/_+/g)].map((match) => match.index + match[0].length);
  const [at] = breaks.sort((a, b) => Math.abs(a - name.length / 2) - Math.abs(b - name.length / 2));
  return name.length <= longestLine || at === undefined || at === name.length
    ? [name]
    : [name.slice(0, at), name.slice(at)];
}

function widthOf(lines: readonly string[]): number {
  return Math.round(Math.max(...lines.map(({ length }) => length)) * letterWidth + margins);
}

interface Layout {
  readonly width: number;
  readonly height: number;
  /** The middle of each node. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number; readonly width: number }>;
  readonly edges: readonly { readonly from: string; readonly to: string; readonly path: string }[];
}

function layOut(nodes: readonly LineageNode[]): Layout {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 12, edgesep: 6, ranksep: 26, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  const names = new Set(nodes.map(({ name }) => name));
  for (const node of nodes) graph.setNode(node.name, { width: widthOf(linesOf(node)), height: nodeHeight });
  for (const { name, upstream } of nodes) {
    for (const source of upstream) if (names.has(source)) graph.setEdge(source, name);
  }
  dagre.layout(graph);
  const draw = line<{ x: number; y: number }>(
    ({ x }) => x,
    ({ y }) => y,
  )
    .curve(curveBumpX)
    .digits(1);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    places: new Map(nodes.map(({ name }) => [name, graph.node(name)])),
    edges: (graph.edges() as { v: string; w: string }[]).map((edge) => ({
      from: edge.v,
      to: edge.w,
      path: draw(graph.edge(edge).points ?? []) ?? "",
    })),
  };
}

const layouts = new Map<string, Layout>();
const mostLayouts = 50;

/** States change with every run, places only with the graph: 150 assets take dagre 200 ms, and open pages ask again. */
function layoutOf(nodes: readonly LineageNode[]): Layout {
  const key = JSON.stringify(nodes.map((node) => [linesOf(node), node.name, node.upstream]));
  const known = layouts.get(key);
  if (known) return known;
  const layout = layOut(nodes);
  if (layouts.size >= mostLayouts) layouts.clear();
  layouts.set(key, layout);
  return layout;
}

export function lineageChart(nodes: readonly LineageNode[]) {
  const { width, height, places, edges } = layoutOf(nodes);
  return {
    width,
    height,
    /** Can be shrunk to the width of a page and still be read; a larger one scrolls. */
    shrinks: width > 900 && width <= 2000,
    nodes: nodes.map((node) => {
      const place = places.get(node.name)!;
      const lines = linesOf(node);
      return {
        ...node,
        x: Math.round(place.x - place.width / 2),
        y: Math.round(place.y - nodeHeight / 2),
        width: place.width,
        height: nodeHeight,
        lines: lines.map((text, index) => ({
          text,
          y: lineY + (index - (lines.length - 1) / 2) * lineHeight,
        })),
        markX: place.width - 18,
      };
    }),
    /** In the order of the data. */
    layers: layers.filter((layer) => nodes.some((node) => node.layer === layer)),
    edges,
  };
}
