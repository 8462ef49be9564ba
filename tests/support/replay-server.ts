/**
 * A loopback server that speaks the parts of Yahoo Finance's and FRED's protocols that we use, from a made-up world
 * in memory: give its `url` as YAHOO_BASE_URL, FRED_API_BASE_URL and FRED_WEB_BASE_URL. What it knows, what day it
 * is, and how it fails are the test's to say.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  chartReply,
  fredCsvReply,
  fredJsonReply,
  json,
  quoteSummaryReply,
  type Reply,
  searchReply,
  yahooError,
} from "./replay-replies.ts";
import {
  addDays,
  defaultSeries,
  defaultTickers,
  isWeekend,
  nextBar,
  type ReplayBar,
  type ReplaySeries,
  type ReplayTicker,
  tradesOn,
} from "./replay-world.ts";

export type { ReplayBar, ReplayTicker } from "./replay-world.ts";

export type RequestKind =
  | "chart"
  | "search"
  | "quoteSummary"
  | "cookie"
  | "crumb"
  | "fredApi"
  | "fredCsv"
  | "other";

export type FailureMode =
  | "404"
  | "400" // Yahoo's answer to a window without data
  | "401" // an invalid crumb
  | "429"
  | "500"
  | "html200"
  | "truncated" // valid HTTP, half the JSON
  | "cut" // the connection closes in mid-body
  | "reset" // ... before any byte
  | "hang" // never answered
  | "nulls" // every fifth row without values, the last one too
  | "duplicate" // two rows for today, while a session is open
  | "empty" // no rows
  | "mutated" // three bytes of it are others
  | "nullresult"
  | "schema"; // fields missing that the client's schema requires, currency among them

export interface ReplayRequest {
  readonly kind: RequestKind;
  /** Ticker, series or search text. */
  readonly subject: string;
  /** Path and query. */
  readonly url: string;
}

export interface FailureOptions {
  /** Only for this ticker or series. */
  readonly subject?: string;
  readonly retryAfterSeconds?: number;
}

interface Failure extends FailureOptions {
  readonly kind: RequestKind;
  readonly mode: FailureMode;
  remaining: number;
}

export interface ReplayServer {
  readonly url: string;
  /** The last published day. */
  readonly today: string;
  /** The server's own clock, to be injected as the program's: 22:00 UTC on `today` unless set. */
  readonly clock: () => Date;
  /** Oldest first. */
  readonly requests: readonly ReplayRequest[];
  ticker(ticker: string): ReplayTicker;
  series(seriesId: string): ReplaySeries;
  addSeries(seriesId: string, series: ReplaySeries): void;
  addTicker(ticker: ReplayTicker): void;
  /** Yahoo drops all it knows of it. */
  delist(ticker: string): void;
  setBars(ticker: string, bars: ReplayBar[]): void;
  /** Moves the clock; a bar whose session has not closed by then is partial. */
  setNow(instant: string): void;
  /** The next weekday's bars, for every ticker; returns its date. */
  publishDay(): string;
  /** On the last published day: rescales all earlier bars and dividends, as Yahoo does. */
  split(ticker: string, numerator: number, denominator: number): void;
  /** With the last published day as ex-date. */
  payDividend(ticker: string, amount: number): void;
  /** The next `times` requests of the kind fail; failures of one kind come in the order of the calls. */
  fail(kind: RequestKind, mode: FailureMode, times?: number, options?: FailureOptions): void;
  /** Ends all failures. */
  recover(): void;
  /** Delay of every answer. */
  setLatency(milliseconds: number): void;
  /** Requests of the kind are answered when the function it returns has been called. */
  hold(kind: RequestKind): () => void;
  /** The next request of the kind from now on. */
  waitForRequest(kind: RequestKind, subject?: string): Promise<ReplayRequest>;
  /** Crumbs and cookies handed out so far are worth nothing any more. */
  expireCrumbs(): void;
  close(): Promise<void>;
}

interface State {
  today: string;
  now: Date;
  latencyMs: number;
  readonly tickers: Map<string, ReplayTicker>;
  readonly series: Map<string, ReplaySeries>;
  readonly requests: ReplayRequest[];
  readonly waiters: { kind: RequestKind; subject?: string; resolve(request: ReplayRequest): void }[];
  readonly holds: Map<RequestKind, Promise<void>>;
  failures: Failure[];
  readonly crumbs: Set<string>;
}

