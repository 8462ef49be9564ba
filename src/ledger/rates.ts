/** The exchange rates that a trade or a person's figures need: in bronze before anything is written that counts on them. */

import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { requestKeyOf } from "../engine/index.ts";
import { TooManyLookupsError } from "../market/errors.ts";
import { type Plain, plain } from "../plain.ts";
import { type RequestedRun, usualPatience, waitForBackfill } from "./backfill.ts";
import type { LedgerContext } from "./context.ts";
import { HistoryUnavailableError, MissingRateError } from "./errors.ts";
import type { TransactionInput } from "./input.ts";
import { readBaseCurrency, readQuotes } from "./quotes.ts";

/** By definition worth one of itself, so that nobody need fetch it. */
const dollar = "USD";

/** Of each currency that has rates, the day of the first. */
async function readFirstDays(
  pool: Pick<PoolClient, "query">,
  currencies: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ currency: string; first: string }>(
    `select wanted.currency, first.rate_date as first
     from unnest($1::text[]) as wanted (currency)
     cross join lateral (
       select rate_date
       from bronze.raw_fx_rates
       where raw_fx_rates.currency = wanted.currency
       order by rate_date
       limit 1
     ) as first`,
    [currencies],
  );
  return new Map(rows.map(({ currency, first }) => [currency, first]));
}

async function readMissing(pool: Pool, currencies: readonly string[]): Promise<string[]> {
  const firstDays = await readFirstDays(pool, currencies);
  return currencies.filter((currency) => !firstDays.has(currency)).toSorted();
}

/** Of one currency it has the sensor's key: whoever else waits for it waits for the same run. */
async function requestRates(pool: Pool, currencies: readonly string[]): Promise<RequestedRun> {
  const key = requestKeyOf(`backfill:rates:${currencies.join(" ")}`);
  const { rows } = await pool.query<Omit<RequestedRun, "key">>(
    'select run_id as "runId", since_log as "sinceLog" from public.request_rates($1, $2)',
    [currencies, key],
  );
  return { ...rows[0]!, key };
}

/**
 * One look-up of the person's share for each currency that is new here, so that nobody has all of them fetched. Whatever else the
 * source answers, the fetch itself finds out. Throws TooManyLookupsError.
 */
async function takeShare({ prices }: Pick<LedgerContext, "prices">, currencies: string[]): Promise<void> {
  for (const currency of currencies)
    await prices.describe(`${currency}=X`).catch((error: unknown) => {
      if (error instanceof TooManyLookupsError) throw error;
    });
}

/**
 * Returns when each of the currencies has rates in bronze: at once for those that have. Throws HistoryUnavailableError
 * (market_data_unavailable) when they cannot be had, or not in time, and TooManyLookupsError.
 */
export async function requireRates(
  context: Pick<LedgerContext, "pool" | "prices">,
  currencies: readonly string[],
  { patienceMilliseconds = usualPatience }: { readonly patienceMilliseconds?: number } = {},
): Promise<void> {
  const { pool } = context;
  const wanted = [...new Set(currencies)].filter((currency) => currency !== dollar);
  const missing = wanted.length === 0 ? [] : await readMissing(pool, wanted);
  if (missing.length === 0) return;
  await takeShare(context, missing);
  await waitForBackfill(
    pool,
    {
      readMissing: (among) => readMissing(pool, among),
      request: (among) => requestRates(pool, among),
      tell: () => {},
      refuse: (still, problem) =>
        new HistoryUnavailableError(
          plain(
            "The exchange rates of {currencies} could not be fetched: {problem}; nothing was recorded, try again in 30 seconds.",
            { currencies: still.join(", "), problem },
          ),
          still,
        ),
      patienceMilliseconds,
    },
    missing,
  );
}

export interface Conversion {
  /** What the trade was paid in. */
  readonly paidIn: string;
  /** null: cash. */
  readonly ticker: { readonly symbol: string; readonly currency: string } | null;
  readonly base: string;
  readonly date: string;
  /** The trade says what one of `paidIn` was worth in `base`. */
  readonly hasOwnRate: boolean;
}

/** The rates that figures of a trade need are there, and on its day. Throws what requireRates throws, and MissingRateError. */
export async function requireConversion(
  context: Pick<LedgerContext, "pool" | "prices">,
  conversion: Conversion,
): Promise<void> {
  const currencies = currenciesOf(conversion);
  if (currencies.length === 1) return;
  await requireRates(context, currencies);
  const refusal = refusalOf(conversion, await readFirstDays(context.pool, currencies));
  if (refusal) throw refusal;
}

const currenciesOf = ({ paidIn, ticker, base }: Pick<Conversion, "paidIn" | "ticker" | "base">): string[] => [
  ...new Set([paidIn, ticker?.currency ?? paidIn, base]),
];

