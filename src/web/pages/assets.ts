/** The asset graph and the state of each asset, for operators. */
import { Router } from "express";
import { layers, readStates } from "../../engine/index.ts";
import { lineageChart } from "../charts/lineage-chart.ts";
import { requireOperator, type WebContext } from "../context.ts";
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
    requireOperator(request);
    const query = viewQuery.parse(request.query);
    const data = await assetsData(context, query);
    sendPage(request, response, {
      view: "assets",
      title: "Assets",
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
  const closed = closedLayers(names, query);
  const without = (layer: (typeof layers)[number]) =>
    viewAddress({ ...query, closed: closed.filter((other) => other !== layer) });
  const nodes = graphNodes(graph, states, names, { closed, focus: query.focus, href: without });
  const assets = names.map((name) => ({ ...states.get(name)!, layer: graph.get(name).asset.layer }));
  return {
    ...query,
    error,
    problems: problems.map(({ message }) => message),
    total: graph.nodes.size,
    shown: names.length,
    isFiltered: names.length < graph.nodes.size,
    counts: [...Map.groupBy(assets, ({ status }) => status)].map(([status, all]) => ({
      status,
      count: all.length,
    })),
    toggles: layers.flatMap((layer) => {
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
    allClosed: viewAddress({ ...query, closed: layers }),
    nodes: nodes.length,
    chart: nodes.length <= mostDrawn && nodes.length > 0 ? lineageChart(nodes) : null,
    assets,
  };
}
