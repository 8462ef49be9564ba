/** Recording, deleting and listing transactions. */
import { createHash } from "node:crypto";
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import type { LedgerContext } from "./context.ts";
import {
  IdempotencyConflictError,
  InvalidCursorError,
  InvalidIdempotencyKeyError,
  InvalidTransactionError,
  NotFoundError,
  OversellError,
} from "./errors.ts";
import { type HistoryProgress, requestHistories, requireHistories } from "./histories.ts";
import { isDate, parseTransactionInput, type TransactionInput } from "./input.ts";
import { findOversell } from "./position.ts";
import { requireChangeQuota, requireLedgerQuota } from "./quotas.ts";
import { readBaseCurrency } from "./quotes.ts";
import { requireConversion } from "./rates.ts";
import {
  insertTransactions,
  lockLedger,
  type Position,
  readDailyTrades,
  readSplits,
  readTrades,
  readTransaction,
  readTransactions,
  removeTransaction,
  type Transaction,
  type TransactionToInsert,
} from "./rows.ts";
import { findSymbolChange, type KnownTicker, requireTicker } from "./tickers.ts";
import { checkTrade } from "./trade-check.ts";

interface Answer {
  readonly transaction: Transaction;
  /** What the person should know, though nothing is wrong. */
  readonly warnings: readonly string[];
}

export interface Recorded extends Answer {
  /** The same request came before: this is its answer, and nothing was written. */
  readonly replayed: boolean;
}

/** What to tell of a trade that is older than the ticker's prices, or whose prices have stopped; [] if there is nothing. */
export function warningsOf(
  input: TransactionInput,
  { firstPriceDate, problem }: Pick<KnownTicker, "firstPriceDate" | "problem">,
): string[] {
  return [
    ...(firstPriceDate !== null && input.date < firstPriceDate
      ? [
          `the first price of ${input.ticker} is of ${firstPriceDate}: from ${input.date} until then it is valued at the price paid`,
        ]
      : []),
    ...(problem === null ? [] : [`the prices of ${input.ticker} do not go on: ${problem}`]),
  ];
}

/** The input under the symbol that the ticker has now, and what there is to tell of it. */
async function renamed(
  { pool }: Pick<LedgerContext, "pool">,
  input: TransactionInput,
): Promise<{ wanted: TransactionInput; warnings: string[] }> {
  const change = await findSymbolChange(pool, input.ticker, input.date);
  if (!change) return { wanted: input, warnings: [] };
  const warning = `${change.from} has been ${change.to} since ${change.changedOn}, and is recorded as that`;
  return { wanted: { ...input, ticker: change.to }, warnings: [warning] };
}

/**
 * The ticker is known, and its history is in bronze. A SELL of what was never traded is refused for what it sells, whatever its
 * prices.
 */
async function requirePrices(
  context: LedgerContext,
  userId: number,
  wanted: TransactionInput,
  onProgress: (progress: HistoryProgress) => void,
): Promise<KnownTicker> {
  const known = await requireTicker(context, userId, wanted.ticker);
  if (known.isStale) await requestHistories(context.pool, [wanted.ticker]); // nobody need wait: the past is there
  if (known.hasPrices || wanted.type === "SELL") return known;
  await requireHistories(context, [wanted.ticker], { onProgress });
  return requireTicker(context, userId, wanted.ticker);
}

/** The trade with the currency that it was paid in and that of its own rate; the rates that its figures need are in bronze. */
async function inItsCurrency(
  context: LedgerContext,
  userId: number,
  wanted: TransactionInput,
  { ticker, unit }: KnownTicker,
): Promise<TransactionToInsert> {
  const base = await personTransaction(context.pool, userId, (client) => readBaseCurrency(client, userId));
  const { fx_rate, ...trade } = wanted;
  const paidIn = wanted.currency ?? unit.currency;
  if (fx_rate !== undefined && paidIn === base && fx_rate !== "1")
    throw new InvalidTransactionError(
      "fx_rate",
      `left out, for the trade is in ${base} as your figures are`,
      fx_rate,
    );
  await requireConversion(context, {
    paidIn,
    ticker: { symbol: ticker, currency: unit.currency },
    base,
    date: wanted.date,
    hasOwnRate: fx_rate !== undefined,
  });
  const hasOwnRate = fx_rate !== undefined && paidIn !== base;
  return { ...trade, currency: paidIn, ...(hasOwnRate && { fx_rate, fx_currency: base }) };
}

function hashOf(input: TransactionInput): string {
  return createHash("sha256").update(JSON.stringify(input)).digest("hex");
}

/** The answer already given; null: there is none. Throws IdempotencyConflictError if it was to another request. */
async function readAnswer(
  client: PoolClient,
  userId: number,
  idempotencyKey: string,
  input: TransactionInput,
): Promise<Answer | null> {
  const { rows } = await client.query<{ hash: string; answer: Answer }>(
    `select request_hash as hash, response_body as answer
     from public.idempotency_keys
     where user_id = $1
       and idempotency_key = $2`,
    [userId, idempotencyKey],
  );
  if (!rows[0]) return null;
  if (rows[0].hash !== hashOf(input)) throw new IdempotencyConflictError(idempotencyKey);
  return rows[0].answer;
}

