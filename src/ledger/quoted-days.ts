/** What tickers were quoted at on the days of trades: from the stored prices, else from the price source itself. */
import { Big } from "big.js";
import { inMajor, unitOf } from "../market/currency.ts";
import {
  MarketDataUnavailableError,
  NoPricesError,
  TooManyLookupsError,
  UnknownTickerError,
} from "../market/errors.ts";
import type { PriceHistory, PriceSource } from "../market/source.ts";
import { isOwnAsset } from "../market/ticker.ts";
import type { LedgerContext } from "./context.ts";
import type { Split } from "./position.ts";
import { type PriceEvidence, type QuotedDay, swapDayAndMonth } from "./price-check.ts";

/** No market rests for longer: an older price is not that day's. */
const daysBack = 7;
const historiesAtOnce = 4;
/** Histories that stay at hand between two looks at one file. */
const keptHistories = 100;
const keptMilliseconds = 10 * 60_000;
/** One history is small: what takes longer does not come in time. */
const longestWait = 8000;

const Price = Big();
Price.DP = 12;

interface Bar {
  readonly date: string;
  readonly low: string | null;
  readonly high: string | null;
  readonly close: string;
}

interface AppliedSplit extends Split {
  /** Prices before this day are scaled for it; null: none are. */
  readonly scaledBefore: string | null;
}

interface History {
  /** Ascending; in today's shares. */
  readonly bars: readonly Bar[];
  readonly splits: readonly AppliedSplit[];
}

/** A bar of the day or of the last session before it; null: none is near. */
function barOn(bars: readonly Bar[], date: string): Bar | null {
  let [from, to] = [0, bars.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (bars[middle]!.date <= date) from = middle + 1;
    else to = middle;
  }
  const bar = bars[from - 1];
  if (bar?.date === date) return bar;
  const oldest = new Date(Date.parse(date) - daysBack * 86_400_000).toISOString().slice(0, 10);
  return bar && bar.date >= oldest ? bar : null;
}

/** As it was quoted then: stored prices are in today's shares, and the splits since bring the day's back. */
function quotedOn({ bars, splits }: History, date: string): QuotedDay | null {
  const bar = barOn(bars, date);
  if (!bar) return null;
  const later = splits.filter(({ scaledBefore }) => scaledBefore !== null && scaledBefore > bar.date);
  if (later.length === 0)
    return { date: bar.date, low: bar.low ?? bar.close, high: bar.high ?? bar.close, close: bar.close };
  const scale = (price: string): string =>
    later
      .reduce(
        (value, { numerator, denominator }) => value.times(numerator).div(denominator),
        new Price(price),
      )
      .toFixed();
  return {
    date: bar.date,
    low: scale(bar.low ?? bar.close),
    high: scale(bar.high ?? bar.close),
    close: scale(bar.close),
  };
}

/** With what was found, or ruled, of each: a history that is not adjusted for a split is as it was traded (stg_splits). */
async function readSplits(
  pool: LedgerContext["pool"],
  tickers: readonly string[],
): Promise<(AppliedSplit & { ticker: string })[]> {
  // Before the first build there are no verdicts: Yahoo is believed.
  const judged = await pool.query<{ exist: boolean }>(
    "select to_regclass('stg_splits') is not null as exist",
  );
  const { rows } = await pool.query<AppliedSplit & { ticker: string }>(
    `select
       actions.ticker,
       actions.action_date as date,
       actions.numerator,
       actions.denominator,
       ${
         judged.rows[0]?.exist
           ? `case
                when verdicts.ticker is null then actions.action_date
                when verdicts.is_history_adjusted then verdicts.prices_before
              end`
           : "actions.action_date"
       } as "scaledBefore"
     from bronze.raw_corporate_actions as actions
     ${
       judged.rows[0]?.exist
         ? `left join stg_splits as verdicts
              on verdicts.ticker = actions.ticker
              and verdicts.action_date = actions.action_date`
         : ""
     }
     where actions.ticker = any ($1)
       and action_type = 'split'`,
    [tickers],
  );
  return rows;
}

