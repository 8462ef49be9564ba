/** Recording a transaction. */

import { createHash } from "node:crypto";
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { messageOf, type Plain, plain } from "../plain.ts";
import { type Account, readAccounts, requireNamed } from "./accounts.ts";
import { beforeFirstPrice, checkAsset } from "./asset-check.ts";
import { whileBaseStays } from "./base-currency.ts";
import type { LedgerContext } from "./context.ts";
import { holdingOf, requireCovered, takesShares } from "./coverage.ts";
import { IdempotencyConflictError, InvalidIdempotencyKeyError, InvalidTransactionError } from "./errors.ts";
import { type HistoryProgress, requestHistories, requireHistories } from "./histories.ts";
import { parseTransactionInput, type TransactionInput } from "./input.ts";
import { readCostBasisMethod } from "./open-lots.ts";
import { requireLedgerQuota } from "./quotas.ts";
import { readBaseCurrency } from "./quotes.ts";
import { requireConversion } from "./rates.ts";
import { insertTransactions, lockLedger, type Transaction, type TransactionToInsert } from "./rows.ts";
import { findSymbolChange, type KnownTicker, requireTicker } from "./tickers.ts";
import { checkTrade, type TradeDoubt } from "./trade-check.ts";
import { incoming } from "./transaction-types.ts";

export interface Answer {
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
  input: Pick<TransactionInput, "ticker" | "date">,
  known: Pick<KnownTicker, "firstPriceDate" | "problem">,
): Plain[] {
  const { problem } = known;
  const early = beforeFirstPrice(input, known);
  return [
    ...(early === null ? [] : [early]),
    ...(problem === null
      ? []
      : [plain("The prices of {ticker} do not go on: {problem}.", { ticker: input.ticker ?? "", problem })]),
  ];
}

/** What is to be written, with what there is to tell of it. */
export interface Prepared {
  /** As it was asked for, under the symbol that its ticker has now. */
  readonly wanted: TransactionInput;
  readonly toInsert: TransactionToInsert;
  /** The person's currency that its rates are for. */
  readonly base: string;
  readonly warnings: readonly string[];
  /** What the market says against it; among the warnings, too. */
  readonly doubts: readonly TradeDoubt[];
}

/** The input under the symbol that the ticker has now, and what there is to tell of it. */
async function renamed(
  { pool }: Pick<LedgerContext, "pool">,
  input: TransactionInput,
): Promise<{ wanted: TransactionInput; warnings: string[] }> {
  const change = input.ticker === undefined ? null : await findSymbolChange(pool, input.ticker, input.date);
  if (!change) return { wanted: input, warnings: [] };
  const warning = `${change.from} has been ${change.to} since ${change.changedOn}, and is recorded as that`;
  return { wanted: { ...input, ticker: change.to }, warnings: [warning] };
}

/**
 * The ticker is known, and where shares come in, its history is in bronze. A SELL of what was never traded is refused for what it
 * sells, whatever its prices.
 */
export async function requirePrices(
  context: LedgerContext,
  userId: number,
  { ticker, type }: Pick<TransactionInput, "ticker" | "type">,
  onProgress: (progress: HistoryProgress) => void,
): Promise<KnownTicker | null> {
  if (ticker === undefined) return null;
  const known = await requireTicker(context, userId, ticker);
  if (known.isStale) await requestHistories(context.pool, [ticker]); // nobody need wait: the past is there
  if (known.hasPrices || !incoming.has(type)) return known;
  await requireHistories(context, [ticker], { onProgress });
  return requireTicker(context, userId, ticker);
}

/**
 * Has the history of a ticker fetched that somebody is about to trade, and waits for nothing but its description: readTradeDraft tells
 * when it is there. Throws what requireTicker throws.
 */
export async function prepareTicker(
  context: LedgerContext,
  userId: number,
  ticker: string,
): Promise<Pick<KnownTicker, "ticker" | "hasPrices">> {
  const known = await requireTicker(context, userId, ticker);
  if (!known.hasPrices || known.isStale) await requestHistories(context.pool, [known.ticker]);
  return known;
}

