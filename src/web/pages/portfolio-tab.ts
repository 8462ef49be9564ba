/** What the tabs that show a range of days share: what is looked at, and the states in which there is nothing to show. */
import type { Request, Response } from "express";
import type { Pool } from "pg";
import { personReading, together } from "../../database/person.ts";
import { hasTransactions } from "../../ledger/index.ts";
import {
  type AccountName,
  acrossPublications,
  type BenchmarkChoice,
  type Choice,
  choiceParameters,
  type FiguresRequest,
  type HoldingsColumn,
  Recent,
  rangeNames,
  rangeParameters,
  readAccountNames,
  readBenchmarkChoices,
  readChoice,
  readKeptSpan,
  type Span,
} from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { rangeLabel } from "../figures/labels.ts";
import { currenciesOf, type Format } from "../format.ts";
import { currentLanguage, type Message, t } from "../messages/index.ts";
import { readingAddress } from "../reading.ts";
import { parseInput } from "../route.ts";
import { isOwnNavigation } from "../security.ts";
import { readDataNotes } from "./data-notes.ts";
import { newestPricesNotes } from "./newest-prices.ts";
import { environmentOf, type SendPage } from "./page.ts";
import {
  accountInAddress,
  accountParameter,
  addressOf,
  portfolioTabs,
  type TabAddress,
} from "./portfolio-tabs.ts";

/** Of 400 kB each for ten years of 20 tickers, markup included. */
const rangesKept = 50;

/** In an address: all of the tab, however long it takes. */
export const allParameter = "all";

/** What is looked at, of which the account alone is not remembered: tomorrow everything is shown again. */
export interface Look extends Choice {
  /** undefined: all together. */
  readonly account: number | undefined;
}

/** What a tab shows is made of. */
export interface Wanted {
  readonly figures: FiguresRequest;
  readonly look: Look;
  /** Of its table, as the address names it. */
  readonly order: Record<string, string>;
  readonly columns: readonly HoldingsColumn[];
  readonly format: Format;
  /** The tab with these parameters added. */
  readonly href: (parameters: Record<string, string>) => string;
}

interface Made {
  readonly [name: string]: unknown;
  /** What is held and has no price on the last day, if the tab tells. */
  readonly unpriced?: readonly string[];
}

/** A page of the portfolio over a range. */
export interface Tab {
  readonly path: TabAddress;
  readonly view: string;
  readonly title: Message;
  readonly scripts: readonly string[];
  /** What an address says of the order of its table. Absent: it has none that can be sorted. */
  orderOf?(query: unknown): Record<string, string>;
  /** Kept, and rendered once (`{{#kept}}`): what it gives must follow from what is wanted. */
  make(pool: Pool, wanted: Wanted): Promise<Made>;
  /** Less of it, where all takes more than a second; null: it does not. The page asks for the rest itself. */
  makeAtOnce?(pool: Pool, wanted: Wanted): Promise<Made | null>;
}

/** Answers with the tab, or leads to the address of what was looked at the last time. */
export function tabPage(
  context: WebContext,
  sendPage: SendPage,
  tab: Tab,
): (request: Request, response: Response) => Promise<void> {
  const recent = new Recent<Kept>(rangesKept);
  return async (request, response) => {
    const { choice, columns, isFromMemory, typed } = await readChoice(
      context.pool,
      requirePerson(request).userId,
      request.query,
      isLook(context, request),
      request.reading !== undefined,
    );
    const { account } = parseInput(accountInAddress, request.query);
    const asked = {
      look: { ...choice, account },
      order: tab.orderOf?.(request.query) ?? {},
      columns,
    };
    if (isFromMemory) {
      const address = addressOf(tab.path, { ...lookParameters(asked.look), ...asked.order });
      const { reading } = request;
      return response.redirect(303, reading ? readingAddress(reading.grantId, address) : address);
    }
    const data = await acrossPublications(() => tabData(context, recent, request, tab, asked));
    const title = t(tab.title);
    sendPage(request, response, {
      view: tab.view,
      title,
      scripts: tab.scripts,
      currencies: "span" in data ? currenciesOf(data.span) : undefined,
      data: { typed: { ...typed, problem: typed.problem && t(typed.problem) }, heading: title, ...data },
    });
  };
}

/**
 * Somebody looks at the page. An open page that renews itself chooses nothing, or two tabs would overwrite each other's
 * choice for ever; nor does a HEAD, nor a browser that fetches what might be clicked next, nor another site's link.
 */
function isLook(context: WebContext, request: Request): boolean {
  return (
    request.method === "GET" &&
    request.reading === undefined &&
    isOwnNavigation(context, request) &&
    request.get("X-Fragment") === undefined &&
    !request.get("Sec-Purpose")?.includes("prefetch")
  );
}

const lookParameters = (look: Look): Record<string, string> => ({
  ...choiceParameters(look),
  ...accountParameter(look.account),
});

interface Kept {
  readonly shown: Made;
  readonly benchmarks: ReturnType<typeof benchmarkPicker>;
}

type Asked = Pick<Wanted, "look" | "order" | "columns">;

