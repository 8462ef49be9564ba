import { z } from "zod";
import { prepareTicker, searchTickers, tradeSubject } from "../../ledger/index.ts";
import { characters } from "../../values.ts";
import { type Route, route } from "../route.ts";

const ticker = z.object({
  ticker: z.string(),
  name: z.string(),
  asset_class: z.string(),
  exchange: z.string().nullable(),
});

export const tickerRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/tickers",
    summary: "Search tickers by symbol or name: those known here first, then what the price source finds",
    access: "person",
    query: z.object({ q: characters(0, 100) }),
    status: 200,
    answer: z.object({
      tickers: z.array(ticker).readonly(),
      is_complete: z
        .boolean()
        .describe("false: the price source does not answer, these are only those known here"),
    }),
    errors: ["too_many_lookups"],
    handle: async ({ context, person, query }) => {
      const { tickers, isComplete } = await searchTickers(context, person.userId, query.q);
      return { tickers, is_complete: isComplete };
    },
  }),
  route({
    method: "post",
    path: "/api/tickers/history",
    summary:
      "Have the prices of a ticker fetched that is to be traded; the draft of a trade tells when they are there",
    access: "person",
    body: tradeSubject.pick({ ticker: true }),
    status: 202,
    answer: z.object({
      ticker: z.string(),
      is_ready: z.boolean().describe("true: its prices are stored, nothing has to be waited for"),
    }),
    errors: [
      "unknown_ticker",
      "unsupported_currency",
      "market_data_unavailable",
      "too_many_lookups",
      "too_many_new_tickers",
    ],
    handle: async ({ context, person, body }) => {
      const { ticker: known, hasPrices } = await prepareTicker(context, person.userId, body.ticker);
      return { ticker: known, is_ready: hasPrices };
    },
  }),
];
