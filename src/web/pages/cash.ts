/** What lies in accounts as cash. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { readCash } from "../../portfolio/index.ts";
import { day } from "../../values.ts";
import type { WebContext } from "../context.ts";
import { sumOf } from "../figures/sums.ts";
import type { Currencies } from "../format.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { nameIn, readSubject, switcher } from "./money-subject.ts";
import type { SendPage } from "./page.ts";

export function cashPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/cash", (request, response) => sendCash(context, sendPage, request, response));
  return router;
}

async function sendCash(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
): Promise<void> {
  const subject = await readSubject(context, request);
  const { userId, account, accounts, base } = subject;
  const { date } = parseInput(z.object({ date: day.optional().catch(undefined) }), request.query);
  const rows = await readCash(context.pool, userId, { date, account });
  const currencies: Currencies = { base, all: [...new Set([base, ...rows.map(({ currency }) => currency)])] };
  sendPage(request, response, {
    view: "cash",
    title: t("Cash"),
    currencies,
    data: {
      rows: rows.map((row) => ({
        ...row,
        account: nameIn(accounts, row.account_id),
        isForeign: row.currency !== row.base_currency,
        isOwed: row.balance.startsWith("-"),
      })),
      hasForeign: rows.some(({ currency, base_currency }) => currency !== base_currency),
      total: rows.length > 1 ? sumOf(rows.map(({ market_value }) => market_value)) : null,
      date: rows[0]?.cash_date ?? date,
      today: context.clock().toISOString().slice(0, 10),
      asked: date,
      accounts: switcher(subject),
      areSeveral: accounts.length > 1,
      keepers: accounts.filter(({ tracks_cash }) => tracks_cash),
    },
  });
}
