/** From the body of Yahoo's chart call to a price history. Pure: the clock is passed in. */
import { Big } from "big.js";
import { z } from "zod";
import { MarketDataUnavailableError } from "./errors.ts";
import type { AssetClass, Bar, Dividend, PriceHistory, Split, TickerDescription } from "./source.ts";
import { dateIn, tradingDate } from "./trading-date.ts";

/** After the planned end of a session, when Yahoo has not said that it has ended. Closing auctions and delayed quotes take up to 20 minutes. */
const settlingMs = 30 * 60_000;

const instant = z.union([z.date(), z.number().transform((seconds) => new Date(seconds * 1000))]);
const text = z.string().nullish().catch(null);
const price = z.number().nullish();

function isTimeZone(name: string): boolean {
  try {
    dateIn(name, new Date(0));
    return true;
  } catch {
    return false;
  }
}

// Only what is used. The client's own schema asks for some twenty fields more, which thinly traded tickers lack.
const chartReply = z.object({
  meta: z.object({
    currency: text,
    exchangeName: text,
    fullExchangeName: text,
    instrumentType: text,
    longName: text,
    shortName: text,
    exchangeTimezoneName: z.string().refine(isTimeZone, "expected an IANA time zone"),
    firstTradeDate: instant.nullish().catch(null),
    regularMarketTime: instant.nullish().catch(null),
    currentTradingPeriod: z
      .object({ regular: z.object({ start: instant, end: instant }) })
      .nullish()
      .catch(null),
  }),
  quotes: z.array(
    z.object({
      date: instant,
      open: price,
      high: price,
      low: price,
      close: price,
      adjclose: price,
      volume: price,
    }),
  ),
  events: z
    .object({
      dividends: z.array(z.object({ date: instant, amount: z.number() })).optional(),
      splits: z.array(z.object({ date: instant, numerator: z.number(), denominator: z.number() })).optional(),
      capitalGains: z.array(z.object({ date: instant, amount: z.number() })).optional(),
    })
    .optional(),
});

type ChartReply = z.infer<typeof chartReply>;
type Meta = ChartReply["meta"];
type Quote = ChartReply["quotes"][number];

/** Yahoo's own form: a list for each column. */
const columnsReply = z.object({
  meta: z.unknown(),
  timestamp: z.array(z.unknown()).optional(),
  events: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  indicators: z.object({
    quote: z.array(z.record(z.string(), z.array(z.unknown()).nullish())),
    adjclose: z.array(z.object({ adjclose: z.array(z.unknown()).nullish() })).optional(),
  }),
});

/** A reply whose lists are columns, with its rows put together; another one as it is. */
function asRows(reply: unknown): unknown {
  const { success, data } = columnsReply.safeParse(reply);
  if (!success) return reply;
  const quote = data.indicators.quote[0] ?? {};
  const { open, high, low, close, volume } = quote;
  const adjusted = data.indicators.adjclose?.[0]?.adjclose;
  return {
    meta: data.meta,
    quotes: (data.timestamp ?? []).map((date, row) => ({
      date,
      open: open?.[row],
      high: high?.[row],
      low: low?.[row],
      close: close?.[row],
      adjclose: adjusted?.[row],
      volume: volume?.[row],
    })),
    events:
      data.events &&
      Object.fromEntries(Object.entries(data.events).map(([kind, events]) => [kind, Object.values(events)])),
  };
}

const assetClasses: Readonly<Record<string, AssetClass>> = {
  EQUITY: "stock",
  ETF: "etf",
  MUTUALFUND: "fund",
  INDEX: "index",
  CRYPTOCURRENCY: "crypto",
  CURRENCY: "currency",
  FUTURE: "future",
};

/** What Yahoo's `instrumentType` or `quoteType` is called here. */
export function assetClassOf(type: string | null | undefined): AssetClass {
  return assetClasses[type ?? ""] ?? "other";
}

