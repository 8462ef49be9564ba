/** Portfolio Analytics: value, change in money, change in percent, and what is behind them, over a range of days. */
import { type Request, Router } from "express";
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import { hasTransactions } from "../../ledger/index.ts";
import {
  type AccountName,
  acrossPublications,
  type BenchmarkChoice,
  type Choice,
  choiceParameters,
  Recent,
  rangeNames,
  rangeParameters,
  readAccountNames,
  readBenchmarkChoices,
  readChoice,
  readFigures,
  readSpan,
  type Span,
} from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { parseSort, type Sort, sortParameters, tickerTable } from "../figures/ticker-table.ts";
import { figuresView } from "../figures/view.ts";
import { currenciesOf, type Format } from "../format.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { isOwnNavigation } from "../security.ts";
import { readDataNotes } from "./data-notes.ts";
import { newestPricesNotes } from "./newest-prices.ts";
import { environmentOf, type SendPage } from "./page.ts";

/** Of 400 kB each for ten years of 20 tickers, markup included. */
const rangesKept = 50;

interface Shown {
  readonly view: ReturnType<typeof figuresView>;
  readonly tickerTable: ReturnType<typeof tickerTable>;
  readonly benchmarks: ReturnType<typeof benchmarkPicker>;
}

export function portfolioPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  const recent = new Recent<Shown>(rangesKept);
  router.get("/portfolio", async (request, response) => {
    const { choice, isFromMemory, typed } = await readChoice(
      context.pool,
      requirePerson(request).userId,
      request.query,
      isLook(context, request),
    );
    const { account } = parseInput(accountInAddress, request.query);
    if (isFromMemory)
      return response.redirect(
        303,
        address({
          ...choiceParameters(choice),
          ...accountParameter(account),
          ...sortParameters(parseSort(request.query)),
        }),
      );
    const data = await acrossPublications(() =>
      portfolioData(context, recent, request, { ...choice, account }),
    );
    sendPage(request, response, {
      view: "portfolio",
      title: "Portfolio",
      scripts: ["chart.js", "explain.js", "sort.js"],
      currencies: "span" in data ? currenciesOf(data.span) : undefined,
      data: { typed, ...data },
    });
  });
  return router;
}

/**
 * Somebody looks at the page. An open page that renews itself chooses nothing, or two tabs would overwrite each other's
 * choice for ever; nor does a HEAD, nor a browser that fetches what might be clicked next, nor another site's link.
 */
function isLook(context: WebContext, request: Request): boolean {
  return (
    request.method === "GET" &&
    isOwnNavigation(context, request) &&
    request.get("X-Fragment") === undefined &&
    !request.get("Sec-Purpose")?.includes("prefetch")
  );
}

const accountInAddress = z.object({ account: positiveId.optional().catch(undefined) });

/** What is looked at, of which the account alone is not remembered: tomorrow everything is shown again. */
interface Look extends Choice {
  /** undefined: all together. */
  readonly account: number | undefined;
}

const accountParameter = (account: number | undefined): Record<string, string> =>
  account === undefined ? {} : { account: String(account) };

const lookParameters = (look: Look): Record<string, string> => ({
  ...choiceParameters(look),
  ...accountParameter(look.account),
});

const address = (parameters: Record<string, string>): string =>
  `/portfolio?${new URLSearchParams(parameters)}`;

