/**
 * The rows of money behind a figure, each as the models count it: what was put in and taken out, fees and taxes, income as booked,
 * cash. Amounts are in the person's base currency, `own_` ones in that of the row.
 *
 * Who only ever bought and sold at the average has none of these but purchases and sales: nothing is looked for.
 */
import type { PoolClient } from "pg";
import type { Extent } from "./evidence.ts";

/** In what way money, or shares at the day's price, came in or went out. */
export type ContributionKind =
  | "bought"
  | "sold"
  | "deposited"
  | "withdrawn"
  | "cash_in"
  | "cash_out"
  | "shares_in"
  | "shares_out"
  | "costs";

interface MoneyRow {
  readonly transaction_id: number;
  readonly transaction_date: string;
  readonly transaction_type: string;
  readonly account_id: number;
  readonly ticker: string | null;
  readonly amount: string;
}

export interface ContributionEvidence extends MoneyRow {
  readonly kind: ContributionKind;
}

/** other_fee: of no purchase and no sale. */
export type CostKind = "fee" | "other_fee" | "tax";

export interface CostEvidence extends MoneyRow {
  readonly kind: CostKind;
  readonly own_amount: string;
  readonly currency: string;
}

const hasOthers = "exists (select from int_detailed_ledgers where user_id = $1)";

/** Of the ledger rows of an extent ($1 to $4, then the ticker), fee and tax as int_portfolio_daily counts them. */
const ledgerRows = `
  entries as (
    select
      *,
      transaction_type = 'DEPOSIT' or transaction_type = 'WITHDRAWAL' or transaction_type like 'FX_%'
        or (ticker is null and transaction_type like 'TRANSFER_%') as is_of_cash,
      -- a dividend that its account does not book is none
      transaction_type = 'DIVIDEND' and not books_income as is_ignored
    from int_transactions
    where user_id = $1
      and transaction_date > $2
      and transaction_date <= $3
      and ($4::bigint is null or account_id = $4)
      and ($5::text is null or ticker = $5)
      and ${hasOthers}
  ),
  counted as (
    select
      *,
      case
        when is_ignored or (is_of_cash and not tracks_cash) then 0
        when transaction_type = 'FEE' then gross_amount
        else fee
      end as counted_fee,
      case
        when is_ignored then 0
        when transaction_type = 'TAX' then gross_amount
        else tax
      end as counted_tax
    from entries
  )`;

const isTrade = "transaction_type in ('BUY', 'SELL', 'BONUS', 'RETURN_OF_CAPITAL')";

/** By int_account_flows: where cash is kept a trade moves none of it in or out, where it is not a cost is paid from outside. */
const contributions = `
  ${ledgerRows},
  contributions as (
    select
      counted.transaction_id,
      counted.transaction_date,
      counted.transaction_type,
      counted.account_id,
      counted.ticker,
      part.kind,
      part.amount
    from counted
    left join int_daily_holdings held
      on counted.ticker is not null
      and counted.transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT')
      and held.user_id = $1
      and held.account_id = counted.account_id
      and held.ticker = counted.ticker
      and held.price_date = counted.transaction_date
    cross join lateral (
      select case
        when counted.market_value is null then counted.adjusted_quantity * held.close
        -- What a corporate action makes another holding goes and comes within the account: it is a flow of the ticker alone.
        when $5::text is not null then counted.market_value
      end as worth
    ) as transferred
    cross join lateral (
      values
        ('bought', case when not tracks_cash and transaction_type in ('BUY', 'BONUS') then gross_amount + fee end),
        ('sold', case when not tracks_cash and transaction_type in ('SELL', 'RETURN_OF_CAPITAL') then fee - gross_amount end),
        ('deposited', case when tracks_cash and transaction_type = 'DEPOSIT' then gross_amount end),
        ('withdrawn', case when tracks_cash and transaction_type = 'WITHDRAWAL' then -gross_amount end),
        ('cash_in', case when tracks_cash and is_of_cash and transaction_type = 'TRANSFER_IN' then gross_amount end),
        ('cash_out', case when tracks_cash and is_of_cash and transaction_type = 'TRANSFER_OUT' then -gross_amount end),
        ('shares_in', case when transaction_type = 'TRANSFER_IN' then transferred.worth * held.rate end),
        ('shares_out', case when transaction_type = 'TRANSFER_OUT' then -transferred.worth * held.rate end),
        (
          'costs',
          case
            when tracks_cash or transaction_type in ('DIVIDEND', 'INTEREST') then 0
            when ${isTrade} then counted_tax
            else counted_fee + counted_tax
          end
        )
    ) as part (kind, amount)
    where part.amount <> 0
  )`;

