/** What may have been meant by a ticker that there is not. */
import { personPool } from "../database/person.ts";
import { type Suggestion, UnknownTickerError } from "../market/errors.ts";
import type { LedgerContext } from "./context.ts";
import { type FoundTicker, searchTickers } from "./tickers.ts";

/** An answer waits for no suggestion longer than this. */
const patienceMilliseconds = 1500;

/** How many letters one is from the other: added, left out, replaced, or two that changed places. Pure. */
export function distanceBetween(left: string, right: string): number {
  const rows = [Array.from({ length: right.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= left.length; i++) {
    const [above, row] = [rows[i - 1]!, [i]];
    for (let j = 1; j <= right.length; j++) {
      const isSame = left[i - 1] === right[j - 1];
      const isSwapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      row.push(
        Math.min(
          above[j]! + 1,
          row[j - 1]! + 1,
          above[j - 1]! + (isSame ? 0 : 1),
          isSwapped ? rows[i - 2]![j - 2]! + 1 : Infinity,
        ),
      );
    }
    rows.push(row);
  }
  return rows[left.length]![right.length]!;
}

/** Of what was found for `typed`, the one that may have been meant; null: none is near enough to be named. Pure. */
export function nearestOf(typed: string, found: readonly FoundTicker[]): Suggestion | null {
  const most = typed.length <= 3 ? 1 : 2;
  const candidates = found
    .filter(({ ticker }) => ticker !== typed && !ticker.startsWith("~"))
    .map(({ ticker, name }, index) => ({ ticker, name, index, distance: distanceBetween(typed, ticker) }))
    .filter(
      ({ name, distance }) =>
        distance <= most ||
        name
          .toUpperCase()
          .split(/[^\p{L}\p{N}]+/u)
          .includes(typed),
    )
    .sort((a, b) => a.distance - b.distance || a.index - b.index);
  const [nearest] = candidates;
  return nearest ? { ticker: nearest.ticker, name: nearest.name } : null;
}

const mostAlike = 2000;

/** Known here, and alike at one end at least: a slip is seldom at both. */
async function findAlike({ pool }: LedgerContext, userId: number, typed: string): Promise<FoundTicker[]> {
  const { rows } = await personPool(pool, userId).query<FoundTicker>(
    `select ticker, name, asset_class, exchange
     from bronze.raw_assets
     where is_active
       and (left(ticker, 1) = left($1, 1) or right(ticker, 1) = right($1, 1))
       and length(ticker) between length($1) - 2 and length($1) + 2
     order by ticker
     limit $2`,
    [typed, mostAlike],
  );
  return rows;
}

/** Among those known here first, which takes no source; then as a search for it finds. */
async function findNear(context: LedgerContext, userId: number, typed: string): Promise<Suggestion | null> {
  const alike = nearestOf(typed, await findAlike(context, userId, typed));
  if (alike !== null) return alike;
  const { tickers, isComplete } = await searchTickers(context, userId, typed);
  const nearest = nearestOf(typed, tickers);
  if (nearest !== null || !isComplete || typed.length < 3) return nearest;
  const begun = await searchTickers(context, userId, typed.slice(0, Math.ceil(typed.length / 2)));
  return nearestOf(typed, begun.tickers);
}

/**
 * The error with what may have been meant, where it is of a ticker that nobody knows; any other as it is. Never throws, and takes a
 * second and a half at most: a source that is down is not waited for.
 */
export async function withSuggestion(
  context: LedgerContext,
  userId: number,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof UnknownTickerError) || error.change !== null || error.ticker.startsWith("~"))
    return error;
  const { promise: outOfPatience, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), patienceMilliseconds);
  try {
    const near = findNear(context, userId, error.ticker).catch(() => null);
    const suggestion = await Promise.race([near, outOfPatience]);
    return suggestion ? new UnknownTickerError(error.ticker, null, suggestion) : error;
  } finally {
    clearTimeout(timer);
  }
}
