/** How much the portfolio moved in a range, and what of it was a loss. */
import { Router } from "express";
import { readRiskFigures } from "../../portfolio/index.ts";
import type { WebContext } from "../context.ts";
import { riskView } from "../figures/risk.ts";
import type { SendPage } from "./page.ts";
import { type Tab, tabPage } from "./portfolio-tab.ts";

const risk: Tab = {
  path: "/portfolio/risk",
  view: "risk",
  title: "Risk",
  scripts: ["explain.js"],
  make: async (pool, { figures, format }) => riskView(await readRiskFigures(pool, figures), format),
};

export function riskPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get(risk.path, tabPage(context, sendPage, risk));
  return router;
}
