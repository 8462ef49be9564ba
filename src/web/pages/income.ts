/** Income: what came in, what may come in the next twelve months, and of how much. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  type IncomeRow,
  incomeGroupings,
  readExpectedIncome,
  readIncome,
  readIncomeMonths,
  readIncomeYears,
  readLastDay,
  readYields,
} from "../../portfolio/index.ts";
import { day, wholeNumber } from "../../values.ts";
import type { WebContext } from "../context.ts";
import {
  columnsOf,
  expectedView,
  knownOf,
  receivedChart,
  totalOf,
  yearTable,
  yieldsView,
} from "../figures/income.ts";
import type { Format } from "../format.ts";
import { defineMessage, t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import { parseInput } from "../route.ts";
import type { Account } from "./entry-form.ts";
import { nameIn, readSubject, type Subject, switcher, tabsBeside } from "./money-subject.ts";
import { environmentOf, type SendPage } from "./page.ts";
import { accountParameter } from "./portfolio-tabs.ts";
import { currenciesOf, describeUnbooked, unbookedPages } from "./unbooked.ts";

const incomeQuery = z.object({
  by: z.enum(incomeGroupings).catch("month"),
  from: day.optional().catch(undefined),
  to: day.optional().catch(undefined),
  year: wholeNumber(1900, 2199).optional().catch(undefined),
});

type IncomeQuery = z.infer<typeof incomeQuery>;

const groupLabels = {
  month: defineMessage("Month"),
  year: defineMessage("Year"),
  ticker: defineMessage("Ticker"),
  account: defineMessage("Account"),
} as const;

const groupingLabels = {
  month: defineMessage("By month"),
  year: defineMessage("By year"),
  ticker: defineMessage("By ticker"),
  account: defineMessage("By account"),
} as const;

export function incomePages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/income", (request, response) => sendIncome(context, sendPage, request, response));
  router.use(unbookedPages(context));
  return router;
}

async function sendIncome(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
): Promise<void> {
  const subject = await readSubject(context, request);
  const { userId, account, accounts, base } = subject;
  const asked = parseInput(incomeQuery, request.query);
  const { by, from, to, year } = asked;
  const { tabs, alongside, address } = tabsBeside("/income", request.query, account);
  const { format } = environmentOf(context, request, { base, all: [base] });
  const years = await readIncomeYears(context.pool, userId, { account });
  const chosen = year ?? years[0];
  const unbooked = await describeUnbooked(context, userId, { account, accounts, query: request.query });
  sendPage(request, response, {
    view: "income",
    title: t("Income"),
    scripts: ["explain.js"],
    currencies: { base, all: currenciesOf(base, unbooked) },
    data: {
      tabs,
      alongside,
      by,
      unbooked,
      scope: accountParameter(account),
      groupings: incomeGroupings
        .filter((grouping) => grouping !== "account" || accounts.length > 1)
        .map((grouping) => ({
          label: t(groupingLabels[grouping]),
          href: address({ by: grouping, from, to, year }),
          isCurrent: grouping === by,
        })),
      amountsIn: format.amountsIn,
      received: await readReceived(context, subject, asked, format),
      isFiltered: from !== undefined || to !== undefined,
      wholeTime: address({ by, year }),
      filter: { from, to, year },
      today: context.clock().toISOString().slice(0, 10),
      ...(await readOutlook(context, subject, format)),
      years: [...new Set([...years, ...(chosen === undefined ? [] : [chosen])])]
        .toSorted((a, b) => b - a)
        .map((one) => ({
          year: one,
          href: `${address({ by, from, to, year: one })}#year`,
          isCurrent: one === chosen,
        })),
      chosen,
      ofYear:
        chosen === undefined
          ? null
          : yearTable(
              chosen,
              await readIncomeMonths(context.pool, userId, { year: chosen, account }),
              format,
            ),
      accounts: switcher(subject),
    },
  });
}

/** The rows of the table, and the bars beside it. */
async function readReceived(
  context: WebContext,
  { userId, account, accounts }: Subject,
  { by, from, to }: IncomeQuery,
  format: Format,
) {
  const rows = await readIncome(context.pool, userId, { by, from, to, account });
  const isByTime = by === "month" || by === "year";
  return {
    groupLabel: t(groupLabels[by]),
    rows: (isByTime ? rows.toReversed() : rows).map((row) => ({
      ...knownOf(row),
      isRated: row.is_rated,
      label: labelOf(row, by, accounts, format),
      ticker: by === "ticker" ? row.ticker : null,
    })),
    total: knownOf(totalOf(rows)),
    ...columnsOf(rows),
    chart: receivedChart(by, rows, format),
  };
}

function labelOf(
  { month, year, ticker, account_id }: IncomeRow,
  by: IncomeQuery["by"],
  accounts: readonly Account[],
  format: Format,
): string {
  if (by === "month") return format.month(month!);
  if (by === "year") return String(year);
  if (by === "account") return nameIn(accounts, account_id);
  return ticker === null ? t("Interest") : shownTicker(ticker);
}

/** The twelve months before the last day, those after it, and yields. */
async function readOutlook(context: WebContext, { userId, account }: Subject, format: Format) {
  const last = await readLastDay(context.pool);
  const { last_day: to, year_from: from } = last;
  const lastYear = await readIncome(context.pool, userId, { by: "year", from, to, account });
  const expected = await readExpectedIncome(context.pool, userId, { account });
  return {
    last,
    lastYear: knownOf(totalOf(lastYear)),
    expected: expectedView(expected, last, format),
    yields: yieldsView(await readYields(context.pool, userId, { account })),
  };
}
