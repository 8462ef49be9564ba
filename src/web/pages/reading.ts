/** The pages that one person may read of another: see ../reading.ts. */
import { Router } from "express";
import { requirePerson, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { readForAnother } from "../reading.ts";
import { explainPages } from "./explain.ts";
import { incomePages } from "./income.ts";
import type { SendPage } from "./page.ts";
import { performancePages } from "./performance.ts";
import { portfolioPages } from "./portfolio.ts";
import { riskPages } from "./risk.ts";
import { taxPages } from "./tax.ts";
import { tickerPages } from "./ticker.ts";

export function readingPages(context: WebContext, sendPage: SendPage): Router {
  const pages = Router();
  pages.get("/events", (request, response) => {
    const { userId, role, credentialId } = requirePerson(request);
    const { reader, grantId, expiresAt } = request.reading!;
    const reading = { readerId: reader.userId, grantId, expiresAt };
    const subscriber = { userId, role, credentialId, reading };
    return context.events.open(subscriber, response, request.get("Last-Event-ID"));
  });
  pages.use(portfolioPages(context, sendPage));
  pages.use(performancePages(context, sendPage));
  pages.use(riskPages(context, sendPage));
  pages.use(incomePages(context, sendPage));
  pages.use(taxPages(context, sendPage));
  pages.use(tickerPages(context, sendPage));
  pages.use(explainPages(context, sendPage));
  // Not on to the pages outside, which do not know of it.
  pages.use((request) => {
    throw new NotFoundError("page", request.path);
  });
  const router = Router();
  router.use("/reading/:grant_id", readForAnother, pages);
  return router;
}
