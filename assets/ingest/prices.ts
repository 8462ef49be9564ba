/** Prices, splits, dividends and the description of each ticker, from the price source into bronze. */
import type { Pool, PoolClient } from "pg";
import { transaction } from "../../src/database/transaction.ts";
import { type IngestContext, type IngestResult, messageOf } from "../../src/engine/index.ts";
import {
  MarketDataUnavailableError,
  NoPricesError,
  UnknownTickerError,
  UnsupportedCurrencyError,
} from "../../src/market/errors.ts";
import type { PriceHistory, Profile } from "../../src/market/source.ts";
import { isOwnAsset, parseTicker } from "../../src/market/ticker.ts";
import type { MarketResources } from "../resources.ts";
import { describeCorrections, keepReadTime, tickersToReadWhole } from "./deep-look.ts";
import { databaseTime, logDefects } from "./defects.ts";
import { findConflict, keepConflict, lostDates } from "./identity.ts";
import {
  areActionsRewritten,
  areClosesRewritten,
  lockTicker,
  readStoredTicker,
  type StoredTicker,
  writeActions,
  writeAsset,
  writeBars,
  writeFailure,
  writeMissingCloses,
} from "./price-tables.ts";
import { ingestPriceUrls } from "./price-urls.ts";
import { judgeUnit, type QuotedUnit } from "./quote-unit.ts";
import { addRowCounts, noRows, type RowCounts } from "./row-counts.ts";
import { judgeDays } from "./trading-days.ts";
import { wantedTickers } from "./wanted-tickers.ts";

type Context = IngestContext<MarketResources>;

/** As many requests as Yahoo's client lets out at once. */
const concurrency = 4;

/**
 * So many new rows are a first history. The planner takes a table just filled for empty until its statistics are
 * gathered, and then reads a ticker's whole history for each day of it: 13 s for int_prices_daily of eight tickers, with them 0.6 s.
 */
const manyRows = 1000;

async function readWantedTickers(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ ticker: string }>(
    `${wantedTickers} select ticker from wanted order by ticker`,
  );
  return rows.map((row) => row.ticker);
}

/** Those that Yahoo Finance is asked for: the prices of others come in files, or are typed. */
async function yahoosOf(context: Context, tickers: readonly string[]): Promise<readonly string[]> {
  const { rows } = await context.pool.query<{ ticker: string; source: string }>(
    `select ticker, source
     from bronze.raw_assets
     where source <> 'yahoo'
       and ticker = any ($1)
     union all
     select ticker, 'url'
     from bronze.price_urls
     where ticker = any ($1)
       and not exists (select from bronze.raw_assets where raw_assets.ticker = price_urls.ticker)`,
    [tickers.map((ticker) => ticker.trim().toUpperCase())],
  );
  const others = new Map(rows.map(({ ticker, source }) => [ticker, source]));
  return tickers.filter((ticker) => {
    if (isOwnAsset(ticker)) return false;
    const source = others.get(ticker.trim().toUpperCase());
    if (source !== undefined) context.log("debug", `${ticker}: not fetched, its prices come from: ${source}`);
    return source === undefined;
  });
}

/**
 * Ingests every ticker of `partitions`, each in one transaction. One that fails is listed with the reason and stops
 * no other. Of most only the last days are asked for; of some the whole history (see deep-look.ts). Throws only when the
 * run is cancelled or the database fails.
 */
export async function ingestPrices(context: Context): Promise<IngestResult> {
  const daily = async () => [
    ...new Set([...(await readWantedTickers(context.pool)), ...(context.resources.benchmarks ?? [])]),
  ];
  const tickers = await yahoosOf(context, context.partitions ?? (await daily()));
  const whole = await tickersToReadWhole(context.pool, tickers, {
    isDailyRun: context.partitions === null,
    now: context.resources.clock(),
  });
  const failed = new Map<string, string>();
  const startedAt = await databaseTime(context.pool);
  let counts = noRows;
  let done = 0;
  const remaining = tickers.values();
  async function worker(): Promise<void> {
    for (const ticker of remaining) {
      context.signal.throwIfAborted();
      const outcome = await ingestOrExplain(context, ticker, whole.has(ticker));
      counts = addRowCounts(counts, outcome.counts);
      if (outcome.failure !== null) failed.set(ticker, outcome.failure);
      done++;
      context.progress(done, tickers.length, ticker);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker));
  const urls = await ingestPriceUrls(context, context.partitions);
  counts = addRowCounts(counts, urls.counts);
  for (const [ticker, failure] of urls.failed) failed.set(ticker, failure);
  if (context.partitions === null)
    counts = addRowCounts(counts, await judgeDays(context.pool, context.resources.clock()));
  await logDefects(context, tickers, startedAt);
  if (counts.inserted >= manyRows) await context.pool.query("analyze bronze.raw_prices");
  return {
    rowsInserted: counts.inserted,
    rowsUpdated: counts.updated,
    rowsDeleted: counts.deleted,
    failed,
  };
}

/** Asked again under the ticker's lock: bars of two sources are never mixed. */
async function isAnothers(client: PoolClient, ticker: string): Promise<boolean> {
  const { rowCount } = await client.query(
    "select from bronze.raw_assets where ticker = $1 and source <> 'yahoo'",
    [ticker],
  );
  return rowCount !== 0;
}

interface Outcome {
  readonly counts: RowCounts;
  /** null: it did not fail. */
  readonly failure: string | null;
}

async function ingestOrExplain(context: Context, text: string, isReadWhole: boolean): Promise<Outcome> {
  try {
    return { counts: await ingestTicker(context, parseTicker(text), isReadWhole), failure: null };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    const failure = error instanceof MarketDataUnavailableError ? error.problem : messageOf(error);
    context.log("error", `${text}: ${failure}`);
    return { counts: await writeFailure(context.pool, text, failure, true), failure };
  }
}

