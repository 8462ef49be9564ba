/** Every page, and the static files they use. */
import { join } from "node:path";
import { type RequestHandler, Router } from "express";
import type { WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { createStaticFiles } from "../static-files.ts";
import { createViews } from "../views.ts";
import { assetPages } from "./assets.ts";
import { automationPages } from "./automation.ts";
import { createSendPage, errorPages } from "./page.ts";
import { portfolioPages } from "./portfolio.ts";
import { runPages } from "./runs.ts";
import { sessionPages } from "./session.ts";
import { transactionPages } from "./transactions.ts";

const uiFolder = join(import.meta.dirname, "../../../ui");

/**
 * Answers everything that is not the API; what wants JSON gets its errors from the application. `guards` come before
 * any page and after static files, and what they throw is shown as a page too.
 */
export function pagesRouter(context: WebContext, guards: readonly RequestHandler[]): Router {
  const staticFiles = createStaticFiles(uiFolder);
  const views = createViews(uiFolder, staticFiles);
  const sendPage = createSendPage(context, views);
  const router = Router();
  router.use(staticFiles.router);
  router.use(...guards);
  router.get("/", (_request, response) => response.redirect(303, "/portfolio"));
  router.use(sessionPages(context, sendPage));
  router.use(portfolioPages(context, sendPage));
  router.use(transactionPages(context, sendPage));
  router.use(assetPages(context, sendPage));
  router.use(runPages(context, sendPage));
  router.use(automationPages(context, sendPage));
  router.use((request) => {
    throw new NotFoundError(`page ${request.path}`);
  });
  router.use(errorPages(context, sendPage));
  return router;
}
