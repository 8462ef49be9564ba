/** One ticker, as one person holds it: prices, trades, position, key figures, and how good the data is. */
import { Router } from "express";
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import { classLabel, type ListPage, readTicker, tickerRangeNames } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { parseInput } from "../route.ts";
import { positionCharts, priceChart } from "../ticker/charts.ts";
import { describeQuality } from "../ticker/quality.ts";
import { environmentOf, type SendPage } from "./page.ts";

const parameters = z.object({ ticker: z.string().trim().toUpperCase().min(1).max(20) });
const page = z.coerce.number().int().min(1).max(1_000_000).catch(1);
const query = z.object({
  range: z.enum(tickerRangeNames).catch("Held"),
  trades: page,
  lots: page,
  sales: page,
});

type Address = z.output<typeof query>;

export class TickerNotHeldError extends NotFoundError {
  constructor(ticker: string) {
    super(`position of yours in ${ticker}; the portfolio lists what you hold or ever held`);
  }
}

export function tickerPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/tickers/:ticker", async (request, response) => {
    const { userId } = requirePerson(request);
    const asked = parameters.safeParse(request.params);
    if (!asked.success) throw new TickerNotHeldError(request.params.ticker);
    const { ticker } = asked.data;
    const address = parseInput(query, request.query);
    const { format } = environmentOf(context, request);
    const data = await personTransaction(context.pool, userId, (client) =>
      readTicker(client, userId, ticker, address.range, address),
    );
    if (!data) throw new TickerNotHeldError(ticker);
    sendPage(request, response, {
      view: "ticker",
      title: ticker,
      scripts: ["chart.js", "explain.js"],
      data: tickerData(data, address, format),
    });
  });
  return router;
}

type TickerData = NonNullable<Awaited<ReturnType<typeof readTicker>>>;

/** Links of a list to its other pages; the other lists stay where they are. */
function pager(
  ticker: string,
  address: Address,
  list: "trades" | "lots" | "sales",
  { page, pages }: ListPage<object>,
) {
  const href = (to: number): string => {
    const given = Object.entries({ ...address, [list]: to }).filter(
      ([name, value]) => value !== (name === "range" ? "Held" : 1),
    );
    const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    return `/tickers/${ticker}${search.size > 0 ? `?${search}` : ""}#${list}-heading`;
  };
  return {
    label: `Pages of ${list}`,
    page,
    pages,
    hasPages: pages > 1,
    previous: page > 1 ? href(page - 1) : null,
    next: page < pages ? href(page + 1) : null,
  };
}

function tickerData(data: TickerData, address: Address, format: Parameters<typeof priceChart>[1]) {
  const { description, kpis, prices, days, trades, lots, sales, actions } = data;
  const listed = new Set(trades.rows.map(({ transaction_id }) => transaction_id));
  const { notes, fetching } = describeQuality(data, format);
  return {
    ticker: data.ticker,
    description,
    facts: [
      description.asset_class && classLabel(description.asset_class),
      description.exchange,
      description.sector,
      description.industry,
    ].filter((fact) => fact !== null),
    notes,
    fetching,
    hasPrices: description.first_price_date !== null,
    kpis,
    pricesAsOf: description.last_price_date ?? kpis?.as_of ?? null,
    isClosed: kpis !== null && Number(kpis.quantity) === 0,
    ranges: tickerRangeNames.map((name) => ({ name, isCurrent: name === address.range })),
    priceChart: prices.length > 0 ? priceChart(data, format) : null,
    positionCharts: days.length > 0 ? positionCharts(days, format) : null,
    isFifo: data.cost_basis_method === "fifo",
    lots: lots.rows.map((lot) => ({
      ...lot,
      isPurchaseListed: listed.has(lot.transaction_id),
      isSaleListed: lot.sale_id !== null && listed.has(lot.sale_id),
    })),
    lotPages: pager(data.ticker, address, "lots", lots),
    sales: sales.rows,
    salePages: pager(data.ticker, address, "sales", sales),
    trades: trades.rows,
    tradeCount: trades.matches,
    tradePages: pager(data.ticker, address, "trades", trades),
    actions: actions.map((action) => ({ ...action, isSplit: action.action_type === "split" })).toReversed(),
  };
}
