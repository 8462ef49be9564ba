/** One ticker, as one person holds it: prices, trades, position, key figures, and how good the data is. */
import { Router } from "express";
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import { isOwnAsset } from "../../market/ticker.ts";
import {
  acrossPublications,
  type CostMethod,
  type Lot,
  type Part,
  readTicker,
  type TickerPages,
  type TickerRangeName,
  tickerRangeNames,
} from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { typeName } from "../entry-words.ts";
import { NotFoundError } from "../errors.ts";
import { classLabel, rangeLabel, sectorLabel } from "../figures/labels.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { positionCharts, priceChart } from "../ticker/charts.ts";
import { describeQuality } from "../ticker/quality.ts";
import { ledgerPath } from "./ledger-table.ts";
import { environmentOf, type SendPage } from "./page.ts";

const parameters = z.object({ ticker: z.string().trim().toUpperCase().min(1).max(20) });
const page = z.coerce.number().int().min(1).max(1_000_000).catch(1);
const query = z.object({
  range: z.enum(tickerRangeNames).catch("Held"),
  account: positiveId.optional().catch(undefined),
  trades: page,
  lots: page,
  sales: page,
});

export class TickerNotHeldError extends NotFoundError {
  constructor(ticker: string) {
    super("heldPosition", ticker);
  }
}

export function tickerPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/tickers/:ticker", async (request, response) => {
    const { userId } = requirePerson(request);
    const asked = parameters.safeParse(request.params);
    if (!asked.success) throw new TickerNotHeldError(request.params.ticker);
    const { ticker } = asked.data;
    const { range, account, ...pages } = parseInput(query, request.query);
    const whose = { userId, account: account ?? null };
    const data = await acrossPublications(() =>
      personTransaction(context.pool, userId, (client) =>
        readTicker(client, context.registry(), whose, ticker, range, pages),
      ),
    );
    if (!data) throw new TickerNotHeldError(ticker);
    const currencies = {
      base: data.currencies.base,
      all: [...data.currencies.all, data.description.currency],
    };
    const { format } = environmentOf(context, request, currencies);
    sendPage(request, response, {
      view: "ticker",
      title: isOwnAsset(ticker) ? data.description.name : ticker,
      scripts: ["chart.js", "explain.js"],
      currencies,
      data: tickerData(data, range, format),
    });
  });
  return router;
}

type TickerData = NonNullable<Awaited<ReturnType<typeof readTicker>>>;

function tickerData(data: TickerData, range: TickerRangeName, format: Parameters<typeof priceChart>[1]) {
  const { ticker, description, kpis, prices, days, trades, lots, sales, actions } = data;
  const { notes, fetching } = describeQuality(data, format);
  const { currency } = description;
  const { nameOf, ...ofAccounts } = accountData(data, range);
  return {
    ...ofAccounts,
    ticker,
    description,
    currency,
    /** Set: its figures are converted into this one. */
    convertedInto: kpis !== null && currency !== format.currency ? format.currency : null,
    /** Amounts begin with a code of letters, and are longer for it. */
    hasCode: format.amountsIn !== null,
    isLeftOut: data.rates.some(({ is_left_out }) => is_left_out),
    isOwn: isOwnAsset(ticker),
    facts: [
      description.asset_class && classLabel(description.asset_class),
      description.exchange,
      description.sector && sectorLabel(description.sector),
      description.industry,
    ].filter((fact) => fact !== null),
    notes,
    fetching,
    hasPrices: description.first_price_date !== null,
    kpis,
    pricesAsOf: description.last_price_date ?? kpis?.as_of ?? null,
    isClosed: kpis !== null && Number(kpis.quantity) === 0,
    lotsNote: lotNotes[data.method] && t(lotNotes[data.method]),
    ranges: tickerRangeNames.map((name) => ({
      name,
      label: rangeLabel(name),
      isCurrent: name === range,
    })),
    priceChart: prices.length > 0 ? priceChart(data, format.in(currency)) : null,
    positionCharts: days.length > 0 ? positionCharts(days, format) : null,
    lots: lots && {
      ...pagerOf(data, range, "lots", lots),
      rows: lots.rows.map((lot) => ({ ...lotRow(data, lot), of: nameOf(lot) })),
    },
    sales: sales && {
      ...pagerOf(data, range, "sales", sales),
      rows: sales.rows.map((sale) => ({ ...sale, of: nameOf(sale) })),
    },
    trades: {
      ...pagerOf(data, range, "trades", trades),
      rows: trades.rows.map((trade) => ({
        ...trade,
        type: typeName(trade.transaction_type),
        currency: trade.currency ?? currency,
        of: nameOf(trade),
      })),
    },
    actions: actions.map((action) => ({ ...action, isSplit: action.action_type === "split" })).toReversed(),
  };
}

