import type { Pool } from "pg";
import type { MarketResources } from "../../assets/resources.ts";
import type { LedgerContext } from "../../src/ledger/index.ts";
import { createYahooPriceSource } from "../../src/market/yahoo.ts";
import { resourcesOf } from "../ingestion/context.ts";
import type { ReplayServer } from "../support/replay-server.ts";

export interface RecordedLedger extends LedgerContext {
  readonly logged: string[];
}

/** Market data from a server that each test makes anew. */
export function resourcesFrom(server: () => ReplayServer | undefined): MarketResources {
  return {
    get prices() {
      return resourcesOf(server()!).prices;
    },
    get macro() {
      return resourcesOf(server()!).macro;
    },
    clock: () => server()?.clock() ?? new Date(),
  };
}

export function ledgerOn(pool: Pool, server: ReplayServer): RecordedLedger {
  const logged: string[] = [];
  return {
    pool,
    prices: createYahooPriceSource({ baseUrl: server.url, clock: server.clock, firstDelayMs: 2 }),
    clock: server.clock,
    log: { warn: (_details: unknown, message?: string) => void logged.push(message ?? "") },
    logged,
  };
}