async function readStored(
  { pool }: Pick<LedgerContext, "pool">,
  days: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Map<string, History>> {
  const pairs = [...days].flatMap(([ticker, dates]) => [...dates].map((date) => [ticker, date] as const));
  const { rows } = await pool.query<Bar & { ticker: string }>(
    `select distinct on (day.ticker, bar.price_date)
       day.ticker,
       bar.price_date as date,
       trim_scale(bar.low * coalesce(unit_factor, 1)) as low,
       trim_scale(bar.high * coalesce(unit_factor, 1)) as high,
       trim_scale(bar.close * coalesce(unit_factor, 1)) as close
     from unnest($1::text[], $2::date[]) as day (ticker, day)
     left join bronze.raw_assets as assets on assets.ticker = day.ticker
     cross join lateral (
       select price_date, low, high, close
       from bronze.raw_prices
       where raw_prices.ticker = day.ticker
         and price_date between day.day - $3::integer and day.day
         and close > 0
         and not exists (
           select
           from bronze.market_defects as defects
           where defects.ticker = raw_prices.ticker
             and defect_date = price_date
             and is_kept_out
             and defect <> 'doubled_dividend'
         )
       order by price_date desc
       limit 1
     ) as bar
     order by day.ticker, bar.price_date`,
    [pairs.map(([ticker]) => ticker), pairs.map(([, date]) => date), daysBack],
  );
  const tickers = [...new Set(rows.map(({ ticker }) => ticker))];
  const splits = await readSplits(pool, tickers);
  const bars = Map.groupBy(rows, ({ ticker }) => ticker);
  const splitsOf = Map.groupBy(splits, ({ ticker }) => ticker);
  return new Map(
    tickers.map((ticker) => [ticker, { bars: bars.get(ticker) ?? [], splits: splitsOf.get(ticker) ?? [] }]),
  );
}

interface KeptHistory {
  /** It has what was quoted on them. */
  readonly days: ReadonlySet<string>;
  readonly history: History;
  /** Of performance.now(). */
  readonly until: number;
}

const fetched = new WeakMap<PriceSource, Map<string, KeptHistory>>();

async function fetchHistory(
  prices: PriceSource,
  ticker: string,
  days: ReadonlySet<string>,
  patience: number,
): Promise<History | "away" | null> {
  const kept = fetched.get(prices) ?? new Map<string, KeptHistory>();
  fetched.set(prices, kept);
  const known = kept.get(ticker);
  const isKnown = known && known.until > performance.now() && [...days].every((day) => known.days.has(day));
  if (isKnown) return known.history;
  const asked = [...days].toSorted();
  let reply: PriceHistory;
  try {
    reply = await prices.history(
      ticker,
      early(asked[0]!),
      AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(patience, longestWait)))),
      asked,
    );
  } catch (error) {
    if (error instanceof UnknownTickerError || error instanceof NoPricesError) return null;
    const isAway =
      error instanceof MarketDataUnavailableError ||
      error instanceof TooManyLookupsError ||
      (error instanceof DOMException && error.name === "TimeoutError");
    if (isAway) return "away";
    throw error;
  }
  const unit = unitOf(reply.description?.currency ?? "");
  const inCurrency = (price: string): string => (unit ? inMajor(price, unit) : price);
  const bars = reply.bars.map(({ date, low, high, close }) => ({
    date,
    low: low && inCurrency(low),
    high: high && inCurrency(high),
    close: inCurrency(close),
  }));
  const splits = reply.splits.map((split) => ({ ...split, scaledBefore: split.date }));
  const history = { bars, splits };
  if (kept.size >= keptHistories) kept.delete(kept.keys().next().value!);
  kept.set(ticker, { days, history, until: performance.now() + keptMilliseconds });
  return history;
}

function evidenceIn(history: History | undefined, date: string): PriceEvidence {
  if (!history) return { day: null, swappedDay: null, laterSplits: [] };
  const swapped = swapDayAndMonth(date);
  return {
    day: quotedOn(history, date),
    swappedDay: swapped === null ? null : quotedOn(history, swapped),
    laterSplits: history.splits.filter((split) => split.date > date),
  };
}

export interface PricedTrade {
  readonly ticker: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** With a few days before the first: the day itself may be a Sunday. */
const early = (date: string): string =>
  new Date(Date.parse(date) - (daysBack + 1) * 86_400_000).toISOString().slice(0, 10);

/**
 * What the market says of each trade's day. Tickers without stored prices are asked about at the price source until `deadline`
 * (of performance.now()); what cannot be known by then has no day.
 */
export async function readEvidence(
  context: Pick<LedgerContext, "pool" | "prices">,
  trades: readonly PricedTrade[],
  deadline: number,
): Promise<(trade: PricedTrade) => PriceEvidence> {
  const days = new Map<string, Set<string>>();
  for (const { ticker, date } of trades) {
    if (isOwnAsset(ticker)) continue; // there is no market to say anything
    const dates = days.get(ticker) ?? new Set<string>();
    dates.add(date);
    const swapped = swapDayAndMonth(date);
    if (swapped) dates.add(swapped);
    days.set(ticker, dates);
  }
  const histories = days.size === 0 ? new Map<string, History>() : await readStored(context, days);
  const queue = [...days.keys()].filter((ticker) => !histories.has(ticker));
  const work = async (): Promise<void> => {
    for (let ticker = queue.shift(); ticker !== undefined; ticker = queue.shift()) {
      const patience = deadline - performance.now();
      if (patience <= 0) return;
      const history = await fetchHistory(context.prices, ticker, days.get(ticker)!, patience);
      // Nobody waits for the others then: what is not known is not said.
      if (history === "away") queue.length = 0;
      else if (history) histories.set(ticker, history);
    }
  };
  await Promise.all(Array.from({ length: historiesAtOnce }, work));
  const found = new Map<string, PriceEvidence>();
  return ({ ticker, date }) => {
    const known = found.get(`${ticker} ${date}`);
    if (known) return known;
    const evidence = evidenceIn(histories.get(ticker), date);
    found.set(`${ticker} ${date}`, evidence);
    return evidence;
  };
}
