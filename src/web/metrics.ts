/** What Prometheus scrapes: requests by route, and what the engine tells of its assets and runs. */

import type { Request, RequestHandler } from "express";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { countDefects } from "../portfolio/index.ts";
import type { WebContext } from "./context.ts";
import { registerEngineMetrics } from "./engine-metrics.ts";
import { readingAddress } from "./reading.ts";

export interface Metrics {
  readonly observe: RequestHandler;
  readonly contentType: string;
  /** The exposition text. */
  read(): Promise<string>;
}

/** As its router names it: who reads for another has a grant in the path, and of these there are ever more. */
const baseOf = ({ baseUrl, reading }: Request): string =>
  reading ? readingAddress(":grant_id", "") : baseUrl;

/** One registry for each application: two in a process do not mix. */
export function createMetrics(context: Pick<WebContext, "pool" | "events" | "registry" | "clock">): Metrics {
  const { pool, events } = context;
  const registers = [new Registry()];
  const register = registers[0]!;
  collectDefaultMetrics({ register });
  const durations = new Histogram({
    name: "stratafolio_http_request_duration_seconds",
    help: "From the request's first byte to the answer's last",
    labelNames: ["method", "route", "status"],
    // A page is expected within 25 ms, a sign-in takes 250 ms, a ticker's validation waits for Yahoo.
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  new Gauge({
    name: "stratafolio_database_connections",
    help: "Of the web's pool; waiting: requests that wait for one",
    labelNames: ["state"],
    registers,
    collect() {
      this.set({ state: "open" }, pool.totalCount);
      this.set({ state: "idle" }, pool.idleCount);
      this.set({ state: "waiting" }, pool.waitingCount);
    },
  });
  new Gauge({
    name: "stratafolio_event_streams",
    help: "Open server-sent event streams",
    registers,
    collect() {
      this.set(events.size);
    },
  });
  new Gauge({
    name: "stratafolio_events_listening",
    help: "1: the database's notifications arrive; 0: pages are not told of news until they do",
    registers,
    collect() {
      this.set(events.listening ? 1 : 0);
    },
  });
  new Gauge({
    name: "stratafolio_market_defects",
    help: "What is wrong with market data, by kind; doubtful_split: verdicts that ask to be looked at",
    labelNames: ["defect"],
    registers,
    async collect() {
      this.reset();
      for (const { defect, defects } of await countDefects(pool).catch(() => []))
        this.set({ defect }, defects);
    },
  });
  const readEngine = registerEngineMetrics(register, context);
  return {
    contentType: register.contentType,
    observe(request, response, next) {
      const stop = durations.startTimer({ method: request.method });
      // The route's pattern, not its path: one series for each route, however many tickers there are.
      response.once("finish", () => {
        const route = request.route ? baseOf(request) + request.route.path : "unmatched";
        if (response.getHeader("Content-Type") !== "text/event-stream")
          stop({ route, status: response.statusCode });
      });
      next();
    },
    async read() {
      await readEngine();
      return await register.metrics();
    },
  };
}
