/** Dividends that the market paid on what was held, and that an account which books its own income has no booking of. */
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { accountAskedFor, type NamedAccount, requireAccount } from "./named-account.ts";

export interface UnbookedDividend {
  readonly account_id: number;
  readonly ticker: string;
  readonly ex_date: string;
  /** Held when the day before closed, in today's shares. */
  readonly quantity: string;
  /** In the ticker's currency; before tax. */
  readonly currency: string;
  readonly local_amount: string;
  /** The same in the person's base currency, at the rate of the ex-date. */
  readonly amount: string;
  readonly is_dismissed: boolean;
}

interface Booking {
  readonly account_id: number;
  readonly ticker: string;
  readonly date: string;
}

/** Days after the ex-date on which a booking is missed, and days before it on which one is still of it. */
export const daysToBook = 60;
const daysBefore = 3;
/** The longest that a payment takes: a booking later than this is of a dividend that is not known here. */
const longestDays = 120;

const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000;

/**
 * Those without a booking. Each booking, oldest first, is of the last ex-date before it that has none yet: who pays every month may pay one
 * after the next one's ex-date, and one that is missing must not be made up for by another. Pure.
 */
export function withoutBooking<D extends Pick<UnbookedDividend, "account_id" | "ticker" | "ex_date">>(
  dividends: readonly D[],
  bookings: readonly Booking[],
): D[] {
  const keyOf = (row: Pick<D, "account_id" | "ticker">): string => `${row.account_id} ${row.ticker}`;
  const due = Map.groupBy(dividends, keyOf);
  const booked = new Set<D>();
  for (const booking of bookings.toSorted((a, b) => (a.date < b.date ? -1 : 1))) {
    const day = dayNumber(booking.date);
    const own = (due.get(keyOf(booking)) ?? []).filter((dividend) => {
      const passed = day - dayNumber(dividend.ex_date);
      return !booked.has(dividend) && passed >= -daysBefore && passed <= longestDays;
    });
    const last = own.toSorted((a, b) => (a.ex_date < b.ex_date ? 1 : -1))[0];
    if (last) booked.add(last);
  }
  return dividends.filter((dividend) => !booked.has(dividend));
}

/** By the rule of int_dividend_income, of the accounts that it leaves out; with those that are not due yet, which may be booked already. */
async function readMarketDividends(
  client: PoolClient,
  userId: number,
  account: number | null,
): Promise<(UnbookedDividend & { readonly is_due: boolean })[]> {
  const { rows } = await client.query<UnbookedDividend & { readonly is_due: boolean }>(
    `with dividends as (
       select
         p.account_id,
         p.ticker,
         d.ex_date,
         p.currency,
         p.base_currency,
         p.rate,
         case when d.ex_date = p.valid_from then p.prev_quantity else p.quantity end as quantity,
         d.cash_per_share
       from int_holding_periods as p
       join stg_dividends as d on d.ticker = p.ticker and d.ex_date >= p.valid_from and d.ex_date < p.held_until
       where p.user_id = $1
         and p.books_income
         and ($2::bigint is null or p.account_id = $2)
         and d.ex_date <= (select last_day from int_last_day)
     )
     select
       d.account_id,
       d.ticker,
       d.ex_date,
       trim_scale(d.quantity) as quantity,
       d.currency,
       trim_scale(d.quantity * d.cash_per_share) as local_amount,
       trim_scale(round(d.quantity * d.cash_per_share * coalesce(of_day.rate, d.rate), 12)) as amount,
       dismissed.ex_date is not null as is_dismissed,
       d.ex_date + $3::integer <= (select last_day from int_last_day) as is_due
     from dividends as d
     left join lateral (
       select own.usd_per_unit / base.usd_per_unit as rate
       from int_fx_daily as own
       join int_fx_daily as base on base.rate_date = own.rate_date
       where d.currency <> d.base_currency
         and own.currency = d.currency
         and base.currency = d.base_currency
         and own.rate_date = d.ex_date
     ) as of_day on true
     left join public.dismissed_dividends as dismissed
       on dismissed.user_id = $1
       and dismissed.account_id = d.account_id
       and dismissed.ticker = d.ticker
       and dismissed.ex_date = d.ex_date
     where d.quantity > 0
     order by d.ex_date desc, d.ticker, d.account_id`,
    [userId, account ?? null, daysToBook],
  );
  return rows;
}

/** A return of capital is what some pay as a dividend, and the market calls one. */
async function readBookings(client: PoolClient, userId: number): Promise<Booking[]> {
  const { rows } = await client.query<Booking>(
    `select account_id, upper(btrim(ticker)) as ticker, transaction_date as date
     from bronze.transactions
     where user_id = $1
       and ticker is not null
       and transaction_type in ('DIVIDEND', 'RETURN_OF_CAPITAL')`,
    [userId],
  );
  return rows;
}

/**
 * Ex-dates from 60 days ago and before, newest first, of which the ledger of an account that books its own income has no payment. Of a person
 * without such an account nothing is looked at. Throws UnknownAccountError.
 */
export function readUnbookedDividends(
  pool: Pool,
  userId: number,
  { account }: { readonly account?: NamedAccount | undefined } = {},
): Promise<UnbookedDividend[]> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const { rowCount } = await client.query(
      "select from public.accounts where user_id = $1 and income = 'ledger' and ($2::bigint is null or account_id = $2)",
      [userId, accountId],
    );
    if (rowCount === 0) return [];
    const dividends = await readMarketDividends(client, userId, accountId);
    return withoutBooking(dividends, await readBookings(client, userId))
      .filter(({ is_due }) => is_due)
      .map(({ is_due: _, ...dividend }) => dividend);
  });
}

export interface Dismissal {
  readonly account_id: number;
  readonly ticker: string;
  readonly ex_date: string;
}

/** They are not told of any more, or again. Throws UnknownAccountError. */
export function dismissDividends(
  pool: Pool,
  userId: number,
  dismissals: readonly Dismissal[],
  isDismissed: boolean,
): Promise<void> {
  return personTransaction(pool, userId, async (client) => {
    for (const account of new Set(dismissals.map(({ account_id }) => account_id)))
      await requireAccount(client, userId, account);
    await client.query(
      isDismissed
        ? `insert into public.dismissed_dividends (user_id, account_id, ticker, ex_date)
           select $1, account_id, upper(btrim(ticker)), ex_date
           from json_to_recordset($2::json) as said (account_id bigint, ticker text, ex_date date)
           on conflict do nothing`
        : `delete from public.dismissed_dividends
           using json_to_recordset($2::json) as said (account_id bigint, ticker text, ex_date date)
           where dismissed_dividends.user_id = $1
             and dismissed_dividends.account_id = said.account_id
             and dismissed_dividends.ticker = upper(btrim(said.ticker))
             and dismissed_dividends.ex_date = said.ex_date`,
      [userId, JSON.stringify(dismissals)],
    );
  });
}
