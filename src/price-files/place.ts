/** Whose prices a file has: which exchange's, which ticker's, or which currency's. Never by the file's name alone. */
import { basename } from "node:path";
import type { ClientBase, Pool } from "pg";
import { isCurrency } from "../market/currency.ts";
import { isTicker } from "../market/ticker.ts";
import { type Exchange, exchangeOfCodes, exchangeOfSymbol, exchanges, symbolOf } from "./exchanges.ts";
import type { FileBar, FileSeries } from "./reading.ts";

/** What whoever gives the file says of it. */
export interface PriceFileHints {
  readonly name: string;
  readonly exchange: Exchange | null;
  /** A symbol (SCOM.XNAI, NPN.JO), or a code of the exchange; null: the file says it. */
  readonly ticker: string | null;
  /** "USD/KES": units of the second for one of the first, one of them the dollar; null: it is no file of rates, or not said. */
  readonly pair: string | null;
  /** It holds exchange rates: its place says so, and its name may say which. */
  readonly isRates: boolean;
}

export interface PlacedSeries {
  readonly ticker: string;
  readonly exchange: Exchange;
  readonly series: FileSeries;
}

export interface Pair {
  readonly currency: string;
  /** The figures are units of the currency for a dollar. */
  readonly isInverse: boolean;
}

export type Placement =
  | { readonly kind: "prices"; readonly placed: readonly PlacedSeries[] }
  | { readonly kind: "rates"; readonly pair: Pair; readonly series: FileSeries }
  | { readonly kind: "nowhere"; readonly problem: string };

const nowhere = (problem: string): Placement => ({ kind: "nowhere", problem });
const names = exchanges.map(({ name, mic }) => `${name} (${mic})`).join(", ");

/** null: no two currencies, one of them the dollar. */
export function pairOf(text: string): Pair | null {
  const match = /^\W*([A-Z]{3})[_/ -]?([A-Z]{3})(?![A-Za-z])/.exec(text);
  const [, base = "", quoted = ""] = match ?? [];
  if (!isCurrency(base) || !isCurrency(quoted) || base === quoted) return null;
  if (base === "USD") return { currency: quoted, isInverse: true };
  return quoted === "USD" ? { currency: base, isInverse: false } : null;
}

const fewestCommon = 10;
const nearShare = 0.8;

/** Of the days that both have, as many as tell anything: nearly all within 2 %. */
async function isBorneOut(
  client: Pool | ClientBase,
  text: string,
  of: string,
  bars: readonly FileBar[],
  isInverse = false,
): Promise<boolean> {
  const { rows } = await client.query<{ common: number; near: number }>(text, [
    of,
    bars.map(({ date }) => date),
    bars.map(({ close }) => close),
    ...(text === storedRates ? [isInverse] : []),
  ]);
  const { common, near } = rows[0]!;
  return common >= fewestCommon && near >= nearShare * common;
}

const storedCloses = `
  select count(*)::integer as common, (count(*) filter (where file.close between stored.close * 0.98 and stored.close * 1.02))::integer as near
  from unnest($2::date[], $3::numeric[]) as file (price_date, close)
  join bronze.raw_prices as stored using (price_date)
  where stored.ticker = $1`;

const storedRates = `
  select count(*)::integer as common, (count(*) filter (where rate between usd_per_unit * 0.98 and usd_per_unit * 1.02))::integer as near
  from unnest($2::date[], $3::numeric[]) as file (rate_date, close)
  cross join lateral (select case when $4::boolean then 1 / close else close end as rate) as dollars
  join bronze.raw_fx_rates as stored using (rate_date)
  where stored.currency = $1`;

/** The one exchange under whose symbol the same prices are stored; null: none, or several. */
async function exchangeByCloses(
  client: Pool | ClientBase,
  code: string,
  bars: readonly FileBar[],
): Promise<Exchange | null> {
  const found: Exchange[] = [];
  for (const exchange of exchanges)
    if (await isBorneOut(client, storedCloses, symbolOf(exchange, code), bars)) found.push(exchange);
  return found.length === 1 ? found[0]! : null;
}

/** Reads what is stored, to hold the file against it. */
export async function placeSeries(
  client: Pool | ClientBase,
  series: readonly FileSeries[],
  hints: PriceFileHints,
): Promise<Placement> {
  const [first] = series;
  if (first === undefined) return nowhere("no row of the file could be used");
  if (first.code !== null) return placeCodes(client, series, hints);
  const said = hints.pair === null ? null : pairOf(hints.pair);
  if (hints.pair !== null && said === null)
    return nowhere(`expected a pair with the US dollar in it, as in USD/KES, got: ${hints.pair}`);
  const pair = said ?? pairOf(basename(hints.name));
  if (
    pair &&
    (said ||
      hints.isRates ||
      (await isBorneOut(client, storedRates, pair.currency, first.bars, pair.isInverse)))
  )
    return { kind: "rates", pair, series: first };
  if (hints.isRates || pair)
    return nowhere("the file does not say which exchange rates it has: name the pair, as in USD/KES");
  return placeHistory(client, first, hints);
}

async function placeCodes(
  client: Pool | ClientBase,
  series: readonly FileSeries[],
  hints: PriceFileHints,
): Promise<Placement> {
  const codes = new Set(series.map(({ code }) => code!));
  const exchange =
    hints.exchange ??
    (hints.ticker === null ? null : exchangeOfSymbol(hints.ticker)) ??
    exchangeOfCodes(codes) ??
    (series.length === 1 ? await exchangeByCloses(client, series[0]!.code!, series[0]!.bars) : null);
  if (exchange === null)
    return nowhere(`the file does not say which exchange's it is: name the exchange (${names})`);
  const placed = series.map((each) => ({ ticker: symbolOf(exchange, each.code!), exchange, series: each }));
  const others = placed.filter(
    ({ ticker, series: { code } }) => hints.ticker !== null && ![ticker, code].includes(hints.ticker),
  );
  if (others.length > 0)
    return nowhere(`expected prices of ${hints.ticker}, and the file has those of ${others[0]!.ticker}`);
  return { kind: "prices", placed };
}

async function placeHistory(
  client: Pool | ClientBase,
  series: FileSeries,
  { ticker, exchange, name }: PriceFileHints,
): Promise<Placement> {
  const ofTicker = ticker === null ? null : (exchangeOfSymbol(ticker) ?? exchange);
  if (ticker !== null && ofTicker === null)
    return nowhere(
      `expected a symbol that ends in its exchange (SCOM.XNAI, NPN.JO), got: ${ticker}; or name the exchange (${names})`,
    );
  if (ticker !== null && ofTicker !== null) {
    const isWhole = exchangeOfSymbol(ticker) !== null || ofTicker.mic === "";
    const symbol = isWhole ? ticker : symbolOf(ofTicker, ticker);
    if (!isTicker(symbol)) return nowhere(`expected a ticker, got: ${symbol}`);
    return { kind: "prices", placed: [{ ticker: symbol, exchange: ofTicker, series }] };
  }
  // "SCOM Historical Data.csv": the name says which ticker where the exchange is said, or the stored closes bear it out.
  const code = /^(\^?[A-Z0-9][A-Z0-9&-]{0,11})(?![A-Za-z0-9])/.exec(basename(name))?.[1] ?? null;
  const found = code === null ? null : (exchange ?? (await exchangeByCloses(client, code, series.bars)));
  if (code === null || found === null)
    return nowhere("the file does not say which ticker's prices it has: name the ticker, as in SCOM.XNAI");
  return { kind: "prices", placed: [{ ticker: symbolOf(found, code), exchange: found, series }] };
}
