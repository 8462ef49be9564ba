/** The asset graph and the state of each asset, for operators. */
import { Router } from "express";
import {
  type AssetState,
  assetStatuses,
  type Graph,
  type Layer,
  type Node,
  readStates,
  readUndeclared,
  renderProblem,
} from "../../engine/index.ts";
import { lineageChart } from "../charts/lineage-chart.ts";
import { operatorContext, type WebContext } from "../context.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import {
  closedLayers,
  graphNodes,
  mostDrawn,
  shownAssets,
  type ViewQuery,
  viewAddress,
  viewQuery,
} from "./asset-graph.ts";
import type { SendPage } from "./page.ts";

export function assetPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/assets", async (request, response) => {
    const own = operatorContext(context, request);
    const query = parseInput(viewQuery, request.query);
    const data = await assetsData(own, query);
    sendPage(request, response, {
      view: "assets",
      title: t("Assets"),
      scripts: ["lineage.js"],
      status: data.error === null ? 200 : 422,
      data,
    });
  });
  return router;
}

const depths = [1, 2, 3, "all"] as const;

async function assetsData(context: WebContext, query: ViewQuery) {
  const { graph, problems } = context.registry();
  const states = await readStates(context.pool, graph, context.clock());
  const { names, error } = shownAssets(graph, states, query);
  const closed = closedLayers(graph, names, query);
  const without = (layer: Layer) =>
    viewAddress({ ...query, closed: closed.filter((other) => other !== layer) });
  const nodes = graphNodes(graph, states, names, { closed, focus: query.focus, href: without });
  const assets = names.map((name) => describe(graph.get(name), states.get(name)!));
  const withImplied = query.edges === "all";
  const chart =
    nodes.length <= mostDrawn && nodes.length > 0 ? lineageChart(nodes, graph.layers, withImplied) : null;
  return {
    ...query,
    error,
    problems: problems.map(renderProblem),
    undeclared: await readUndeclared(context.pool, graph),
    total: graph.nodes.size,
    shown: names.length,
    isNothingSelected: names.length === 0 && query.focus === undefined,
    isFiltered: names.length < graph.nodes.size,
    counts: countsOf(assets),
    isAllFresh: assets.every(({ status }) => status === "fresh"),
    causes: causesOf(assets),
    toggles: graph.layers.flatMap((layer) => {
      const count = assets.filter((asset) => asset.layer === layer).length;
      const isClosed = closed.includes(layer);
      const href = isClosed ? without(layer) : viewAddress({ ...query, closed: [...closed, layer] });
      return count > 0 ? [{ layer, count, isClosed, href }] : [];
    }),
    depths: depths.map((depth) => ({
      depth,
      href: viewAddress({ ...query, depth }),
      isCurrent: depth === query.depth,
    })),
    unfocused: viewAddress({ ...query, focus: undefined }),
    allClosed: viewAddress({ ...query, closed: graph.layers }),
    nodes: nodes.length,
    chart: chart && {
      ...chart,
      impliedHref: viewAddress({ ...query, edges: withImplied ? undefined : "all" }),
    },
    groups: groupsOf(graph, assets),
  };
}

interface ShownAsset extends AssetState {
  readonly layer: Layer;
  /** Its rows come from people or programs outside: nobody materializes it. */
  readonly isOutside: boolean;
}

function describe({ asset }: Node, state: AssetState): ShownAsset {
  const isOutside = asset.kind === "source" && !asset.ingest && asset.producedBy === undefined;
  return { ...state, layer: asset.layer, isOutside };
}

function countsOf(assets: readonly ShownAsset[]) {
  return assetStatuses.flatMap((status) => {
    const count = assets.filter((asset) => asset.status === status).length;
    return count > 0 ? [{ status, count }] : [];
  });
}

const mostCauses = 4;

/** Why assets are not fresh, the reason of most of them first. */
function causesOf(assets: readonly ShownAsset[]) {
  const reasons = assets.flatMap((asset) => asset.reasons.map((reason) => ({ reason, asset: asset.asset })));
  const causes = [...Map.groupBy(reasons, ({ reason }) => reason)]
    .map(([reason, all]) => ({ reason, count: all.length, only: all.length === 1 ? all[0]!.asset : null }))
    .sort((a, b) => b.count - a.count);
  return { first: causes.slice(0, mostCauses), more: Math.max(0, causes.length - mostCauses) };
}

/** By layer, in each the worst state first, then by name. */
function groupsOf({ layers }: Graph, assets: readonly ShownAsset[]) {
  const place = ({ status }: ShownAsset): number => assetStatuses.indexOf(status);
  return layers.flatMap((layer) => {
    const own = assets.filter((asset) => asset.layer === layer);
    own.sort((a, b) => place(a) - place(b) || a.asset.localeCompare(b.asset));
    return own.length > 0 ? [{ layer, counts: countsOf(own), assets: own }] : [];
  });
}
