/** What a range returned: against a benchmark, by month, by regime and by ticker, and how it fell. */
import { Router } from "express";
import { readFigures } from "../../portfolio/index.ts";
import type { WebContext } from "../context.ts";
import { performanceView } from "../figures/performance.ts";
import { tickerSort, tickerTable } from "../figures/ticker-table.ts";
import { defineMessage } from "../messages/index.ts";
import type { SendPage } from "./page.ts";
import { type Tab, tabPage } from "./portfolio-tab.ts";

const performance: Tab = {
  path: "/portfolio/performance",
  view: "performance",
  title: defineMessage("Performance"),
  scripts: ["chart.js", "explain.js", "sort.js"],
  orderOf: (query) => tickerSort.parameters(tickerSort.of(query)),
  make: async (pool, { figures: request, order, format, href }) => {
    const figures = await readFigures(pool, request);
    const hasCash = Number(figures.performance.cash) !== 0;
    return {
      ...performanceView(figures, format),
      tickerTable: tickerTable(figures.tickers, tickerSort.of(order), href, format, hasCash),
    };
  },
};

export function performancePages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get(performance.path, tabPage(context, sendPage, performance));
  return router;
}
