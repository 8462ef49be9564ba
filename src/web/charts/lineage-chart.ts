/** The asset graph from left to right, laid out by dagre; `ui/partials/lineage-chart.hbs` draws it. */
import dagre from "@dagrejs/dagre";
import { curveBumpX, line } from "d3-shape";
import { type Layer, layers } from "../../engine/index.ts";

type Status = "fresh" | "stale" | "broken";

export interface LineageNode {
  readonly name: string;
  readonly layer: Layer;
  readonly status: Status;
  readonly upstream: readonly string[];
}

const nodeHeight = 42;
const lineHeight = 15;
/** The baseline of a single line in the middle of a node. */
const lineY = 25;
/** A semibold letter of 12 px is 7.3 px wide on average in the widest of the usual system fonts. */
const letterWidth = 7.3;
/** Left of the name, and right of it where the state's mark is. */
const margins = 40;
const longestLine = 15;

/** A long name in two lines, broken after the underscore nearest to its middle: our graph is 12 assets deep. */
function linesOf(name: string): string[] {
  const breaks = [...name.matchAll(/_+/g)].map((match) => match.index + match[0].length);
  const [at] = breaks.sort((a, b) => Math.abs(a - name.length / 2) - Math.abs(b - name.length / 2));
  return name.length <= longestLine || at === undefined || at === name.length
    ? [name]
    : [name.slice(0, at), name.slice(at)];
}

function widthOf(lines: readonly string[]): number {
  return Math.round(Math.max(...lines.map(({ length }) => length)) * letterWidth + margins);
}

export function lineageChart(nodes: readonly LineageNode[]) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 12, edgesep: 6, ranksep: 26, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  const names = new Set(nodes.map(({ name }) => name));
  for (const { name } of nodes) graph.setNode(name, { width: widthOf(linesOf(name)), height: nodeHeight });
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
    /** Can be shrunk to the width of a page and still be read; a larger one scrolls. */
    shrinks: width > 900 && width <= 2000,
    nodes: nodes.map((node) => {
      const placed = graph.node(node.name);
      const lines = linesOf(node.name);
      return {
        ...node,
        x: Math.round(placed.x - placed.width / 2),
        y: Math.round(placed.y - placed.height / 2),
        width: placed.width,
        height: placed.height,
        lines: lines.map((text, index) => ({
          text,
          y: lineY + (index - (lines.length - 1) / 2) * lineHeight,
        })),
        markX: placed.width - 18,
      };
    }),
    /** In the order of the data. */
    layers: layers.filter((layer) => nodes.some((node) => node.layer === layer)),
    edges: (graph.edges() as { v: string; w: string }[]).map((edge) => ({
      from: edge.v,
      to: edge.w,
      path: draw(graph.edge(edge).points ?? []) ?? "",
    })),
  };
}