/** What the person has, as of now. */
const readPerson = (context: Pick<LedgerContext, "pool">, userId: number) =>
  personTransaction(context.pool, userId, (client) => readAccounts(client, userId));

/** The row with the currency that it was paid in and that of its own rate; the rates that its figures need are in bronze. */
async function inItsCurrency(
  context: LedgerContext,
  userId: number,
  {
    wanted,
    known,
    account,
    hasKeptRate,
  }: { wanted: TransactionInput; known: KnownTicker | null; account: Account; hasKeptRate: boolean },
): Promise<Pick<Prepared, "toInsert" | "base">> {
  const base = await personTransaction(context.pool, userId, (client) => readBaseCurrency(client, userId));
  const { fx_rate, account: _named, ...row } = wanted;
  const paidIn = wanted.currency ?? known?.unit.currency ?? account.currency ?? base;
  if (fx_rate !== undefined && paidIn === base && fx_rate !== "1")
    throw new InvalidTransactionError(
      "fx_rate",
      `left out, for the trade is in ${base} as your figures are`,
      fx_rate,
      plain("Leave the exchange rate empty: this was paid in {base}, as your figures are.", { base }),
    );
  await requireConversion(context, {
    paidIn,
    ticker: known && { symbol: known.ticker, currency: known.unit.currency },
    base,
    date: wanted.date,
    hasOwnRate: fx_rate !== undefined || hasKeptRate,
  });
  const hasOwnRate = fx_rate !== undefined && paidIn !== base;
  const toInsert = {
    ...row,
    account_id: account.account_id,
    ...(wanted.type !== "SPLIT" && { currency: paidIn }), // which moves no money
    ...(hasOwnRate && { fx_rate, fx_currency: base }),
  };
  return { toInsert, base };
}

async function warnOfAverage(context: Pick<LedgerContext, "pool">, userId: number): Promise<string[]> {
  const { method } = await personTransaction(context.pool, userId, (client) =>
    readCostBasisMethod(client, userId),
  );
  return method === "average"
    ? [
        "your figures take every sale at the moving average: the lots are kept, and count once you choose FIFO, LIFO or HIFO",
      ]
    : [];
}

/** Everything that a row needs beside the ledger is there: its account, ticker, prices and rates. `hasKeptRate`: it has one of before. */
export async function prepare(
  context: LedgerContext,
  userId: number,
  parsed: TransactionInput,
  onProgress: (progress: HistoryProgress) => void = () => {},
  hasKeptRate = false,
): Promise<Prepared> {
  const account = requireNamed(await readPerson(context, userId), parsed.account, parsed.date);
  const { wanted, warnings } = await renamed(context, parsed);
  const known = await requirePrices(context, userId, wanted, onProgress);
  const { toInsert, base } = await inItsCurrency(context, userId, { wanted, known, account, hasKeptRate });
  const doubts = [
    ...(known ? await checkAsset(context, userId, wanted, known) : []),
    ...(await checkTrade(context, userId, toInsert)),
  ];
  const ofLots = wanted.lots ? await warnOfAverage(context, userId) : [];
  return {
    wanted,
    toInsert,
    base,
    doubts,
    // Of an early date it is said in both.
    warnings: [
      ...new Set([
        ...warnings,
        ...(known ? warningsOf(wanted, known).map(messageOf) : []),
        ...doubts.map(({ message }) => message),
        ...ofLots,
      ]),
    ],
  };
}

/** The first ones in the order in which they have always been hashed: a request from before an update is still the same one. */
const hashed = ["ticker", "type", "quantity", "price", "fee", "date", "currency", "fx_rate"];

