import type { Pool } from "pg";
import { type Sensor, sensor } from "../src/engine/index.ts";
import { defineMessage } from "../src/plain.ts";
import {
  accounts,
  market_defects,
  raw_assets,
  raw_corporate_actions,
  raw_fred,
  raw_fx_rates,
  raw_prices,
  split_rulings,
  transactions,
  users,
} from "./bronze.ts";
import { neededCurrencies } from "./ingest/fx-tables.ts";
import { wantedTickers } from "./ingest/wanted-tickers.ts";

/** Asked on every wake-up. */
async function readTickersWithoutPrices(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ ticker: string }>({
    name: "tickers_without_prices",
    text: `${wantedTickers}
      select ticker
      from wanted
      where not exists (select from bronze.raw_prices where raw_prices.ticker = wanted.ticker)
        and not exists (select from bronze.raw_assets where raw_assets.ticker = wanted.ticker and source <> 'yahoo')
      order by ticker`,
  });
  return rows.map(({ ticker }) => ticker);
}

async function readCurrenciesWithoutRates(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ currency: string }>({
    name: "currencies_without_rates",
    text: `${neededCurrencies}
      select currency
      from needed
      where not exists (select from bronze.raw_fx_rates where raw_fx_rates.currency = needed.currency)
      order by currency`,
  });
  return rows.map(({ currency }) => currency);
}

export const sensors: readonly Sensor[] = [
  sensor({
    name: "transaction_sensor",
    description: defineMessage(
      "Refreshes what the changed rows of any source affect, first of all a person's trades; " +
        "fetches the history of tickers that are traded or watched and have no price yet, and of currencies that have no rate yet.",
    ),
    sources: [
      transactions,
      raw_prices,
      raw_corporate_actions,
      raw_assets,
      market_defects,
      split_rulings,
      raw_fx_rates,
      raw_fred,
      users,
      accounts,
    ],
    requests: async (pool) => [
      ...(await readTickersWithoutPrices(pool)).map((ticker) => ({
        selection: raw_prices.name,
        partitions: [ticker],
        requestKey: `backfill:${ticker}`,
        reason: `${ticker} is traded or watched and has no price yet`,
      })),
      ...(await readCurrenciesWithoutRates(pool)).map((currency) => ({
        selection: raw_fx_rates.name,
        partitions: [currency],
        requestKey: `backfill:rates:${currency}`,
        reason: `${currency} is needed and has no rate yet`,
      })),
    ],
  }),
];
