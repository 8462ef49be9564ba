/**
 * Laws of the whole ledger: what must hold of any ledger of all types of transactions, in several accounts and currencies together. Each
 * ledger belongs to several people, who differ by one thing: a method to take lots by, the lots that sales name, what was moved between
 * their accounts.
 */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { type Ledger, ledgerArbitrary } from "../oracle/random-ledger.ts";
import { allDays, ratesArbitrary, securityArbitrary } from "../oracle/random-world.ts";
import type { CostMethod } from "../oracle/world.ts";
import { type QuotedSecurity, writeLedgers, writeMarket } from "../oracle/written.ts";
import { createTestDatabase } from "../support/database.ts";
import { buildModels } from "../support/models.ts";

const seed = Number(process.env.LAWS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env.LAWS_LEDGERS ?? 25);
const lastDay = allDays.at(-1)!;

const quoteUnits = { AAA: "USD", BBB: "KES", CCC: "GBp", "DDD-USD": "USD" };
const securities: readonly QuotedSecurity[] = Object.entries(quoteUnits).map(
  ([ticker, quoteUnit], index) => ({
    ...fc.sample(securityArbitrary(ticker), { numRuns: 1, seed: seed + index })[0]!,
    always: ticker.endsWith("-USD"),
    quoteUnit,
    currency: quoteUnit.toUpperCase(),
    unitFactor: quoteUnit === quoteUnit.toUpperCase() ? "1" : "0.01",
  }),
);

/** Splits of one account in another would be of its shares, too, and more could be sold than is held. */
const fitsTwoAccounts = ({ accounts, rows }: Ledger): boolean =>
  accounts.length <= 2 || !rows.some(({ type }) => type === "SPLIT");

/** Two accounts, of which the second one keeps cash; both count the market's dividends or book their own. */
const ledgers: readonly Ledger[] = Array.from({ length: count }, (_, index) => {
  const base = ["USD", "KES", "GBP"][index % 3]!;
  const run = { numRuns: 1, seed: seed + 100 + index };
  const ledger = fc.sample(ledgerArbitrary(securities, base, 0).filter(fitsTwoAccounts), run)[0]!;
  const booksIncome = index % 2 === 0;
  return {
    ...ledger,
    accounts: [
      { tracksCash: index % 4 < 2, booksIncome },
      { tracksCash: true, booksIncome },
    ],
    // A third account's rows are the first one's; what leaves an account comes to where it was taken from.
    rows: ledger.rows.map((row) => ({ ...row, account: ledger.accounts.length === 2 ? row.account : 0 })),
  };
});

/** Sales name other lots, and as many as before. */
const withLots = (ledger: Ledger): Ledger => ({
  ...ledger,
  method: "fifo",
  rows: ledger.rows.map((row) => {
    const purchases = ledger.rows.filter(
      ({ type, ticker, account, id, quantity }) =>
        ["BUY", "BONUS", "TRANSFER_IN"].includes(type) &&
        quantity !== undefined &&
        ticker === row.ticker &&
        account === row.account &&
        id < row.id,
    );
    const [chosen] = purchases.toReversed();
    return row.type === "SELL" && chosen ? { ...row, lots: { [chosen.id]: row.quantity! } } : row;
  }),
});

/** Ledger i is person i + 1's by the average, and then again by each of these; of the last one things are moved between accounts. */
const variants: readonly ((ledger: Ledger) => Ledger)[] = [
  ...(["average", "fifo", "lifo", "hifo"] as const).map((method: CostMethod) => (ledger: Ledger) => ({
    ...ledger,
    method,
  })),
  withLots,
  (ledger) => ({ ...ledger, method: "average" }),
];
const [movedOf] = [variants.length - 1];
const all = variants.flatMap((variant, place) =>
  ledgers.map((ledger, index) => {
    const first = (place * count + index + 1) * 1000;
    const numbered = { ...ledger, rows: ledger.rows.map((row) => ({ ...row, id: first + row.id })) };
    const lotsOf = (lots: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(lots).map(([id, quantity]) => [first + Number(id), quantity]));
    return variant({
      ...numbered,
      rows: numbered.rows.map((row) => (row.lots ? { ...row, lots: lotsOf(row.lots) } : row)),
    });
  }),
);
/** Who is like person i, but for the variant. */
const twin = (place: number) => `user_id + ${place * count}`;

const { pool } = await createTestDatabase();

