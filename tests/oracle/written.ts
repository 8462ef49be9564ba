/** Puts what the oracle is told into bronze. */
import type { Pool } from "pg";
import type { KnownRates } from "./currencies.ts";
import type { Ledger } from "./random-ledger.ts";
import type { Security } from "./world.ts";

export interface QuotedSecurity extends Security {
  readonly quoteUnit: string;
}

async function writeSecurity(pool: Pool, security: QuotedSecurity): Promise<void> {
  const { ticker, always, quoteUnit, currency, unitFactor, bars, splits, dividends } = security;
  await pool.query(
    `with asset as (
       insert into raw_assets (ticker, name, asset_class, quote_unit, currency, unit_factor, exchange_timezone)
       values ($1, $1, $2, $3, $4, $5, 'UTC')
     ),
     split as (
       insert into raw_corporate_actions (ticker, action_date, action_type, numerator, denominator, ratio)
       select $1, date, 'split', numerator, denominator, numerator / denominator
       from jsonb_to_recordset($6) as split (date date, numerator numeric, denominator numeric)
     ),
     dividend as (
       insert into raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
       select $1, date, 'dividend', "cashPerShare"
       from jsonb_to_recordset($7) as dividend (date date, "cashPerShare" numeric)
     )
     insert into raw_prices (ticker, price_date, close, adj_close)
     select $1, date, close, close
     from jsonb_to_recordset($8) as bar (date date, close numeric)`,
    [
      ticker,
      always ? "crypto" : "stock",
      quoteUnit,
      currency,
      unitFactor,
      JSON.stringify(splits),
      JSON.stringify(dividends),
      JSON.stringify(bars),
    ],
  );
}

/** `annualRate`: the risk-free one, in per cent. */
export async function writeMarket(
  pool: Pool,
  securities: readonly QuotedSecurity[],
  knownRates: KnownRates,
  annualRate: number,
): Promise<void> {
  for (const security of securities) await writeSecurity(pool, security);
  await pool.query(
    `insert into raw_fx_rates (currency, rate_date, usd_per_unit, source)
     select currency, (rate->>'date')::date, (rate->>'dollars')::numeric, 'file'
     from jsonb_each($1) as known (currency, rates)
     cross join jsonb_array_elements(rates) as rate`,
    [JSON.stringify(knownRates)],
  );
  await pool.query(
    `insert into raw_fred (series_id, observation_date, value, realtime_start) values ('DTB3', '2022-01-03', $1, '2022-01-04')`,
    [annualRate],
  );
}

/** Ledger i is person i + 1's. Returns whose n-th account an account_id is. */
export async function writeLedgers(
  pool: Pool,
  ledgers: readonly Ledger[],
): Promise<ReadonlyMap<unknown, number>> {
  await pool.query(
    `insert into users (user_id, email, password_hash, cost_basis_method, base_currency)
     select person, person || '@example.org', 'x', method, base
     from jsonb_to_recordset($1) as row (person bigint, method text, base text)`,
    [JSON.stringify(ledgers.map(({ method, base }, index) => ({ person: index + 1, method, base })))],
  );
  const accounts = ledgers.flatMap(({ accounts }, index) =>
    accounts.map((account, place) => ({ ...account, place, person: index + 1 })),
  );
  await pool.query(
    `insert into accounts (user_id, name)
     select person, place from jsonb_to_recordset($1) as row (person bigint, place text)
     where place <> '0'`,
    [JSON.stringify(accounts)],
  );
  const { rows } = await pool.query<{ account_id: number; place: number }>(
    `update accounts
     set tracks_cash = row."tracksCash", income = case when row."booksIncome" then 'ledger' else 'market' end
     from jsonb_to_recordset($1) as row (person bigint, place text, "tracksCash" boolean, "booksIncome" boolean)
     where user_id = person and (name = place or is_default and place = '0')
     returning account_id, place::integer as place`,
    [JSON.stringify(accounts)],
  );
  await pool.query(
    `insert into transactions (
       transaction_id, user_id, account_id, transaction_type, ticker, quantity, price, amount, fee, tax, currency, fx_rate, fx_currency,
       numerator, denominator, acquired_on, lots, market_value, transfer_id, group_id, transaction_date
     )
     select row.id, person, a.account_id, type, ticker, quantity, price, amount, coalesce(fee, 0), coalesce(tax, 0), row.currency,
       "fxRate", "fxCurrency", numerator, denominator, "acquiredOn", lots, "marketValue", pair.id, pair.id, date
     from jsonb_to_recordset($1) as row (
       id bigint, person bigint, account text, type text, ticker text, quantity numeric, price numeric, amount numeric, fee numeric, tax numeric,
       currency text, "fxRate" numeric, "fxCurrency" text, numerator numeric, denominator numeric, "acquiredOn" date, lots jsonb,
       "marketValue" numeric, pair integer, date date
     )
     join accounts as a on a.user_id = person and (a.name = account or a.is_default and account = '0')
     cross join lateral (select ('00000000-0000-4000-8000-' || lpad(row.pair::text, 12, '0'))::uuid as id) as pair`,
    [
      JSON.stringify(
        ledgers.flatMap(({ rows }, index) => rows.map((row) => ({ ...row, person: index + 1 }))),
      ),
    ],
  );
  return new Map(rows.map(({ account_id, place }) => [account_id, place]));
}
