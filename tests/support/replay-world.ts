/** What the replay server knows: tickers with bars and corporate actions, and macro series. All of it is made up. */
import { createHash } from "node:crypto";

export interface ReplayBar {
  readonly date: string;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  readonly volume: number | null;
}

export interface ReplayTicker {
  readonly ticker: string;
  readonly name: string;
  /** As Yahoo says it: EQUITY, ETF, CRYPTOCURRENCY, FUTURE. */
  readonly type: string;
  readonly exchange: string;
  readonly exchangeName: string;
  readonly timezone: string;
  readonly currency: string;
  /** Wall time in `timezone`. */
  readonly opens: string;
  readonly closes: string;
  readonly tradesAtWeekends: boolean;
  readonly sector?: string;
  readonly industry?: string;
  /** Split-adjusted, ascending. */
  bars: ReplayBar[];
  splits: { date: string; numerator: number; denominator: number }[];
  /** Split-adjusted. */
  dividends: { date: string; amount: number }[];
  /** Of a fund. */
  capitalGains?: { date: string; amount: number }[];
}

export interface ReplayObservation {
  readonly date: string;
  readonly value: string | null;
  readonly publishedOn: string;
}

export interface ReplaySeries {
  observations: ReplayObservation[];
  /** false: FRED keeps no history of revisions of it. */
  hasVintages: boolean;
}

/** `days` may be negative. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
}

export function isWeekend(date: string): boolean {
  return [0, 6].includes(new Date(date).getUTCDay());
}

const formats = new Map<string, Intl.DateTimeFormat>();
const instants = new Map<string, Date>();

function wallTimeFormat(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: timezone,
      dateStyle: "short",
      timeStyle: "medium",
    });
    formats.set(timezone, format);
  }
  return format;
}

/** The instant at which clocks in `timezone` show `time` on `date`. */
export function instantOf(timezone: string, date: string, time: string): Date {
  const key = `${timezone} ${date} ${time}`;
  let instant = instants.get(key);
  if (!instant) {
    const format = wallTimeFormat(timezone);
    const wanted = Date.parse(`${date}T${time}:00Z`);
    const offset = (at: number): number => Date.parse(`${format.format(at).replace(" ", "T")}Z`) - at;
    instant = new Date(wanted - offset(wanted - offset(wanted)));
    instants.set(key, instant);
  }
  return instant;
}

/** Numbers in [0, 1) that depend on the seed and nothing else. */
function uniforms(seed: string): number[] {
  const digest = createHash("sha256").update(seed).digest();
  return [0, 4, 8, 12, 16].map((offset) => digest.readUInt32BE(offset) / 2 ** 32);
}

const cents = (value: number): number => Math.round(value * 100) / 100;

/** The bar after `previous`: a day's move of at most 3 %, in cents. */
export function nextBar(ticker: string, previous: number, date: string): ReplayBar {
  const [a, b, c, d, e] = uniforms(`${ticker} ${date}`) as [number, number, number, number, number];
  const close = Math.max(1, cents(previous * (1.0004 + 0.02 * (a + b + c - 1.5))));
  const open = cents(previous + (close - previous) * 0.3);
  return {
    date,
    open,
    high: cents(Math.max(open, close) * (1 + 0.01 * d)),
    low: cents(Math.min(open, close) * (1 - 0.01 * e)),
    close,
    volume: Math.round(1e6 * (0.5 + d)),
  };
}

export function tradesOn(ticker: ReplayTicker, date: string): boolean {
  return ticker.tradesAtWeekends || !isWeekend(date);
}

type Listing = Omit<ReplayTicker, "bars" | "splits" | "dividends">;

const newYork = { timezone: "America/New_York", currency: "USD", opens: "09:30", closes: "16:00" } as const;
const weekdays = { tradesAtWeekends: false } as const;

const listings: readonly (Listing & { first: number })[] = [
  {
    ticker: "ACME",
    name: "Acme Corporation",
    type: "EQUITY",
    exchange: "NMS",
    exchangeName: "NasdaqGS",
    sector: "Technology",
    industry: "Consumer Electronics",
    ...newYork,
    ...weekdays,
    first: 40,
  },
  {
    ticker: "GLOBEX",
    name: "Globex Incorporated",
    type: "EQUITY",
    exchange: "NYQ",
    exchangeName: "NYSE",
    sector: "Industrials",
    industry: "Conglomerates",
    ...newYork,
    ...weekdays,
    first: 120,
  },
  {
    ticker: "WORLD",
    name: "World Equity Index ETF",
    type: "ETF",
    exchange: "PCX",
    exchangeName: "NYSEArca",
    ...newYork,
    ...weekdays,
    first: 75,
  },
  {
    ticker: "COIN-USD",
    name: "Coin USD",
    type: "CRYPTOCURRENCY",
    exchange: "CCC",
    exchangeName: "CCC",
    timezone: "UTC",
    currency: "USD",
    opens: "00:00",
    closes: "23:59",
    tradesAtWeekends: true,
    first: 20000,
  },
  {
    ticker: "OIL=F",
    name: "Crude Oil Future",
    type: "FUTURE",
    exchange: "NYM",
    exchangeName: "NY Mercantile",
    ...newYork,
    opens: "00:00",
    closes: "17:00",
    ...weekdays,
    first: 70,
  },
  {
    ticker: "EURX.DE",
    name: "Eurex Werke AG",
    type: "EQUITY",
    exchange: "GER",
    exchangeName: "XETRA",
    timezone: "Europe/Berlin",
    currency: "EUR",
    opens: "09:00",
    closes: "17:30",
    sector: "Industrials",
    industry: "Machinery",
    ...weekdays,
    first: 50,
  },
];