const valuesOf = ({ userId, start, end, account, ticker }: Extent): unknown[] => [
  userId,
  start,
  end,
  account,
  ticker,
];

/** The newest first. */
export async function readContributionEvidence(
  client: PoolClient,
  extent: Extent,
  limit: number,
): Promise<ContributionEvidence[]> {
  const { rows } = await client.query<ContributionEvidence>(
    `with ${contributions}
     select transaction_id, transaction_date, transaction_type, account_id, ticker, kind, amount
     from contributions
     order by transaction_date desc, transaction_id desc, kind
     limit $6`,
    [...valuesOf(extent), limit],
  );
  return rows;
}

/** What each kind of them adds up to; those that there are none of are left out. */
export type Contributions = Readonly<Partial<Record<ContributionKind, string>>>;

export async function readContributions(client: PoolClient, extent: Extent): Promise<Contributions> {
  const { rows: others } = await client.query<{ kind: ContributionKind; amount: string }>(
    `with ${contributions}
     select kind, sum(amount) as amount
     from contributions
     where kind not in ('bought', 'sold')
     group by kind`,
    valuesOf(extent),
  );
  const { rows: trades } = await client.query<{ bought: string; sold: string }>(
    `select
       coalesce(sum(buy_amount), 0) as bought,
       coalesce(-sum(sell_amount), 0) as sold
     from int_holding_periods
     where user_id = $1
       and valid_from > $2
       and valid_from <= $3
       and ($4::bigint is null or account_id = $4)
       and ($5::text is null or ticker = $5)
       and not tracks_cash`,
    valuesOf(extent),
  );
  return { ...trades[0]!, ...Object.fromEntries(others.map(({ kind, amount }) => [kind, amount])) };
}

/** Fees and taxes, the newest first; of a ticker those of its trades alone, which are all that its figures know. */
export async function readCostEvidence(
  client: PoolClient,
  extent: Extent,
  kind: CostKind,
  limit: number,
): Promise<CostEvidence[]> {
  const { rows } = await client.query<CostEvidence>(
    `select
       transaction_id,
       transaction_date,
       transaction_type,
       account_id,
       ticker,
       part.kind,
       part.amount,
       part.own_amount,
       currency
     from gold_fees_and_taxes as costs
     cross join lateral (
       values
         ('fee', fee, own_fee),
         ('other_fee', case when costs.kind <> 'trade' then fee end, own_fee),
         ('tax', tax, own_tax)
     ) as part (kind, amount, own_amount)
     where user_id = $1
       and transaction_date > $2
       and transaction_date <= $3
       and ($4::bigint is null or account_id = $4)
       and ($5::text is null or ticker = $5 and costs.kind = 'trade')
       and part.kind = $6
       and part.amount <> 0
     order by transaction_date desc, transaction_id desc
     limit $7`,
    [...valuesOf(extent), kind, limit],
  );
  return rows;
}

export interface BookedEvidence {
  readonly account_id: number;
  /** null: interest. */
  readonly ticker: string | null;
  readonly pay_date: string;
  readonly currency: string;
  readonly local_gross: string;
  readonly gross: string;
  readonly tax: string;
  readonly fee: string;
  readonly net: string;
}

const booked = (isPaidOut: boolean): string => `
  from int_income booked
  ${isPaidOut ? "join public.accounts on accounts.account_id = booked.account_id and not accounts.tracks_cash" : ""}
  where booked.user_id = $1
    and booked.source = 'ledger'
    and ${hasOthers}
    and booked.pay_date > $2
    and booked.pay_date <= $3
    and ($4::bigint is null or booked.account_id = $4)
    and ($5::text is null or booked.ticker = $5)`;

