/**
 * Laws: what must hold of any ledger in any market, whatever the figures are. Each world holds every ledger several
 * times: as it is, in another order, merged with the next one, with all prices tenfold, with trades added on the last day.
 */
import Big from "big.js";
import fc from "fast-check";
import type { Pool } from "pg";
import { beforeAll, expect, test } from "vitest";
import { allDays, securityArbitrary, tradesArbitrary } from "../oracle/random-world.ts";
import type { Security, Trade } from "../oracle/world.ts";
import { createTestDatabase } from "../support/database.ts";
import { buildModels } from "../support/models.ts";

const seed = Number(process.env.LAWS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const ledgerCount = Number(process.env.LAWS_LEDGERS ?? 60);
const lastDay = allDays.at(-1)!;
/** People: ledger i belongs to person i; i + `reversed` has it in another order, and so on. Every third uses FIFO. */
const [reversed, merged, tenfold, traded] = [3_000_000, 6_000_000, 9_000_000, 12_000_000];

const securities: readonly Security[] = ["AAA", "BBB", "CCC", "DDD-USD"].map(
  (ticker, index) => fc.sample(securityArbitrary(ticker), { numRuns: 1, seed: seed + index })[0]!,
);
const ledgers = fc.sample(tradesArbitrary(securities), { numRuns: ledgerCount, seed });
const ticker10 = (ticker: string) => `${ticker}.10`;
const times10 = (amount: string) => new Big(amount).times(10).toFixed();

let pool: Pool;

interface LedgerRow extends Omit<Trade, "id"> {
  readonly person: number;
}

function rowsOf(person: number, trades: readonly Trade[]): LedgerRow[] {
  return trades.map(({ id: _, ...trade }) => ({ ...trade, person }));
}

function inTenfoldPrices(trades: readonly Trade[]): Trade[] {
  return trades.map((trade) => ({
    ...trade,
    ticker: ticker10(trade.ticker),
    price: times10(trade.price),
    fee: times10(trade.fee),
  }));
}

async function writeMarket(scale: (amount: string) => string, named: (ticker: string) => string) {
  for (const { ticker, always, bars, splits, dividends } of securities) {
    await pool.query(
      `with asset as (
         insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
         values ($1, $1, $2, 'USD', 'UTC')
       ),
       split as (
         insert into raw_corporate_actions (ticker, action_date, action_type, numerator, denominator, ratio)
         select $1, date, 'split', numerator, denominator, numerator / denominator
         from jsonb_to_recordset($3) as split (date date, numerator numeric, denominator numeric)
       ),
       dividend as (
         insert into raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
         select $1, date, 'dividend', cash
         from jsonb_to_recordset($4) as dividend (date date, cash numeric)
       )
       insert into raw_prices (ticker, price_date, close)
       select $1, date, close
       from jsonb_to_recordset($5) as bar (date date, close numeric)`,
      [
        named(ticker),
        always ? "crypto" : "stock",
        JSON.stringify(splits),
        JSON.stringify(dividends.map(({ date, cashPerShare }) => ({ date, cash: scale(cashPerShare) }))),
        JSON.stringify(bars.map(({ date, close }) => ({ date, close: scale(close) }))),
      ],
    );
  }
}

async function writeLedger(rows: readonly LedgerRow[]): Promise<void> {
  await pool.query(
    `insert into users (user_id, email, password_hash, cost_basis_method)
     select person, person || '@example.org', '', case when person % 3 = 0 then 'fifo' else 'average' end
     from jsonb_to_recordset($1) as row (person bigint)
     group by person
     on conflict do nothing`,
    [JSON.stringify(rows)],
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
     select person, ticker, type, quantity, price, fee, date
     from jsonb_to_recordset($1)
       as row (person bigint, ticker text, type text, quantity numeric, price numeric, fee numeric, date date)`,
    [JSON.stringify(rows)],
  );
}

/** On the last day: half of what is held sold at the close, or as much again bought at the close of the day before. */
async function tradeOnLastDay(): Promise<void> {
  await pool.query(
    `insert into users (user_id, email, password_hash)
     select user_id + ${traded}, user_id + ${traded} || '@example.org', ''
     from users
     where user_id < ${reversed}`,
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
     select user_id + ${traded}, ticker, transaction_type, quantity, price, fee, transaction_date
     from transactions
     where user_id < ${reversed}
     order by transaction_id`,
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select h.user_id + ${traded}, h.ticker, case when h.user_id % 2 = 0 then 'SELL' else 'BUY' end,
       case when h.user_id % 2 = 0 then h.quantity / 2 else h.quantity end,
       case when h.user_id % 2 = 0 then h.close else h.prev_close end, h.price_date
     from int_daily_holdings h
     where h.user_id < ${reversed} and h.price_date = $1 and h.quantity > 0 and h.net_flow = 0 and h.income = 0 and h.is_priced
       and not exists (select from stg_splits s where s.ticker = h.ticker and s.action_date >= $1)`,
    [lastDay],
  );
}

/** What the models say, computed once and for all laws. */
async function keepFigures(): Promise<void> {
  for (const model of [
    "gold_p_timeseries",
    "int_portfolio_daily",
    "fct_daily_returns",
    "int_lots",
    "int_positions",
  ]) {
    await pool.query(`create table kept_${model} as table ${model}`);
  }
}

async function failures(sql: string): Promise<unknown[]> {
  const { rows } = await pool.query(`${sql} limit 3`);
  return rows;
}

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  await writeMarket(
    (amount) => amount,
    (ticker) => ticker,
  );
  await writeMarket(times10, ticker10);
  // A bar on the last day, of something nobody holds: so that all histories end on the same day.
  await pool.query("insert into raw_prices (ticker, price_date, close) values ('END', $1, 1)", [lastDay]);
  const all = ledgers.flatMap((trades, index) => {
    const person = index + 1;
    const next = ledgers[index + 1] ?? [];
    return [
      ...rowsOf(person, trades),
      ...rowsOf(person + reversed, trades.toReversed()),
      ...rowsOf(person + tenfold, inTenfoldPrices(trades)),
      ...rowsOf(person + merged, [...trades, ...next]),
    ];
  });
  await writeLedger(all);
  await buildModels(pool);
  await tradeOnLastDay();
  await pool.query('drop schema "default" cascade');
  await buildModels(pool);
  await keepFigures();
}, 300_000);

const law = (title: string, sql: string) =>
  test(title, async () => expect(await failures(sql), `seed ${seed}`).toEqual([]), 120_000);

law(
  "bridge closes to the last digit, for every person and day",
  `select user_id, price_date from kept_gold_p_timeseries
   where market_value <> net_contributions + total_gain - income_paid_out`,
);

law(
  "a day begins with what the day before ended with",
  `select user_id, price_date
   from (
     select *, lag(market_value, 1, 0) over (partition by user_id order by price_date) as before
     from kept_int_portfolio_daily
   ) days
   where prev_market_value <> before`,
);

law(
  "every calendar day since the first trade has one row",
  `select user_id from kept_gold_p_timeseries
   group by user_id having count(*) <> max(price_date) - min(price_date) + 1 or max(price_date) <> '${lastDay}'`,
);

law(
  "nothing is held that was not bought, and drawdown is between -1 and 0",
  `select h.user_id from int_holding_periods h where h.quantity < 0 or h.cost_basis < 0
   union all
   select t.user_id from kept_gold_p_timeseries t where t.drawdown not between -1 and 0 or t.running_peak < 1`,
);

law(
  "the days of merged periods are those of all accounts together",
  `select user_id, ticker, price_date::text, t.gain, r.gain as added, t.daily_return, r.daily_return as added_return
   from int_ticker_days t
   full join (
     select *, market_value - prev_market_value - net_flow + income as gain from kept_fct_daily_returns
   ) r using (user_id, ticker, price_date)
   where (abs(t.gain - r.gain) > 1e-9 * (1 + abs(r.market_value) + abs(r.prev_market_value))) is not false
     or (t.daily_return is null) <> (r.daily_return is null)
     or abs(t.daily_return - r.daily_return) > 1e-9 * (1 + abs(r.daily_return))`,
);

law(
  "total return of a ticker is its compounded daily returns, and its income their sum",
  `select k.user_id, k.ticker, k.total_return, r.total_return as compounded, k.income, r.income as added
   from gold_ticker_kpis k
   join (
     select user_id, ticker, sum(income) as income,
       product(1 + coalesce(daily_return, 0) order by price_date) - 1 as total_return
     from kept_fct_daily_returns group by user_id, ticker
   ) r using (user_id, ticker)
   where k.income <> r.income or abs(k.total_return - r.total_return) > 1e-9 * (1 + abs(r.total_return))`,
);

law(
  "lots add up: what is left of them is the cost basis, what was sold of them is what was realized",
  `select k.user_id, k.ticker
   from gold_ticker_kpis k
   join (
     select user_id, ticker,
       coalesce(sum(cost) filter (where sale_id is null), 0) as cost_basis,
       coalesce(sum(quantity) filter (where sale_id is null), 0) as quantity,
       coalesce(sum(proceeds - cost), 0) as realized_pnl
     from kept_int_lots group by user_id, ticker
   ) l using (user_id, ticker)
   where abs(k.cost_basis - l.cost_basis) > 1e-9 or abs(k.quantity - l.quantity) > 1e-9
     or abs(k.realized_pnl - l.realized_pnl) > 1e-9`,
);

law(
  "what a sale sold cost what its lots did, and every lot and every sale is of its parts",
  `select p.transaction_id, p.sold_cost, p.buy_amount, sold.cost as of_lots, bought.cost as of_parts
   from kept_int_positions p
   join stg_transactions t using (transaction_id)
   join users u on u.user_id = p.user_id and u.cost_basis_method = 'fifo'
   left join (
     select sale_id, sum(cost) as cost, sum(quantity) as quantity, sum(proceeds) as proceeds
     from kept_int_lots group by sale_id
   ) sold on sold.sale_id = p.transaction_id
   left join (
     select transaction_id, sum(cost) as cost, sum(quantity) as quantity from kept_int_lots group by transaction_id
   ) bought on bought.transaction_id = p.transaction_id
   where abs(coalesce(sold.cost, 0) - p.sold_cost) > 1e-9 or coalesce(bought.cost, 0) <> p.buy_amount
     or abs(coalesce(sold.proceeds, 0) - p.sell_amount) > 1e-9
     or abs(coalesce(sold.quantity, bought.quantity) - t.adjusted_quantity) > 1e-9`,
);

law(
  "a ticker has at most as many parts of lots as trades and one more",
  `select user_id, ticker from kept_int_lots l
   group by user_id, ticker
   having count(*) > (select count(*) + 1 from transactions t where t.user_id = l.user_id and t.ticker = l.ticker)`,
);

law(
  // Before its first bar a ticker is worth the price of the day's last trade: there, the order does matter.
  "the order in which a day's trades were entered does not matter",
  `select a.user_id, a.price_date, a.cost_basis, b.cost_basis as other
   from kept_gold_p_timeseries a
   join kept_gold_p_timeseries b on b.user_id = a.user_id + ${reversed} and b.price_date = a.price_date
   where a.user_id < ${reversed} and a.user_id % 3 <> 0
     and a.user_id not in (select user_id from kept_gold_p_timeseries where is_estimated) and (a.market_value <> b.market_value or a.net_contributions <> b.net_contributions
     or a.daily_return <> b.daily_return or abs(a.cost_basis - b.cost_basis) > 1e-9)`,
);

law(
  "prices tenfold: money tenfold, returns the same",
  `select a.user_id, a.price_date
   from kept_gold_p_timeseries a
   join kept_gold_p_timeseries b on b.user_id = a.user_id + ${tenfold} and b.price_date = a.price_date
   where a.user_id < ${reversed} and (a.net_contributions * 10 <> b.net_contributions
     or a.income_paid_out * 10 <> b.income_paid_out
     -- a third of a share, or a price of a third, is rounded in its 16th digit
     or abs(a.market_value * 10 - b.market_value) > 1e-9 * (1 + b.market_value)
     or abs(a.realized_pnl * 10 - b.realized_pnl) > 1e-9 * (1 + abs(b.realized_pnl))
     or abs(a.twr_index - b.twr_index) > 1e-9 * a.twr_index)`,
);

law(
  "the ledgers of two people, merged, are worth what both are worth",
  `select m.user_id, m.price_date, m.market_value, a.market_value as one, b.market_value as other
   from kept_int_portfolio_daily m
   left join kept_int_portfolio_daily a on a.user_id = m.user_id - ${merged} and a.price_date = m.price_date
   left join kept_int_portfolio_daily b on b.user_id = m.user_id - ${merged} + 1 and b.price_date = m.price_date
   where m.user_id between ${merged} and ${merged + ledgerCount - 1} and m.is_estimated is false
     and coalesce(a.is_estimated, false) is false and coalesce(b.is_estimated, false) is false
     and (abs(m.market_value - coalesce(a.market_value, 0) - coalesce(b.market_value, 0)) > 1e-9
       or m.net_flow <> coalesce(a.net_flow, 0) + coalesce(b.net_flow, 0)
       or m.income <> coalesce(a.income, 0) + coalesce(b.income, 0))`,
);

law(
  "a sale at the close, or a purchase at the close before, leaves a ticker's return as it was",
  `select a.user_id, a.ticker, a.cumulative_return, b.cumulative_return as other
   from kept_fct_daily_returns a
   join kept_fct_daily_returns b on b.user_id = a.user_id + ${traded} and b.ticker = a.ticker and b.price_date = a.price_date
   where a.user_id < ${reversed} and a.price_date = '${lastDay}' and abs(a.cumulative_return - b.cumulative_return) > 1e-9`,
);

test("the worlds are worth testing", async () => {
  const { rows } = await pool.query(
    `select (select count(*) > 0 from kept_int_lots where sale_id is not null) as has_lots,
       (select count(*) > 0 from stg_splits where is_accepted) as has_splits,
       (select count(*) > 0 from transactions where user_id > ${traded} and transaction_date = '${lastDay}') as has_last_day`,
  );
  expect(rows[0], `seed ${seed}`).toMatchObject({ has_lots: true, has_last_day: true });
});
