/** The prices, currencies and histories that the rows of a corporate action need, all there before anything is written. */
import { personTransaction } from "../../database/person.ts";
import { plain } from "../../plain.ts";
import type { LedgerContext } from "../context.ts";
import { readTradeDraft } from "../draft.ts";
import { readBaseCurrency, readRate } from "../quotes.ts";
import { requireConversion } from "../rates.ts";
import { requirePrices } from "../record.ts";
import { requireTicker } from "../tickers.ts";
import type { Resolved } from "./rows.ts";
import { InvalidCorporateActionError, type Terms } from "./terms.ts";

/** The close of the day itself: one of before it is of what the share was before. */
async function closeOn(
  context: LedgerContext,
  userId: number,
  ticker: string,
  date: string,
  name: "price" | "new_price",
): Promise<string> {
  const { close, close_date } = await readTradeDraft(context, userId, ticker, date);
  if (close !== null && close_date === date) return close;
  throw new InvalidCorporateActionError(
    name,
    undefined,
    `what one ${ticker} was worth at the close of ${date}, of which no price is known here`,
    plain("No close of {ticker} on {date:day} is known here: enter what one was worth that evening.", {
      ticker,
      date,
    }),
  );
}

/** The closes of the day where nobody said them. Throws InvalidCorporateActionError, and what recordTransaction throws for a ticker. */
export async function resolvePrices(context: LedgerContext, userId: number, terms: Terms): Promise<Terms> {
  const { kind, ticker, new_ticker, date } = terms;
  if (new_ticker !== undefined)
    await requirePrices(context, userId, { ticker: new_ticker, type: "TRANSFER_IN" }, () => {});
  if (kind === "rename" || new_ticker === undefined) return terms;
  const new_price = terms.new_price ?? (await closeOn(context, userId, new_ticker, date, "new_price"));
  if (kind === "merger" || terms.cost_share !== undefined) return { ...terms, new_price };
  return {
    ...terms,
    new_price,
    price: terms.price ?? (await closeOn(context, userId, ticker, date, "price")),
  };
}

/** For one person: in whose currency the figures are. Throws MissingRateError, and what recordTransaction throws for rates. */
export async function resolveFor(context: LedgerContext, userId: number, terms: Terms): Promise<Resolved> {
  const { unit } = await requireTicker(context, userId, terms.ticker);
  const known =
    terms.new_ticker === undefined ? null : await requireTicker(context, userId, terms.new_ticker);
  const { currency } = unit;
  const newCurrency = known?.unit.currency ?? currency;
  const base = await personTransaction(context.pool, userId, (client) => readBaseCurrency(client, userId));
  const { ticker: symbol, date } = terms;
  const conversion = { base, date, hasOwnRate: false };
  await requireConversion(context, { ...conversion, paidIn: currency, ticker: { symbol, currency } });
  if (known && newCurrency !== currency)
    await requireConversion(context, {
      ...conversion,
      paidIn: newCurrency,
      ticker: { symbol: known.ticker, currency },
    });
  const rate = await personTransaction(context.pool, userId, (client) =>
    readRate(client, newCurrency, currency, date),
  );
  return { ...terms, currency, newCurrency, base, rate: rate ?? "1" };
}
