import type { Pool } from "pg";
import type { LedgerContext } from "../../src/ledger/index.ts";
import { createYahooPriceSource } from "../../src/market/yahoo.ts";
import type { ReplayServer } from "../support/replay-server.ts";

export interface RecordedLedger extends LedgerContext {
  readonly logged: string[];
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