async function tabData(context: WebContext, recent: Recent<Kept>, request: Request, tab: Tab, asked: Asked) {
  const { userId } = requirePerson(request);
  const standing = await readStanding(context, request, asked.look);
  const { fetching, accounts, account, hasTrades, span } = standing;
  const notes = { ...standing.notes, shown: [...newestPricesNotes(request), ...standing.notes.shown] };
  const look: Look = { ...asked.look, account };
  const always = {
    ...accountPicker(accounts, look),
    tabs: portfolioTabs(tab.path, lookParameters(look)),
    performanceHref: addressOf("/portfolio/performance", lookParameters(look)),
    notes,
  };
  if (!span)
    return {
      ...always,
      fetching: hasTrades && account === undefined,
      isEmpty: !hasTrades,
      isAccountEmpty: hasTrades && account !== undefined,
    };
  const shared = { ...always, fetching, span, hasRange: !span.is_outside, ...picker(tab.path, look, span) };
  if (span.is_outside) return { ...shared, isOutside: true };
  const { format } = environmentOf(context, request, currenciesOf(span));
  const { order, columns } = asked;
  const href = (parameters: Record<string, string>) =>
    addressOf(tab.path, { ...lookParameters(look), ...parameters });
  const figures = { registry: context.registry(), userId, span, benchmark: look.benchmark, account };
  // Who reads for another has no buttons, which are kept with the figures that they stand among.
  const isReader = request.reading !== undefined;
  const key = JSON.stringify([
    userId,
    isReader,
    span,
    look,
    order,
    columns,
    format.locale,
    currentLanguage(),
  ]);
  const wanted = { figures, look, order, columns, format, href };
  const { shown, benchmarks, isWhole } = await makeShown(context, recent, { request, tab, key, wanted });
  // Their bars have come, and gold takes them up.
  const isLate = (shown.unpriced ?? []).some((ticker) => (standing.firstBars.get(ticker) ?? "9") <= span.end);
  return {
    ...shared,
    fetching: fetching || isLate || !isWhole,
    isEstimate: standing.missing !== null || isLate,
    ...shown,
    ...benchmarks,
    shown,
    /** What forms send along. */
    inAddress: { ...lookParameters(look), ...order },
    order,
  };
}

/** What changes by itself, whatever is kept of the figures. */
async function readStanding(context: WebContext, request: Request, { range, account: asked }: Look) {
  const { pool } = context;
  const { userId } = requirePerson(request);
  return personReading(pool, userId, async (client) => {
    const spanOf = (account: number | undefined) =>
      readKeptSpan(pool, client, context.registry(), userId, range, account ?? null);
    const [data, accounts, whole] = await together([
      readDataNotes(client, userId, environmentOf(context, request).format),
      readAccountNames(client, userId),
      asked === undefined ? spanOf(asked) : null,
    ]);
    const account = accounts.find(({ account_id }) => account_id === asked)?.account_id;
    const span = asked === undefined ? whole : await spanOf(account);
    const hasTrades = span !== null || (await hasTransactions(client, userId));
    return { ...data, accounts, account, hasTrades, span };
  });
}

interface Making {
  readonly request: Request;
  readonly tab: Tab;
  /** Of what is kept. */
  readonly key: string;
  readonly wanted: Wanted;
}

/**
 * What the tab shows; of what takes long less, unless all of it is asked for: by the page that shows less, or by its link. So whatever
 * takes long has somebody who waits for it, is told when it fails, and ends it by leaving.
 */
async function makeShown(
  context: WebContext,
  recent: Recent<Kept>,
  { request, tab, key, wanted }: Making,
): Promise<Kept & { readonly isWhole: boolean }> {
  const { pool } = context;
  const { figures, look, href } = wanted;
  // One after the other: beside it, they would be on more connections, each of which plans their statements by itself.
  const kept = async (shown: Promise<Made>): Promise<Kept> => ({
    shown: await shown,
    benchmarks: await readBenchmarkPicker(context, figures.userId, look, href),
  });
  const isAsked = request.get("X-Fragment") !== undefined || request.query[allParameter] !== undefined;
  const atOnce = isAsked || recent.has(key) ? null : await tab.makeAtOnce?.(pool, wanted);
  return atOnce
    ? { ...(await kept(Promise.resolve(atOnce))), isWhole: false }
    : { ...(await recent.get(key, () => kept(tab.make(pool, wanted)))), isWhole: true };
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

async function readBenchmarkPicker(
  { pool, benchmarks = [] }: WebContext,
  userId: number,
  look: Look,
  href: Wanted["href"],
) {
  const choices = await personReading(pool, userId, (client) =>
    readBenchmarkChoices(client, userId, benchmarks),
  );
  return benchmarkPicker(choices, look, href);
}

/** To be chosen at once, and proposed while one is typed. */
function benchmarkPicker(choices: readonly BenchmarkChoice[], look: Look, href: Wanted["href"]) {
  return {
    benchmarkChoices: choices,
    standardBenchmarks: choices
      .filter(({ isStandard }) => isStandard)
      .map(({ ticker, name }) => ({
        ticker,
        name,
        isCurrent: ticker === look.benchmark,
        href: href({ benchmark: ticker }),
      })),
  };
}

function picker(path: TabAddress, { range, benchmark, account }: Look, { start, end }: Span) {
  return {
    ranges: rangeNames.map((name) => ({
      name,
      label: rangeLabel(name),
      isCurrent: "name" in range && name === range.name,
    })),
    rangeName: "name" in range ? rangeLabel(range.name) : null,
    /** What else an address says that is about other days. */
    otherParameters: [
      benchmark === null ? "" : `&benchmark=${encodeURIComponent(benchmark)}`,
      account === undefined ? "" : `&account=${account}`,
    ].join(""),
    at: rangeParameters(range),
    /** What the figures are of: of the range, and in the account. */
    scope: { ...rangeParameters(range), ...accountParameter(account) },
    chosenBenchmark: benchmark,
    withoutBenchmark: addressOf(path, {
      ...rangeParameters(range),
      ...accountParameter(account),
      benchmark: "",
    }),
    start,
    end,
  };
}
