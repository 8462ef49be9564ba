/** Which days the page is about: a range of its picker or dates of one's own. */
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import type { Registry } from "../engine/index.ts";
import { defineMessage, type Message } from "../plain.ts";
import { day } from "../values.ts";
import { Recent } from "./recent.ts";
import { personalAssets, readStampWithin, type Stamp } from "./stamp.ts";

/** What the picker offers, as PostgreSQL intervals; `YTD` and `Max` are none. */
export const rangeIntervals = {
  "1M": "1 month",
  "3M": "3 months",
  "6M": "6 months",
  YTD: null,
  "1Y": "1 year",
  "3Y": "3 years",
  "5Y": "5 years",
  Max: null,
} as const;

export type RangeName = keyof typeof rangeIntervals;
export const rangeNames = Object.keys(rangeIntervals) as RangeName[];

/** `from` and `to` are both in it; the figures are measured from the close of the day before `from`. */
export type Range = { readonly name: RangeName } | { readonly from: string; readonly to: string };

export const wholeTime: Range = { name: "Max" };

const rangeQuery = z.object({
  range: z.enum(rangeNames).optional().catch(undefined),
  from: z.string().optional().catch(undefined),
  to: z.string().optional().catch(undefined),
});

/** What was typed as dates of one's own, as it was typed, and what is wrong with it. */
interface TypedDates {
  readonly from: string;
  readonly to: string;
  readonly problem: Message | null;
}

/** The range that an address names; null: none, or dates that are none (`typed` says why). */
export function parseRange(query: unknown): { range: Range | null; typed: TypedDates } {
  const { range, from = "", to = "" } = rangeQuery.safeParse(query).data ?? {};
  if (range) return { range: { name: range }, typed: { from: "", to: "", problem: null } };
  if (from === "" && to === "") return { range: null, typed: { from, to, problem: null } };
  if (!day.safeParse(from).success || !day.safeParse(to).success)
    return {
      range: null,
      typed: {
        from,
        to,
        problem: defineMessage(
          "A range of your own needs a first and a last day of the calendar: enter both, or choose one of the ranges.",
        ),
      },
    };
  if (from > to)
    return {
      range: null,
      typed: {
        from,
        to,
        problem: defineMessage(
          "The first day comes after the last day: exchange them, or choose one of the ranges.",
        ),
      },
    };
  return { range: { from, to }, typed: { from, to, problem: null } };
}

/** The range as the address names it. */
export function rangeParameters(range: Range): Record<string, string> {
  return "name" in range ? { range: range.name } : { from: range.from, to: range.to };
}

/** A range, as days of one person. */
export interface Span {
  /** Days of the first trade and of the newest data. */
  readonly first: string;
  readonly as_of: string;
  /** The newest price of what is held at the end: the last day known may be of other people's prices and trades. */
  readonly prices_as_of: string;
  /** The day whose close the range is measured from, and the last day in it. */
  readonly start: string;
  readonly end: string;
  /**
   * Another one after every change of what the figures are computed from: of the person's own rows, of what is nobody's
   * (prices, macro data), or of the tables themselves. Other people's trades leave it as it is.
   */
  readonly data_version: string;
  /** Of the code that made it: see `readPublishedModels`. */
  readonly published_version: string;
  /** The person's base currency, as the published figures are in it. */
  readonly currency: string;
  /** Those of all that they ever held. */
  readonly currencies: readonly string[];
  /** What was held at the close of `start`. Cash counts with what it is worth as its own cost. */
  readonly opening_value: string;
  readonly opening_cost: string;
  /** What of both was cash. */
  readonly opening_cash: string;
  /** It begins with the first trade: there is no close before it to measure from. */
  readonly is_whole: boolean;
  /** It was asked to begin before the first trade. */
  readonly is_cut: boolean;
  /** It ends before the first trade or begins after the newest data: there is nothing in it. */
  readonly is_outside: boolean;
}

/** An account's figures over the whole time are those over a range that begins before all days. */
export const beforeAllDays = "1899-12-31";

/** A person, and which of their accounts. */
export interface Whose {
  readonly userId: number;
  /** null: all together. */
  readonly account: number | null;
}

/** Whether exchange rates have any part in the person's figures. */
export const isConverted = ({ currency, currencies }: Pick<Span, "currency" | "currencies">): boolean =>
  currencies.some((other) => other !== currency);