/** Cash or shares of the first account moved to the second one and not back, and a conversion on the last day. */
async function moveThings(): Promise<void> {
  const moved = `user_id between ${movedOf * count + 1} and ${(movedOf + 1) * count}`;
  const columns =
    "user_id, account_id, transaction_type, ticker, quantity, amount, currency, fee, transfer_id, transaction_date";
  await pool.query(`
    insert into transactions (${columns})
    select user_id, account_id, type, null, null, 1234.5 * part, side.currency, case when type = 'FX_OUT' then 2.5 else 0 end, id, day
    from (
      select p.user_id, gen_random_uuid() as id, p.user_id % 3 as turn,
        case when p.user_id % 3 = 0 then date '${lastDay}' else date '${allDays[40]}' end as day
      from users p
      where ${moved.replaceAll("user_id", "p.user_id")}
    ) as person
    cross join lateral (
      -- A conversion at the rates of the last day, or cash from one account to the other.
      select 'FX_OUT' as type, 'USD' as currency, 1 as part, false as is_default where turn = 0
      union all
      select 'FX_IN', 'KES', 1 / usd_per_unit, false from before.int_fx_daily where turn = 0 and currency = 'KES' and rate_date = '${lastDay}'
      union all
      select 'TRANSFER_OUT', 'USD', 1, true where turn > 0
      union all
      select 'TRANSFER_IN', 'USD', 1, false where turn > 0
    ) as side
    join accounts using (user_id, is_default)
    where turn = 0 or not exists (select from accounts a where a.user_id = person.user_id and not tracks_cash)`);
  // Of shares that have a price by then, half of the least that is held from then on.
  await pool.query(`
    insert into transactions (${columns})
    select user_id, account_id, type, ticker, quantity, case when type = 'TRANSFER_IN' then 77 end, null, 0, id, date '${allDays[130]}'
    from (
      select p.user_id, p.ticker, gen_random_uuid() as id,
        trunc(min(p.quantity) / 2 * coalesce(min(later.factor), 1), 2) as quantity
      from before.int_holding_periods p
      join accounts a on a.account_id = p.account_id and a.is_default and a.tracks_cash -- else dividends would be paid out in one alone
      cross join lateral (
        select product(denominator) / product(numerator) as factor
        from before.stg_splits s where s.ticker = p.ticker and s.action_date > '${allDays[130]}'
      ) as later
      where ${moved.replaceAll("user_id", "p.user_id")} and p.valid_to > '${allDays[130]}'
      group by p.user_id, p.ticker
      having min(p.valid_from) <= '${allDays[130]}' and bool_and(p.quantity > 0)
        -- a split of one's own would be one of the other account, too
        and not exists (
          select from transactions t
          where t.user_id = p.user_id and t.ticker = p.ticker and transaction_type in ('SPLIT', 'TRANSFER_OUT', 'RETURN_OF_CAPITAL')
        )
    ) as held
    cross join lateral (values ('TRANSFER_OUT', true), ('TRANSFER_IN', false)) as side (type, is_default)
    join accounts using (user_id, is_default)
    where quantity > 0`);
}

beforeAll(async () => {
  await writeMarket(pool, securities, fc.sample(ratesArbitrary(), { numRuns: 1, seed })[0]!, 4);
  await pool.query("insert into raw_prices (ticker, price_date, close) values ('END', $1, 1)", [lastDay]);
  await writeLedgers(pool, all);
  await pool.query(
    "select setval(pg_get_serial_sequence('bronze.transactions', 'transaction_id'), 10000000)",
  );
  await buildModels(pool, "before");
  await moveThings();
  await buildModels(pool);
}, 300_000);

const law = (title: string, sql: string) =>
  test(title, async () => {
    const { rows } = await pool.query(`${sql} limit 3`);
    expect(rows, `seed ${seed}`).toEqual([]);
  }, 120_000);

