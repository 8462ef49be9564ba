/**
 * Laws of accounts, cash and lots: what must hold of any ledger, in any market. Each random ledger belongs to several people, who
 * differ in how they keep it and in nothing else: all in one account, each ticker in one of two, an account that keeps
 * cash, a method to take lots by, the market's dividends booked by themselves.
 */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { allDays, securityArbitrary, tradesArbitrary } from "../oracle/random-world.ts";
import { createTestDatabase } from "../support/database.ts";
import { buildModels } from "../support/models.ts";

const seed = Number(process.env.LAWS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const ledgerCount = Number(process.env.LAWS_LEDGERS ?? 30);

/** Ledger i is person i's in one account at the average cost, i + `split`: in two accounts, and so on. */
const [split, cash, fifo, lifo, hifo, booked] = [1, 2, 3, 4, 5, 6].map(
  (millions) => millions * 1_000_000,
) as [number, number, number, number, number, number];

const securities = ["AAA", "BBB", "CCC", "DDD-USD"].map(
  (ticker, index) => fc.sample(securityArbitrary(ticker), { numRuns: 1, seed: seed + index })[0]!,
);
const ledgers = fc.sample(tradesArbitrary(securities), { numRuns: ledgerCount, seed });

const { pool } = await createTestDatabase();

async function writeMarket(): Promise<void> {
  await pool.query("insert into raw_prices (ticker, price_date, close) values ('END', $1, 1)", [
    allDays.at(-1),
  ]);
  for (const { ticker, always, bars, splits, dividends } of securities)
    await pool.query(
      `with asset as (
         insert into raw_assets (ticker, name, asset_class, quote_unit, currency, exchange_timezone)
         values ($1, $1, $2, 'USD', 'USD', 'UTC')
       ),
       split as (
         insert into raw_corporate_actions (ticker, action_date, action_type, numerator, denominator, ratio)
         select $1, date, 'split', numerator, denominator, numerator / denominator
         from jsonb_to_recordset($3) as split (date date, numerator numeric, denominator numeric)
       ),
       dividend as (
         insert into raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
         select $1, date, 'dividend', "cashPerShare"
         from jsonb_to_recordset($4) as dividend (date date, "cashPerShare" numeric)
       )
       insert into raw_prices (ticker, price_date, close)
       select $1, date, close
       from jsonb_to_recordset($5) as bar (date date, close numeric)`,
      [
        ticker,
        always ? "crypto" : "stock",
        JSON.stringify(splits),
        JSON.stringify(dividends),
        JSON.stringify(bars),
      ],
    );
}

async function writePeople(from: number, method = "average"): Promise<void> {
  await pool.query(
    `insert into users (user_id, email, password_hash, cost_basis_method)
     select id, id || '@example.org', '', $2
     from generate_series($1::bigint + 1, $1 + $3) as id`,
    [from, method, ledgers.length],
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
     select person, ticker, type, quantity, price, fee, date
     from jsonb_to_recordset($1)
       as row (person bigint, ticker text, type text, quantity numeric, price numeric, fee numeric, date date)`,
    [
      JSON.stringify(
        ledgers.flatMap((trades, index) => trades.map((trade) => ({ ...trade, person: from + index + 1 }))),
      ),
    ],
  );
}

beforeAll(async () => {
  await writeMarket();
  for (const [from, method] of [
    [0, "average"],
    [split, "average"],
    [cash, "average"],
    [fifo, "fifo"],
    [lifo, "lifo"],
    [hifo, "hifo"],
    [booked, "average"],
  ] as const)
    await writePeople(from, method);
  // Every other ticker lies in an account of its own.
  await pool.query(
    `with second as (
       insert into accounts (user_id, name)
       select user_id, 'Second' from users where user_id > $1 and user_id < $2
       returning user_id, account_id
     )
     update transactions as t
     set account_id = second.account_id
     from second
     where t.user_id = second.user_id and t.ticker in ('BBB', 'DDD-USD')`,
    [split, cash],
  );
  // More than enough is deposited before the first purchase, and half of it withdrawn after the last trade.
  await pool.query("update accounts set tracks_cash = true where user_id > $1 and user_id < $2", [
    cash,
    fifo,
  ]);
  await pool.query(
    `insert into transactions (user_id, transaction_type, amount, currency, transaction_date)
     select user_id, type, amount, 'USD', day
     from (
       select user_id, min(transaction_date) as first, max(transaction_date) as last
       from transactions where user_id > $1 and user_id < $2 group by user_id
     ) as ledger
     cross join lateral (
       values ('DEPOSIT', 1e9, ledger.first), ('WITHDRAWAL', 5e8, ledger.last)
     ) as movement (type, amount, day)`,
    [cash, fifo],
  );
  await bookDividends();
  await buildModels(pool);
}, 300_000);

/** Just those that the market paid to whoever books none. */
async function bookDividends(): Promise<void> {
  await buildModels(pool, "unbooked");
  await pool.query("update accounts set income = 'ledger' where user_id > $1", [booked]);
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, amount, transaction_date)
     select user_id + $1, ticker, 'DIVIDEND', local_amount, ex_date
     from unbooked.int_dividend_income
     where user_id < $2`,
    [booked, split],
  );
}

const law = (title: string, sql: string) =>
  test(title, async () => {
    const { rows } = await pool.query(`${sql} limit 3`);
    expect(rows, `seed ${seed}`).toEqual([]);
  }, 120_000);

const wholeIs = (model: string, columns: readonly string[], other: number) =>
  `select one.user_id, one.price_date, ${columns.map((column) => `one.${column} as ${column}_in_one, two.${column}`).join(", ")}
   from ${model} one
   full join ${model} two on two.user_id = one.user_id + ${other} and two.price_date = one.price_date
     and two.portfolio_id = one.portfolio_id
   where coalesce(one.portfolio_id, 0) = 0 and coalesce(two.portfolio_id, 0) = 0
     and coalesce(one.user_id, 1) < ${split} and coalesce(two.user_id, ${other} + 1) between ${other} and ${other} + ${split}
     and (${columns.map((column) => `one.${column} is distinct from two.${column}`).join(" or ")})`;

law(
  "how holdings lie in accounts changes nothing in the whole, to the bit",
  wholeIs(
    "int_portfolio_daily",
    [
      "market_value",
      "cost_basis",
      "net_flow",
      "fees",
      "realized_pnl",
      "income",
      "price_effect",
      "positions",
      "daily_return",
    ],
    split,
  ),
);

law(
  "what accounts are worth, cost, earned and took in adds up to the whole",
  `select user_id, price_date
   from int_portfolio_daily
   where user_id between ${split} and ${cash}
   group by user_id, price_date
   having sum(market_value) filter (where portfolio_id = 0) <> coalesce(sum(market_value) filter (where portfolio_id > 0), 0)
     or sum(cost_basis) filter (where portfolio_id = 0) <> coalesce(sum(cost_basis) filter (where portfolio_id > 0), 0)
     or sum(net_flow) filter (where portfolio_id = 0) <> coalesce(sum(net_flow) filter (where portfolio_id > 0), 0)
     or sum(price_effect) filter (where portfolio_id = 0) <> coalesce(sum(price_effect) filter (where portfolio_id > 0), 0)`,
);

law(
  "whichever lots sales take, the gain is the same",
  `select a.user_id, b.user_id, a.total_gain, b.total_gain
   from gold__performance a
   join gold__performance b on b.user_id in (a.user_id + ${fifo}, a.user_id + ${lifo}, a.user_id + ${hifo})
   where a.user_id < ${split} and abs(a.total_gain - b.total_gain) > 1e-6
   union all
   select a.user_id, null, null, null
   from gold__performance a
   where a.user_id < ${split}
     and (select count(*) from gold__performance b where b.user_id in (a.user_id + ${fifo}, a.user_id + ${lifo}, a.user_id + ${hifo})) <> 3`,
);

law(
  "what lots have left is what is held, and costs what that cost",
  `select p.user_id, p.ticker, p.quantity, p.cost_basis, l.quantity, l.cost
   from int_holding_periods p
   left join (
     select user_id, account_id, ticker, sum(quantity) as quantity, sum(cost) as cost
     from int_lots where sale_id is null group by user_id, account_id, ticker
   ) l using (user_id, account_id, ticker)
   where p.user_id > ${fifo} and p.user_id < ${booked} and p.valid_to = 'infinity'
     and (p.quantity <> coalesce(l.quantity, 0) or abs(p.cost_basis - coalesce(l.cost, 0)) > 1e-9)`,
);

law(
  "cash is the sum of its rows, dividends of the market among them",
  `select c.user_id, c.balance, rows.amount + coalesce(paid.amount, 0) as expected
   from gold_cash c
   join (
     select user_id, sum(
       case transaction_type when 'DEPOSIT' then amount when 'WITHDRAWAL' then -amount
         when 'BUY' then -quantity * price - fee else quantity * price - fee end) as amount
     from transactions group by user_id
   ) rows using (user_id)
   left join (
     select user_id, sum(local_amount) as amount from int_dividend_income group by user_id
   ) paid using (user_id)
   where c.user_id between ${cash} and ${fifo} and abs(c.balance - rows.amount - coalesce(paid.amount, 0)) > 1e-6`,
);

law(
  "keeping cash, and putting it in and taking it out, is no gain",
  `select a.user_id, a.total_gain, b.total_gain
   from gold__performance a
   left join gold__performance b on b.user_id = a.user_id + ${cash}
   where a.user_id < ${split} and (b.user_id is null or abs(a.total_gain - b.total_gain) > 1e-6)`,
);

law(
  "with cash too, what is worth more is what came in and what was gained: every day, to the last digit",
  `select user_id, portfolio_id, price_date
   from int_portfolio_daily
   where market_value - prev_market_value - net_flow + income_paid_out <> price_effect + currency_effect + income - fees - taxes
     or currency_effect <> 0`,
);

law(
  "dividends that are booked as the market paid them earn what they earn unbooked, of tickers too",
  `select a.user_id, a.ticker, a.income, b.income, a.total_return, b.total_return
   from gold_ticker_kpis a
   full join gold_ticker_kpis b on b.user_id = a.user_id + ${booked} and b.ticker = a.ticker
   where coalesce(a.user_id, 1) < ${split} and coalesce(b.user_id, ${booked} + 1) > ${booked}
     and (a.income is distinct from b.income or a.total_gain is distinct from b.total_gain
       or (abs(a.total_return - b.total_return) > 1e-9) is not false
       or (abs(a.local_return - b.local_return) > 1e-9) is not false)
   union all
   select a.user_id, null, a.total_gain, b.total_gain, a.twr, b.twr
   from gold__performance a
   left join gold__performance b on b.user_id = a.user_id + ${booked}
   where a.user_id < ${split}
     and (a.total_gain is distinct from b.total_gain or (abs(a.twr - b.twr) > 1e-9) is not false)`,
);

law(
  "the days of merged periods are those of all accounts together",
  `select user_id, ticker, price_date::text, t.gain, r.gain as added, t.daily_return, r.daily_return as added_return
   from int_ticker_days t
   full join (
     select *, market_value - prev_market_value - net_flow + income as gain from fct_daily_returns
   ) r using (user_id, ticker, price_date)
   where (abs(t.gain - r.gain) > 1e-9 * (1 + abs(r.market_value) + abs(r.prev_market_value))) is not false
     or (t.daily_return is null) <> (r.daily_return is null)
     or abs(t.daily_return - r.daily_return) > 1e-9 * (1 + abs(r.daily_return))`,
);

law(
  "what a ticker's days multiplied put end to end is what its periods did, booked dividends included",
  `select k.user_id, k.ticker, k.total_return, d.cumulative_return
   from gold_ticker_kpis k
   join lateral (
     select cumulative_return from fct_daily_returns r
     where r.user_id = k.user_id and r.ticker = k.ticker order by price_date desc limit 1
   ) d on true
   where abs(k.total_return - d.cumulative_return) > 1e-9 * (1 + abs(k.total_return))`,
);
