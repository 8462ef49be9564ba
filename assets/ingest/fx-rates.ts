/** What each currency is worth in US dollars, day by day: Yahoo's rates, and the Federal Reserve's where Yahoo has none. */
import { transaction } from "../../src/database/transaction.ts";
import { type IngestContext, type IngestResult, messageOf } from "../../src/engine/index.ts";
import { MarketDataUnavailableError, NoPricesError, UnknownTickerError } from "../../src/market/errors.ts";
import type { PriceHistory } from "../../src/market/source.ts";
import type { MarketResources } from "../resources.ts";
import { databaseTime, logDefects } from "./defects.ts";
import { h10SeriesOf, type Pair, pairsOf } from "./fx-pairs.ts";
import {
  areRatesRewritten,
  keepRateDefects,
  lockCurrency,
  readNeededCurrencies,
  readStoredRates,
  type StoredRates,
  writeRates,
} from "./fx-tables.ts";
import { judgeRates } from "./fx-verdicts.ts";
import { addRowCounts, noRows, type RowCounts } from "./row-counts.ts";

type Context = IngestContext<MarketResources>;

/** As many requests as Yahoo's client lets out at once. */
const concurrency = 4;
/** So many new rows are a first history, which the planner has to hear of. */
const manyRows = 1000;

/**
 * Ingests the rates of every currency of `partitions`, else of all that are needed, each in one transaction. One that fails is
 * listed with the reason and stops no other. Throws only when the run is cancelled or the database fails.
 */
export async function ingestFxRates(context: Context): Promise<IngestResult> {
  const currencies = context.partitions ?? (await readNeededCurrencies(context.pool));
  const failed = new Map<string, string>();
  const startedAt = await databaseTime(context.pool);
  let counts = noRows;
  let done = 0;
  const remaining = currencies.values();
  async function worker(): Promise<void> {
    for (const currency of remaining) {
      context.signal.throwIfAborted();
      try {
        counts = addRowCounts(counts, await ingestCurrency(context, currency));
      } catch (error) {
        context.signal.throwIfAborted();
        if (!(error instanceof Error)) throw error;
        failed.set(currency, problemOf(error));
        context.log("error", `${currency}: ${problemOf(error)}`);
      }
      done++;
      context.progress(done, currencies.length, currency);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker));
  await logDefects(context, currencies.flatMap(symbolsOf), startedAt);
  if (counts.inserted >= manyRows) await context.pool.query("analyze bronze.raw_fx_rates");
  return {
    rowsInserted: counts.inserted,
    rowsUpdated: counts.updated,
    rowsDeleted: counts.deleted,
    failed,
  };
}

/** Under which what is wrong with the currency's rates is kept. */
function symbolsOf(currency: string): string[] {
  const series = h10SeriesOf(currency);
  return [...pairsOf(currency).map(({ symbol }) => symbol), ...(series ? [series.id] : [])];
}

const problemOf = (error: Error): string =>
  error instanceof MarketDataUnavailableError ? error.problem : messageOf(error);

async function ingestCurrency(context: Context, currency: string): Promise<RowCounts> {
  if (!/^[A-Z]{3}$/.test(currency)) throw new Error(`expected the code of a currency, got: ${currency}`);
  if (currency === "USD") return noRows; // by definition
  try {
    return await ingestFromYahoo(context, currency);
  } catch (error) {
    const isYahoos =
      error instanceof MarketDataUnavailableError ||
      error instanceof UnknownTickerError ||
      error instanceof NoPricesError;
    const series = h10SeriesOf(currency);
    if (!isYahoos || series === null) throw error;
    context.log("warn", `${currency}: ${problemOf(error)}; asking the Federal Reserve's ${series.id}`);
    return ingestFromFred(context, currency, series);
  }
}

