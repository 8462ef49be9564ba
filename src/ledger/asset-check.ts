/** What somebody buys that nobody can buy, or long before it was quoted. Nothing is refused for it. */
import { personTransaction } from "../database/person.ts";
import { isOwnAsset } from "../market/ticker.ts";
import { defineMessage, type Plain, plain } from "../plain.ts";
import type { LedgerContext } from "./context.ts";
import type { KnownTicker } from "./tickers.ts";
import { doubtOf, type TradeDoubt } from "./trade-check.ts";

/** As the Options Clearing Corporation names them: AAPL of 18 December 2026, call, at 200. */
const option = /^[A-Z]{1,6}\d{6}[CP]\d{8}$/;

/** A sentence; null: one buys such things. Pure. */
export function suspectAsset(ticker: string, assetClass: string): Plain | null {
  if (option.test(ticker))
    return plain(
      defineMessage(
        "{ticker} is an option: one contract is usually of 100 shares, and here it is worth its quoted price once. " +
          "Enter the quantity as contracts times 100 if that is what was paid for.",
      ),
      { ticker },
    );
  if (assetClass === "index")
    return plain(
      "{ticker} is an index, and nobody can buy one itself. If it was a fund that follows it, choose that fund's ticker.",
      { ticker },
    );
  if (assetClass === "currency")
    return plain(
      defineMessage(
        "{ticker} is an exchange rate. If money was changed, that is a currency conversion among the other entries, " +
          "and this would count it as a holding.",
      ),
      { ticker },
    );
  return null;
}

/** Before the first bar it is worth what was paid, which a wrong date looks like. Of one's own assets that is as it should be. */
export const beforeFirstPrice = (
  { ticker, date }: { readonly ticker?: string | undefined; readonly date: string },
  { firstPriceDate }: Pick<KnownTicker, "firstPriceDate">,
): Plain | null =>
  firstPriceDate !== null && date < firstPriceDate
    ? plain(
        "The first price of {ticker} is of {first:day}: from {date:day} until then it is valued at the price paid.",
        { ticker: ticker ?? "", first: firstPriceDate, date },
      )
    : null;

/** What to ask of a BUY before it is recorded; what a ticker is, only with the first of it. */
export async function checkAsset(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  trade: { readonly type: string; readonly ticker?: string | undefined; readonly date: string },
  known: KnownTicker,
): Promise<TradeDoubt[]> {
  const { type, ticker } = trade;
  if (type !== "BUY" || ticker === undefined || isOwnAsset(ticker)) return [];
  const what = suspectAsset(ticker, known.assetClass);
  const isAsked = what !== null && !(await hasTraded({ pool }, userId, ticker));
  return [isAsked ? what : null, beforeFirstPrice(trade, known)]
    .filter((words) => words !== null)
    .map((words) => doubtOf(words));
}

function hasTraded({ pool }: Pick<LedgerContext, "pool">, userId: number, ticker: string): Promise<boolean> {
  return personTransaction(pool, userId, async (client) => {
    const { rowCount } = await client.query(
      "select from bronze.transactions where user_id = $1 and ticker = $2 limit 1",
      [userId, ticker],
    );
    return rowCount === 1;
  });
}
