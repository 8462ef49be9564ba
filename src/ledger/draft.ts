import { Big } from "big.js";
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { isOwnAsset } from "../market/ticker.ts";
import { readAccounts, requireNamed } from "./accounts.ts";
import type { LedgerContext } from "./context.ts";
import { availableOn, type Split } from "./position.ts";
import { readEvidence } from "./quoted-days.ts";
import { readBaseCurrency, readQuotes, readRate } from "./quotes.ts";
import { areModelsBuilt, readDailyTrades, readHoldingSplits, readSplits } from "./rows.ts";

/** What a trade of a ticker on a day starts from. */
export interface TradeDraft {
  /** What the ticker is called; null: nobody has asked about it yet. */
  readonly name: string | null;
  /** Of its prices that are stored; null: none are, and `prepareTicker` has them fetched. */
  readonly first_price_date: string | null;
  /** The most that can be sold, in shares of that day. */
  readonly available: string;
  /** A share's price as it was traded then, in `currency`: the close of that day, or of the last session before it. */
  readonly close: string | null;
  /** null with `close`: no price is known of the week before; of an asset of one's own: of any day before. */
  readonly close_date: string | null;
  /** What was traded on `close_date`, as it was quoted then, in `currency`; null: not known. */
  readonly low: string | null;
  readonly high: string | null;
  /** ISO code of what the ticker is quoted in; null: nobody has traded it yet. */
  readonly currency: string | null;
  /** As its exchange quotes, and how many of the currency that is: GBp, 0.01. */
  readonly quote_unit: string | null;
  readonly unit_factor: string | null;
  /** The unit as people call it: "pence"; null: it is the currency itself. */
  readonly unit_name: string | null;
  /** The person's. */
  readonly base_currency: string;
  /** What one of `currency` was worth in `base_currency` on the day; null: they are one, or it is not known. */
  readonly rate: string | null;
}

interface Close {
  readonly close: string;
  readonly date: string;
}

// No market rests for longer: an older price is not that day's. One's own stands until there is a newer one.
const daysBack = 7;

// As many decimals as the ledger takes.
const Price = Big();
Price.DP = 12;

/** As staging has them. */
const inMajorUnits = `(
  select ticker, price_date, trim_scale(close * unit_factor) as close
  from bronze.raw_prices
  join bronze.raw_assets using (ticker)
)`;

/** A stored close is in today's shares; the splits since the day bring back what was quoted then. */
async function readClose(
  client: PoolClient,
  ticker: string,
  date: string,
  splits: readonly Split[],
): Promise<Close | null> {
  const relation = (await areModelsBuilt(client)) ? '"default".stg_raw_prices' : inMajorUnits;
  const { rows } = await client.query<Close>(
    `select close, price_date as date
     from ${relation} as prices
     where ticker = $1
       and price_date <= $2::date
       and ($3::integer is null or price_date >= $2::date - $3)
       and close > 0
     order by price_date desc
     limit 1`,
    [ticker, date, isOwnAsset(ticker) ? null : daysBack],
  );
  const bar = rows[0];
  if (!bar) return null;
  const later = splits.filter((split) => split.date > date);
  const numerators = later.reduce((product, { numerator }) => product.times(numerator), new Price(bar.close));
  const denominators = later.reduce((product, { denominator }) => product.times(denominator), new Price(1));
  return { date: bar.date, close: numerators.div(denominators).toFixed() };
}

async function readTicker(
  client: PoolClient,
  ticker: string,
): Promise<Pick<TradeDraft, "name" | "first_price_date">> {
  const { rows } = await client.query<Pick<TradeDraft, "name" | "first_price_date">>(
    `select
       name,
       (select min(price_date) from bronze.raw_prices where raw_prices.ticker = $1 and close > 0) as first_price_date
     from bronze.raw_assets
     where ticker = $1`,
    [ticker],
  );
  return rows[0] ?? { name: null, first_price_date: null };
}

export async function readTradeDraft(
  context: Pick<LedgerContext, "pool" | "prices">,
  userId: number,
  ticker: string,
  date: string,
  /** Id or name; absent: the default one. */
  account?: string,
): Promise<TradeDraft> {
  // Of what is stored alone: nobody is waited for.
  const evidenceOf = await readEvidence(context, [{ ticker, date }], performance.now());
  const { day } = evidenceOf({ ticker, date });
  return personTransaction(context.pool, userId, async (client) => {
    const { account_id: accountId } = requireNamed(await readAccounts(client, userId), account, null);
    const holding = { accountId, ticker };
    const splits = await readSplits(client, ticker);
    const close = await readClose(client, ticker, date, splits);
    const quote = (await readQuotes(client, [ticker])).get(ticker) ?? null;
    const base = await readBaseCurrency(client, userId);
    const traded = day?.date === close?.date ? day : null;
    return {
      ...(await readTicker(client, ticker)),
      available: availableOn(
        date,
        await readDailyTrades(client, userId, holding),
        await readHoldingSplits(client, userId, holding),
      ),
      close: close?.close ?? null,
      close_date: close?.date ?? null,
      low: traded?.low ?? null,
      high: traded?.high ?? null,
      currency: quote?.currency ?? null,
      quote_unit: quote?.unit ?? null,
      unit_factor: quote?.factor ?? null,
      unit_name: quote?.unitName ?? null,
      base_currency: base,
      rate: quote && (await readRate(client, quote.currency, base, date)),
    };
  });
}