/** Kept for a day at least; a trigger removes older ones. */
async function keepAnswer(
  client: PoolClient,
  userId: number,
  idempotencyKey: string,
  input: TransactionInput,
  answer: Answer,
): Promise<void> {
  await client.query(
    `insert into public.idempotency_keys
       (user_id, idempotency_key, request_hash, response_status, response_body)
     values ($1, $2, $3, 201, $4)`,
    [userId, idempotencyKey, hashOf(input), JSON.stringify(answer)],
  );
}

/**
 * Throws OversellError unless every SELL of the ticker is covered. `isNew` tells the transactions just inserted: one of
 * them may be the uncovered SELL, or take away what a later one sells.
 */
export async function requireCovered(
  client: PoolClient,
  userId: number,
  ticker: string,
  isNew: ((transactionId: number | null) => boolean) | null,
): Promise<void> {
  const splits = await readSplits(client, ticker);
  if (!findOversell(await readDailyTrades(client, userId, ticker), splits)) return;
  const { trade, held } = findOversell(await readTrades(client, userId, ticker), splits)!;
  const cause = isNew === null ? "delete" : isNew(trade.transactionId) ? "sell" : "earlier sell";
  throw new OversellError({ ticker, date: trade.date, held, sold: trade.quantity }, cause);
}

/**
 * Records one transaction. `input` is whatever came in; with an idempotency key the same request is recorded once,
 * however often it comes. A ticker that nobody has traded yet is fetched first, which may take some seconds: `onProgress` is
 * told; and so are the rates of a currency that nobody has used yet. Throws InvalidTransactionError, FutureDateError, MissingRateError, UnknownTickerError, UnsupportedCurrencyError,
 * MarketDataUnavailableError, TooManyLookupsError, TooManyNewTickersError, HistoryUnavailableError, QuotaExceededError,
 * OversellError, IdempotencyConflictError or InvalidIdempotencyKeyError; then nothing is recorded.
 */
export async function recordTransaction(
  context: LedgerContext,
  userId: number,
  input: unknown,
  idempotencyKey?: string,
  onProgress: (progress: HistoryProgress) => void = () => {},
): Promise<Recorded> {
  const parsed = parseTransactionInput(input, context.clock);
  if (idempotencyKey !== undefined && !/^.{1,255}$/.test(idempotencyKey))
    throw new InvalidIdempotencyKeyError(idempotencyKey);
  const { wanted, warnings: renaming } = await renamed(context, parsed);
  const known = await requirePrices(context, userId, wanted, onProgress);
  const toInsert = await inItsCurrency(context, userId, wanted, known);
  const doubts = await checkTrade(context, userId, toInsert);
  const warnings = [...renaming, ...warningsOf(wanted, known), ...doubts];
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    if (idempotencyKey !== undefined) {
      const answer = await readAnswer(client, userId, idempotencyKey, wanted);
      if (answer) return { ...answer, replayed: true };
    }
    const [transaction] = await insertTransactions(client, userId, [toInsert]);
    const recorded = transaction!;
    await requireLedgerQuota(client, userId, context.quotas);
    if (wanted.type === "SELL")
      await requireCovered(client, userId, wanted.ticker, (id) => id === recorded.transaction_id);
    const answer: Answer = { transaction: recorded, warnings };
    if (idempotencyKey !== undefined) await keepAnswer(client, userId, idempotencyKey, wanted, answer);
    return { ...answer, replayed: false };
  });
}

/**
 * Returns what was deleted. Throws NotFoundError, also for another person's, OversellError if a SELL needs it, or
 * QuotaExceededError.
 */
export async function deleteTransaction(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  transactionId: number,
): Promise<Transaction> {
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    const deleted = await removeTransaction(client, userId, transactionId);
    if (!deleted) throw new NotFoundError(transactionId);
    await requireChangeQuota(client, userId, context.quotas);
    if (deleted.type === "BUY")
      await requireCovered(client, userId, deleted.ticker.trim().toUpperCase(), null);
    return deleted;
  });
}

/** Throws NotFoundError, also for another person's. */
export async function findTransaction(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  transactionId: number,
): Promise<Transaction> {
  const found = await personTransaction(context.pool, userId, (client) =>
    readTransaction(client, userId, transactionId),
  );
  if (!found) throw new NotFoundError(transactionId);
  return found;
}

export interface TransactionList {
  readonly transactions: readonly Transaction[];
  /** `before` of the next page; null: there is none. */
  readonly next: string | null;
}

function cursorOf({ date, transaction_id }: Transaction): string {
  return Buffer.from(`${date} ${transaction_id}`).toString("base64url");
}

function positionOf(cursor: string): Position {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match || !isDate(match[1]!)) throw new InvalidCursorError(cursor);
  return { date: match[1]!, transactionId: Number(match[2]) };
}

/** A page of at most `limit` transactions, newest first. Throws InvalidCursorError. */
export async function listTransactions(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<TransactionList> {
  const position = before === undefined ? null : positionOf(before);
  const found = await personTransaction(context.pool, userId, (client) =>
    readTransactions(client, userId, position, limit + 1),
  );
  const transactions = found.slice(0, limit);
  const last = transactions.at(-1);
  return { transactions, next: found.length > limit && last ? cursorOf(last) : null };
}
