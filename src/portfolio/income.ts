/** What dividends and interest brought a person, or one of their accounts, and what they may bring: in the base currency. */
import type { Pool, PoolClient } from "pg";
import { type gold_expected_income, gold_income_yields } from "../../assets/income.ts";
import { personTransaction } from "../database/person.ts";
import { quoteColumns, type RowOf } from "../engine/index.ts";
import { accountAskedFor, type OfAccount } from "./named-account.ts";
import type { Whose } from "./range.ts";

interface Amounts {
  /** Before tax. */
  readonly gross: string;
  /** Withheld, as booked; null, as the two below: all is the market's word, which does not say. */
  readonly tax: string | null;
  readonly fee: string | null;
  /** Received of what was booked. */
  readonly net: string | null;
  /** What of `gross` is the market's word: of that the three above know nothing. */
  readonly market_gross: string;
  /** How many payments that is of. */
  readonly market_payments: number;
  /** false: some of it is converted at the rate of another day. */
  readonly is_rated: boolean;
}

export interface IncomeRow extends Amounts {
  /** Its first day; null where the rows are not by month. */
  readonly month: string | null;
  /** null where they are not by year. */
  readonly year: number | null;
  /** null: of no ticker (interest), or the rows are not by ticker. */
  readonly ticker: string | null;
  readonly account_id: number | null;
  /** What `gross` is made of. */
  readonly dividends: string;
  readonly interest: string;
}

export const incomeGroupings = ["month", "year", "ticker", "account"] as const;

interface IncomeRequest extends OfAccount {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly by: (typeof incomeGroupings)[number];
}

/** Throws UnknownAccountError, as all of these. */
export function readIncome(
  pool: Pool,
  userId: number,
  { from, to, by, account }: IncomeRequest,
): Promise<IncomeRow[]> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const { rows } = await client.query<IncomeRow>(
      `with payments as (
         select
           case when $4 = 'month' then date_trunc('month', pay_date::timestamp)::date end as month,
           case when $4 = 'year' then extract(year from pay_date)::integer end as year,
           case when $4 = 'ticker' then ticker end as ticker,
           case when $4 = 'account' then account_id end as account_id,
           kind,
           source,
           gross,
           tax,
           fee,
           net,
           is_rated
         from gold_income
         where user_id = $1
           and pay_date >= coalesce($2::date, '-infinity')
           and pay_date <= coalesce($3::date, 'infinity')
           and ($5::bigint is null or account_id = $5)
       )
       select
         month,
         year,
         ticker,
         account_id,
         coalesce(sum(gross) filter (where kind = 'dividend'), 0) as dividends,
         coalesce(sum(gross) filter (where kind = 'interest'), 0) as interest,
         sum(gross) as gross,
         sum(tax) as tax,
         sum(fee) as fee,
         sum(net) as net,
         coalesce(sum(gross) filter (where source = 'market'), 0) as market_gross,
         count(*) filter (where source = 'market') as market_payments,
         bool_and(is_rated) as is_rated
       from payments
       group by month, year, ticker, account_id
       order by month, year, ticker, account_id`,
      [userId, from ?? null, to ?? null, by, accountId],
    );
    return rows;
  });
}

export interface IncomeMonth extends Amounts {
  /** null: of no ticker (interest). */
  readonly ticker: string | null;
  /** Its first day. */
  readonly month: string;
}

/** Of a calendar year, by ticker and month. */
export function readIncomeMonths(
  pool: Pool,
  userId: number,
  { year, account }: OfAccount & { readonly year: number },
): Promise<IncomeMonth[]> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const { rows } = await client.query<IncomeMonth>(
      `select
         ticker,
         month,
         sum(gross) as gross,
         sum(tax) as tax,
         sum(fee) as fee,
         sum(net) as net,
         sum(market_gross) as market_gross,
         sum(market_payments)::bigint as market_payments,
         bool_and(is_rated) as is_rated
       from gold_income_months
       where user_id = $1
         and month between make_date($2, 1, 1) and make_date($2, 12, 1)
         and ($3::bigint is null or account_id = $3)
       group by ticker, month
       order by ticker, month`,
      [userId, year, accountId],
    );
    return rows;
  });
}