law(
  "cash is the sum of its rows, each day and currency, with rows of every type",
  `with rows as (
     select t.user_id, t.account_id, coalesce(t.currency, asset.currency) as currency, t.transaction_date as day,
       case
         when t.transaction_type in ('SPLIT', 'BONUS') or t.ticker is not null and t.transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT') then 0
         when t.transaction_type = 'BUY' then -t.quantity * t.price
         when t.transaction_type = 'SELL' then t.quantity * t.price
         when t.transaction_type in ('WITHDRAWAL', 'FEE', 'TAX', 'TRANSFER_OUT', 'FX_OUT') then -t.amount
         else t.amount
       end - t.fee - t.tax as amount
     from transactions t
     join accounts a using (account_id)
     left join raw_assets asset using (ticker)
     where a.tracks_cash and (a.income = 'ledger' or t.transaction_type <> 'DIVIDEND')
     union all
     select d.user_id, d.account_id, d.currency, d.ex_date, d.local_amount
     from int_dividend_income d
     join accounts a using (account_id)
     where a.tracks_cash
   ),
   daily as (
     select user_id, account_id, currency, calendar_date, coalesce(sum(amount), 0) as balance
     from (select distinct user_id, account_id, currency from rows) held
     cross join int_calendar
     left join rows using (user_id, account_id, currency)
     where day <= calendar_date
     group by 1, 2, 3, 4
   )
   select d.*, c.balance as balance_here
   from daily d
   left join int_cash_daily c
     on c.user_id = d.user_id and c.account_id = d.account_id and c.currency = d.currency and c.cash_date = d.calendar_date
   where abs(coalesce(c.balance, 0) - d.balance) > 1e-9`,
);

law(
  "both effects and income, less costs, are the gain: of each ticker in each account, every day, to the last digit",
  `select user_id, account_id, ticker, price_date
   from (
     select *, coalesce(lag(market_value) over (partition by user_id, account_id, ticker order by price_date), 0) as before
     from int_daily_holdings
   ) days
   where price_effect + currency_effect <> market_value - before - net_flow + fees`,
);

law(
  "of the cash of each account, too: what exchange rates did is what flows, income and costs do not explain",
  `select c.user_id, c.account_id, c.currency, c.cash_date
   from (
     select *, coalesce(lag(market_value) over (partition by user_id, account_id, currency order by cash_date), 0) as before
     from int_cash_daily
   ) c
   left join (
     select user_id, account_id, currency, ex_date, sum(amount) as dividends
     from int_dividend_income where tracks_cash group by 1, 2, 3, 4
   ) d on d.user_id = c.user_id and d.account_id = c.account_id and d.currency = c.currency and d.ex_date = c.cash_date
   where abs(c.currency_effect - (c.market_value - c.before - c.net_flow - c.income - coalesce(d.dividends, 0) + c.income_paid_out
     + c.fees + c.taxes)) > 1e-9 * (1 + abs(c.market_value))`,
);

law(
  "the effects of an account and of the whole are those of their holdings and their cash, and with income less costs the gain of the day",
  `with parts as (
     select user_id, account_id, price_date as day, price_effect, currency_effect from int_daily_holdings
     union all
     select user_id, account_id, cash_date, 0, currency_effect from int_cash_daily
   ),
   sums as (
     select m.user_id, m.portfolio_id, p.day, sum(price_effect) as price_effect, sum(currency_effect) as currency_effect
     from parts p join int_portfolios m on m.user_id = p.user_id and m.account_id = p.account_id
     group by 1, 2, 3
   )
   select d.user_id, d.portfolio_id, d.price_date, d.price_effect, s.price_effect, d.currency_effect, s.currency_effect
   from (
     select *, coalesce(lag(market_value) over (partition by user_id, portfolio_id order by price_date), 0) as before
     from int_portfolio_daily
   ) d
   left join sums s on s.user_id = d.user_id and s.portfolio_id = d.portfolio_id and s.day = d.price_date
   where abs(d.price_effect - coalesce(s.price_effect, 0)) > 1e-9 * (1 + abs(d.market_value))
     or abs(d.currency_effect - coalesce(s.currency_effect, 0)) > 1e-9 * (1 + abs(d.market_value))
     or abs(d.market_value - d.before - d.net_flow + d.income_paid_out
       - coalesce(s.price_effect + s.currency_effect, 0) - d.income + d.fees + d.taxes) > 1e-9 * (1 + abs(d.market_value))`,
);

