/** The portfolio at a glance: what there is, what the last day, the range and the whole time did to it, and the holdings. */
import { Router } from "express";
import { z } from "zod";
import {
  holdingsColumns,
  keepColumns,
  type Respect,
  rangeParameters,
  readOverview,
  respects,
} from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { columnChoices, holdingsSort, holdingsTable } from "../figures/holdings-table.ts";
import { overviewView } from "../figures/overview.ts";
import { defineMessage } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import type { SendPage } from "./page.ts";
import { type Tab, tabPage } from "./portfolio-tab.ts";
import { accountInAddress, accountParameter, addressOf, lookInAddress } from "./portfolio-tabs.ts";

const usualRespect: Respect = "sector";
const respectInAddress = z.object({ by: z.enum(respects).catch(usualRespect) });
const respectOf = (query: unknown): Respect => parseInput(respectInAddress, query).by;
/** The usual one needs no name. */
const inAddress = (by: Respect): Record<string, string> => (by === usualRespect ? {} : { by });

/** What an address says of the order of the holdings and of the picture of the allocation. */
const orderOf = (query: unknown): Record<string, string> => ({
  ...holdingsSort.parameters(holdingsSort.of(query)),
  ...inAddress(respectOf(query)),
});

const overview: Tab = {
  path: "/portfolio",
  view: "portfolio",
  title: defineMessage("Portfolio"),
  scripts: ["chart.js", "explain.js", "sort.js"],
  orderOf: (query) => orderOf(query),
  make: async (pool, { figures: request, look, order, columns, format, href }) => {
    const figures = await readOverview(pool, request);
    const ofAccount = accountParameter(look.account);
    const dayScope = { from: figures.day, to: figures.day, ...ofAccount };
    const scope = { ...rangeParameters(look.range), ...ofAccount };
    const sort = holdingsSort.of(order);
    const shownRespect = {
      respect: respectOf(order),
      href: (respect: Respect) =>
        `${href({ ...holdingsSort.parameters(sort), ...inAddress(respect) })}#allocation`,
    };
    return {
      ...overviewView(figures, look.range, shownRespect, format),
      dayScope,
      unpriced: figures.tickers
        .filter(({ is_priced, quantity }) => !is_priced && Number(quantity) !== 0)
        .map(({ ticker }) => ticker),
      holdings: holdingsTable(figures, { scope, dayScope, columns, href, sort }, format),
      columnChoices: columnChoices(columns),
    };
  },
};

/** One, several or none: a browser sends a box that is not ticked as nothing. */
const columnsForm = z.object({ columns: z.union([z.string(), z.array(z.string())]).catch([]) });

export function portfolioPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/portfolio", tabPage(context, sendPage, overview));
  router.post("/portfolio/columns", async (request, response) => {
    const { userId } = requirePerson(request);
    const wanted = [parseInput(columnsForm, request.body ?? {}).columns].flat();
    await keepColumns(
      context.pool,
      userId,
      holdingsColumns.filter((column) => wanted.includes(column)),
    );
    const { account } = parseInput(accountInAddress, request.body ?? {});
    const order = orderOf(request.body ?? {});
    response.redirect(303, addressOf("/portfolio", { ...lookInAddress(request.body, account), ...order }));
  });
  return router;
}