/** The rows of an account's days; of a person's only one they are the whole's. */
const portfolioOf = (account: number | null): string =>
  account === null
    ? "0"
    : "(select max(portfolio_id) from int_portfolios where user_id = $1 and account_id = $7::bigint)";

/** `account`: of that one alone. null: nothing has been computed for this person, or in this account, yet. */
export async function readSpan(
  client: PoolClient,
  registry: Registry,
  userId: number,
  range: Range,
  account: number | null = null,
): Promise<Span | null> {
  const portfolio = portfolioOf(account);
  const own = "name" in range ? null : range;
  const name = "name" in range ? range.name : null;
  const { rows } = await client.query<Span>({
    name: account === null ? "read_span" : "read_account_span",
    text: `with span as (
             select
               (
                 select min(price_date)
                 from int_portfolio_daily
                 where user_id = $1 and portfolio_id = ${portfolio}
               ) as first,
               (
                 select max(price_date)
                 from int_portfolio_daily
                 where user_id = $1 and portfolio_id = ${portfolio}
               ) as as_of
           ),
           starts as (
             select
               first,
               as_of,
               case
                 when $3::date is not null then $3::date - 1
                 when $2 = 'Max' then first - 1
                 when $2 = 'YTD' then date_trunc('year', as_of::timestamp)::date - 1
                 else (as_of - $5::interval)::date
               end as wanted,
               least($4::date, as_of) as "end"
             from span
             where first is not null
           )
           select
             first,
             as_of,
             greatest(wanted, first - 1) as start,
             "end",
             orchestrator.data_stamp('user_id', $1::bigint::text, $6) as data_version,
             orchestrator.code_stamp() as published_version,
             (
               select currency
               from int_portfolio_daily
               where user_id = $1
                 and portfolio_id = ${portfolio}
                 and price_date = as_of
             ) as currency,
             array(select distinct currency from int_holding_periods where user_id = $1) as currencies,
             coalesce(opening.market_value, 0) as opening_value,
             coalesce(opening.cost_basis + opening.cash, 0) as opening_cost,
             coalesce(opening.cash, 0) as opening_cash,
             wanted < first as is_whole,
             wanted < first - 1 as is_cut,
             "end" < first or wanted >= as_of as is_outside,
             coalesce(
               (
                 select max(newest.price_date)
                 from int_holding_periods held
                 cross join lateral (
                   select p.price_date
                   from stg_raw_prices p
                   where p.ticker = held.ticker and p.price_date <= starts."end"
                   order by p.price_date desc
                   limit 1
                 ) newest
                 where held.user_id = $1${account === null ? "" : "\n                   and held.account_id = $7"}
                   and held.quantity > 0
                   and held.valid_from <= starts."end"
                   and held.valid_to > starts."end"
               ),
               "end"
             ) as prices_as_of
           from starts
           left join int_portfolio_daily opening
             on opening.user_id = $1
             and opening.portfolio_id = ${portfolio}
             and opening.price_date = starts.wanted`,
    values: [
      userId,
      name,
      own?.from ?? null,
      own?.to ?? null,
      name && rangeIntervals[name],
      personalAssets(registry),
      ...(account === null ? [] : [account]),
    ],
  });
  return rows[0] ?? null;
}

/** Of 500 bytes each. */
const spansKept = 2000;

interface KeptSpan {
  readonly span: Span | null;
  readonly isOfStamp: boolean;
}

/** By the pool, which is of one database and one role. */
const keptSpans = new WeakMap<Pool, Recent<KeptSpan>>();

/** As `readSpan`, in a transaction on a connection of `pool`; the days of what has not changed since are not looked up again. */
export async function readKeptSpan(
  pool: Pool,
  client: PoolClient,
  registry: Registry,
  userId: number,
  range: Range,
  account: number | null = null,
): Promise<Span | null> {
  const stamp = await readStampWithin(client, registry, userId);
  const kept =
    keptSpans.get(pool) ?? new Recent<KeptSpan>(spansKept, ({ isOfStamp }) => (isOfStamp ? 1 : null));
  keptSpans.set(pool, kept);
  const make = async (): Promise<KeptSpan> => {
    const span = await readSpan(client, registry, userId, range, account);
    return { span, isOfStamp: span !== null && isOf(span, stamp) };
  };
  const key = JSON.stringify([userId, range, account, stamp]);
  const { span } = await kept.get(key, make, { waits: false }); // a connection is held here
  return span;
}

const isOf = ({ data_version, published_version }: Span, { data, code }: Stamp): boolean =>
  data_version === data && published_version === code;