// The chart and the search spell an exchange differently (NasdaqGS, NASDAQ) and share only the code.
const exchanges: Readonly<Record<string, string>> = {
  NMS: "NASDAQ",
  NGM: "NASDAQ",
  NCM: "NASDAQ",
  NAS: "NASDAQ",
  NYQ: "NYSE",
  PCX: "NYSE Arca",
  ASE: "NYSE American",
  BTS: "Cboe BZX",
  PNK: "OTC Markets",
  OQB: "OTC Markets",
  OQX: "OTC Markets",
  SNP: "S&P",
  DJI: "Dow Jones",
  CMX: "COMEX",
  NYM: "NYMEX",
  CBT: "CBOT",
  CME: "CME",
  CCC: "Crypto",
  CCY: "Currencies",
  LSE: "London",
  GER: "XETRA",
};

/** The exchange's name for people; Yahoo's own where the code is not one of the common ones. */
export function exchangeOf(code: string | null | undefined, name: string | null | undefined): string | null {
  return exchanges[code ?? ""] ?? name ?? code ?? null;
}

function plain(value: number): string {
  const digits = String(value);
  return digits.includes("e") ? new Big(value).toFixed() : digits;
}

/**
 * A number of Yahoo's as a decimal string. Its prices are 32-bit floats written out as doubles
 * (166.69000244140625): the shortest decimal that names the same 32-bit float is the price that was meant (166.69),
 * and loses nothing where seven digits do (712345.25, 100123.45). Other numbers are written as they came.
 */
export function decimalOf(value: number): string {
  if (Math.fround(value) !== value) return plain(value);
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return plain(shorter);
  }
  return plain(Number(value.toPrecision(9)));
}

function decimalOrNull(value: number | null | undefined): string | null {
  return value === null || value === undefined ? null : decimalOf(value);
}

function describe(ticker: string, meta: Meta): TickerDescription {
  return {
    ticker,
    name: meta.longName ?? meta.shortName ?? ticker,
    assetClass: assetClassOf(meta.instrumentType),
    exchange: exchangeOf(meta.exchangeName, meta.fullExchangeName),
    currency: meta.currency ?? null,
    exchangeTimezone: meta.exchangeTimezoneName,
    firstTradeDate: meta.firstTradeDate ? tradingDate(meta.exchangeTimezoneName, meta.firstTradeDate) : null,
  };
}

/** The dates of final bars: those before the current session, and its own once it has ended. */
function finality(meta: Meta, now: Date): (date: string) => boolean {
  const zone = meta.exchangeTimezoneName;
  const session = meta.currentTradingPeriod?.regular;
  if (!session) {
    const today = dateIn(zone, now);
    return (date) => date < today;
  }
  const lengthMs = session.end.getTime() - session.start.getTime();
  // Where trading never stops (crypto, currencies) the last trade reaches 23:59 while the day goes on.
  const stops = lengthMs < 23 * 3600_000;
  const isClosed =
    now.getTime() >= session.end.getTime() + settlingMs ||
    (stops && !!meta.regularMarketTime && meta.regularMarketTime >= session.end);
  const date = dateIn(zone, session.start);
  return (of) => of < date || (isClosed && of === date);
}

/** A bar of a session that is open may be stamped with its last trade, at whatever time that was. */
function dateOf(quote: Quote, { regularMarketTime, exchangeTimezoneName }: Meta): string {
  const isLive = regularMarketTime?.getTime() === quote.date.getTime();
  return isLive ? dateIn(exchangeTimezoneName, quote.date) : tradingDate(exchangeTimezoneName, quote.date);
}

function barOf(quote: Quote & { close: number }, date: string, isFinal: boolean): Bar {
  return {
    date,
    open: decimalOrNull(quote.open),
    high: decimalOrNull(quote.high),
    low: decimalOrNull(quote.low),
    close: decimalOf(quote.close),
    adjClose: decimalOrNull(quote.adjclose),
    volume: quote.volume === null || quote.volume === undefined ? null : plain(quote.volume),
    isFinal,
  };
}

interface Window {
  readonly from: string | null;
  readonly to: string;
}

const inside = (window: Window, date: string): boolean =>
  date <= window.to && (window.from === null || date >= window.from);

/** Of dates that have a bar, ascending: those of the days, or the last before each. */
function lastBefore(dates: readonly string[], days: readonly string[]): Set<string> {
  const wanted = new Set<string>();
  let next = 0;
  for (const day of days.toSorted()) {
    while (next < dates.length && dates[next]! <= day) next++;
    if (next > 0) wanted.add(dates[next - 1]!);
  }
  return wanted;
}

