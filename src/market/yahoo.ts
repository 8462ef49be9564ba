/**
 * Yahoo Finance as a price source, through yahoo-finance2. The client makes the requests and keeps cookies and crumb;
 * what it leaves open is decided here: one typed error for each kind of trouble (its own error classes are not
 * exported, and it throws whole pages as messages), time limits (it has none: a silent server holds a place in its
 * queue for 300 s), retries, and which fields are needed.
 */
import createYahooFinance from "yahoo-finance2/createYahooFinance";
import { ExtendedCookieJar } from "yahoo-finance2/lib/cookieJar";
import { getCrumbClear } from "yahoo-finance2/lib/getCrumb";
import chart from "yahoo-finance2/modules/chart";
import quoteSummary from "yahoo-finance2/modules/quoteSummary";
import search from "yahoo-finance2/modules/search";
import { z } from "zod";
import { assetClassOf, exchangeOf, parseChart } from "./chart.ts";
import { MarketDataUnavailableError, UnknownTickerError } from "./errors.ts";
import { Gate, interactive, type Patience, unattended } from "./gate.ts";
import { request } from "./http.ts";
import type { PriceHistory, PriceSource, Profile, TickerDescription, TickerMatch } from "./source.ts";
import { parseTicker } from "./ticker.ts";

const sourceName = "Yahoo Finance";

export interface YahooOptions {
  /** All requests go to this origin instead of Yahoo's hosts, path and query unchanged. */
  readonly baseUrl?: string | undefined;
  /** Decides which bars are final. */
  readonly clock: () => Date;
  /** For each request. Default 10,000. */
  readonly timeoutMs?: number;
  /** First wait after a failure. Default 1000. */
  readonly firstDelayMs?: number | undefined;
}

// With these three modules alone the client takes 12 MB of memory, with all of them 22 MB.
const YahooFinance = createYahooFinance({ modules: { chart, quoteSummary, search } });

/** An error that Yahoo states in a JSON answer. What it means depends on the call. */
class YahooStatedError extends Error {
  readonly status: number;
  readonly errorCode: string;
  readonly description: string;

  constructor(status: number, errorCode: string, description: string) {
    super(description);
    this.status = status;
    this.errorCode = errorCode;
    this.description = description;
  }
}

const statedError = z.record(
  z.string(),
  z.object({
    result: z.unknown(),
    error: z.object({ code: z.string(), description: z.string() }).nullish(),
  }),
);

/** Throws unless the body is JSON with a result in it: then the client has nothing left to stumble over. */
function judge(status: number, body: string): void {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw new MarketDataUnavailableError(sourceName, body.trimStart().startsWith("<") ? "html" : "truncated");
  }
  const envelope = statedError.safeParse(answer);
  if (envelope.success) {
    const content = Object.values(envelope.data)[0];
    if (content?.error) throw new YahooStatedError(status, content.error.code, content.error.description);
    if (content?.result === null || (Array.isArray(content?.result) && content.result.length === 0))
      throw new MarketDataUnavailableError(sourceName, "schema", { detail: "there is no result in it" });
  }
  if (status >= 400)
    throw new MarketDataUnavailableError(sourceName, "refused", { detail: `status ${status}` });
}

function fetchThrough(baseUrl: string | undefined, timeoutMs: number): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const target = baseUrl ? new URL(baseUrl).origin + url.pathname + url.search : url.href;
    const { status, headers, body } = await request(sourceName, target, init ?? {}, timeoutMs);
    if (/^\/v\d+\/finance\//.test(url.pathname)) judge(status, body);
    // Yahoo has answered "Too Many Requests" here with status 200; taken for a crumb it breaks every later call.
    if (url.pathname.endsWith("/getcrumb") && /[\s<]/.test(body.trim()))
      throw new MarketDataUnavailableError(sourceName, "rate_limited", { retryAfterSeconds: 0 });
    return new Response(body === "" ? null : body, { status, headers });
  };
}

const searchReply = z.object({ quotes: z.array(z.unknown()) });
const searchQuote = z.object({
  symbol: z.string(),
  isYahooFinance: z.literal(true),
  quoteType: z.string().nullish(),
  longname: z.string().nullish(),
  shortname: z.string().nullish(),
  exchange: z.string().nullish(),
  exchDisp: z.string().nullish(),
});

/** What can be held and has daily prices: no options, no private companies, no tickers that we would refuse. */
function matchesOf(reply: unknown): TickerMatch[] {
  const parsed = searchReply.safeParse(reply);
  if (!parsed.success) throw new MarketDataUnavailableError(sourceName, "schema", { detail: "no quotes" });
  return parsed.data.quotes.flatMap((item) => {
    const quote = searchQuote.safeParse(item).data;
    if (!quote || quote.quoteType === "OPTION") return [];
    return [
      {
        ticker: quote.symbol,
        name: quote.longname ?? quote.shortname ?? quote.symbol,
        assetClass: assetClassOf(quote.quoteType),
        exchange: exchangeOf(quote.exchange, quote.exchDisp),
      },
    ];
  });
}

const profileReply = z.object({
  assetProfile: z.object({ sector: z.string().nullish(), industry: z.string().nullish() }),
});

