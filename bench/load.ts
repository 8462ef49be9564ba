/** The people, prices and trades that the benches run on. The same on every machine: nothing in it is random. */
import type { Pool } from "pg";
import { fredSeries } from "../assets/ingest/fred.ts";
import { createSyntheticMacroSource } from "../src/demo/macro.ts";

export interface LoadSize {
  readonly users: number;
  readonly tickers: number;
  /** Each person holds as many. */
  readonly positions: number;
  /** Trades of each position, spread over the years. */
  readonly trades: number;
  readonly years: number;
}

export const fullSize: LoadSize = { users: 1000, tickers: 100, positions: 10, trades: 10, years: 5 };
export const smallSize: LoadSize = { users: 20, tickers: 20, positions: 10, trades: 4, years: 1 };

/** Few people with long histories: what one dashboard takes. */
export const dashboardSize: LoadSize = { users: 10, tickers: 40, positions: 20, trades: 12, years: 10 };

/** One person who has traded much, and for long. */
export const personSize: LoadSize = { users: 1, tickers: 50, positions: 50, trades: 100, years: 20 };
export const smallPersonSize: LoadSize = { users: 1, tickers: 10, positions: 10, trades: 20, years: 2 };

/** A rebuild of it takes some seconds: long enough to be killed in. */
export const recoverySize: LoadSize = { users: 100, tickers: 40, positions: 10, trades: 6, years: 3 };

/** The last day of the data, so that a bench does not depend on the day it runs on. */
export const lastDay = "2025-12-31";

/** Loads everything into an empty, migrated database; the changes this causes wait for the first deploy. */
export async function load(
  pool: Pool,
  { users, tickers, positions, trades, years }: LoadSize,
): Promise<void> {
  await pool.query(
    `insert into public.users (user_id, email, password_hash, role)
     select number, 'user' || number || '@example.org', 'x', 'investor'
     from generate_series(1, $1::integer) number`,
    [users],
  );
  await pool.query(
    `insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange, exchange_timezone)
     select 'T' || lpad(number::text, 4, '0'), 'Bench ' || number, 'stock', 'USD', 'NMS', 'America/New_York'
     from generate_series(1, $1::integer) number`,
    [tickers],
  );
  // A hash of (ticker, day) stands in for chance: between -2 % and +2 % around a slow rise.
  await pool.query(
    `insert into bronze.raw_prices (ticker, price_date, open, high, low, close, adj_close, volume)
     select ticker, day, price, price, price, price, price, 1000
     from (
       select
         'T' || lpad(number::text, 4, '0') as ticker,
         day::date as day,
         round((20 + number) * (1 + 0.0003 * (day::date - $2::date + 365 * $3::integer))::numeric
           * (1 + (hashint8(number * 100003 + (day::date - $2::date)) % 200) / 10000.0), 4) as price
       from
         generate_series(1, $1::integer) number,
         generate_series($2::date - 365 * $3::integer, $2::date, '1 day') day
       where extract(isodow from day) < 6
     ) bar`,
    [tickers, lastDay, years],
  );
  await pool.query(
    `insert into bronze.raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
     select 'T' || lpad(number::text, 4, '0'), $2::date - 90 * quarter, 'dividend', 0.1
     from generate_series(1, $1::integer, 3) number, generate_series(0, 4 * $3::integer - 1) quarter`,
    [tickers, lastDay, years],
  );
  await pool.query(
    `insert into bronze.transactions
       (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
     select
       person,
       'T' || lpad((1 + (person * 7 + position * 11) % $2)::text, 4, '0'),
       case when trade % 3 = 2 then 'SELL' else 'BUY' end,
       10 + (person + position + trade) % 5,
       25 + (person + position + trade) % 50,
       1,
       $6::date - 365 * $5::integer + (365 * $5::integer * trade / $4::integer) + (person + position) % 20 + 5
     from
       generate_series(1, $1::integer) person,
       generate_series(1, $3::integer) position,
       generate_series(0, $4::integer - 1) trade`,
    [users, tickers, positions, trades, years, lastDay],
  );
  await pool.query("analyze");
}

/** The demo's economy: regimes and a risk-free rate for every day of the load. */
export async function loadMacro(pool: Pool, clock: () => Date): Promise<void> {
  const source = createSyntheticMacroSource(clock);
  for (const seriesId of fredSeries) {
    const observations = await source.series(seriesId);
    await pool.query(
      `insert into bronze.raw_fred (series_id, observation_date, value)
       select $1, date, value
       from jsonb_to_recordset($2) as observation (date date, value numeric)`,
      [seriesId, JSON.stringify(observations)],
    );
  }
}
