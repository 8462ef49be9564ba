/** The bodies that Yahoo Finance and FRED would send for what is in the world. */
import { instantOf, type ReplayBar, type ReplaySeries, type ReplayTicker } from "./replay-world.ts";

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export function json(value: unknown, status = 200): Reply {
  return { status, type: "application/json;charset=utf-8", body: JSON.stringify(value) };
}

export function yahooError(root: string, status: number, code: string, description: string): Reply {
  return json({ [root]: { result: null, error: { code, description } } }, status);
}

const seconds = (instant: Date): number => Math.floor(instant.getTime() / 1000);
const float32 = (value: number | null): number | null => (value === null ? null : Math.fround(value));

interface Session {
  readonly bar: ReplayBar;
  readonly opensAt: number;
  readonly closesAt: number;
}

function sessionsOf(ticker: ReplayTicker, now: number): Session[] {
  return ticker.bars
    .map((bar) => ({
      bar,
      opensAt: seconds(instantOf(ticker.timezone, bar.date, ticker.opens)),
      closesAt: seconds(instantOf(ticker.timezone, bar.date, ticker.closes)),
    }))
    .filter((session) => session.opensAt <= now);
}

/** The close, less what later dividends paid of it. */
function adjustedCloses(ticker: ReplayTicker, sessions: readonly Session[]): (number | null)[] {
  const amounts = new Map(ticker.dividends.map((dividend) => [dividend.date, dividend.amount]));
  let factor = 1;
  const adjusted: (number | null)[] = [];
  for (let i = sessions.length - 1; i >= 0; i--) {
    const { close, date } = sessions[i]!.bar;
    adjusted[i] = close === null ? null : close * factor;
    const previous = sessions[i - 1]?.bar.close;
    const amount = amounts.get(date);
    if (amount !== undefined && previous) factor *= 1 - amount / previous;
  }
  return adjusted;
}

export interface ChartRequest {
  readonly period1: number;
  readonly period2: number;
  readonly events: string;
  readonly now: Date;
  /** Today's bar comes twice: stamped with the opening, and with the last trade. */
  readonly isDuplicated: boolean;
}

/** A bar whose session is under way: its close is half-way, its stamp the last trade's. */
function halfWay(bar: ReplayBar): ReplayBar {
  const close = bar.open === null || bar.close === null ? bar.close : (bar.open + bar.close) / 2;
  return { ...bar, close, volume: bar.volume === null ? null : Math.round(bar.volume / 2) };
}

function metaOf(ticker: ReplayTicker, sessions: readonly Session[], now: number) {
  const last = sessions.at(-1);
  const period = (start: number, end: number) => ({ timezone: "", gmtoffset: 0, start, end });
  const isOpen = !!last && now < last.closesAt;
  return {
    currency: ticker.currency,
    symbol: ticker.ticker,
    exchangeName: ticker.exchange,
    fullExchangeName: ticker.exchangeName,
    instrumentType: ticker.type,
    firstTradeDate: sessions[0]?.opensAt ?? null,
    regularMarketTime: last ? (isOpen ? now : last.closesAt + 1) : now,
    hasPrePostMarketData: false,
    gmtoffset: 0,
    timezone: "",
    exchangeTimezoneName: ticker.timezone,
    regularMarketPrice: last?.bar.close ?? 0,
    longName: ticker.name,
    shortName: ticker.name,
    priceHint: 2,
    currentTradingPeriod: {
      pre: period(last?.opensAt ?? now, last?.opensAt ?? now),
      regular: period(last?.opensAt ?? now, last?.closesAt ?? now),
      post: period(last?.closesAt ?? now, last?.closesAt ?? now),
    },
    dataGranularity: "1d",
    range: "",
    validRanges: ["1d", "max"],
  };
}

