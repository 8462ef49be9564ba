/** "Refresh prices" on the page of the portfolio. */

import { type Request, Router } from "express";
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import { requestNewestPrices } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { defineMessage, t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import type { DataNote } from "./data-notes.ts";
import { accountInAddress, addressOf, lookInAddress } from "./portfolio-tabs.ts";

/** What came of asking, for the page that is shown then. */
const answers = {
  asked: null, // that they are being fetched is noted as long as it is so
  recent: defineMessage(
    "Their newest prices were fetched within the last ten minutes; they can be fetched again after that.",
  ),
  none: defineMessage("None of what you traded is quoted on the market: there is nothing to fetch."),
} as const;

const answerInAddress = z.object({ prices: z.enum(["recent", "none"]).optional().catch(undefined) });

export function newestPricesPages(context: WebContext): Router {
  const router = Router();
  router.post("/portfolio/prices", async (request, response) => {
    const { userId } = requirePerson(request);
    const asked = await personTransaction(context.pool, userId, requestNewestPrices);
    const answer: keyof typeof answers = asked === null ? "none" : asked.is_new ? "asked" : "recent";
    const { account } = parseInput(accountInAddress, request.body ?? {});
    response.redirect(
      303,
      addressOf("/portfolio", { ...lookInAddress(request.body, account), prices: answer }),
    );
  });
  return router;
}

/** None where the page shows it itself. */
export function newestPricesNotes(request: Request): DataNote[] {
  const { prices } = parseInput(answerInAddress, request.query);
  return prices === undefined
    ? []
    : [{ kind: "information", ticker: t("Your tickers"), text: t(answers[prices]), progress: null }];
}
