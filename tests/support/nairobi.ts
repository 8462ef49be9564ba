/** Somebody in Nairobi: five holdings in four currencies, one of them quoted in cents, one in pence, figures in shillings. */
import type { Pool } from "pg";

interface Instrument {
  readonly ticker: string;
  readonly name: string;
  readonly assetClass: string;
  readonly exchange: string;
  readonly quoteUnit: string;
  readonly currency: string;
  readonly factor: string;
  /** As quoted, on the first and the last day. */
  readonly closes: readonly [number, number];
  /** Paid in every May, for each share, as quoted. */
  readonly dividend?: string;
}

const instruments: readonly Instrument[] = [
  {
    ticker: "SCOM.XNAI",
    name: "Safari Telecom",
    assetClass: "stock",
    exchange: "Nairobi",
    quoteUnit: "KES",
    currency: "KES",
    factor: "1",
    closes: [24, 18],
    dividend: "0.58",
  },
  {
    ticker: "SPFD",
    name: "Five Hundred Fund",
    assetClass: "etf",
    exchange: "NYSEArca",
    quoteUnit: "USD",
    currency: "USD",
    factor: "1",
    closes: [380, 610],
    dividend: "1.61",
  },
  {
    ticker: "NASP.JO",
    name: "Nasper",
    assetClass: "stock",
    exchange: "Johannesburg",
    quoteUnit: "ZAc",
    currency: "ZAR",
    factor: "0.01",
    closes: [290000, 360050],
  },
  {
    ticker: "SMTT.L",
    name: "Scottish Trust",
    assetClass: "fund",
    exchange: "LSE",
    quoteUnit: "GBp",
    currency: "GBP",
    factor: "0.01",
    closes: [712, 1015.5],
  },
  {
    ticker: "COIN-USD",
    name: "Coin",
    assetClass: "crypto",
    exchange: "CCC",
    quoteUnit: "USD",
    currency: "USD",
    factor: "1",
    closes: [16500, 91000],
  },
];

/** US dollars for one, on the first and the last day. */
const rates = { KES: [0.0081, 0.0077], ZAR: [0.0585, 0.0561], GBP: [1.21, 1.34] } as const;

export const nairobiDays = { first: "2023-01-02", last: "2025-10-31" };

const trades = [
  ["SCOM.XNAI", "BUY", "10000", "23.5", "120", "2023-02-06"],
  ["SPFD", "BUY", "12", "400.25", "1", "2023-02-06"],
  ["NASP.JO", "BUY", "8", "3050", "60", "2023-06-12"],
  ["SMTT.L", "BUY", "150", "8.05", "5.95", "2024-01-15"],
  ["COIN-USD", "BUY", "0.05", "42000", "4.2", "2024-01-20"],
  ["SPFD", "SELL", "4", "520", "1", "2024-09-02"],
] as const;

/** Prices and rates, a straight line a day, as bronze has them. */
export async function insertNairobiMarket(pool: Pool): Promise<void> {
  const { first, last } = nairobiDays;
  for (const one of instruments) {
    await pool.query(
      `insert into bronze.raw_assets
         (ticker, name, asset_class, exchange, exchange_timezone, currency, quote_unit, unit_factor)
       values ($1, $2, $3, $4, 'Africa/Nairobi', $5, $6, $7)`,
      [one.ticker, one.name, one.assetClass, one.exchange, one.currency, one.quoteUnit, one.factor],
    );
    await pool.query(
      `insert into bronze.raw_prices (ticker, price_date, open, high, low, close, adj_close, volume)
       select $1, day, price, price, price, price, price, 1000
       from generate_series($2::date, $3::date, interval '1 day') as day
       cross join lateral (
         select round(($4::numeric + ($5::numeric - $4::numeric) * (day::date - $2::date) / ($3::date - $2::date)
           + $4::numeric * 0.04 * sin((day::date - $2::date) / 9.0)::numeric), 2) as price
       ) as priced
       where $6 or extract(isodow from day) < 6`,
      [one.ticker, first, last, ...one.closes, one.assetClass === "crypto"],
    );
    if (one.dividend)
      await pool.query(
        `insert into bronze.raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
         select $1, make_date(year, 5, 10), 'dividend', $2
         from generate_series(2023, 2025) as year`,
        [one.ticker, one.dividend],
      );
  }
  for (const [currency, [from, to]] of Object.entries(rates))
    await pool.query(
      `insert into bronze.raw_fx_rates (currency, rate_date, usd_per_unit, source)
       select $1, day, round($4::numeric + ($5::numeric - $4::numeric) * (day::date - $2::date) / ($3::date - $2::date), 8), 'file'
       from generate_series($2::date, $3::date, interval '1 day') as day
       where extract(isodow from day) < 6`,
      [currency, first, last, from, to],
    );
}

/** The person's base currency and trades, in major units. */
export async function insertNairobiLedger(pool: Pool, userId: number): Promise<void> {
  await pool.query("update public.users set base_currency = 'KES' where user_id = $1", [userId]);
  for (const trade of trades)
    await pool.query(
      `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [userId, ...trade],
    );
}