async function portfolioData(context: WebContext, recent: Recent<Shown>, request: Request, asked: Look) {
  const { userId } = requirePerson(request);
  const standing = await personTransaction(context.pool, userId, async (client) => {
    const data = await readDataNotes(client, userId, environmentOf(context, request).format);
    const accounts = await readAccountNames(client, userId);
    const account = accounts.find(({ account_id }) => account_id === asked.account)?.account_id;
    const span = await readSpan(client, context.registry(), userId, asked.range, account ?? null);
    const hasTrades = span !== null || (await hasTransactions(client, userId));
    return { ...data, accounts, account, hasTrades, span };
  });
  const { fetching, accounts, account, hasTrades, span } = standing;
  const notes = { ...standing.notes, shown: [...newestPricesNotes(request), ...standing.notes.shown] };
  const look: Look = { ...asked, account };
  const ofAccounts = accountPicker(accounts, look);
  if (!span)
    return {
      ...ofAccounts,
      notes,
      fetching: hasTrades && account === undefined,
      isEmpty: !hasTrades,
      isAccountEmpty: hasTrades && account !== undefined,
    };
  const shared = {
    ...ofAccounts,
    notes,
    fetching,
    span,
    hasRange: !span.is_outside,
    ...picker(look, span),
  };
  if (span.is_outside) return { ...shared, isOutside: true };
  const sort = parseSort(request.query);
  const { format } = environmentOf(context, request, currenciesOf(span));
  const shown = await recent.get(JSON.stringify([userId, span, look, sort, format.locale]), () =>
    makeShown(context, { userId, span, look, sort }, format),
  );
  return {
    ...shared,
    ...shown.view,
    ...shown.benchmarks,
    shown,
    sort: sortParameters(sort),
    tickerTable: shown.tickerTable,
  };
}

interface Wanted {
  readonly userId: number;
  /** Its version is read before the figures: they may be newer than it says, but never older. */
  readonly span: Span;
  readonly look: Look;
  readonly sort: Sort;
}

async function makeShown(
  { pool, registry, benchmarks = [] }: WebContext,
  { userId, span, look, sort }: Wanted,
  format: Format,
): Promise<Shown> {
  const [figures, choices] = await Promise.all([
    readFigures(pool, {
      registry: registry(),
      userId,
      span,
      benchmark: look.benchmark,
      account: look.account,
    }),
    personTransaction(pool, userId, (client) => readBenchmarkChoices(client, userId, benchmarks)),
  ]);
  return {
    view: figuresView(figures, format),
    benchmarks: benchmarkPicker(choices, look),
    tickerTable: tickerTable(
      figures.tickers,
      sort,
      (parameters) => address({ ...lookParameters(look), ...parameters }),
      format,
      Number(figures.performance.cash) !== 0,
    ),
  };
}

/** To be chosen from where there are several. */
function accountPicker(accounts: readonly AccountName[], { account }: Look) {
  const shown = accounts.find(({ account_id }) => account_id === account);
  return {
    accounts:
      accounts.length < 2
        ? null
        : accounts.map(({ account_id, name }) => ({
            account_id,
            name,
            isSelected: account_id === account,
          })),
    account,
    accountName: shown?.name,
    keepsCash: (shown ? [shown] : accounts).some(({ tracks_cash }) => tracks_cash),
  };
}

/** To be chosen at once, and proposed while one is typed. */
function benchmarkPicker(choices: readonly BenchmarkChoice[], look: Look) {
  return {
    benchmarkChoices: choices,
    standardBenchmarks: choices
      .filter(({ isStandard }) => isStandard)
      .map(({ ticker, name }) => ({
        ticker,
        name,
        isCurrent: ticker === look.benchmark,
        href: address(lookParameters({ ...look, benchmark: ticker })),
      })),
  };
}

function picker({ range, benchmark, account }: Look, { start, end }: Span) {
  return {
    ranges: rangeNames.map((name) => ({ name, isCurrent: "name" in range && name === range.name })),
    /** What else an address says that is about other days. */
    otherParameters: [
      benchmark === null ? "" : `&benchmark=${encodeURIComponent(benchmark)}`,
      account === undefined ? "" : `&account=${account}`,
    ].join(""),
    at: rangeParameters(range),
    /** What the figures are of: of the range, and in the account. */
    scope: { ...rangeParameters(range), ...accountParameter(account) },
    chosenBenchmark: benchmark,
    withoutBenchmark: address({ ...rangeParameters(range), ...accountParameter(account), benchmark: "" }),
    start,
    end,
  };
}