/** Calendar years with income, the latest first. */
export function readIncomeYears(pool: Pool, userId: number, { account }: OfAccount): Promise<number[]> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const { rows } = await client.query<{ year: number }>(
      `select distinct extract(year from month)::integer as year
       from gold_income_months
       where user_id = $1
         and ($2::bigint is null or account_id = $2)
       order by year desc`,
      [userId, accountId],
    );
    return rows.map(({ year }) => year);
  });
}

/** The last day known to the system, from which an estimate is made: the first day of the year up to it, the last one of the year after. */
export interface LastDay {
  readonly last_day: string;
  readonly year_from: string;
  readonly year_to: string;
}

export async function readLastDay(pool: Pool): Promise<LastDay> {
  const { rows } = await pool.query<LastDay>(
    `select
       last_day,
       (last_day - interval '1 year')::date + 1 as year_from,
       (last_day + interval '1 year')::date as year_to
     from int_last_day`,
  );
  return rows[0]!;
}

export interface ExpectedIncome {
  /** First day of the month, within the next twelve. */
  readonly month: string;
  readonly ticker: string;
  /** Before tax. */
  readonly gross: string;
}

/** What the next twelve months bring if each share that is held pays what it paid in the last: an estimate, by month and ticker. */
export function readExpectedIncome(
  pool: Pool,
  userId: number,
  { account }: OfAccount,
): Promise<ExpectedIncome[]> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const { rows } = await client.query<ExpectedIncome>(
      `select date_trunc('month', expected_on::timestamp)::date as month, ticker, sum(gross) as gross
       from gold_expected_income
       where user_id = $1
         and ($2::bigint is null or account_id = $2)
       group by 1, 2
       order by 1, 2`,
      [userId, accountId],
    );
    return rows;
  });
}

type YieldRow = RowOf<typeof gold_income_yields>;

/** Not Omit: of a type that also says what any other name would be, that keeps nothing else. */
export type IncomeYield = {
  [C in keyof YieldRow as C extends "user_id" | "portfolio_id" ? never : C]: YieldRow[C];
};

const yieldColumns = quoteColumns(
  Object.keys(gold_income_yields.columns).filter(
    (column) => column !== "user_id" && column !== "portfolio_id",
  ),
);

/** Who has one account has no portfolio of it alone: it is all together. $2: the account, or null. */
const ofPortfolio = `portfolio_id = coalesce(
  (select portfolio_id from int_portfolios where user_id = $1 and portfolio_id = $2),
  0
)`;

/** Of each ticker held on the last day, those that bring most first, and of all together (ticker null), which is the last one. */
export function readYields(pool: Pool, userId: number, { account }: OfAccount): Promise<IncomeYield[]> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const { rows } = await client.query<IncomeYield>(
      `select ${yieldColumns}
       from gold_income_yields
       where user_id = $1
         and ${ofPortfolio}
       order by ticker is null, expected desc nulls last, ticker`,
      [userId, accountId],
    );
    return rows;
  });
}

/** Of one ticker, or (null) of all together; null: none is held. */
export async function readYield(
  client: PoolClient,
  { userId, account }: Whose,
  ticker: string | null,
): Promise<IncomeYield | null> {
  const { rows } = await client.query<IncomeYield>(
    `select ${yieldColumns}
     from gold_income_yields
     where user_id = $1
       and ${ofPortfolio}
       and ticker is not distinct from $3`,
    [userId, account, ticker],
  );
  return rows[0] ?? null;
}

const evidenceColumns = [
  "account_id",
  "ticker",
  "source",
  "paid_on",
  "currency",
  "quantity",
  "cash_per_share",
  "rate",
  "gross",
] as const;

type ExpectedEvidence = Pick<RowOf<typeof gold_expected_income>, (typeof evidenceColumns)[number]>;

/** All payments that an estimate is of, the next one first; `ticker` null: of all. */
export async function readExpectedEvidence(
  client: PoolClient,
  { userId, account }: Whose,
  ticker: string | null,
): Promise<ExpectedEvidence[]> {
  const { rows } = await client.query<ExpectedEvidence>(
    `select ${quoteColumns(evidenceColumns)}
     from gold_expected_income
     where user_id = $1
       and ($2::bigint is null or account_id = $2)
       and ($3::text is null or ticker = $3)
     order by paid_on, ticker, account_id`,
    [userId, account, ticker],
  );
  return rows;
}
