/** Income, cash, exchange rates and realised gains of a person, or of one of their accounts. */
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { accountAskedFor, type NamedAccount } from "./named-account.ts";
import { type TaxYear, taxYearOf, taxYearOn } from "./tax-year.ts";

/** `account` undefined: all together. */
interface OfAccount {
  readonly account?: NamedAccount | undefined;
}

export interface IncomeRow {
  /** Its first day; null where the rows are not by month. */
  readonly month: string | null;
  /** null: of no ticker (interest), or the rows are not by ticker. */
  readonly ticker: string | null;
  readonly account_id: number | null;
  readonly gross: string;
  readonly tax: string;
  readonly net: string;
}

export const incomeGroupings = ["month", "ticker", "account"] as const;

export interface IncomeRequest extends OfAccount {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly by: (typeof incomeGroupings)[number];
}

/** In the person's base currency. Throws UnknownAccountError, as all of these. */
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
           case when $4 = 'ticker' then ticker end as ticker,
           case when $4 = 'account' then account_id end as account_id,
           gross,
           tax,
           net
         from gold_income
         where user_id = $1
           and pay_date >= coalesce($2::date, '-infinity')
           and pay_date <= coalesce($3::date, 'infinity')
           and ($5::bigint is null or account_id = $5)
       )
       select month, ticker, account_id, sum(gross) as gross, sum(tax) as tax, sum(net) as net
       from payments
       group by month, ticker, account_id
       order by month, ticker, account_id`,
      [userId, from ?? null, to ?? null, by, accountId],
    );
    return rows;
  });
}

export interface CashRow {
  readonly account_id: number;
  readonly currency: string;
  readonly cash_date: string;
  readonly balance: string;
  readonly base_currency: string;
  readonly rate: string;
  readonly market_value: string;
  readonly is_rated: boolean;
}

/** What each account holds, or owes, at the close of a day; default: the last day known. */
export function readCash(
  pool: Pool,
  userId: number,
  { date, account }: OfAccount & { readonly date?: string | undefined },
): Promise<CashRow[]> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const { rows } = await client.query<CashRow>(
      `select account_id, currency, cash_date, balance, base_currency, rate, market_value, is_rated
       from int_cash_daily
       where user_id = $1
         and cash_date = coalesce($2::date, (select last_day from int_last_day))
         and balance <> 0
         and ($3::bigint is null or account_id = $3)
       order by account_id, currency`,
      [userId, date ?? null, accountId],
    );
    return rows;
  });
}

/** What an account held at the close of each of these days, by currency; no row: it held none, or no figures know the day yet. */
export function readCashOn(
  pool: Pool,
  userId: number,
  account: number,
  dates: readonly string[],
): Promise<Pick<CashRow, "currency" | "cash_date" | "balance">[]> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<Pick<CashRow, "currency" | "cash_date" | "balance">>(
      `select currency, cash_date, balance
       from int_cash_daily
       where user_id = $1
         and account_id = $2
         and cash_date = any ($3::date[])`,
      [userId, account, dates],
    );
    return rows;
  });
}

export interface RateRow {
  readonly rate_date: string;
  readonly usd_per_unit: string;
  readonly is_observed: boolean;
}

export interface RatesRequest {
  readonly currency: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** US dollars for one of a currency, on each day from its first rate on: nobody's in particular. */
export async function readRates(pool: Pool, request: RatesRequest): Promise<RateRow[]> {
  const { currency, from, to, after, limit } = request;
  const { rows } = await pool.query<RateRow>(
    `select rate_date, usd_per_unit, is_observed
     from int_fx_daily
     where currency = $1
       and rate_date >= coalesce($2::date, '-infinity')
       and rate_date <= coalesce($3::date, 'infinity')
       and rate_date > coalesce($4::date, '-infinity')
     order by rate_date
     limit $5`,
    [currency, from ?? null, to ?? null, after ?? null, limit],
  );
  return rows;
}

const lotColumns = [
  "account_id",
  "ticker",
  "buy_date",
  "sell_date",
  "quantity",
  "cost",
  "proceeds",
  "gain",
  "term",
] as const;

/** As a file has them. */
export const realizedColumns = [...lotColumns, "name"] as const;

export interface RealizedRow {
  readonly account_id: number;
  readonly ticker: string;
  readonly buy_date: string | null;
  readonly sell_date: string;
  readonly quantity: string;
  readonly cost: string;
  readonly proceeds: string;
  readonly gain: string;
  readonly term: string | null;
  /** Of what was sold: of an asset of the person's own it tells more than the ticker; null: not known. */
  readonly name: string | null;
}

async function readTaxYearStart(client: PoolClient, userId: number): Promise<string> {
  const { rows } = await client.query<{ start: string }>(
    "select tax_year_start as start from public.users where user_id = $1",
    [userId],
  );
  return rows[0]!.start;
}

export interface Realized {
  readonly taxYear: TaxYear;
  readonly rows: readonly RealizedRow[];
}

/**
 * Of the sales of one of the person's tax years: by lot, or of a person on the moving average by sale. `year`: the calendar year in which it
 * begins.
 */
export function readRealized(
  pool: Pool,
  userId: number,
  { year, account }: OfAccount & { readonly year: number },
): Promise<Realized> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const taxYear = taxYearOf(year, await readTaxYearStart(client, userId));
    const { rows } = await client.query<RealizedRow>(
      `select
         ${lotColumns.join(", ")},
         (select name from bronze.raw_assets where raw_assets.ticker = sold.ticker) as name
       from gold_realized_lots as sold
       where user_id = $1
         and sell_date between $2 and $3
         and ($4::bigint is null or account_id = $4)
       order by sell_date, sale_id, buy_date, transaction_id`,
      [userId, taxYear.from, taxYear.to, accountId],
    );
    return { taxYear, rows };
  });
}

/** The person's tax years in which something was realised, latest first, and the one that `today` is in. */
export function readTaxYears(
  pool: Pool,
  userId: number,
  today: string,
): Promise<{ readonly realized: readonly TaxYear[]; readonly current: TaxYear; readonly start: string }> {
  return personTransaction(pool, userId, async (client) => {
    const start = await readTaxYearStart(client, userId);
    const { rows } = await client.query<{ year: number }>(
      `select distinct
         extract(year from sell_date)::integer - (to_char(sell_date, 'MM-DD') < $2)::integer as year
       from gold_realized_lots
       where user_id = $1
       order by 1 desc`,
      [userId, start],
    );
    return {
      realized: rows.map(({ year }) => taxYearOf(year, start)),
      current: taxYearOn(today, start),
      start,
    };
  });
}

export interface OwedCash {
  readonly account: string;
  readonly currency: string;
  /** Below 0. */
  readonly balance: string;
}

/** Cash of which more was paid out than lay there, on the last day known. Nothing is looked for where no account keeps cash. */
export async function readOwedCash(client: PoolClient, userId: number): Promise<OwedCash[]> {
  const { rowCount } = await client.query({
    name: "has_cash_account",
    text: "select from public.accounts where user_id = $1 and tracks_cash limit 1",
    values: [userId],
  });
  if (rowCount === 0) return [];
  const { rows } = await client.query<OwedCash>(
    `select accounts.name as account, cash.currency, trim_scale(cash.balance) as balance
     from gold_cash as cash
     join public.accounts as accounts
       on accounts.user_id = cash.user_id
       and accounts.account_id = cash.account_id
     where cash.user_id = $1
       and cash.balance < 0
     order by accounts.account_id, cash.currency`,
    [userId],
  );
  return rows;
}