const routes: readonly [RegExp, RequestKind, string?][] = [
  [/^\/v8\/finance\/chart\/([^/]+)$/, "chart"],
  [/^\/v10\/finance\/quoteSummary\/([^/]+)$/, "quoteSummary"],
  [/^\/v1\/finance\/search$/, "search", "q"],
  [/^\/quote\//, "cookie"],
  [/^\/v1\/test\/getcrumb$/, "crumb"],
  [/^\/fred\/series\/observations$/, "fredApi", "series_id"],
  [/^\/graph\/fredgraph\.csv$/, "fredCsv", "id"],
];

function requestOf(url: URL): ReplayRequest {
  for (const [pattern, kind, parameter] of routes) {
    const match = pattern.exec(url.pathname);
    if (!match) continue;
    const subject = parameter ? url.searchParams.get(parameter) : decodeURIComponent(match[1] ?? "");
    return { kind, subject: subject ?? "", url: url.pathname + url.search };
  }
  return { kind: "other", subject: "", url: url.pathname + url.search };
}

const page =
  "<!doctype html><html><head><title>Yahoo</title></head><body>Will be right back...</body></html>";

/** The good answer. */
function answer(
  state: State,
  request: ReplayRequest,
  url: URL,
  headers: IncomingMessage["headers"],
  mode?: FailureMode,
): Reply {
  const { kind, subject } = request;
  const query = url.searchParams;
  const ticker = state.tickers.get(subject);
  if (kind === "chart")
    return chartReply(ticker, {
      period1: Number(query.get("period1")),
      period2: Number(query.get("period2")),
      events: query.get("events") ?? "",
      now: state.now,
      isDuplicated: mode === "duplicate",
    });
  if (kind === "search") return searchReply(state.tickers.values(), subject);
  if (kind === "cookie")
    return {
      status: 200,
      type: "text/html",
      body: page,
      headers: {
        "set-cookie": ["A1=x; Domain=.yahoo.com; Path=/; Secure", "A3=x; Domain=.yahoo.com; Path=/; Secure"],
      },
    };
  if (kind === "crumb") {
    const crumb = `crumb${state.requests.length}`;
    state.crumbs.add(crumb);
    return { status: 200, type: "text/plain", body: crumb };
  }
  if (kind === "quoteSummary") {
    const isKnown = state.crumbs.has(query.get("crumb") ?? "") && /\bA3=/.test(headers.cookie ?? "");
    return isKnown ? quoteSummaryReply(ticker) : yahooError("finance", 401, "Unauthorized", "Invalid Crumb");
  }
  if (kind === "fredApi") return fredJsonReply(state.series.get(subject), query);
  if (kind === "fredCsv") return fredCsvReply(subject, state.series.get(subject));
  return { status: 404, type: "text/html", body: page };
}

interface ChartBody {
  chart: {
    result: [
      {
        meta: Record<string, unknown>;
        timestamp?: number[];
        events?: unknown;
        indicators: {
          quote: Record<string, (number | null)[]>[];
          adjclose: Record<string, (number | null)[]>[];
        };
      },
    ];
  };
}

/** The good answer to a chart request, damaged. */
function damaged(good: Reply, mode: "nulls" | "empty" | "schema"): Reply {
  const body = JSON.parse(good.body) as ChartBody;
  const [result] = body.chart.result;
  if (mode === "schema") {
    result.meta.currency = null;
    delete result.meta.regularMarketPrice;
  } else if (mode === "empty") {
    delete result.timestamp;
    delete result.events;
    result.indicators = { quote: [{}], adjclose: [{}] };
  } else {
    for (const column of [...result.indicators.quote, ...result.indicators.adjclose].flatMap(Object.values))
      for (let i = column.length - 1; i >= 0; i -= 5) column[i] = null;
  }
  return json(body);
}

function failed(failure: Failure, kind: RequestKind, good: () => Reply): Reply {
  const root = kind === "quoteSummary" ? "quoteSummary" : kind === "chart" ? "chart" : "finance";
  const retryAfter = failure.retryAfterSeconds;
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  const replies: Partial<Record<FailureMode, () => Reply>> = {
    "404": () => yahooError(root, 404, "Not Found", "No data found, symbol may be delisted"),
    "400": () => yahooError(root, 400, "Bad Request", "Data doesn't exist for startDate = 0, endDate = 1"),
    "401": () => yahooError("finance", 401, "Unauthorized", "Invalid Crumb"),
    "429": () => ({ status: 429, type: "text/plain", body: "Too Many Requests\r\n", headers }),
    "500": () => ({ status: 500, type: "text/plain", body: "Internal Server Error", headers }),
    html200: () => ({
      status: 200,
      type: "text/html",
      body: kind === "crumb" ? "Too Many Requests\r\n" : page,
    }),
    truncated: () => ({ ...good(), body: good().body.slice(0, good().body.length / 2) }),
    nullresult: () => json({ [root]: { result: null, error: null } }),
    nulls: () => damaged(good(), "nulls"),
    empty: () => damaged(good(), "empty"),
    schema: () => damaged(good(), "schema"),
  };
  return (replies[failure.mode] ?? good)();
}

function send(response: ServerResponse, reply: Reply, mode: FailureMode | undefined): void {
  if (mode === "hang") return;
  if (mode === "reset") {
    response.socket?.destroy();
    return;
  }
  const good = Buffer.from(reply.body);
  const body = mode === "mutated" ? mutated(good) : good;
  response.writeHead(reply.status, {
    "content-type": reply.type,
    "content-length": body.length,
    ...reply.headers,
  });
  if (mode === "cut") response.write(body.subarray(0, body.length / 2), () => response.socket?.destroy());
  else response.end(body);
}

/** Three bytes are others: which, and which ones, follows from the length, so that a case is the same each time. */
function mutated(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  for (const part of [3, 5, 7]) {
    const at = (body.length * 2654435761 * part) % body.length;
    changed[at] = changed[at]! ^ (1 << (part % 7));
  }
  return changed;
}

function takeFailure(state: State, { kind, subject }: ReplayRequest): Failure | undefined {
  const failure = state.failures.find(
    (candidate) =>
      candidate.kind === kind && candidate.remaining > 0 && (candidate.subject ?? subject) === subject,
  );
  if (failure) failure.remaining--;
  return failure;
}

async function handle(state: State, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(incoming.url ?? "/", "http://localhost");
  const request = requestOf(url);
  state.requests.push(request);
  const isAwaited = (waiter: State["waiters"][number]) =>
    waiter.kind === request.kind && (waiter.subject ?? request.subject) === request.subject;
  for (const waiter of state.waiters.filter(isAwaited)) {
    state.waiters.splice(state.waiters.indexOf(waiter), 1);
    waiter.resolve(request);
  }
  const failure = takeFailure(state, request);
  await state.holds.get(request.kind);
  if (state.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, state.latencyMs));
  const good = () => answer(state, request, url, incoming.headers, failure?.mode);
  send(response, failure ? failed(failure, request.kind, good) : good(), failure?.mode);
}