law(
  "by any method, and whichever lots sales name, what is held and was sold gained the same, but for the cost of what was transferred",
  `with gains as (
     select f.user_id, f.realized_pnl + f.unrealized_pnl + coalesce(t.cost, 0) as gain, f.total_gain
     from gold__performance f
     left join (
       select user_id, sum(transferred_cost) as cost from int_holding_periods group by user_id
     ) t using (user_id)
   )
   select a.user_id, b.user_id, a.gain, b.gain, a.total_gain, b.total_gain
   from gains a
   join lateral (
     select * from gains where user_id in (${[1, 2, 3, 4].map((place) => twin(place).replace("user_id", "a.user_id")).join(", ")})
   ) b on true
   where a.user_id <= ${count} and (abs(a.gain - b.gain) > 1e-6 * (1 + abs(a.gain)) or abs(a.total_gain - b.total_gain) > 1e-6)`,
);

law(
  "a transfer between accounts, or a conversion at the day's rate, changes nothing of the whole but by its fee, on any day",
  `select a.user_id, a.price_date, a.market_value, b.market_value as moved, b.fees - a.fees as fee, a.daily_return, b.daily_return as moved_return
   from int_portfolio_daily a
   full join int_portfolio_daily b on b.user_id = a.${twin(movedOf)} and b.price_date = a.price_date and b.portfolio_id = 0
   where a.portfolio_id = 0 and a.user_id <= ${count}
     and (abs(a.market_value - b.market_value - (b.fees - a.fees)) < 1e-9 * (1 + abs(a.market_value))
       and abs(a.net_flow - b.net_flow) < 1e-9 * (1 + abs(a.net_flow))
       and (a.daily_return is null and b.daily_return is null
         or abs((a.daily_return - b.daily_return) * (a.prev_market_value + greatest(a.net_flow, 0)) - (b.fees - a.fees))
           < 1e-6 * (1 + abs(a.market_value)))) is not true
     -- begun by the cash that was moved
     and a.price_date >= '${allDays[45]}'`,
);

test("the worlds are worth testing", async () => {
  const { rows } = await pool.query(
    `select count(*) filter (where transaction_type = 'FX_OUT') > 0 as has_conversions,
       count(*) filter (where ticker is not null) > 0 as has_shares,
       count(*) filter (where ticker is null and transaction_type = 'TRANSFER_OUT') > 0 as has_cash
     from transactions where transaction_id > 10000000`,
  );
  expect(rows[0], `seed ${seed}`).toEqual({ has_conversions: true, has_shares: true, has_cash: true });
});

law(
  "the gains of all sales by lot are the realised gain, in the ticker's currency they are its proceeds less its cost",
  `with lots as (
     select user_id, sum(gain) as gain, sum(proceeds) as proceeds
     from gold_realized_lots
     group by user_id
   ),
   sales as (
     select user_id, transaction_id as sale_id, sell_amount as proceeds
     from int_positions
     where transaction_type = 'SELL'
   ),
   base as (
     select user_id, sale_id, sum(proceeds) as proceeds
     from gold_realized_lots
     group by user_id, sale_id
   ),
   local as (
     select l.user_id, l.sale_id, sum(l.local_proceeds) as proceeds, min(p.local_sell_amount) as of_sale
     from gold_realized_lots l
     join int_positions p on p.transaction_id = l.sale_id
     group by l.user_id, l.sale_id
   )
   select f.user_id, f.realized_pnl, l.gain, null::numeric as of_sale
   from gold__performance f
   left join lots l using (user_id)
   where abs(f.realized_pnl - coalesce(l.gain, 0)) > 1e-9 * (1 + abs(coalesce(l.proceeds, 0)))
   union all
   select user_id, null, s.proceeds, l.proceeds
   from sales s
   left join base l using (user_id, sale_id)
   where abs(coalesce(l.proceeds, 0) - s.proceeds) > 1e-9 * (1 + abs(s.proceeds))
   union all
   select user_id, null, proceeds, of_sale
   from local
   where abs(proceeds - of_sale) > 1e-9 * (1 + abs(of_sale))`,
);

