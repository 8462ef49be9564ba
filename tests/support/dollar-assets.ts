import type { ClientBase, Pool } from "pg";

/** Describes every ticker that has prices or trades and that nobody has described: a share quoted in US dollars. */
export async function insertDollarAssets(client: ClientBase | Pool): Promise<void> {
  await client.query(
    `insert into bronze.raw_assets (ticker, name, asset_class, quote_unit, currency, exchange_timezone)
     select ticker, ticker, 'stock', 'USD', 'USD', 'America/New_York'
     from (
       select ticker from bronze.raw_prices
       union
       select ticker from bronze.raw_corporate_actions
       union
       select upper(btrim(ticker)) from bronze.transactions
     ) as known
     on conflict do nothing`,
  );
}
