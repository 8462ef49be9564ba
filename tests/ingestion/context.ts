import type { Pool } from "pg";
import type { MarketResources } from "../../assets/resources.ts";
import type { IngestContext } from "../../src/engine/index.ts";
import { createFredMacroSource } from "../../src/market/fred.ts";
import { createYahooPriceSource } from "../../src/market/yahoo.ts";

export interface Origin {
  readonly url: string;
  readonly clock: () => Date;
}

/** Clients of the servers, with waits too short to notice. */
export function resourcesOf({ url, clock }: Origin): MarketResources {
  return {
    prices: createYahooPriceSource({ baseUrl: url, clock, firstDelayMs: 4 }),
    macro: createFredMacroSource({ apiBaseUrl: url, webBaseUrl: url, firstDelayMs: 4 }),
    clock,
  };
}

export interface RecordedContext extends IngestContext<MarketResources> {
  readonly logs: string[];
  readonly progressed: [number, number, string][];
}

/** What the engine would give an ingest function, with its log and progress kept. */
export function contextOf(
  pool: Pool,
  resources: MarketResources,
  more: Partial<IngestContext<MarketResources>> = {},
): RecordedContext {
  const logs: string[] = [];
  const progressed: [number, number, string][] = [];
  return {
    pool,
    resources,
    runId: 1,
    partitions: null,
    fullRefresh: false,
    signal: new AbortController().signal,
    log: (level, message) => void logs.push(`${level} ${message}`),
    progress: (done, total, label) => void progressed.push([done, total, label]),
    logs,
    progressed,
    ...more,
  };
}
