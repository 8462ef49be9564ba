/** The asset graph, laid out by dagre; `ui/partials/lineage-chart.hbs` draws it. */
import dagre from "@dagrejs/dagre";
import { curveBumpX, curveBumpY, line } from "d3-shape";
import type { AssetStatus, Layer } from "../../engine/index.ts";

export interface LineageNode {
  readonly name: string;
  readonly href: string;
  readonly layer: Layer;
  readonly status: AssetStatus;
  readonly upstream: readonly string[];
  /** A layer drawn as one node: what stands under its name. */
  readonly summary?: string;
  /** The one that the others are the neighbours of. */
  readonly isFocus?: boolean;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The middle of a node, and its size. */
interface Size extends Point {
  readonly width: number;
  readonly height: number;
}

interface Edge {
  readonly from: string;
  readonly to: string;
}

const nodeHeight = 34;
const summaryHeight = 48;
const lineHeight = 16;
/** From the middle of a line of text to its baseline. */
const baseline = 4.5;
/** A letter of Inter at 13 px is at most 7 px wide on average, digits and underscores among them; an m or w by half more. */
const letterWidth = 7;
/** Left of the name, and right of it where the state's mark is. */
const margins = 46;
/** Larger graphs are laid out once, and by the quicker of dagre's ways to put nodes in generations. */
const mostTriedTwice = 60;
/** As many generations stand side by side on a page; a deeper graph goes from the top down. */
const mostAcross = 6;

function linesOf({ name, summary }: LineageNode): string[] {
  return summary === undefined ? [name] : [name, summary];
}

function sizeOf(node: LineageNode): { width: number; height: number } {
  const letters = Math.max(
    ...linesOf(node).map((line) => line.length + 0.5 * (line.match(/[mw]/g)?.length ?? 0)),
  );
  return {
    width: Math.round(letters * letterWidth + margins),
    height: node.summary === undefined ? nodeHeight : summaryHeight,
  };
}

/** What each node comes after, within the drawing. */
function ancestorsOf(upstream: ReadonlyMap<string, readonly string[]>): Map<string, Set<string>> {
  const ancestors = new Map<string, Set<string>>();
  for (const name of upstream.keys()) {
    const found = new Set<string>();
    const open = [...upstream.get(name)!];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...upstream.get(next)!);
    }
    ancestors.set(name, found);
  }
  return ancestors;
}

interface Edges {
  readonly drawn: readonly Edge[];
  /** Reads that a longer way tells as well: a -> c where a -> b -> c. */
  readonly implied: readonly Edge[];
  /** The most nodes that follow one another. */
  readonly depth: number;
}

function edgesOf(nodes: readonly LineageNode[]): Edges {
  const names = new Set(nodes.map(({ name }) => name));
  const upstream = new Map(
    nodes.map((node) => [node.name, node.upstream.filter((source) => names.has(source))]),
  );
  const ancestors = ancestorsOf(upstream);
  const edges = [...upstream].flatMap(([to, sources]) => sources.map((from) => ({ from, to })));
  // Layers drawn as one node may read one another in a circle: then no way stands for another.
  const isCyclic = [...ancestors].some(([name, above]) => above.has(name));
  const isImplied = ({ from, to }: Edge): boolean =>
    !isCyclic && upstream.get(to)!.some((other) => ancestors.get(other)!.has(from));
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const depth = 1 + Math.max(0, ...upstream.get(name)!.map(depthOf));
    depths.set(name, depth);
    return depth;
  };
  return {
    drawn: edges.filter((edge) => !isImplied(edge)),
    implied: edges.filter(isImplied),
    depth: isCyclic ? 1 : Math.max(0, ...[...names].map(depthOf)),
  };
}

interface Layout {
  readonly isDown: boolean;
  readonly width: number;
  readonly height: number;
  readonly places: ReadonlyMap<string, Size>;
  readonly edges: readonly (Edge & { readonly path: string })[];
  readonly implied: readonly (Edge & { readonly path: string })[];
}