function hashOf(input: object): string {
  const fields = Object.entries(input);
  const place = ([name]: [string, unknown]): number =>
    (hashed.indexOf(name) + hashed.length + 1) % (hashed.length + 1);
  const inOrder = fields.toSorted((a, b) => place(a) - place(b) || (a[0] < b[0] ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify(Object.fromEntries(inOrder)))
    .digest("hex");
}

/** The answer already given; null: there is none. Throws IdempotencyConflictError if it was to another request. */
export async function readAnswer<A>(
  client: PoolClient,
  userId: number,
  idempotencyKey: string,
  input: object,
): Promise<A | null> {
  const { rows } = await client.query<{ hash: string; answer: A }>(
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
export async function keepAnswer(
  client: PoolClient,
  userId: number,
  idempotencyKey: string,
  input: object,
  answer: object,
): Promise<void> {
  await client.query(
    `insert into public.idempotency_keys
       (user_id, idempotency_key, request_hash, response_status, response_body)
     values ($1, $2, $3, 201, $4)`,
    [userId, idempotencyKey, hashOf(input), JSON.stringify(answer)],
  );
}

/** Throws InvalidIdempotencyKeyError. */
export function requireKey(idempotencyKey: string | undefined): void {
  if (idempotencyKey !== undefined && !/^.{1,255}$/.test(idempotencyKey))
    throw new InvalidIdempotencyKeyError(idempotencyKey);
}

/**
 * Records one transaction. `input` is whatever came in; with an idempotency key the same request is recorded once,
 * however often it comes. A ticker that nobody has traded yet is fetched first, which may take some seconds: `onProgress` is
 * told; and so are the rates of a currency that nobody has used yet. `onDoubts` is told what the market says against it, and may throw:
 * then nothing is recorded. Throws InvalidTransactionError, FutureDateError, MissingRateError, UnknownTickerError, UnsupportedCurrencyError,
 * MarketDataUnavailableError, TooManyLookupsError, TooManyNewTickersError, HistoryUnavailableError, QuotaExceededError,
 * OversellError, LotsError, ExternalIdTakenError, SplitTakenError, IdempotencyConflictError or InvalidIdempotencyKeyError; then nothing is recorded.
 */
export async function recordTransaction(
  context: LedgerContext,
  userId: number,
  input: unknown,
  idempotencyKey?: string,
  onProgress: (progress: HistoryProgress) => void = () => {},
  onDoubts: (doubts: readonly TradeDoubt[]) => void = () => {},
): Promise<Recorded> {
  const parsed = parseTransactionInput(input, context.clock);
  requireKey(idempotencyKey);
  return whileBaseStays(async () => {
    const prepared = await prepare(context, userId, parsed, onProgress);
    if (prepared.doubts.length > 0) onDoubts(prepared.doubts);
    return personTransaction(context.pool, userId, (client) =>
      write(context, client, userId, prepared, idempotencyKey),
    );
  });
}

async function write(
  context: LedgerContext,
  client: PoolClient,
  userId: number,
  { wanted, toInsert, warnings, base }: Prepared,
  idempotencyKey: string | undefined,
): Promise<Recorded> {
  // A rate of one's own was said in the currency that figures were in, and stays in that.
  await lockLedger(client, userId, toInsert.fx_rate === undefined ? base : undefined);
  if (idempotencyKey !== undefined) {
    const answer = await readAnswer<Answer>(client, userId, idempotencyKey, wanted);
    if (answer) return { ...answer, replayed: true };
  }
  const [transaction] = await insertTransactions(client, userId, [toInsert]);
  const recorded = transaction!;
  await requireLedgerQuota(client, userId, context.quotas);
  const holding = holdingOf(recorded);
  if (holding && takesShares(recorded.type))
    await requireCovered(client, userId, holding, (id) =>
      id === recorded.transaction_id ? "sell" : "earlier sell",
    );
  const answer: Answer = { transaction: recorded, warnings };
  if (idempotencyKey !== undefined) await keepAnswer(client, userId, idempotencyKey, wanted, answer);
  return { ...answer, replayed: false };
}
