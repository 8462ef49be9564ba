/** FRED as a macro source: its JSON API when there is a key, else the CSV behind its charts. */
import { z } from "zod";
import { MarketDataUnavailableError, UnknownSeriesError } from "./errors.ts";
import { Gate, unattended } from "./gate.ts";
import { type Reply, request } from "./http.ts";
import type { MacroSource, Observation } from "./source.ts";

const sourceName = "FRED";

export interface FredOptions {
  readonly apiBaseUrl?: string | undefined;
  readonly webBaseUrl?: string | undefined;
  /** Absent: the key-less CSV, which cannot say when a value was first published. */
  readonly apiKey?: string | undefined;
  /** For each request. Default 20,000. */
  readonly timeoutMs?: number | undefined;
  /** First wait after a failure. Default 1000. */
  readonly firstDelayMs?: number | undefined;
  /** Least time between requests to the API. Default 600: 100 a minute, and FRED cuts off at 120. */
  readonly minimumIntervalMs?: number | undefined;
}

/** FRED writes a missing value as "." in one place and as nothing in another; Number("") would be 0. */
function observedValue(text: string): string | null {
  const value = text.trim();
  if (value === "" || value === ".") return null;
  if (!/^-?\d*\.?\d+(e[+-]?\d+)?$/i.test(value)) throw schemaError(`value ${JSON.stringify(value)}`);
  return value;
}

function schemaError(detail: string): MarketDataUnavailableError {
  return new MarketDataUnavailableError(sourceName, "schema", { detail });
}

const isoDate = /^\d{4}-\d{2}-\d{2}$/;

/** By position: the first column's name was DATE until December 2024 and is observation_date since. */
function parseCsv(seriesId: string, reply: Reply): Observation[] {
  if (reply.status === 404) throw new UnknownSeriesError(seriesId);
  const type = reply.headers.get("content-type") ?? "";
  if (!/csv|text\/plain|octet-stream/.test(type)) throw new MarketDataUnavailableError(sourceName, "html");
  const [header = "", ...lines] = reply.body.trim().split(/\r?\n/);
  if (header.split(",")[1]?.trim() !== seriesId) throw schemaError(`header ${header.slice(0, 80)}`);
  return lines.map((line) => {
    const [date = "", value] = line.split(",");
    if (!isoDate.test(date) || value === undefined) throw schemaError(`line ${line.slice(0, 80)}`);
    return { date, value: observedValue(value), realtimeStart: null };
  });
}

const observationsReply = z.object({
  count: z.number(),
  observations: z.array(
    z.object({
      date: z.string().regex(isoDate),
      realtime_start: z.string().regex(isoDate),
      value: z.string(),
    }),
  ),
});
const errorReply = z.object({ error_message: z.string() });

/** A 400 of the API, by what it says: key faults are 400 too. */
class FredStatedError extends Error {}

function parseJson(reply: Reply): z.infer<typeof observationsReply>["observations"] {
  let answer: unknown;
  try {
    answer = JSON.parse(reply.body);
  } catch {
    const isPage = reply.body.trimStart().startsWith("<");
    throw new MarketDataUnavailableError(sourceName, isPage ? "html" : "truncated");
  }
  const stated = errorReply.safeParse(answer).data;
  if (stated) throw new FredStatedError(stated.error_message);
  const parsed = observationsReply.safeParse(answer);
  if (!parsed.success) throw schemaError(parsed.error.issues[0]!.path.join("."));
  const { count, observations } = parsed.data;
  if (count > observations.length) throw schemaError(`${observations.length} of ${count} observations`);
  return observations;
}

class FredMacroSource implements MacroSource {
  readonly #options: FredOptions;
  readonly #gate: Gate;

  constructor(options: FredOptions) {
    this.#options = options;
    this.#gate = new Gate({
      source: sourceName,
      firstDelayMs: options.firstDelayMs,
      minimumIntervalMs: options.apiKey ? (options.minimumIntervalMs ?? 600) : 0,
    });
  }

  async series(seriesId: string, signal?: AbortSignal): Promise<Observation[]> {
    const observations = this.#options.apiKey
      ? await this.#fromApi(seriesId, this.#options.apiKey, signal)
      : await this.#fromCsv(seriesId, signal);
    if (observations.length === 0) throw schemaError("no observations");
    return observations.sort((a, b) => (a.date < b.date ? -1 : 1));
  }

  async #fromCsv(seriesId: string, signal: AbortSignal | undefined): Promise<Observation[]> {
    const base = this.#options.webBaseUrl ?? "https://fred.stlouisfed.org";
    const url = new URL("/graph/fredgraph.csv", base);
    url.searchParams.set("id", seriesId);
    url.searchParams.set("cosd", "1776-07-04"); // else only what the chart on the page shows
    return this.#get(url, (reply) => parseCsv(seriesId, reply), signal);
  }

  /** The newest values, and apart from them on which day each was first published. */
  async #fromApi(seriesId: string, apiKey: string, signal: AbortSignal | undefined): Promise<Observation[]> {
    const base = this.#options.apiBaseUrl ?? "https://api.stlouisfed.org";
    const ask = (more: Record<string, string>) => {
      const url = new URL("/fred/series/observations", base);
      url.search = new URLSearchParams({
        series_id: seriesId,
        api_key: apiKey,
        file_type: "json",
        ...more,
      }).toString();
      return this.#get(url, parseJson, signal);
    };
    const newest = await ask({}).catch((error: unknown) => {
      if (!(error instanceof FredStatedError)) throw error;
      if (error.message.includes("series does not exist")) throw new UnknownSeriesError(seriesId);
      const detail = error.message.replaceAll(apiKey, "***");
      throw new MarketDataUnavailableError(sourceName, "refused", { detail });
    });
    const allTime = { realtime_start: "1776-07-04", realtime_end: "9999-12-31" };
    const first = await ask({ ...allTime, output_type: "4" }).catch((error: unknown) => {
      // Licensed series have no vintages; daily ones have more than the 2,000 that one answer may span.
      if (error instanceof FredStatedError) return [];
      throw error;
    });
    const publishedOn = new Map<string, string>();
    for (const { date, realtime_start } of first)
      if (realtime_start < (publishedOn.get(date) ?? "9999")) publishedOn.set(date, realtime_start);
    return newest.map(({ date, value }) => ({
      date,
      value: observedValue(value),
      realtimeStart: publishedOn.get(date) ?? null,
    }));
  }

  #get<T>(url: URL, parse: (reply: Reply) => T, signal: AbortSignal | undefined): Promise<T> {
    const attempt = async () =>
      parse(await request(sourceName, url.href, signal ? { signal } : {}, this.#options.timeoutMs ?? 20_000));
    return this.#gate.run(attempt, unattended, signal);
  }
}

/** FRED, or whatever answers like it at the two base URLs. */
export function createFredMacroSource(options: FredOptions = {}): MacroSource {
  return new FredMacroSource(options);
}
