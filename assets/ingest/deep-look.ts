/**
 * Which tickers' whole histories to read, instead of their last ten days: what Yahoo corrects further back (a late split, a
 * repaired bar, a late dividend) shows in no other way. It costs bytes, not requests: a chart is one request, however
 * long.
 */
import type { ClientBase, Pool } from "pg";
import type { PriceHistory } from "../../src/market/source.ts";
import { priceBounds } from "../price-bounds.ts";

/** Everybody's turn comes within so many runs of the daily schedule, and so within a week. */
const runsToTurn = 5;
const turnDays = 7;
/** As long as something so young is odd, its ticker is read whole every time: that is when Yahoo corrects it. */
const oddDays = 60;

/** null: all of a daily run's tickers are asked about, so those whose turn it is are among them. */
export async function tickersToReadWhole(
  pool: Pool,
  tickers: readonly string[],
  { isDailyRun, now }: { isDailyRun: boolean; now: Date },
): Promise<Set<string>> {
  const turns = isDailyRun ? Math.ceil(tickers.length / runsToTurn) : 0;
  const { rows } = await pool.query<{ ticker: string }>(
    `with asked as (
       select asked.ticker, reads.whole_history_at
       from unnest($1::text[]) as asked (ticker)
       left join bronze.history_reads as reads on reads.ticker = asked.ticker
     ),
     moves as (
       select
         bars.ticker,
         bars.close / nullif(lag(bars.close) over in_order, 0) as move,
         bars.price_date - lag(bars.price_date) over in_order as days
       from bronze.raw_prices as bars
       where bars.ticker = any ($1)
         and bars.price_date >= $2::date - $3::integer
       window in_order as (partition by bars.ticker order by bars.price_date)
     ),
     odd as (
       select ticker from moves where abs(move - 1) > $7 or days > $8
       union
       select ticker from bronze.market_defects where ticker = any ($1) and defect_date >= $2::date - $3::integer
       union
       select ticker
       from bronze.raw_corporate_actions
       where ticker = any ($1)
         and action_type = 'split'
         and action_date >= $2::date - $3::integer
     ),
     due as (
       select ticker
       from asked
       where whole_history_at is null or whole_history_at < $4::timestamptz - make_interval(days => $5)
       order by whole_history_at nulls first, ticker
       limit $6
     )
     select ticker from odd
     union
     select ticker from due`,
    [
      tickers,
      now.toISOString().slice(0, 10),
      oddDays,
      now,
      turnDays - 1,
      turns,
      priceBounds.spike,
      priceBounds.gapDays,
    ],
  );
  return new Set(rows.map(({ ticker }) => ticker));
}

export async function keepReadTime(client: ClientBase, ticker: string, now: Date): Promise<void> {
  await client.query(
    `insert into bronze.history_reads (ticker, whole_history_at)
     values ($1, $2)
     on conflict (ticker) do update
     set whole_history_at = excluded.whole_history_at`,
    [ticker, now],
  );
}

/** What a whole history says otherwise than what is stored before `overlapFrom`, in words; null: nothing. */
export async function describeCorrections(
  client: ClientBase,
  ticker: string,
  { bars, splits, dividends, capitalGains }: PriceHistory,
  overlapFrom: string,
): Promise<string | null> {
  const { rows } = await client.query<{ closes: number; first_close: string | null; actions: number }>(
    `with fetched as (
       select * from unnest($3::date[], $4::numeric[]) as bar (price_date, close)
     ),
     closes as (
       select coalesce(fetched.price_date, stored.price_date) as price_date
       from fetched
       full join (
         select price_date, close from bronze.raw_prices where ticker = $1 and price_date < $2
       ) as stored using (price_date)
       where fetched.price_date is null
         or fetched.price_date < $2
         and (stored.close is null or abs(fetched.close - stored.close) > 1e-6 * abs(stored.close))
     ),
     actions as (
       select action_date, action_type from unnest($5::date[], $6::text[]) as action (action_date, action_type)
       where action_date < $2
     ),
     stored_actions as (
       select action_date, action_type from bronze.raw_corporate_actions where ticker = $1 and action_date < $2
     )
     select
       (select count(*)::integer from closes) as closes,
       (select min(price_date) from closes) as first_close,
       (
         select count(*)::integer
         from (
           (table actions except table stored_actions) union all (table stored_actions except table actions)
         ) as changed
       ) as actions`,
    [
      ticker,
      overlapFrom,
      bars.map(({ date }) => date),
      bars.map(({ close }) => close),
      [...splits, ...dividends, ...capitalGains].map(({ date }) => date),
      [
        ...splits.map(() => "split"),
        ...dividends.map(() => "dividend"),
        ...capitalGains.map(() => "capital_gain"),
      ],
    ],
  );
  const { closes, first_close, actions } = rows[0]!;
  if (closes === 0 && actions === 0) return null;
  const parts = [
    ...(closes > 0 ? [`${closes} ${closes === 1 ? "close" : "closes"} from ${first_close} on`] : []),
    ...(actions > 0 ? [`${actions} ${actions === 1 ? "split or payment" : "splits and payments"}`] : []),
  ];
  return `corrected far back: ${parts.join(", ")}`;
}