/** dagre's own result, and how long its edges are together: the shorter, the easier they are followed. */
function place(nodes: readonly LineageNode[], edges: readonly Edge[], isDown: boolean) {
  const graph = new dagre.graphlib.Graph();
  const spaces = isDown
    ? { rankdir: "TB", nodesep: 8, ranksep: 40 }
    : { rankdir: "LR", nodesep: 10, ranksep: 44 };
  const ranker = nodes.length > mostTriedTwice ? "tight-tree" : "network-simplex";
  graph.setGraph({ ...spaces, ranker, edgesep: 10, marginx: 6, marginy: 6 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.name, sizeOf(node));
  for (const { from, to } of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  const lengths = edges.map(({ from, to }) => lengthOf(graph.edge(from, to).points ?? []));
  return { graph, length: lengths.reduce((sum, length) => sum + length, 0) };
}

function lengthOf(points: readonly Point[]): number {
  const steps = points
    .slice(1)
    .map(({ x, y }, index) => Math.hypot(x - points[index]!.x, y - points[index]!.y));
  return steps.reduce((sum, step) => sum + step, 0);
}

function layOut(nodes: readonly LineageNode[]): Layout {
  const { drawn, implied, depth } = edgesOf(nodes);
  const isDown = depth > mostAcross;
  // What dagre comes to depends on where it begins: from the last asset on, ours takes 1,360 px instead of 1,740.
  const forwards = place(nodes, drawn, isDown);
  const backwards =
    nodes.length > mostTriedTwice ? null : place(nodes.toReversed(), drawn.toReversed(), isDown);
  const { graph } = backwards && backwards.length < forwards.length ? backwards : forwards;
  const places = new Map(nodes.map(({ name }) => [name, graph.node(name)]));
  /** From the middle of one side to the middle of the other, so that what meets at a node meets in one place. */
  const ends = ({ from, to }: Edge): [Point, Point] => {
    const [a, b] = [places.get(from)!, places.get(to)!];
    return isDown
      ? [
          { x: a.x, y: a.y + a.height / 2 },
          { x: b.x, y: b.y - b.height / 2 },
        ]
      : [
          { x: a.x + a.width / 2, y: a.y },
          { x: b.x - b.width / 2, y: b.y },
        ];
  };
  const draw = line<Point>(
    ({ x }) => x,
    ({ y }) => y,
  )
    .curve(isDown ? curveBumpY : curveBumpX)
    .digits(1);
  const throughGenerations = generationsOf([...places.values()], isDown);
  const { width = 0, height = 0 } = graph.graph();
  return {
    isDown,
    width: Math.ceil(width),
    height: Math.ceil(height),
    places,
    edges: drawn.map((edge) => {
      const [start, end] = ends(edge);
      const bends = graph.edge(edge.from, edge.to).points ?? [];
      return { ...edge, path: draw([start, ...bends.slice(1, -1).flatMap(throughGenerations), end]) ?? "" };
    }),
    implied: implied.map((edge) => ({ ...edge, path: draw(ends(edge)) ?? "" })),
  };
}

/**
 * Where an edge bends as it passes a generation: it goes straight through between two nodes, and moves aside only
 * between generations. dagre's bends half way between two would make it turn in half the room; they come to nothing.
 */
function generationsOf(places: readonly Size[], isDown: boolean): (bend: Point) => Point[] {
  const along = ({ x, y }: Point): number => Math.round(isDown ? y : x);
  const halves = new Map<number, number>();
  for (const place of places) {
    const half = (isDown ? place.height : place.width) / 2;
    halves.set(along(place), Math.max(half, halves.get(along(place)) ?? 0));
  }
  return (bend) => {
    const half = halves.get(along(bend));
    if (half === undefined) return [];
    const { x, y } = bend;
    return isDown
      ? [
          { x, y: y - half },
          { x, y: y + half },
        ]
      : [
          { x: x - half, y },
          { x: x + half, y },
        ];
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

/** `withImplied`: also the reads that longer ways tell as well. */
export function lineageChart(nodes: readonly LineageNode[], layers: readonly Layer[], withImplied = false) {
  const { isDown, width, height, places, edges, implied } = layoutOf(nodes);
  return {
    isDown,
    width,
    height,
    nodes: nodes.map((node) => {
      const place = places.get(node.name)!;
      const lines = linesOf(node);
      const middle = place.height / 2 + baseline;
      return {
        ...node,
        x: Math.round(place.x - place.width / 2),
        y: Math.round(place.y - place.height / 2),
        width: place.width,
        height: place.height,
        stripeHeight: place.height - 12,
        lines: lines.map((text, index) => ({
          text,
          y: middle + (index - (lines.length - 1) / 2) * lineHeight,
        })),
        markX: place.width - 20,
        markY: place.height / 2 - 6,
      };
    }),
    /** In the order of the data. */
    layers: layers.filter((layer) => nodes.some((node) => node.layer === layer)),
    edges,
    implied: withImplied ? implied : [],
    impliedCount: implied.length,
  };
}