function profileOf(reply: unknown): Profile | null {
  const profile = profileReply.safeParse(reply).data?.assetProfile;
  return profile ? { sector: profile.sector ?? null, industry: profile.industry ?? null } : null;
}

function refused(error: YahooStatedError): MarketDataUnavailableError {
  return new MarketDataUnavailableError(sourceName, "refused", { detail: error.description });
}

// Before the first bar of any exchange. Not 0: IBM's bars begin in 1962.
const beginning = new Date("1900-01-01");
const dayMs = 86_400_000;

const nothing: Omit<PriceHistory, "warnings"> = {
  description: null,
  bars: [],
  datesWithoutClose: [],
  tradedWithoutClose: [],
  splits: [],
  dividends: [],
  capitalGains: [],
};

/** For each call anew: the client changes what it is given. */
function perCall(signal: AbortSignal | undefined) {
  return { validateResult: false as const, fetchOptions: signal ? { signal } : {} };
}

class YahooPriceSource implements PriceSource {
  readonly #clock: () => Date;
  readonly #cookieJar = new ExtendedCookieJar(); // the client's default is shared by all instances
  readonly #client: InstanceType<typeof YahooFinance>;
  readonly #gate: Gate;
  readonly #profileGate: Gate;

  constructor(options: YahooOptions) {
    this.#clock = options.clock;
    this.#client = new YahooFinance({
      fetch: fetchThrough(options.baseUrl, options.timeoutMs ?? 10_000),
      cookieJar: this.#cookieJar,
      versionCheck: false, // else each schema failure asks the package registry, past `fetch`
      suppressNotices: ["yahooSurvey"],
      validation: { logErrors: false, logOptionsErrors: false },
      queue: { concurrency: 4 },
    });
    this.#gate = new Gate({ source: sourceName, firstDelayMs: options.firstDelayMs });
    // Crumbs are rate-limited more often than prices, and profiles are only an ornament: a gate of their own.
    this.#profileGate = new Gate({ source: sourceName, firstDelayMs: options.firstDelayMs });
  }

  async search(query: string, signal?: AbortSignal): Promise<TickerMatch[]> {
    const text = query.trim();
    if (text === "") return [];
    const ask = () => this.#client.search(text, { quotesCount: 8, newsCount: 0 }, perCall(signal));
    try {
      return matchesOf(await this.#gate.run(ask, interactive, signal));
    } catch (error) {
      throw error instanceof YahooStatedError ? refused(error) : error;
    }
  }

  async describe(text: string, signal?: AbortSignal): Promise<TickerDescription> {
    const ticker = parseTicker(text);
    const now = this.#clock();
    const week = new Date(now.getTime() - 7 * dayMs);
    const reply =
      (await this.#chart(ticker, week, interactive, signal)) ??
      (await this.#chart(ticker, beginning, interactive, signal));
    const description = reply === null ? null : parseChart(ticker, reply, null, now, []).description;
    if (!description) throw new UnknownTickerError(ticker);
    return description;
  }

  async history(
    text: string,
    from: string | null,
    signal?: AbortSignal,
    days?: readonly string[],
  ): Promise<PriceHistory> {
    const ticker = parseTicker(text);
    // A day early: in Auckland a session opens on the day before, seen from UTC. parseChart trims.
    const start = from === null ? beginning : new Date(Date.parse(from) - dayMs);
    const reply = await this.#chart(ticker, start, unattended, signal);
    if (reply === null) return { ...nothing, warnings: ["the window is empty"] };
    return parseChart(ticker, reply, from, this.#clock(), days);
  }

  async profile(text: string, signal?: AbortSignal): Promise<Profile | null> {
    const ticker = parseTicker(text);
    const ask = () => this.#client.quoteSummary(ticker, { modules: ["assetProfile"] }, perCall(signal));
    const attempt = () => this.#profileGate.run(ask, interactive, signal);
    try {
      const reply = await attempt().catch(async (error: unknown) => {
        if (!(error instanceof YahooStatedError && error.status === 401)) throw error;
        await getCrumbClear(this.#cookieJar); // the client would keep a dead crumb for ever
        return attempt();
      });
      return profileOf(reply);
    } catch (error) {
      if (!(error instanceof YahooStatedError)) throw error;
      if (error.status === 404) return null;
      throw refused(error);
    }
  }

  /** The client's answer, not yet checked; null: the window is empty, says Yahoo. */
  async #chart(
    ticker: string,
    start: Date,
    patience: Patience,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const ask = () => {
      const period = { period1: start, period2: this.#clock() };
      return this.#client.chart(
        ticker,
        // As rows the client leaves capital gains out.
        { ...period, interval: "1d", events: "div|split|capitalGains", return: "object" },
        perCall(signal),
      );
    };
    try {
      return await this.#gate.run(ask, patience, signal);
    } catch (error) {
      if (!(error instanceof YahooStatedError)) throw error;
      if (error.status === 404 || error.errorCode === "Not Found") throw new UnknownTickerError(ticker);
      if (error.description.startsWith("Data doesn't exist for startDate")) return null;
      throw refused(error);
    }
  }
}

/** Yahoo Finance, or whatever answers like it at `baseUrl`. */
export function createYahooPriceSource(options: YahooOptions): PriceSource {
  return new YahooPriceSource(options);
}
