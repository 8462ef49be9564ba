/** What the market says against a trade that a unit or an exchange rate is part of. Nothing is refused for it. */
import { Big } from "big.js";
import { personTransaction } from "../database/person.ts";
import type { LedgerContext } from "./context.ts";
import { describeSuspicion, inAnother, isFarFrom, suspectPrice } from "./price-check.ts";
import { readEvidence } from "./quoted-days.ts";
import { readQuotes, readRate } from "./quotes.ts";

interface CheckedTrade {
  readonly ticker: string;
  readonly price: string;
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
): string | null {
  if (!fx_rate || !isFarFrom(fx_rate, dayRate)) return null;
  const inverse = new Rate(1).div(fx_rate);
  const fact = `one ${currency} was worth ${shown(dayRate)} ${fx_currency} on ${date}, the rate here is ${shown(fx_rate)}`;
  return inverse.gt(0) && !isFarFrom(inverse.toFixed(), dayRate)
    ? `${fact}: it seems to be the other way round; ${shown(inverse.toFixed())} would fit`
    : fact;
}

/**
 * The price against what was traded on its day, in what it was paid in, and the trade's own exchange rate against the day's: a
 * sentence for each that is far off. Read from what is stored; [] where it has nothing, and of dollars paid for what is quoted in
 * dollars, where no unit can be mistaken for another.
 */
export async function checkTrade(
  context: Pick<LedgerContext, "pool" | "prices">,
  userId: number,
  trade: CheckedTrade,
): Promise<string[]> {
  const { ticker, price, date, fx_rate = null, fx_currency = null } = trade;
  const known = await personTransaction(context.pool, userId, async (client) => {
    const quote = (await readQuotes(client, [ticker])).get(ticker.trim().toUpperCase());
    if (!quote) return null;
    const paidIn = trade.currency ?? quote.currency;
    if (quote.unit === "USD" && paidIn === "USD" && fx_rate === null) return null;
    return {
      paidIn,
      isConverted: paidIn !== quote.currency,
      paidRate: await readRate(client, quote.currency, paidIn, date),
      dayRate: fx_currency && (await readRate(client, paidIn, fx_currency, date)),
    };
  });
  if (!known) return [];
  const { paidIn, isConverted, paidRate, dayRate } = known;
  const rateDoubt = dayRate && suspectRate({ currency: paidIn, fx_rate, fx_currency, date }, dayRate);
  const priceDoubt = async (): Promise<string | null> => {
    if (isConverted && paidRate === null) return null;
    const evidenceOf = await readEvidence(context, [{ ticker, date }], performance.now());
    const evidence = inAnother(evidenceOf({ ticker, date }), paidRate ?? "1");
    const suspicion = suspectPrice(price, evidence);
    return suspicion && describeSuspicion({ ticker, price, date }, evidence.day!, suspicion, paidIn);
  };
  return [await priceDoubt(), rateDoubt].filter((doubt): doubt is string => Boolean(doubt));
}