/** One bar a date: of two rows for today, the opening's and the last trade's, the later one. */
function barsOf(
  reply: ChartReply,
  { window, now, days }: { readonly window: Window; readonly now: Date; readonly days: Days },
  warnings: string[],
) {
  const isFinal = finality(reply.meta, now);
  const traded = new Map<string, Quote & { close: number }>();
  const withoutClose = new Map<string, string | null>();
  for (const quote of reply.quotes) {
    const date = dateOf(quote, reply.meta);
    const { close } = quote;
    if (!inside(window, date)) continue;
    if (close === null || close === undefined)
      withoutClose.set(date, quote.volume ? plain(quote.volume) : null);
    else traded.set(date, { ...quote, close });
  }
  const last = reply.quotes.at(-1);
  if (last && dateOf(last, reply.meta) > window.to)
    warnings.push(`dropped bars after ${window.to}, today in ${reply.meta.exchangeTimezoneName}`);
  const missing = [...withoutClose].filter(([date]) => !traded.has(date)).sort();
  const dates = [...traded.keys()].sort();
  const wanted = days && lastBefore(dates, days);
  return {
    bars: dates
      .filter((date) => !wanted || wanted.has(date))
      .map((date) => barOf(traded.get(date)!, date, isFinal(date))),
    datesWithoutClose: missing.map(([date]) => date),
    tradedWithoutClose: missing.flatMap(([date, volume]) => (volume === null ? [] : [{ date, volume }])),
  };
}

function splitsOf(reply: ChartReply, window: Window, warnings: string[]): Split[] {
  const splits = new Map<string, Split>();
  for (const { date: at, numerator, denominator } of reply.events?.splits ?? []) {
    const date = tradingDate(reply.meta.exchangeTimezoneName, at);
    if (!inside(window, date)) continue;
    if (numerator > 0 && denominator > 0)
      splits.set(date, { date, numerator: plain(numerator), denominator: plain(denominator) });
    else warnings.push(`dropped a split of ${numerator}:${denominator} on ${date}`);
  }
  return [...splits.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** Two of a kind with the same ex-date, a regular and a special dividend, are one: their sum. */
function paymentsOf(
  kind: "dividends" | "capitalGains",
  reply: ChartReply,
  window: Window,
  warnings: string[],
): Dividend[] {
  const cash = new Map<string, Big>();
  for (const { date: at, amount } of reply.events?.[kind] ?? []) {
    const date = tradingDate(reply.meta.exchangeTimezoneName, at);
    if (!inside(window, date)) continue;
    if (amount > 0) cash.set(date, (cash.get(date) ?? new Big(0)).plus(decimalOf(amount)));
    else
      warnings.push(
        `dropped a ${kind === "dividends" ? "dividend" : "capital gain"} of ${amount} on ${date}`,
      );
  }
  return [...cash]
    .map(([date, amount]) => ({ date, cashPerShare: amount.toFixed() }))
    .sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** Those whose bars are asked for; null: all. */
type Days = readonly string[] | null;

/**
 * What Yahoo's chart call says, on trading dates from `from` (null: any) to today in the exchange's zone.
 * `reply`: Yahoo's result, its lists as columns or put together to rows; all of it is checked, whichever `days` are asked for.
 * Throws MarketDataUnavailableError (schema) when a field that is needed is not there.
 */
export function parseChart(
  ticker: string,
  reply: unknown,
  from: string | null,
  now: Date,
  days: Days = null,
): PriceHistory {
  const parsed = chartReply.safeParse(asRows(reply));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new MarketDataUnavailableError("Yahoo Finance", "schema", {
      detail: `${issue.path.join(".")}: ${issue.message}`,
    });
  }
  const chart = parsed.data;
  const window = { from, to: dateIn(chart.meta.exchangeTimezoneName, now) };
  const warnings: string[] = [];
  if (!chart.meta.currency) warnings.push("the reply names no currency");
  if (!chart.meta.currentTradingPeriod) warnings.push("the reply names no trading session");
  return {
    description: describe(ticker, chart.meta),
    ...barsOf(chart, { window, now, days }, warnings),
    splits: splitsOf(chart, window, warnings),
    dividends: paymentsOf("dividends", chart, window, warnings),
    capitalGains: paymentsOf("capitalGains", chart, window, warnings),
    warnings,
  };
}