/** Dividends and interest as booked, the newest first; `isPaidOut`: those alone that an account without cash passes on. */
export async function readBookedEvidence(
  client: PoolClient,
  extent: Extent,
  limit: number,
  isPaidOut: boolean,
): Promise<BookedEvidence[]> {
  const { rows } = await client.query<BookedEvidence>(
    `select
       booked.account_id,
       booked.ticker,
       booked.pay_date,
       booked.currency,
       booked.local_gross,
       booked.gross,
       booked.tax,
       booked.gross - booked.tax - booked.net as fee,
       booked.net
     ${booked(isPaidOut)}
     order by booked.pay_date desc, booked.ticker, booked.account_id
     limit $6`,
    [...valuesOf(extent), limit],
  );
  return rows;
}

export interface CashEvidence {
  readonly account_id: number;
  readonly currency: string;
  readonly balance: string;
  readonly rate: string;
  readonly market_value: string;
}

/** What lies in each account on the last day of the extent. */
export async function readCashEvidence(
  client: PoolClient,
  { userId, account, end }: Extent,
): Promise<CashEvidence[]> {
  const { rows } = await client.query<CashEvidence>(
    `select account_id, currency, balance, rate, market_value
     from int_cash_daily
     where user_id = $1
       and cash_date = $2
       and balance <> 0
       and ($3::bigint is null or account_id = $3)
     order by market_value desc, account_id, currency`,
    [userId, end, account],
  );
  return rows;
}

/** What a gain is made of beside gains on what is held and was sold, and beside income. */
export interface GainParts {
  /** Income as booked: all of it, what is left of it after tax and fee, and what of that was paid out. */
  readonly booked_gross: string;
  readonly booked_net: string;
  readonly booked_paid_out: string;
  /** Fees that are of no purchase and no sale: those are in the gains. */
  readonly other_fees: string;
  /** What exchange rates did to cash. */
  readonly cash_effect: string;
  /** Of shares that came by a transfer, less those that went: cost less value on the day, which the gains have in them. */
  readonly transferred: string;
}

export async function readGainParts(client: PoolClient, extent: Extent): Promise<GainParts> {
  const { rows } = await client.query<GainParts>(
    `with ${ledgerRows},
     booked as (
       select
         coalesce(sum(booked.gross), 0) as booked_gross,
         coalesce(sum(booked.net), 0) as booked_net,
         coalesce(sum(booked.net) filter (where not accounts.tracks_cash), 0) as booked_paid_out
       from int_income booked
       join public.accounts on accounts.account_id = booked.account_id
       where booked.user_id = $1
         and booked.source = 'ledger'
         and ${hasOthers}
         and booked.pay_date > $2
         and booked.pay_date <= $3
         and ($4::bigint is null or booked.account_id = $4)
         and ($5::text is null or booked.ticker = $5)
     )
     select
       booked.*,
       (select coalesce(sum(counted_fee), 0) from counted where not ${isTrade}) as other_fees,
       (
         select coalesce(sum(currency_effect), 0)
         from int_cash_daily
         where user_id = $1
           and cash_date > $2
           and cash_date <= $3
           and ($4::bigint is null or account_id = $4)
           and $5::text is null
       ) as cash_effect,
       (
         select coalesce(
           sum(
             p.transferred_cost - ((p.transferred_quantity - p.exchanged_quantity) * h.close + p.exchanged_value) * h.rate
           ),
           0
         )
         from int_holding_periods p
         join int_daily_holdings h
           on h.user_id = p.user_id
           and h.account_id = p.account_id
           and h.ticker = p.ticker
           and h.price_date = p.valid_from
         where p.user_id = $1
           and p.valid_from > $2
           and p.valid_from <= $3
           and (p.transferred_quantity <> 0 or p.exchanged_value <> 0)
           and ($4::bigint is null or p.account_id = $4)
           and ($5::text is null or p.ticker = $5)
       ) as transferred
     from booked`,
    valuesOf(extent),
  );
  return rows[0]!;
}
