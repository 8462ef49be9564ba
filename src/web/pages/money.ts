/** Cash, income and realised gains. */
import { Big } from "big.js";
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { readOwnAccount } from "../../accounts/index.ts";
import { listAccounts, listCutLots } from "../../ledger/index.ts";
import {
  type IncomeRow,
  incomeGroupings,
  readCash,
  readExpectedIncome,
  readIncome,
  readRealized,
  readTaxYears,
} from "../../portfolio/index.ts";
import { day, wholeNumber } from "../../values.ts";
import { requirePerson, type WebContext } from "../context.ts";
import type { Currencies } from "../format.ts";
import { shownTicker } from "../own-names.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import type { Account } from "./entry-form.ts";
import { environmentOf, type SendPage } from "./page.ts";
import { lookInAddress, portfolioTabs, type TabAddress } from "./portfolio-tabs.ts";
import { currenciesOf, describeUnbooked, unbookedPages } from "./unbooked.ts";

/** An account that an address names, where the person has it; where not, all together are shown. */
const accountInAddress = z.object({ account: positiveId.optional().catch(undefined) });

/** The tabs beside this one, and what a form of the page sends along of what they look at: all but the account, which it names. */
function tabsBeside(path: TabAddress, query: unknown, account: number | undefined) {
  const { range, benchmark } = lookInAddress(query, undefined);
  return {
    tabs: portfolioTabs(path, lookInAddress(query, account)),
    alongside: { ...(range !== undefined && { range }), ...(benchmark !== undefined && { benchmark }) },
  };
}

interface Subject {
  readonly userId: number;
  /** undefined: all together. */
  readonly account: number | undefined;
  readonly accounts: readonly Account[];
  readonly base: string;
}

async function readSubject(context: WebContext, request: Request): Promise<Subject> {
  const { userId } = requirePerson(request);
  const accounts = await listAccounts(context, userId);
  const { base_currency: base } = await readOwnAccount(context.pool, userId);
  const asked = parseInput(accountInAddress, request.query).account;
  const account = accounts.find(({ account_id }) => account_id === asked)?.account_id;
  return { userId, account, accounts, base };
}

/** To be chosen from where there are several. */
const switcher = ({ accounts, account }: Subject) =>
  accounts.length < 2
    ? null
    : accounts.map(({ account_id, name }) => ({ account_id, name, isSelected: account_id === account }));

const nameIn = (accounts: readonly Account[], id: number | null): string =>
  accounts.find(({ account_id }) => account_id === id)?.name ?? "";

/** Exactly. */
const sumOf = (values: readonly string[]): string =>
  values.reduce((sum, value) => sum.plus(value), new Big(0)).toFixed();

export function moneyPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/cash", (request, response) => sendCash(context, sendPage, request, response));
  router.get("/income", (request, response) => sendIncome(context, sendPage, request, response));
  router.get("/realized", (request, response) => sendRealized(context, sendPage, request, response));
  router.use(unbookedPages(context));
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
    title: "Cash",
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

const incomeQuery = z.object({
  by: z.enum(incomeGroupings).catch("month"),
  from: day.optional().catch(undefined),
  to: day.optional().catch(undefined),
});

const groupLabels = { month: "Month", ticker: "Ticker", account: "Account" } as const;

async function sendIncome(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
): Promise<void> {
  const subject = await readSubject(context, request);
  const { userId, account, accounts, base } = subject;
  const { by, from, to } = parseInput(incomeQuery, request.query);
  const { alongside, ...beside } = tabsBeside("/income", request.query, account);
  const { format } = environmentOf(context, request, { base, all: [base] });
  const received = await readIncome(context.pool, userId, { by, from, to, account });
  const expected = await readExpectedIncome(context.pool, userId, account);
  const label = ({ month, ticker, account_id }: IncomeRow): string =>
    by === "month"
      ? format.month(month!)
      : by === "ticker"
        ? shownTicker(ticker ?? "Interest")
        : nameIn(accounts, account_id);
  const query = (grouping: string): string =>
    `/income?${new URLSearchParams(
      Object.entries({ by: grouping, from, to, ...alongside, account }).flatMap(
        ([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]),
      ),
    )}`;
  const months = Map.groupBy(expected, ({ month }) => month);
  const unbooked = await describeUnbooked(context, userId, { account, accounts, query: request.query });
  const rows = by === "month" ? received.toReversed() : received;
  sendPage(request, response, {
    view: "income",
    title: "Income",
    currencies: { base, all: currenciesOf(base, unbooked) },
    data: {
      ...beside,
      alongside,
      by,
      unbooked,
      groupLabel: groupLabels[by],
      groupings: incomeGroupings
        .filter((grouping) => grouping !== "account" || accounts.length > 1)
        .map((grouping) => ({ label: `By ${grouping}`, href: query(grouping), isCurrent: grouping === by })),
      rows: rows.map((row) => ({ ...row, label: label(row), link: by === "ticker" ? row.ticker : null })),
      total: {
        gross: sumOf(received.map(({ gross }) => gross)),
        tax: sumOf(received.map(({ tax }) => tax)),
        net: sumOf(received.map(({ net }) => net)),
      },
      hasTax: received.some(({ tax, gross, net }) => Number(tax) !== 0 || gross !== net),
      isFiltered: from !== undefined || to !== undefined,
      filter: { from, to, account },
      today: context.clock().toISOString().slice(0, 10),
      expected: [...months].map(([month, parts]) => ({
        month,
        label: format.month(month),
        gross: sumOf(parts.map(({ gross }) => gross)),
        tickers: parts.map(({ ticker }) => shownTicker(ticker)),
      })),
      expectedTotal: sumOf(expected.map(({ gross }) => gross)),
      accounts: switcher(subject),
    },
  });
}

const yearQuery = z.object({ year: wholeNumber(1900, 2199).optional().catch(undefined) });

async function sendRealized(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
): Promise<void> {
  const subject = await readSubject(context, request);
  const { userId, account, accounts, base } = subject;
  const today = context.clock().toISOString().slice(0, 10);
  const { realized, current, start } = await readTaxYears(context.pool, userId, today);
  const year = parseInput(yearQuery, request.query).year ?? (realized[0] ?? current).year;
  const { taxYear, rows: lots } = await readRealized(context.pool, userId, { year, account });
  const years = new Map([taxYear, ...realized].map((one) => [one.year, one]));
  const { cost_basis_method } = await readOwnAccount(context.pool, userId);
  const totalOf = (term: string | null | undefined) => {
    const rows = term === undefined ? lots : lots.filter((lot) => lot.term === term);
    return {
      rows: rows.length,
      cost: sumOf(rows.map(({ cost }) => cost)),
      proceeds: sumOf(rows.map(({ proceeds }) => proceeds)),
      gain: sumOf(rows.map(({ gain }) => gain)),
    };
  };
  sendPage(request, response, {
    view: "realized",
    title: "Realised gains",
    currencies: { base, all: [base] },
    data: {
      ...tabsBeside("/realized", request.query, account),
      taxYear,
      cut: await listCutLots(context, userId),
      isCalendarYear: start === "01-01",
      years: [...years.values()].toSorted((a, b) => b.year - a.year),
      lots: lots.map((lot) => ({ ...lot, account: nameIn(accounts, lot.account_id) })),
      whole: totalOf(undefined),
      short: totalOf("short"),
      long: totalOf("long"),
      hasTerms: cost_basis_method !== "average",
      csv: `/api/tax/realized?year=${year}${account === undefined ? "" : `&account=${account}`}&format=csv`,
      accounts: switcher(subject),
      areSeveral: accounts.length > 1,
    },
  });
}