/** What time it is is the server's business: `publishDay` and `setNow` move it. */
function publishDay(state: State): string {
  let date = state.today;
  do {
    date = addDays(date, 1);
    for (const ticker of state.tickers.values()) {
      const last = ticker.bars.findLast((bar) => bar.close !== null);
      if (last?.close && tradesOn(ticker, date)) ticker.bars.push(nextBar(ticker.ticker, last.close, date));
    }
  } while (isWeekend(date));
  state.today = date;
  state.now = new Date(`${date}T22:00:00Z`);
  return date;
}

function split(ticker: ReplayTicker, date: string, numerator: number, denominator: number): void {
  const scale = (value: number | null) => (value === null ? null : (value * denominator) / numerator);
  ticker.bars = ticker.bars.map((bar) => ({
    date: bar.date,
    open: scale(bar.open),
    high: scale(bar.high),
    low: scale(bar.low),
    close: scale(bar.close),
    volume: bar.volume === null ? null : Math.round((bar.volume * numerator) / denominator),
  }));
  for (const dividend of ticker.dividends) dividend.amount = (dividend.amount * denominator) / numerator;
  ticker.splits.push({ date, numerator, denominator });
}

function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined)
    throw new Error(`the replay server has no ${name}; it has ${[...map.keys()].join(", ")}`);
  return value;
}

/** Starts the server with its default world as of `today`, a weekday; close it after use. */
export async function createReplayServer(options: { today?: string } = {}): Promise<ReplayServer> {
  const today = options.today ?? "2024-06-28";
  const state: State = {
    today,
    now: new Date(`${today}T22:00:00Z`),
    latencyMs: 0,
    tickers: defaultTickers(today),
    series: defaultSeries(today),
    requests: [],
    waiters: [],
    holds: new Map(),
    failures: [],
    crumbs: new Set(),
  };
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get today() {
      return state.today;
    },
    clock: () => state.now,
    requests: state.requests,
    ticker: (ticker) => known(state.tickers, ticker),
    series: (seriesId) => known(state.series, seriesId),
    addSeries: (seriesId, series) => void state.series.set(seriesId, series),
    addTicker: (ticker) => void state.tickers.set(ticker.ticker, ticker),
    delist: (ticker) => void state.tickers.delete(ticker),
    setBars: (ticker, bars) => {
      known(state.tickers, ticker).bars = bars;
    },
    setNow: (instant) => {
      state.now = new Date(instant);
    },
    publishDay: () => publishDay(state),
    split: (ticker, numerator, denominator) =>
      split(known(state.tickers, ticker), state.today, numerator, denominator),
    payDividend: (ticker, amount) =>
      void known(state.tickers, ticker).dividends.push({ date: state.today, amount }),
    fail: (kind, mode, times = 1, failure = {}) =>
      void state.failures.push({ kind, mode, remaining: times, ...failure }),
    recover: () => {
      state.failures = [];
    },
    setLatency: (milliseconds) => {
      state.latencyMs = milliseconds;
    },
    hold: (kind) => {
      const held = Promise.withResolvers<void>();
      state.holds.set(kind, held.promise);
      return () => {
        state.holds.delete(kind);
        held.resolve();
      };
    },
    waitForRequest: (kind, subject) =>
      new Promise((resolve) =>
        state.waiters.push({ kind, resolve, ...(subject !== undefined && { subject }) }),
      ),
    expireCrumbs: () => state.crumbs.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