/** Why a trade cannot be converted on its day; null: it can, as far as there are rates. */
function refusalOf(
  { paidIn, ticker, base, date, hasOwnRate }: Conversion,
  firstDays: ReadonlyMap<string, string>,
): MissingRateError | null {
  const lateOf = (...pair: readonly string[]) =>
    pair[0] === pair[1]
      ? undefined
      : pair.find((currency) => firstDays.has(currency) && date < firstDays.get(currency)!);
  const refuse = (currency: string, way: string, wayInWords: Plain) =>
    new MissingRateError("fx_rate", currency, firstDays.get(currency)!, {
      way,
      wayInWords,
    });
  const inTicker = ticker === null ? undefined : lateOf(paidIn, ticker.currency);
  if (ticker !== null && inTicker !== undefined)
    return refuse(
      inTicker,
      `enter the trade of ${date} in ${ticker.currency}, in which ${ticker.symbol} is quoted, with its fx_rate to ${base}`,
      plain("Enter the trade in {quotedIn}, in which {ticker} is quoted, with its exchange rate to {base}.", {
        quotedIn: ticker.currency,
        ticker: ticker.symbol,
        base,
      }),
    );
  const inBase = hasOwnRate ? undefined : lateOf(paidIn, base);
  return inBase === undefined
    ? null
    : refuse(
        inBase,
        `say what one ${paidIn} was worth in ${base} on ${date}, as fx_rate`,
        plain("Enter as exchange rate what one {paidIn} was worth in {base} on {date:day}.", {
          paidIn,
          base,
          date,
        }),
      );
}

/** A transaction, and what its own rate is in; absent: the person's base currency. */
type RatedInput = TransactionInput & { readonly fx_currency?: string };

interface Conversions<Row> {
  readonly base: string;
  readonly of: ReadonlyMap<Row, Conversion>;
}

/** What each row is paid in: what it says, else its ticker's currency, else, of cash, what `cashIn` says. */
async function readConversions<Row extends RatedInput>(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  inputs: readonly Row[],
  cashIn: (row: Row) => string | null,
): Promise<Conversions<Row>> {
  const { quotes, base } = await personTransaction(pool, userId, async (client) => ({
    quotes: await readQuotes(client, [...new Set(inputs.flatMap(({ ticker }) => ticker ?? []))]),
    base: await readBaseCurrency(client, userId),
  }));
  const conversions = inputs.map((input): [Row, Conversion] => {
    const { ticker: symbol, date, currency, fx_rate } = input;
    const quoted = symbol === undefined ? undefined : quotes.get(symbol)?.currency;
    const ticker = symbol === undefined || quoted === undefined ? null : { symbol, currency: quoted };
    const paidIn = currency ?? ticker?.currency ?? cashIn(input) ?? base;
    return [input, { paidIn, ticker, base, date, hasOwnRate: fx_rate !== undefined }];
  });
  return { base, of: new Map(conversions) };
}

/** The earliest of those that differ in nothing but their days. */
function earliestOf(conversions: Iterable<Conversion>): Conversion[] {
  const earliest = new Map<string, Conversion>();
  for (const conversion of conversions) {
    const { paidIn, ticker, hasOwnRate, date } = conversion;
    const key = `${paidIn} ${ticker?.symbol} ${hasOwnRate}`;
    const known = earliest.get(key);
    if (!known || date < known.date) earliest.set(key, conversion);
  }
  return [...earliest.values()];
}

export interface Currencies<Row> {
  readonly base: string;
  /** What each is paid in. */
  readonly of: ReadonlyMap<Row, string>;
}

/** What requireConversion asks, of many rows of known tickers at once. `cashIn`: of rows of cash that say no currency. */
export async function requireCurrencies<Row extends RatedInput>(
  context: Pick<LedgerContext, "pool" | "prices">,
  userId: number,
  inputs: readonly Row[],
  cashIn: (row: Row) => string | null,
): Promise<Currencies<Row>> {
  const { base, of } = await readConversions(context, userId, inputs, cashIn);
  for (const conversion of earliestOf(of.values())) await requireConversion(context, conversion);
  const ownRates = inputs.flatMap((input) =>
    input.fx_currency !== undefined && of.get(input)!.paidIn !== base ? [input.fx_currency] : [],
  );
  await requireRates(context, ownRates);
  return { base, of: new Map([...of].map(([input, { paidIn }]) => [input, paidIn])) };
}

/** Of rows of known tickers, why those that cannot be converted on their days cannot be, as far as the stored rates tell. */
export async function findRateless<Row extends RatedInput>(
  context: Pick<LedgerContext, "pool">,
  userId: number,
  inputs: readonly Row[],
): Promise<Map<Row, MissingRateError>> {
  const { of } = await readConversions(context, userId, inputs, () => null);
  const currencies = new Set([...of.values()].flatMap(currenciesOf));
  const firstDays = await readFirstDays(context.pool, [...currencies]);
  return new Map(
    [...of].flatMap(([input, conversion]) => {
      const refusal = refusalOf(conversion, firstDays);
      return refusal ? [[input, refusal] as const] : [];
    }),
  );
}

/**
 * The rates that a person's figures in this currency need are there, and since their first trade in another. Throws what
 * requireRates throws, and MissingRateError.
 */
export async function requireBaseCurrency(
  context: Pick<LedgerContext, "pool" | "prices">,
  userId: number,
  currency: string,
): Promise<void> {
  await requireRates(context, [currency]);
  await personTransaction(context.pool, userId, (client) => requireReach(client, userId, currency));
}

/** The same of rates that are there, within a transaction. Throws MissingRateError. */
export async function requireReach(client: PoolClient, userId: number, currency: string): Promise<void> {
  const { rows } = await client.query<{ date: string | null }>(
    `select min(transaction_date) as date
     from bronze.transactions
     where user_id = $1
       and currency is distinct from $2`,
    [userId, currency],
  );
  const first = rows[0]!.date;
  const known = (await readFirstDays(client, [currency])).get(currency)!;
  if (first !== null && first < known)
    throw new MissingRateError("base_currency", currency, known, {
      way: `and there is a trade of ${first} in another currency; choose a currency whose rates reach back as far`,
      wayInWords: plain(
        "You have a trade of {first:day} in another currency: choose a currency whose rates reach back as far.",
        { first },
      ),
    });
}
