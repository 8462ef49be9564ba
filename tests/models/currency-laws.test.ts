/**
 * Laws of figures in several currencies: what must hold of any ledger, in any market, at any exchange rates. Each ledger
 * belongs to three people, who differ by their base currency alone (every third uses FIFO); and what it holds in US dollars, bought without a word of
 * any currency, to a fourth one, whose figures were computed once more before there was anything but dollars.
 */
import fc from "fast-check";
import type { Pool } from "pg";
import { beforeAll, expect, test } from "vitest";
import { allDays, paidTradesArbitrary, ratesArbitrary, securityArbitrary } from "../oracle/random-world.ts";
import type { Security, Trade } from "../oracle/world.ts";
import { createTestDatabase } from "../support/database.ts";
import { buildModels } from "../support/models.ts";

const seed = Number(process.env.LAWS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const ledgerCount = Number(process.env.LAWS_LEDGERS ?? 40);
const lastDay = allDays.at(-1)!;
/** Ledger i is person i's in dollars, i + `shillings` in shillings, and so on; i + `plain`: the one with dollars alone. */
const [shillings, euros, plain] = [3_000_000, 6_000_000, 9_000_000];

const units: Readonly<Record<string, string>> = {
  AAA: "USD",
  BBB: "KES",
  CCC: "GBp",
  "DDD-USD": "USD",
  EEE: "EUR",
};
const securities: readonly Security[] = Object.entries(units).map(([ticker, unit], index) => ({
  ...fc.sample(securityArbitrary(ticker), { numRuns: 1, seed: seed + index })[0]!,
  currency: unit.toUpperCase(),
  unitFactor: unit === unit.toUpperCase() ? "1" : "0.01",
}));
const isInDollars = (ticker: string) => units[ticker] === "USD";
// Paid in the ticker's own currency, so that what was paid in it is the same for everybody.
const ledgers: readonly Trade[][] = fc
  .sample(paidTradesArbitrary(securities), { numRuns: ledgerCount, seed })
  .map((trades) => trades.map((trade) => ({ ...trade, currency: undefined })));

/** What the law of the plain people is about: everything that is said of a person. */
const ofPeople = [
  "int_holding_periods",
  "int_daily_holdings",
  "fct_daily_returns",
  "int_ticker_days",
  "int_portfolio_daily",
  "int_dividend_income",
  "int_lots",
  "gold_p_timeseries",
  "gold_ticker_kpis",
  "gold__performance",
];

let pool: Pool;

async function writeSecurity({ ticker, always, currency, unitFactor, bars, splits, dividends }: Security) {
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
     insert into raw_prices (ticker, price_date, close)
     select $1, date, close
     from jsonb_to_recordset($8) as bar (date date, close numeric)`,
    [
      ticker,
      always ? "crypto" : "stock",
      units[ticker],
      currency,
      unitFactor,
      JSON.stringify(splits),
      JSON.stringify(dividends),
      JSON.stringify(bars),
    ],
  );
}

async function writePeople(base: string, from: number, trades: readonly (readonly Trade[])[]): Promise<void> {
  await pool.query(
    `insert into users (user_id, email, password_hash, cost_basis_method, base_currency)
     select id, id || '@example.org', '', case when id % 3 = 0 then 'fifo' else 'average' end, $2
     from generate_series($1::bigint + 1, $1 + $3) as id`,
    [from, base, trades.length],
  );
  await pool.query(
    `insert into transactions
       (user_id, ticker, transaction_type, quantity, price, fee, fx_rate, fx_currency, transaction_date)
     select person, ticker, type, quantity, price, fee, "fxRate", "fxCurrency", date
     from jsonb_to_recordset($1)
       as row (person bigint, ticker text, type text, quantity numeric, price numeric, fee numeric, "fxRate" numeric,
         "fxCurrency" text, date date)`,
    [
      JSON.stringify(
        trades.flatMap((of, index) => of.map((trade) => ({ ...trade, person: from + index + 1 }))),
      ),
    ],
  );
}

async function keep(prefix: string): Promise<void> {
  await buildModels(pool);
  for (const model of ofPeople) await pool.query(`create table public.${prefix}_${model} as table ${model}`);
  await pool.query(`create table public.${prefix}_rates as table int_fx_daily`);
  await pool.query('drop schema "default" cascade');
}

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  // A bar on the last day, of something nobody holds: so that all histories end on the same day.
  await pool.query("insert into raw_prices (ticker, price_date, close) values ('END', $1, 1)", [lastDay]);
  for (const security of securities) if (isInDollars(security.ticker)) await writeSecurity(security);
  await writePeople(
    "USD",
    plain,
    ledgers.map((trades) =>
      trades
        .filter(({ ticker }) => isInDollars(ticker))
        .map((trade) => ({ ...trade, fxRate: undefined, fxCurrency: undefined })),
    ),
  );
  await keep("before");
  for (const security of securities) if (!isInDollars(security.ticker)) await writeSecurity(security);
  await pool.query(
    `insert into raw_fx_rates (currency, rate_date, usd_per_unit, source)
     select currency, (rate->>'date')::date, (rate->>'dollars')::numeric, 'file'
     from jsonb_each($1) as known (currency, rates)
     cross join jsonb_array_elements(rates) as rate`,
    [JSON.stringify(fc.sample(ratesArbitrary(), { numRuns: 1, seed })[0])],
  );
  await writePeople("USD", 0, ledgers);
  await writePeople("KES", shillings, ledgers);
  await writePeople("EUR", euros, ledgers);
  await keep("kept");
}, 300_000);

async function failures(sql: string): Promise<unknown[]> {
  const { rows } = await pool.query(`${sql} limit 3`);
  return rows;
}

const law = (title: string, sql: string) =>
  test(title, async () => expect(await failures(sql), `seed ${seed}`).toEqual([]), 120_000);

test.each(ofPeople)(
  "who has dollars alone has the same %s, to the bit, whatever others have",
  async (model) => {
    const rows = (prefix: string) => `select m::text from ${prefix}_${model} as m where user_id > ${plain}`;
    expect(
      await failures(
        `((${rows("before")}) except all (${rows("kept")}))
       union all ((${rows("kept")}) except all (${rows("before")}))`,
      ),
      `seed ${seed}`,
    ).toEqual([]);
  },
);

law(
  "price effect, currency effect and income, less costs, are the gain: every day, to the last digit",
  `select user_id, price_date
   from (
     select *, total_gain - lag(total_gain, 1, 0) over days as gain, fees_paid - lag(fees_paid, 1, 0) over days as fees
     from kept_gold_p_timeseries
     window days as (partition by user_id order by price_date)
   ) days
   where price_effect + currency_effect + income - fees <> gain`,
);

law(
  "of each ticker too, from the value that the day before ended with",
  `select user_id, ticker, price_date
   from (
     select r.*, coalesce(lag(r.market_value) over (partition by user_id, ticker order by price_date), 0) as before
     from kept_fct_daily_returns r
   ) days
   where price_effect + currency_effect <> market_value - before - net_flow + fees or prev_market_value <> before`,
);

law(
  "the days of merged periods are those of all accounts together",
  `select user_id, ticker, price_date::text, t.gain, r.gain as added, t.daily_return, r.daily_return as added_return
   from kept_int_ticker_days t
   full join (
     select *, market_value - prev_market_value - net_flow + income as gain from kept_fct_daily_returns
   ) r using (user_id, ticker, price_date)
   where (abs(t.gain - r.gain) > 1e-9 * (1 + abs(r.market_value) + abs(r.prev_market_value))) is not false
     or (t.daily_return is null) <> (r.daily_return is null)
     or abs(t.daily_return - r.daily_return) > 1e-9 * (1 + abs(r.daily_return))`,
);

law(
  "the effects of the portfolio are those of its tickers, and those of the whole time those of its days",
  `select p.user_id, p.price_date::text
   from kept_int_portfolio_daily p
   left join (
     select user_id, price_date, sum(price_effect) as price_effect, sum(currency_effect) as currency_effect
     from kept_fct_daily_returns group by user_id, price_date
   ) t using (user_id, price_date)
   where p.price_effect <> coalesce(t.price_effect, 0) or p.currency_effect <> coalesce(t.currency_effect, 0)
   union all
   select f.user_id, 'whole'
   from kept_gold__performance f
   join (
     select user_id, sum(price_effect) as price_effect, sum(currency_effect) as currency_effect
     from kept_int_portfolio_daily group by user_id
   ) d using (user_id)
   where f.price_effect <> d.price_effect or f.currency_effect <> d.currency_effect
     or f.total_gain <> f.price_effect + f.currency_effect + f.income - f.fees`,
);

law(
  "what is in the base currency has no currency effect, and who has nothing else has none, nor a currency return",
  `select h.user_id, h.ticker
   from kept_int_daily_holdings h
   join kept_fct_daily_returns r using (user_id, ticker, price_date)
   where h.currency = h.base_currency
     and (r.currency_effect <> 0 or h.rate <> 1 or r.daily_return is distinct from r.local_return)
   union all
   select user_id, 'whole'
   from kept_gold__performance
   where user_id > ${plain} and (currency_effect <> 0 or price_return <> twr or currency_return <> 0)`,
);

law(
  "another base currency: values are those of before at the day's rate",
  `select b.user_id, b.ticker, b.price_date, a.market_value as in_dollars, b.market_value, rate.usd_per_unit
   from kept_int_daily_holdings a
   join kept_int_daily_holdings b
     on b.user_id in (a.user_id + ${shillings}, a.user_id + ${euros}) and b.ticker = a.ticker and b.price_date = a.price_date
   join kept_rates rate on rate.currency = b.base_currency and rate.rate_date = b.price_date
   where a.user_id < ${shillings} and a.is_rated and b.is_rated
     and (abs(b.market_value * rate.usd_per_unit - a.market_value) > 1e-9 * (1 + a.market_value)
       or abs(b.income * rate.usd_per_unit - a.income) > 1e-9 * (1 + a.income))`,
);

law(
  "another base currency: what is in the ticker's currency stays, returns among it",
  `select b.user_id, b.ticker, b.price_date
   from kept_int_daily_holdings a
   join kept_int_daily_holdings b
     on b.user_id in (a.user_id + ${shillings}, a.user_id + ${euros}) and b.ticker = a.ticker and b.price_date = a.price_date
   join kept_fct_daily_returns x on x.user_id = a.user_id and x.ticker = a.ticker and x.price_date = a.price_date
   join kept_fct_daily_returns y on y.user_id = b.user_id and y.ticker = b.ticker and y.price_date = b.price_date
   where a.user_id < ${shillings} and (a.quantity <> b.quantity or a.close <> b.close
     or a.local_market_value <> b.local_market_value or a.local_cost_basis <> b.local_cost_basis
     or a.local_net_flow <> b.local_net_flow or a.local_income <> b.local_income
     or (x.local_return is null) <> (y.local_return is null)
     or abs(x.local_return - y.local_return) > 1e-12 * (1 + abs(x.local_return)))`,
);

law(
  "a return is that of prices times that of exchange rates, for each ticker and the portfolio",
  `select user_id, ticker
   from kept_gold_ticker_kpis
   where abs((1 + local_return) * (1 + currency_return) - (1 + total_return)) > 1e-9 * (1 + abs(total_return))
   union all
   select user_id, 'whole'
   from kept_gold__performance
   where abs((1 + price_return) * (1 + currency_return) - (1 + twr)) > 1e-9 * (1 + abs(twr))`,
);

law(
  "lots add up in the base currency: what is left of them is the cost basis, what was sold of them is what was realized",
  `select k.user_id, k.ticker
   from kept_gold_ticker_kpis k
   join (
     select user_id, ticker, coalesce(sum(cost) filter (where sale_id is null), 0) as cost_basis,
       coalesce(sum(proceeds - cost), 0) as realized_pnl
     from kept_int_lots group by user_id, ticker
   ) l using (user_id, ticker)
   where abs(k.cost_basis - l.cost_basis) > 1e-9 or abs(k.realized_pnl - l.realized_pnl) > 1e-9`,
);

test("the worlds are worth testing", async () => {
  const { rows } = await pool.query(
    `select (select count(*) > 0 from kept_int_lots) as has_lots,
       (select count(*) > 0 from kept_int_daily_holdings where not is_rated) as has_unrated,
       (select count(*) > 0 from kept_fct_daily_returns where currency_effect <> 0) as has_effects,
       (select count(*) > 0 from before_gold__performance) as has_plain`,
  );
  expect(rows[0], `seed ${seed}`).toEqual({
    has_lots: true,
    has_unrated: true,
    has_effects: true,
    has_plain: true,
  });
});
