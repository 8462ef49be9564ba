/** Cash and exchange rates of a person, or of one of their accounts. */
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { accountAskedFor, type OfAccount } from "./named-account.ts";

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