/** The first of the two pairs that has rates. Throws UnknownTickerError or NoPricesError when neither has. */
async function ingestFromYahoo(context: Context, currency: string): Promise<RowCounts> {
  const stored = await readStoredRates(context.pool, currency);
  let problem: UnknownTickerError | NoPricesError | null = null;
  for (const pair of pairsOf(currency)) {
    try {
      return await ingestPair(context, currency, pair, stored);
    } catch (error) {
      if (!(error instanceof UnknownTickerError || error instanceof NoPricesError)) throw error;
      problem ??= error;
    }
  }
  throw problem;
}

async function ingestPair(
  context: Context,
  currency: string,
  pair: Pair,
  stored: StoredRates,
): Promise<RowCounts> {
  const { prices } = context.resources;
  const from = context.fullRefresh ? null : stored.overlapFrom;
  const recent = await prices.history(pair.symbol, from, context.signal);
  const written = await writePair(context, { currency, pair, stored, from, history: recent });
  if (written) return written;
  context.log("info", `${pair.symbol}: Yahoo rewrote its history; fetching all of it`);
  const whole = await prices.history(pair.symbol, null, context.signal);
  return (await writePair(context, { currency, pair, stored, from: null, history: whole })) ?? noRows;
}

interface Fetched {
  readonly currency: string;
  readonly pair: Pair;
  readonly stored: StoredRates;
  /** null: the whole history. */
  readonly from: string | null;
  readonly history: PriceHistory;
}

/** A symbol may come to mean another pair. What names no currency is believed where rates are stored to hold it against. */
function requirePair({ pair, stored, history }: Fetched): void {
  const said = history.description?.currency ?? null;
  if (said === pair.quotedIn || (said === null && stored.last !== null)) return;
  throw new MarketDataUnavailableError("Yahoo Finance", "schema", {
    detail: `${pair.symbol} is quoted in ${said ?? "nothing"}, and not in ${pair.quotedIn}`,
  });
}

/** Writes all of it or nothing; null: nothing, because what is stored before `from` is no longer true. */
async function writePair(context: Context, fetched: Fetched): Promise<RowCounts | null> {
  const { currency, pair, stored, from, history } = fetched;
  const { symbol, isInverse } = pair;
  for (const warning of history.warnings) context.log("warn", `${symbol}: ${warning}`);
  if (history.bars.length === 0) {
    if (stored.last === null) throw new NoPricesError(symbol);
    return noRows;
  }
  requirePair(fetched);
  const quotes = history.bars.map(({ date, close, isFinal }) => ({ date, value: close, isFinal }));
  const judged = judgeRates(quotes, isInverse, from === null ? null : stored.last);
  return transaction(context.pool, async (client) => {
    await lockCurrency(client, currency);
    if (from !== null && (await areRatesRewritten(client, currency, judged.rates))) return null;
    await keepRateDefects(client, symbol, judged.defects, from);
    return writeRates(client, {
      currency,
      source: "yahoo",
      rates: judged.rates,
      keptOut: judged.defects,
      from,
      datesWithoutRate: history.datesWithoutClose,
      fetchedAt: context.resources.clock(),
    });
  });
}

/** All of the series: on days that have a rate of Yahoo's, Yahoo's stands. */
async function ingestFromFred(
  context: Context,
  currency: string,
  { id, isInverse }: { readonly id: string; readonly isInverse: boolean },
): Promise<RowCounts> {
  const observations = await context.resources.macro.series(id, context.signal);
  const quotes = observations.flatMap(({ date, value }) =>
    value === null ? [] : [{ date, value, isFinal: true }],
  );
  const { rates, defects } = judgeRates(quotes, isInverse, null);
  return transaction(context.pool, async (client) => {
    await lockCurrency(client, currency);
    await keepRateDefects(client, id, defects, null);
    const source = "fred";
    const fetchedAt = context.resources.clock();
    return writeRates(client, {
      currency,
      source,
      rates,
      keptOut: defects,
      from: null,
      datesWithoutRate: [],
      fetchedAt,
    });
  });
}