export function chartReply(ticker: ReplayTicker | undefined, request: ChartRequest): Reply {
  if (!ticker) return yahooError("chart", 404, "Not Found", "No data found, symbol may be delisted");
  const now = seconds(request.now);
  const sessions = sessionsOf(ticker, now);
  const { period1, period2 } = request;
  if (sessions[0] && period2 < sessions[0].opensAt)
    return yahooError(
      "chart",
      400,
      "Bad Request",
      `Data doesn't exist for startDate = ${period1}, endDate = ${period2}`,
    );
  const adjusted = adjustedCloses(ticker, sessions);
  const rows = sessions.map((session, i) => ({
    at: session.opensAt,
    bar: session.bar,
    adjusted: adjusted[i] ?? null,
  }));
  const last = sessions.at(-1);
  if (last && now < last.closesAt) {
    const bar = halfWay(last.bar);
    if (!request.isDuplicated) rows.pop();
    rows.push({ at: now, bar, adjusted: bar.close });
  }
  const asked = rows.filter((row) => row.at >= period1 && row.at <= period2);
  const opening = (date: string): number => seconds(instantOf(ticker.timezone, date, ticker.opens));
  const events = <E extends { date: string }>(list: readonly E[]) =>
    Object.fromEntries(
      list
        .map((event) => ({ ...event, date: opening(event.date) }))
        .filter((event) => event.date >= period1 && event.date <= period2 && event.date <= now)
        .map((event) => [event.date, event]),
    );
  const column = (name: "open" | "high" | "low" | "close") => asked.map((row) => float32(row.bar[name]));
  const meta = metaOf(ticker, sessions, now);
  if (asked.length === 0)
    return json({ chart: { result: [{ meta, indicators: { quote: [{}], adjclose: [{}] } }], error: null } });
  const splits = ticker.splits.map((split) => ({
    ...split,
    splitRatio: `${split.numerator}:${split.denominator}`,
  }));
  const quote = {
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    volume: asked.map((row) => row.bar.volume),
  };
  const result = {
    meta,
    timestamp: asked.map((row) => row.at),
    events: {
      dividends: events(ticker.dividends),
      splits: events(splits),
      // Only those who ask are told.
      ...(request.events.includes("capitalGains") && { capitalGains: events(ticker.capitalGains ?? []) }),
    },
    indicators: { quote: [quote], adjclose: [{ adjclose: asked.map((row) => float32(row.adjusted)) }] },
  };
  return json({ chart: { result: [result], error: null } });
}

export function searchReply(tickers: Iterable<ReplayTicker>, query: string): Reply {
  const text = query.toLowerCase();
  const quotes = [...tickers]
    .filter(({ ticker, name }) => `${ticker} ${name}`.toLowerCase().includes(text))
    .map((ticker, index) => ({
      exchange: ticker.exchange,
      shortname: ticker.name,
      longname: ticker.name,
      quoteType: ticker.type,
      symbol: ticker.ticker,
      index: "quotes",
      score: 20000 - index,
      typeDisp: ticker.type,
      exchDisp: ticker.exchangeName,
      isYahooFinance: true,
    }));
  const startup = { name: "Acme Startup", permalink: "acme", index: "startup", isYahooFinance: false };
  return json({
    explains: [],
    count: quotes.length,
    quotes: [...quotes, startup],
    news: [],
    nav: [],
    lists: [],
  });
}

/** The caller has checked the crumb. */
export function quoteSummaryReply(ticker: ReplayTicker | undefined): Reply {
  const root = "quoteSummary";
  if (!ticker) return yahooError(root, 404, "Not Found", "Quote not found for symbol");
  if (!ticker.sector)
    return yahooError(
      root,
      404,
      "Not Found",
      "No fundamentals data found for any of the summaryTypes=assetProfile",
    );
  const { sector, industry } = ticker;
  const assetProfile = { sector, industry, companyOfficers: [], maxAge: 86400 };
  return json({ quoteSummary: { result: [{ assetProfile }], error: null } });
}

function fredError(message: string): Reply {
  return json({ error_code: 400, error_message: `Bad Request.  ${message}` }, 400);
}

export function fredJsonReply(series: ReplaySeries | undefined, query: URLSearchParams): Reply {
  if (!/^[a-z0-9]{32}$/.test(query.get("api_key") ?? ""))
    return fredError("The value for variable api_key is not a 32 character alpha-numeric lower-case string.");
  if (!series) return fredError("The series does not exist.");
  const wantsVintages = query.has("realtime_start");
  if (wantsVintages && !series.hasVintages)
    return fredError("The series does not exist in ALFRED but may exist in FRED.");
  const observations = series.observations.map(({ date, value, publishedOn }) => ({
    realtime_start: wantsVintages ? publishedOn : "2026-01-01",
    realtime_end: "9999-12-31",
    date,
    value: value ?? ".",
  }));
  return json({ count: observations.length, offset: 0, limit: 100000, observations });
}

export function fredCsvReply(seriesId: string, series: ReplaySeries | undefined): Reply {
  if (!series) return { status: 404, type: "text/html", body: "<!DOCTYPE html><h1>Page Not Found</h1>" };
  const lines = series.observations.map(({ date, value }) => `${date},${value ?? ""}`);
  const body = [`observation_date,${seriesId}`, ...lines, ""].join("\n");
  return { status: 200, type: "application/csv", body };
}
