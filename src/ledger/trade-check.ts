/** What the market says against a trade: its price, and its exchange rate. Nothing is refused for it. */
import { Big } from "big.js";
import { personTransaction } from "../database/person.ts";
import { messageOf, type Plain, plain } from "../plain.ts";
import type { LedgerContext } from "./context.ts";
import { describeSuspicion, inAnother, isFarFrom, type Suspicion, suspectPrice } from "./price-check.ts";
import { readEvidence } from "./quoted-days.ts";
import { readOtherRates, readQuotes, readRate } from "./quotes.ts";

interface CheckedTrade {
  readonly ticker?: string | null;
  readonly price?: string | null;
  /** YYYY-MM-DD. */
  readonly date: string;
  /** What it was paid in; none: the ticker's own currency. */
  readonly currency?: string | null;
  readonly fx_rate?: string | null;
  readonly fx_currency?: string | null;
}

const Rate = Big();
Rate.DP = 12;

/** Six digits, as people compare rates. */
const shown = (rate: string): string => new Rate(rate).prec(6).toFixed();

/** A rate of one's own that is far from its day's; the other way round it may be near. Pure. */
export function suspectRate(
  {
    currency,
    fx_rate,
    fx_currency,
    date,
  }: Required<Pick<CheckedTrade, "currency" | "fx_rate" | "fx_currency" | "date">>,
  dayRate: string,
): Plain | null {
  if (!fx_rate || !isFarFrom(fx_rate, dayRate)) return null;
  const inverse = new Rate(1).div(fx_rate);
  const values = {
    currency: currency ?? "",
    other: fx_currency ?? "",
    dayRate: shown(dayRate),
    date,
    rate: shown(fx_rate),
  };
  return inverse.gt(0) && !isFarFrom(inverse.toFixed(), dayRate)
    ? plain(
        "One {currency} was worth {dayRate:number} {other} on {date:day}, the rate here is {rate:number}: it seems to be the other way round; {fitting:number} would fit.",
        { ...values, fitting: shown(inverse.toFixed()) },
      )
    : plain(
        "One {currency} was worth {dayRate:number} {other} on {date:day}, the rate here is {rate:number}.",
        values,
      );
}

export interface TradeDoubt {
  readonly message: string;
  readonly plain: Plain;
  /** Of the price; null: it is the exchange rate. */
  readonly suspicion: Suspicion | null;
}

/** What is to be said against a trade. */
export const doubtOf = (words: Plain, suspicion: Suspicion | null = null): TradeDoubt => ({
  message: messageOf(words),
  plain: words,
  suspicion,
});

/**
 * The price against what was traded on its day, in what it was paid in, and the trade's own exchange rate against the day's: what is
 * to be said of each that is far off. Read from what is stored; [] where it has nothing, and of what has no price.
 */
export async function checkTrade(
  context: Pick<LedgerContext, "pool" | "prices">,
  userId: number,
  trade: CheckedTrade,
): Promise<TradeDoubt[]> {
  const { ticker, price, date, fx_rate = null, fx_currency = null } = trade;
  if (!ticker || !price) return [];
  const known = await personTransaction(context.pool, userId, async (client) => {
    const quote = (await readQuotes(client, [ticker])).get(ticker.trim().toUpperCase());
    if (!quote) return null;
    const paidIn = trade.currency ?? quote.currency;
    return {
      paidIn,
      isConverted: paidIn !== quote.currency,
      paidRate: await readRate(client, quote.currency, paidIn, date),
      dayRate: fx_currency && (await readRate(client, paidIn, fx_currency, date)),
      rates: await readOtherRates(client, userId, paidIn, date),
    };
  });
  if (!known) return [];
  const { paidIn, isConverted, paidRate, dayRate, rates } = known;
  const ofRate = dayRate && suspectRate({ currency: paidIn, fx_rate, fx_currency, date }, dayRate);
  const ofPrice = async (): Promise<TradeDoubt | null> => {
    if (isConverted && paidRate === null) return null;
    const evidenceOf = await readEvidence(context, [{ ticker, date }], performance.now());
    const evidence = { ...inAnother(evidenceOf({ ticker, date }), paidRate ?? "1"), rates };
    const suspicion = suspectPrice(price, evidence);
    return (
      suspicion &&
      doubtOf(describeSuspicion({ ticker, price, date }, evidence.day!, suspicion, paidIn), suspicion)
    );
  };
  return [await ofPrice(), ofRate ? doubtOf(ofRate) : null].filter((doubt) => doubt !== null);
}