law(
  "the months of each ticker add up to its income, and all of them to that of the portfolio",
  `with months as (
     select user_id, ticker, sum(gross) as gross, sum(tax) as tax, sum(fee) as fee, sum(net) as net, sum(payments) as payments
     from gold_income_months
     group by user_id, ticker
   ),
   taxes as (
     select user_id, ticker, sum(tax) as tax from int_withheld_taxes group by user_id, ticker
   ),
   booked as (
     select
       user_id,
       ticker,
       sum(gross) as gross,
       sum(tax) filter (where source = 'ledger') as tax,
       sum(gross - tax - net) filter (where source = 'ledger') as fee,
       sum(net) filter (where source = 'ledger') as net,
       count(*) as payments
     from int_income
     group by user_id, ticker
   ),
   payments as (
     select
       booked.user_id,
       booked.ticker,
       gross,
       booked.tax + coalesce(taxes.tax, 0) as tax,
       fee,
       net - coalesce(taxes.tax, 0) as net,
       payments
     from booked
     left join taxes on taxes.user_id = booked.user_id and taxes.ticker = booked.ticker
   ),
   whole as (
     select user_id, sum(gross) as gross from gold_income_months group by user_id
   )
   select person.user_id, m.gross, p.gross as expected
   from months m
   full join payments p on p.user_id = m.user_id and p.ticker is not distinct from m.ticker
   cross join lateral (select coalesce(m.user_id, p.user_id) as user_id) as person
   where (m.gross, m.tax, m.fee, m.net, m.payments) is distinct from (p.gross, p.tax, p.fee, p.net, p.payments)
   union all
   select f.user_id, w.gross, f.income
   from gold__performance f
   left join whole w using (user_id)
   where abs(f.income - coalesce(w.gross, 0)) > 1e-9 * (1 + abs(f.income))`,
);

law(
  "fees and taxes of rows are all that the portfolio paid",
  `with costs as (
     select user_id, sum(fee) as fee, sum(tax) as tax from gold_fees_and_taxes group by user_id
   )
   select f.user_id, f.fees, c.fee, f.taxes, c.tax
   from gold__performance f
   left join costs c using (user_id)
   where abs(f.fees - coalesce(c.fee, 0)) > 1e-9 * (1 + abs(f.fees))
     or abs(f.taxes - coalesce(c.tax, 0)) > 1e-9 * (1 + abs(f.taxes))`,
);

law(
  "what holdings are expected to bring adds up to the whole's, by account and by ticker, and so do cost and value",
  `with whole as (
     select user_id, portfolio_id, expected, special, cost_basis, estimated_cost, market_value, estimated_value
     from gold_income_yields
     where ticker is null
   ),
   tickers as (
     select
       user_id,
       portfolio_id,
       sum(expected) as expected,
       sum(special) as special,
       sum(cost_basis) as cost_basis,
       sum(estimated_cost) as estimated_cost,
       sum(market_value) as market_value,
       sum(estimated_value) as estimated_value
     from gold_income_yields
     where ticker is not null
     group by user_id, portfolio_id
   ),
   payments as (
     select m.user_id, m.portfolio_id, sum(e.gross) as expected
     from gold_expected_income e
     join int_portfolios m on m.user_id = e.user_id and m.account_id = e.account_id
     group by m.user_id, m.portfolio_id
   )
   select w.user_id, w.portfolio_id, w.expected, t.expected, p.expected
   from whole w
   full join tickers t using (user_id, portfolio_id)
   left join payments p using (user_id, portfolio_id)
   where (w.expected, w.special, w.cost_basis, w.estimated_cost, w.market_value, w.estimated_value)
       is distinct from (t.expected, t.special, t.cost_basis, t.estimated_cost, t.market_value, t.estimated_value)
     or abs(coalesce(w.expected, 0) - coalesce(p.expected, 0)) > 1e-9`,
);

law(
  "an estimate is there or missing with a reason, never both, and nothing is expected of what has none",
  `select user_id, portfolio_id, ticker, expected, expected_reason, yield_on_cost, yield_on_cost_reason, income_yield, income_yield_reason
   from gold_income_yields
   where (expected is null) <> (expected_reason is not null)
     or (income_yield is null) <> (income_yield_reason is not null)
     or (yield_on_cost is null) <> (yield_on_cost_reason is not null)
     or expected is null and (yield_on_cost is not null or income_yield is not null)
     or unestimated > holdings
     or unyielding not between greatest(unpriced, unestimated) and unpriced + unestimated`,
);

law(
  "every row of the ledger counts, or is listed among those that do not, or is a dividend beside the market's",
  `select s.user_id, s.transaction_id, t.transaction_id, u.transaction_id
   from stg_transactions s
   left join int_transactions t using (transaction_id)
   left join gold_uncounted_transactions u using (transaction_id)
   join public.accounts a on a.account_id = s.account_id
   where (t.transaction_id is null) = (u.transaction_id is null)
     and not (s.transaction_type = 'DIVIDEND' and a.income = 'market' and t.transaction_id is null)`,
);