const lotNotes: Readonly<Record<CostMethod, Message | "">> = {
  average: "",
  fifo: defineMessage("Oldest first out (FIFO)"),
  lifo: defineMessage("Latest first out (LIFO)"),
  hifo: defineMessage("Dearest first out (HIFO)"),
};

/** What the page says of accounts: to be chosen from where the ticker is in several, and beside rows of all of them. */
function accountData({ ticker, accounts, account }: TickerData, range: TickerRangeName) {
  const shown = accounts.filter(({ account_id }) => account === null || account_id === account);
  const areSeveral = accounts.length > 1;
  return {
    account: account ?? undefined,
    accountName: account === null ? null : shown[0]?.name,
    accounts: areSeveral
      ? accounts.map(({ account_id, name }) => ({ account_id, name, isSelected: account_id === account }))
      : null,
    at: range === "Held" ? {} : { range },
    accountQuery: account === null ? "" : `&account=${account}`,
    isBooked: shown.some(({ books_income }) => books_income),
    /** What its figures are of. */
    scope: { ticker, account: account ?? undefined },
    weightOf:
      account !== null
        ? t("of what the account holds")
        : shown.some(({ tracks_cash }) => tracks_cash)
          ? t("of all holdings")
          : t("of the portfolio"),
    nameOf: ({ account_id }: { readonly account_id: number }): string | null =>
      account === null && areSeveral
        ? (accounts.find((one) => one.account_id === account_id)?.name ?? null)
        : null,
  };
}

/** The ways to the parts beside the one that is shown; the other lists stay at theirs. */
function pagerOf(
  data: TickerData,
  range: TickerRangeName,
  list: keyof TickerPages,
  { page, pages, length }: Part<unknown>,
) {
  const shown = { trades: data.trades.page, lots: data.lots?.page ?? 1, sales: data.sales?.page ?? 1 };
  const href = (number: number): string => {
    const parts = Object.entries({ ...shown, [list]: number }).filter(([, part]) => part > 1);
    const address = new URLSearchParams([
      ["range", range],
      ...(data.account === null ? [] : [["account", String(data.account)] as [string, string]]),
      ...parts.map(([name, part]): [string, string] => [name, String(part)]),
    ]);
    return `/tickers/${encodeURIComponent(data.ticker)}?${address}#${list}-heading`;
  };
  return {
    length,
    page,
    pages,
    hasPages: pages > 1,
    previous: page > 1 ? href(page - 1) : null,
    next: page < pages ? href(page + 1) : null,
  };
}

/** Its trades are on the page, or in the ledger. */
function lotRow({ ticker, account, trades }: TickerData, lot: Lot) {
  const shown = new Set(trades.rows.map(({ transaction_id }) => transaction_id));
  const hrefOf = (id: number, day: string): string =>
    shown.has(id)
      ? `#trade-${id}`
      : ledgerPath({ transaction_id: id, transaction_date: day, ticker }, account);
  return {
    ...lot,
    /** What is no sale says what it is. */
    took:
      lot.sale_type === "TRANSFER_OUT"
        ? t("transferred")
        : lot.sale_type === "RETURN_OF_CAPITAL"
          ? t("capital returned")
          : null,
    boughtHref: hrefOf(lot.transaction_id, lot.bought_date),
    soldHref: lot.sale_id === null ? null : hrefOf(lot.sale_id, lot.sold_date!),
  };
}