async function ingestTicker(context: Context, ticker: string, isReadWhole: boolean): Promise<RowCounts> {
  const { pool, resources, signal } = context;
  const stored = await readStoredTicker(pool, ticker);
  const from = context.fullRefresh || isReadWhole ? null : stored.overlapFrom;
  try {
    const recent = await resources.prices.history(ticker, from, signal);
    const profile = await readProfile(context, ticker, stored, recent);
    const written = await writeHistory(context, {
      ticker,
      stored,
      from,
      history: recent,
      profile,
      isReadWhole,
    });
    if (written) return from === null ? written : addRowCounts(written, await lookDeeper(context, ticker));
    context.log("info", `${ticker}: Yahoo rewrote its history; fetching all of it`);
    const whole = await resources.prices.history(ticker, null, signal);
    return (
      (await writeHistory(context, {
        ticker,
        stored,
        from: null,
        history: whole,
        profile,
        isReadWhole: false,
      })) ?? noRows
    );
  } catch (error) {
    if (!(error instanceof UnknownTickerError && stored.hasBars)) throw error;
    // Yahoo drops the whole history of a ticker when it is delisted: what is stored is all there is.
    context.log("warn", `${ticker}: ${error.message}; its stored prices are kept`);
    return writeFailure(pool, ticker, error.message, false);
  }
}

/** What has just come looks odd, and did not before: the whole history may say already what it is. */
async function lookDeeper(context: Context, ticker: string): Promise<RowCounts> {
  const now = context.resources.clock();
  const odd = await tickersToReadWhole(context.pool, [ticker], { isDailyRun: false, now });
  return odd.has(ticker) ? ingestTicker(context, ticker, true) : noRows;
}

/** Sector and industry, once for each ingestion as long as they are not known. Its failure harms nothing. */
async function readProfile(
  context: Context,
  ticker: string,
  stored: StoredTicker,
  history: PriceHistory,
): Promise<Profile | null> {
  if (!stored.lacksProfile || history.description?.assetClass !== "stock") return null;
  try {
    return await context.resources.prices.profile(ticker, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    context.log("debug", `${ticker}: no profile, ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

const untilRuled = "what is stored is kept, and no more is fetched until an operator has ruled";

async function logCorrections(
  context: Context,
  client: PoolClient,
  ticker: string,
  history: PriceHistory,
  overlapFrom: string,
): Promise<void> {
  const corrections = await describeCorrections(client, ticker, history, overlapFrom);
  if (corrections !== null) context.log("info", `${ticker}: ${corrections}`);
}

interface Fetched {
  readonly ticker: string;
  readonly stored: StoredTicker;
  /** null: the whole history. */
  readonly from: string | null;
  readonly history: PriceHistory;
  readonly profile: Profile | null;
  /** To look for corrections further back. */
  readonly isReadWhole: boolean;
}

/** What the reply's prices are in, and what speaks against storing them; with a unit they are stored all the same. */
async function judgeQuote(
  client: PoolClient,
  { ticker, history, from, stored }: Fetched,
): Promise<QuotedUnit> {
  const conflict = await findConflict(client, ticker, history, from);
  return conflict ? { unit: null, conflict } : judgeUnit(client, ticker, history, stored);
}

/** Writes all of it or nothing; null: nothing, because what is stored before `from` is no longer true. */
async function writeHistory(context: Context, fetched: Fetched): Promise<RowCounts | null> {
  const { ticker, stored, from, history, profile } = fetched;
  for (const warning of history.warnings) context.log("warn", `${ticker}: ${warning}`);
  const fetchedAt = context.resources.clock();
  return transaction(context.pool, async (client) => {
    await lockTicker(client, ticker);
    if (await isAnothers(client, ticker)) {
      context.log("info", `${ticker}: its source was switched meanwhile; what came is not written`);
      return noRows;
    }
    // A reply without bars says nothing of actions either.
    const hasBars = history.bars.length > 0;
    if (!hasBars && !stored.hasBars) throw new NoPricesError(ticker);
    const { unit, conflict } = await judgeQuote(client, fetched);
    if (unit === null && conflict?.defect === "other_unit" && from !== null) return null; // the whole history may tell
    await keepConflict(client, ticker, conflict, unit === null);
    if (unit === null && conflict)
      return writeFailure(client, ticker, `${conflict.detail}: ${untilRuled}`, true);
    const rewritten = hasBars && (await areClosesRewritten(client, ticker, history.bars));
    if (hasBars && from !== null && (rewritten || (await areActionsRewritten(client, ticker, history, from))))
      return null;
    const counts: RowCounts[] = [];
    if (history.description) {
      if (unit === null) throw new UnsupportedCurrencyError(ticker, history.description.currency);
      counts.push(await writeAsset(client, history.description, unit, profile, fetchedAt));
    }
    if (hasBars) {
      if (fetched.isReadWhole && stored.overlapFrom !== null)
        await logCorrections(context, client, ticker, history, stored.overlapFrom);
      const lost = await lostDates(client, ticker, history, from);
      const kept = { ...history, datesWithoutClose: [...history.datesWithoutClose, ...lost] };
      counts.push(await writeActions(client, ticker, history, from, fetchedAt));
      counts.push(await writeBars(client, ticker, { history: kept, from, rewritten, fetchedAt }));
      await writeMissingCloses(client, ticker, history, from);
      if (from === null) await keepReadTime(client, ticker, fetchedAt);
    }
    return addRowCounts(...counts);
  });
}
