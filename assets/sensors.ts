import { type RunRequest, type Sensor, sensor } from "../src/engine/index.ts";
import { raw_assets, raw_corporate_actions, raw_fred, raw_prices, transactions, users } from "./bronze.ts";

export const sensors: readonly Sensor[] = [
  sensor({
    name: "transaction_sensor",
    description:
      "Refreshes what the changed rows of any source affect, first of all a person's trades; " +
      "fetches the history of tickers that have been traded and have no price yet.",
    sources: [transactions, raw_prices, raw_corporate_actions, raw_assets, raw_fred, users],
    requests: async (pool): Promise<RunRequest[]> => {
      const { rows } = await pool.query<{ ticker: string }>(
        `select distinct ticker
         from bronze.transactions
         where not exists (select from bronze.raw_prices where raw_prices.ticker = transactions.ticker)
         order by ticker`,
      );
      return rows.map(({ ticker }) => ({
        selection: raw_prices.name,
        partitions: [ticker],
        requestKey: `backfill:${ticker}`,
        reason: `${ticker} has been traded and has no price yet`,
      }));
    },
  }),
];
