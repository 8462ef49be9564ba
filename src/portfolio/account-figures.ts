/** How each account of a person has done, and what its dividends may bring: an estimate. */
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";

export interface AccountName {
  readonly account_id: number;
  readonly name: string;
  readonly tracks_cash: boolean;
}

/** The default one first, then by name. */
export async function readAccountNames(client: PoolClient, userId: number): Promise<AccountName[]> {
  const { rows } = await client.query<AccountName>({
    name: "read_account_names",
    text: `select account_id, name, tracks_cash
           from public.accounts
           where user_id = $1
           order by is_default desc, lower(name)`,
    values: [userId],
  });
  return rows;
}

/** In the person's base currency. */
export interface AccountFigures {
  readonly account_id: number;
  readonly as_of: string;
  readonly market_value: string;
  readonly cash: string;
  readonly net_contributions: string;
  readonly total_gain: string;
  readonly income: string;
  readonly twr: number;
}

/** [] before the models are built; an account without a transaction has none. */
export function readAccountFigures(pool: Pool, userId: number): Promise<AccountFigures[]> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<AccountFigures>(
      `select account_id, as_of, market_value, cash, net_contributions, total_gain, income, twr
       from gold_account_performance
       where user_id = $1`,
      [userId],
    );
    return rows;
  });
}

export interface ExpectedIncome {
  /** First day of the month, within the next twelve. */
  readonly month: string;
  readonly ticker: string;
  /** In the person's base currency, before tax. */
  readonly gross: string;
}

/**
 * What the next twelve months bring if every holding pays what it paid in the last: for each dividend with an ex-date of the year
 * up to the last day known, its cash per share times what is held now, at the rate of the last day, a year after that ex-date. A
 * ticker of which the market tells none, but an account booked some: what was booked of each share then held. Rows by month and ticker.
 */
export function readExpectedIncome(
  pool: Pool,
  userId: number,
  account: number | undefined,
): Promise<ExpectedIncome[]> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<ExpectedIncome>(
      `with held as (
         select h.ticker, h.price_date as as_of, sum(h.quantity) as quantity, max(h.rate) as rate
         from int_daily_holdings as h
         join int_last_day as l on l.last_day = h.price_date
         where h.user_id = $1
           and h.quantity > 0
           and ($2::bigint is null or h.account_id = $2)
         group by h.ticker, h.price_date
       ),
       announced as (
         select
           held.ticker,
           d.ex_date as paid_on,
           d.cash_per_share * held.quantity * held.rate as gross
         from held
         join stg_dividends as d
           on d.ticker = held.ticker
           and d.ex_date > held.as_of - interval '1 year'
           and d.ex_date <= held.as_of
       ),
       booked as (
         select
           held.ticker,
           i.pay_date as paid_on,
           i.local_gross / nullif(before.quantity, 0) * held.quantity * held.rate as gross
         from held
         join gold_income as i
           on i.user_id = $1
           and i.ticker = held.ticker
           and i.source = 'ledger'
           and i.pay_date > held.as_of - interval '1 year'
           and i.pay_date <= held.as_of
         cross join lateral (
           select sum(p.quantity) as quantity
           from int_holding_periods as p
           where p.user_id = $1
             and p.account_id = i.account_id
             and p.ticker = i.ticker
             and p.valid_from <= i.pay_date
             and p.valid_to > i.pay_date
         ) as before
         where ($2::bigint is null or i.account_id = $2)
           and held.ticker not in (select ticker from announced)
       ),
       expected as (
         select * from announced
         union all
         select * from booked where gross is not null
       )
       select
         date_trunc('month', paid_on + interval '1 year')::date as month,
         ticker,
         sum(gross) as gross
       from expected
       group by 1, 2
       order by 1, 2`,
      [userId, account ?? null],
    );
    return rows;
  });
}
