/** Every page, and the static files they use. */
import { join } from "node:path";
import { type RequestHandler, Router } from "express";
import { authenticate } from "../auth.ts";
import { requireOperator, requirePerson, requireScope, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { refuseLargeBody } from "../large-body.ts";
import { createStaticFiles } from "../static-files.ts";
import { createViews } from "../views.ts";
import { accountPages } from "./account.ts";
import { ledgerAccountPages } from "./accounts.ts";
import { assetPage } from "./asset.ts";
import { assetPages } from "./assets.ts";
import { automationPages } from "./automation.ts";
import { cashPages } from "./cash.ts";
import { corporateActionPages } from "./corporate-actions.ts";
import { deletionPages } from "./deletions.ts";
import { entryPages } from "./entry.ts";
import { entryEditPages } from "./entry-edit.ts";
import { explainPages } from "./explain.ts";
import { importPages } from "./import.ts";
import { importBody } from "./import-form.ts";
import { importListPages } from "./imports.ts";
import { incomePages } from "./income.ts";
import { invitationPages } from "./invitations.ts";
import { newestPricesPages } from "./newest-prices.ts";
import { ownAssetPages } from "./own-assets.ts";
import { createRenderEach, createSendPage, errorPages } from "./page.ts";
import { peoplePages } from "./people.ts";
import { performancePages } from "./performance.ts";
import { portfolioPages } from "./portfolio.ts";
import { priceFilePages } from "./price-files.ts";
import { proofPage, resumePending } from "./proof.ts";
import { readingPages } from "./reading.ts";
import { recoveryPages } from "./recovery.ts";
import { riskPages } from "./risk.ts";
import { runPage } from "./run.ts";
import { runPages } from "./runs.ts";
import { securityLogPages } from "./security-log.ts";
import { sessionPages } from "./session.ts";
import { sharedPages } from "./shared.ts";
import { sharingPages } from "./sharing.ts";
import { splitPages } from "./split.ts";
import { targetPages } from "./targets.ts";
import { taxPages } from "./tax.ts";
import { tickerPages } from "./ticker.ts";
import { transactionPages } from "./transactions.ts";
import { watchlistPages } from "./watchlist.ts";

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
  router.use(sharedPages(context, views)); // for whoever holds a link: nobody asks who that is
  // A whole file is read for nobody who is not signed in.
  router.use("/transactions/import", refuseLargeBody, authenticate(context), forPeople, ...importBody);
  router.use("/assets/prices", refuseLargeBody, authenticate(context), forOperators, ...importBody);
  router.use(...guards, refuseApiTokens);
  router.use(readingPages(context, sendPage));
  router.get("/", (_request, response) => response.redirect(303, "/portfolio"));
  router.use(sessionPages(context, sendPage));
  router.use(recoveryPages(context, sendPage));
  router.use(["/account", "/people"], resumePending(context, sendPage));
  router.use(accountPages(context, sendPage));
  router.use(securityLogPages(context, sendPage));
  router.use(sharingPages(context, sendPage));
  router.use(portfolioPages(context, sendPage));
  router.use(newestPricesPages(context));
  router.use(performancePages(context, sendPage));
  router.use(riskPages(context, sendPage));
  router.use(targetPages(context, sendPage));
  router.use(watchlistPages(context, sendPage));
  router.use(transactionPages(context, sendPage));
  router.use(corporateActionPages(context, sendPage));
  router.use(entryPages(context, sendPage));
  router.use(entryEditPages(context, sendPage));
  router.use(deletionPages(context, sendPage));
  router.use(importListPages(context, sendPage));
  router.use(ledgerAccountPages(context, sendPage));
  router.use(ownAssetPages(context, sendPage));
  router.use(cashPages(context, sendPage));
  router.use(incomePages(context, sendPage));
  router.use(taxPages(context, sendPage));
  router.use(importPages(context, sendPage, createRenderEach(context, views)));
  router.use(tickerPages(context, sendPage));
  router.use(splitPages(context, sendPage));
  router.use(explainPages(context, sendPage));
  router.use(priceFilePages(context, sendPage)); // before an asset, which has a name
  router.use(assetPages(context, sendPage));
  router.use(assetPage(context, sendPage));
  router.use(runPages(context, sendPage));
  router.use(runPage(context, sendPage));
  router.use(automationPages(context, sendPage));
  router.use(invitationPages(context, sendPage)); // before a person, who is a number
  router.use(peoplePages(context, sendPage));
  router.use(proofPage(context, sendPage));
  router.use((request) => {
    throw new NotFoundError("page", request.path);
  });
  router.use(errorPages(context, sendPage));
  return router;
}

const forPeople: RequestHandler = (request, _response, next) => {
  requirePerson(request);
  next();
};

const forOperators: RequestHandler = (request, _response, next) => {
  requireOperator(request);
  next();
};

/** Pages and their forms, the account's among them, are people's. Throws InsufficientScopeError (403). */
const refuseApiTokens: RequestHandler = (request, _response, next) => {
  if (request.person) requireScope(request.person, "account");
  next();
};
