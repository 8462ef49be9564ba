/** What an operator rules on market data, against what was found; and what it would change, before it does. */
import { Big } from "big.js";
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import type { LedgerContext } from "./context.ts";
import { SplitNotFoundError } from "./errors.ts";
import { availableOn } from "./position.ts";
import { readAllTrades, readSplits } from "./rows.ts";

/** A split, with what figures make of it. */
export interface SplitVerdict {
  readonly ticker: string;
  readonly date: string;
  readonly numerator: string;
  readonly denominator: string;
  /** It changes the shares held. */
  readonly is_accepted: boolean;
  /** The source's prices before it are adjusted for it. */
  readonly is_history_adjusted: boolean;
  readonly is_doubtful: boolean;
  readonly reason: string;
}

export interface SplitRuling {
  readonly changes_quantity: boolean;
  /** null: as the closes say. */
  readonly is_history_scaled: boolean | null;
}

interface Change {
  readonly now: string;
  /** If it were ruled so. */
  readonly ruled: string;
}

/** For the person who asks: what is held, and what one cost the day before the split. */
export interface RulingEffect {
  readonly quantity: Change;
  /** null: there is no price before the split. */
  readonly price: (Change & { readonly date: string }) | null;
}

const Shown = Big();
Shown.DP = 6;

/** Throws SplitNotFoundError. */
async function readVerdict(client: PoolClient, ticker: string, date: string): Promise<SplitVerdict> {
  const { rows } = await client.query<SplitVerdict>(
    `select ticker, action_date as date, trim_scale(numerator) as numerator, trim_scale(denominator) as denominator,
       is_accepted, is_history_adjusted, is_doubtful, reason
     from "default".stg_splits
     where ticker = $1
       and action_date = $2`,
    [ticker, date],
  );
  if (!rows[0]) throw new SplitNotFoundError(ticker, date);
  return rows[0];
}

export function readSplitVerdict(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  ticker: string,
  date: string,
): Promise<SplitVerdict> {
  return personTransaction(pool, userId, (client) => readVerdict(client, ticker, date));
}

/** What prices before a split are multiplied by. */
function scaleOf({ numerator, denominator }: SplitVerdict, counts: boolean, isAdjusted: boolean): Big {
  if (counts === isAdjusted) return new Shown(1);
  return counts ? new Shown(denominator).div(numerator) : new Shown(numerator).div(denominator);
}

/** What a ruling would change for the person who asks. Throws SplitNotFoundError. */
export function previewSplitRuling(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  { ticker, date }: { readonly ticker: string; readonly date: string },
  ruling: SplitRuling,
): Promise<RulingEffect> {
  return personTransaction(pool, userId, async (client) => {
    const verdict = await readVerdict(client, ticker, date);
    const { numerator, denominator } = verdict;
    const splits = await readSplits(client, ticker);
    const others = splits.filter((split) => split.date !== date);
    const ruled = ruling.changes_quantity ? [...others, { date, numerator, denominator }] : others;
    const trades = await readAllTrades(client, userId, ticker);
    const end = "9999-12-31";
    const { rows } = await client.query<{ date: string; close: string }>(
      `select price_date as date, close
       from "default".stg_raw_prices
       where ticker = $1
         and price_date < $2
       order by price_date desc
       limit 1`,
      [ticker, date],
    );
    const before = rows[0];
    const isScaled = ruling.is_history_scaled ?? verdict.is_history_adjusted;
    const factor = scaleOf(verdict, ruling.changes_quantity, isScaled).div(
      scaleOf(verdict, verdict.is_accepted, verdict.is_history_adjusted),
    );
    return {
      quantity: { now: availableOn(end, trades, splits), ruled: availableOn(end, trades, ruled) },
      price: before
        ? {
            date: before.date,
            now: new Shown(before.close).round(6).toFixed(),
            ruled: new Shown(before.close).times(factor).round(6).toFixed(),
          }
        : null,
    };
  });
}

/** Holds for everybody, from the next refresh on. The caller has made sure that an operator asks. Throws SplitNotFoundError. */
export async function ruleOnSplit(
  context: Pick<LedgerContext, "pool">,
  operator: { readonly userId: number; readonly email: string },
  { ticker, date }: { readonly ticker: string; readonly date: string },
  ruling: SplitRuling & { readonly reason: string },
): Promise<void> {
  await readSplitVerdict(context, operator.userId, ticker, date);
  await context.pool.query(
    `insert into bronze.split_rulings
       (ticker, action_date, changes_quantity, is_history_scaled, reason, ruled_by)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (ticker, action_date) do update
     set changes_quantity = excluded.changes_quantity, is_history_scaled = excluded.is_history_scaled,
       reason = excluded.reason, ruled_by = excluded.ruled_by, ruled_at = clock_timestamp()`,
    [ticker, date, ruling.changes_quantity, ruling.is_history_scaled, ruling.reason, operator.email],
  );
}

/** Takes a ruling on a split back: what ratio and closes say counts again. */
export async function withdrawSplitRuling(pool: Pool, ticker: string, date: string): Promise<void> {
  await pool.query("delete from bronze.split_rulings where ticker = $1 and action_date = $2", [ticker, date]);
}

export interface ValueRuling {
  readonly ticker: string;
  readonly date: string;
  readonly subject: "price" | "dividend";
  readonly is_kept_out: boolean;
  readonly reason: string;
}

/** An operator's word on a day's price or dividend: it counts, or it is kept out. */
export async function ruleOnValue(pool: Pool, ruling: ValueRuling, ruledBy: string): Promise<void> {
  await pool.query(
    `insert into bronze.market_rulings (ticker, ruled_date, subject, is_kept_out, reason, ruled_by)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (ticker, ruled_date, subject) do update
     set is_kept_out = excluded.is_kept_out, reason = excluded.reason, ruled_by = excluded.ruled_by,
       ruled_at = clock_timestamp()`,
    [ruling.ticker, ruling.date, ruling.subject, ruling.is_kept_out, ruling.reason, ruledBy],
  );
}
