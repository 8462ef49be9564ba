/** One ticker, as one person holds it: prices, trades, position, key figures, and how good the data is. */
import { Router } from "express";
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import { classLabel, readTicker, type TickerRangeName, tickerRangeNames } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { parseInput } from "../route.ts";
import { positionCharts, priceChart } from "../ticker/charts.ts";
import { describeQuality } from "../ticker/quality.ts";
import { environmentOf, type SendPage } from "./page.ts";

const parameters = z.object({ ticker: z.string().trim().toUpperCase().min(1).max(20) });
const query = z.object({ range: z.enum(tickerRangeNames).catch("Held") });

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
    const { range } = parseInput(query, request.query);
    const { format } = environmentOf(context, request);
    const data = await personTransaction(context.pool, userId, (client) =>
      readTicker(client, userId, ticker, range),
    );
    if (!data) throw new TickerNotHeldError(ticker);
    sendPage(request, response, {
      view: "ticker",
      title: ticker,
      scripts: ["chart.js", "explain.js"],
      data: tickerData(data, range, format),
    });
  });
  return router;
}

type TickerData = NonNullable<Awaited<ReturnType<typeof readTicker>>>;

function tickerData(data: TickerData, range: TickerRangeName, format: Parameters<typeof priceChart>[1]) {
  const { description, kpis, prices, days, trades, lots, sales, actions } = data;
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
    ranges: tickerRangeNames.map((name) => ({ name, isCurrent: name === range })),
    priceChart: prices.length > 0 ? priceChart(data, format) : null,
    positionCharts: days.length > 0 ? positionCharts(days, format) : null,
    isFifo: data.cost_basis_method === "fifo",
    openLots: lots.filter(({ sold_date }) => sold_date === null),
    closedLots: lots.filter(({ sold_date }) => sold_date !== null),
    sales,
    trades,
    actions: actions.map((action) => ({ ...action, isSplit: action.action_type === "split" })).toReversed(),
  };
}
