/** Tickers that a person watches without owning them. */
import { z } from "zod";
import { gold_price_changes } from "../../../assets/gold.ts";
import type { RowOf } from "../../engine/index.ts";
import { marketTicker } from "../../ledger/index.ts";
import { characters, instant, rowSchema } from "../../values.ts";
import { listWatched, unwatch, watch } from "../../watchlist/index.ts";
import { type Route, route } from "../route.ts";

type Prices = Omit<RowOf<typeof gold_price_changes>, "ticker" | "currency">;

const watched = z.object({
  ticker: z.string(),
  name: z.string(),
  asset_class: z.string(),
  currency: z.string().describe("ISO code of what its prices are in"),
  added_at: instant,
  problem: z.string().nullable().describe("Why no more of its prices are fetched; null: they are"),
  is_held: z.boolean(),
  prices: rowSchema(gold_price_changes, "ticker", "currency").nullable().describe("null: there is none yet"),
});

export const watchlistRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/watchlist",
    summary: "What you watch, by ticker, with what its price did; nobody else sees it",
    access: "person",
    status: 200,
    answer: z.object({ watched: z.array(watched) }),
    errors: ["models_unavailable"],
    handle: async ({ context, person }) => ({
      watched: (await listWatched(context, person.userId)).map(
        ({
          closes,
          is_traded,
          ticker,
          name,
          asset_class,
          currency,
          added_at,
          problem,
          is_held,
          ...prices
        }) => ({
          ...{ ticker, name, asset_class, currency, added_at, problem, is_held },
          // They are there together, or none is.
          prices: prices.price_date === null ? null : (prices as Prices),
        }),
      ),
    }),
  }),
  route({
    method: "post",
    path: "/api/watchlist",
    summary:
      "Watch a ticker: its whole history is fetched first, as before a trade, which may take some seconds",
    access: "person",
    body: z.strictObject({ ticker: marketTicker }),
    status: 201,
    answer: z.object({ ticker: z.string().describe("As it is quoted now, where its symbol has changed") }),
    errors: [
      "unknown_ticker",
      "unsupported_currency",
      "quota_exceeded",
      "too_many_lookups",
      "too_many_new_tickers",
      "market_data_unavailable",
    ],
    handle: async ({ context, person, body }) => ({
      ticker: await watch(context, person.userId, body.ticker),
    }),
  }),
  route({
    method: "delete",
    path: "/api/watchlist/:ticker",
    summary: "Watch it no more",
    access: "person",
    parameters: z.object({ ticker: characters(1, 20) }),
    status: 204,
    errors: ["not_found"],
    handle: async ({ context, person, parameters: { ticker } }) => {
      await unwatch(context.pool, person.userId, ticker);
    },
  }),
];