const currencies = {
  type: "CURRENCY",
  exchange: "CCY",
  exchangeName: "CCY",
  timezone: "Europe/London",
  opens: "00:00",
  closes: "23:59",
  ...weekdays,
} as const;

/** Dollars for a euro, and shillings for a dollar: as markets quote them. */
const pairs: typeof listings = [
  { ticker: "EURUSD=X", name: "EUR/USD", currency: "USD", ...currencies, first: 1.1 },
  { ticker: "KES=X", name: "USD/KES", currency: "KES", ...currencies, first: 108 },
];

function quarterlyDividends(bars: readonly ReplayBar[], firstMonth: number, amount: number) {
  const months = new Set<string>();
  return bars.flatMap(({ date }) => {
    const month = date.slice(0, 7);
    const isDue =
      Number(date.slice(5, 7)) % 3 === firstMonth % 3 && date.slice(8) >= "10" && !months.has(month);
    if (!isDue) return [];
    months.add(month);
    return [{ date, amount }];
  });
}

/** Three years of daily bars of each listing, to `today`. ACME split 4:1 some eighteen months ago. */
export function defaultTickers(today: string): Map<string, ReplayTicker> {
  const tickers = new Map<string, ReplayTicker>();
  for (const { first, ...listing } of [...listings, ...pairs]) {
    const ticker: ReplayTicker = { ...listing, bars: [], splits: [], dividends: [] };
    let close = first;
    for (let date = addDays(today, -3 * 365); date <= today; date = addDays(date, 1)) {
      if (!tradesOn(ticker, date)) continue;
      const bar = nextBar(ticker.ticker, close, date);
      close = bar.close ?? close;
      ticker.bars.push(bar);
    }
    tickers.set(ticker.ticker, ticker);
  }
  const acme = tickers.get("ACME")!;
  const splitDate = acme.bars.find((bar) => bar.date >= addDays(today, -540))!.date;
  acme.splits.push({ date: splitDate, numerator: 4, denominator: 1 });
  acme.dividends = quarterlyDividends(acme.bars, 2, 0.24);
  const world = tickers.get("WORLD")!;
  world.dividends = quarterlyDividends(world.bars, 3, 0.55);
  return tickers;
}

interface SeriesShape {
  readonly id: string;
  readonly step: "day" | "weekday" | "month";
  readonly first: number;
  readonly move: number;
  readonly drift: number;
  readonly decimals: number;
  /** Days from the observation's date to its publication. */
  readonly lag: number;
}

const seriesShapes: readonly SeriesShape[] = [
  { id: "DFF", step: "day", first: 1.5, move: 0.02, drift: 0.002, decimals: 2, lag: 1 },
  { id: "GS10", step: "month", first: 2.5, move: 0.3, drift: 0.02, decimals: 2, lag: 32 },
  { id: "T10Y2Y", step: "weekday", first: 0.5, move: 0.05, drift: -0.0005, decimals: 2, lag: 1 },
  { id: "T10YIE", step: "weekday", first: 2.1, move: 0.03, drift: 0, decimals: 2, lag: 1 },
  { id: "CPIAUCSL", step: "month", first: 260, move: 0.4, drift: 0.7, decimals: 3, lag: 42 },
  { id: "UNRATE", step: "month", first: 4.2, move: 0.2, drift: 0, decimals: 1, lag: 35 },
  { id: "INDPRO", step: "month", first: 100, move: 0.8, drift: 0.1, decimals: 4, lag: 46 },
  { id: "USREC", step: "month", first: 0, move: 0, drift: 0, decimals: 0, lag: 60 },
  { id: "DTB3", step: "weekday", first: 1.4, move: 0.02, drift: 0.002, decimals: 2, lag: 1 },
];

function isObserved(step: SeriesShape["step"], date: string): boolean {
  if (step === "month") return date.endsWith("-01");
  return step === "day" || !isWeekend(date);
}

/** Five years of each of the nine series, as published by `today`; on one weekday in 25 markets were closed. */
export function defaultSeries(today: string): Map<string, ReplaySeries> {
  const series = new Map<string, ReplaySeries>();
  for (const { id, step, first, move, drift, decimals, lag } of seriesShapes) {
    const observations: ReplayObservation[] = [];
    let value = first;
    for (
      let date = `${Number(today.slice(0, 4)) - 5}-01-01`;
      addDays(date, lag) <= today;
      date = addDays(date, 1)
    ) {
      if (!isObserved(step, date)) continue;
      const [a, b] = uniforms(`${id} ${date}`) as [number, number];
      value = Math.max(id === "T10Y2Y" ? -2 : 0, value + drift + move * (a - 0.5));
      const isHoliday = step === "weekday" && b < 0.04;
      observations.push({
        date,
        value: isHoliday ? null : value.toFixed(decimals),
        publishedOn: addDays(date, lag),
      });
    }
    series.set(id, { observations, hasVintages: step === "month" });
  }
  return series;
}
