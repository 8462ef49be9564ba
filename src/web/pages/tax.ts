/** A tax year: what was sold by lot, what came in and what was withheld, fees and taxes, and what could not be counted. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { readOwnAccount } from "../../accounts/index.ts";
import { listCutLots } from "../../ledger/index.ts";
import {
  readFeesAndTaxes,
  readRealized,
  readTaxIncome,
  readTaxYears,
  readUncounted,
} from "../../portfolio/index.ts";
import { wholeNumber } from "../../values.ts";
import type { WebContext } from "../context.ts";
import { costsView, paymentsView, salesView, uncountedView } from "../figures/tax.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { nameIn, readSubject, switcher, tabsBeside } from "./money-subject.ts";
import type { SendPage } from "./page.ts";

const yearQuery = z.object({ year: wholeNumber(1900, 2199).optional().catch(undefined) });

export function taxPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/realized", (request, response) => sendTax(context, sendPage, request, response));
  return router;
}

async function sendTax(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
): Promise<void> {
  const { pool } = context;
  const subject = await readSubject(context, request);
  const { userId, account, accounts, base } = subject;
  const today = context.clock().toISOString().slice(0, 10);
  const { years, latest, start } = await readTaxYears(pool, userId, today, { account });
  const { tabs, alongside, address } = tabsBeside("/realized", request.query, account);
  const year = parseInput(yearQuery, request.query).year ?? latest.year;
  const asked = { year, account };
  const [{ taxYear, rows: lots }, { rows: payments }, { rows: costs }, { rows: left }, own] =
    await Promise.all([
      readRealized(pool, userId, asked),
      readTaxIncome(pool, userId, asked),
      readFeesAndTaxes(pool, userId, asked),
      readUncounted(pool, userId, asked),
      readOwnAccount(pool, userId),
    ]);
  const nameOf = (id: number): string => nameIn(accounts, id);
  const used = [...lots, ...payments, ...costs, ...left].flatMap(({ currency }) => currency ?? []);
  const csv = (section: string): string =>
    `/api/tax/${section}?year=${year}${account === undefined ? "" : `&account=${account}`}&format=csv`;
  sendPage(request, response, {
    view: "tax",
    title: t("Tax"),
    currencies: { base, all: [...new Set([base, ...used])] },
    data: {
      tabs,
      alongside,
      taxYear,
      isCalendarYear: start === "01-01",
      isRunning: today >= taxYear.from && today <= taxYear.to,
      years: [...new Map([taxYear, ...years].map((one) => [one.year, one])).values()]
        .toSorted((a, b) => b.year - a.year)
        .map((one) => ({ ...one, href: address({ year: one.year }), isCurrent: one.year === year })),
      cut: await listCutLots(context, userId),
      sales: salesView(lots, base, nameOf),
      income: paymentsView(payments, base, nameOf),
      costs: costsView(costs, base, nameOf),
      uncounted: uncountedView(left, taxYear.from),
      isAverage: own.cost_basis_method === "average",
      base,
      csv: { sales: csv("realized"), income: csv("income"), costs: csv("fees") },
      accounts: switcher(subject),
      accountName: account === undefined ? null : nameOf(account),
      areSeveral: accounts.length > 1 && account === undefined,
    },
  });
}
