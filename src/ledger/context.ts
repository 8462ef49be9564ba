import type { Pool } from "pg";
import type { Log } from "../log.ts";
import type { PriceSource } from "../market/source.ts";
import type { Quotas } from "../quotas.ts";

/** What the ledger works with. */
export interface LedgerContext {
  /** Connections of a role that row-level security binds. */
  readonly pool: Pool;
  readonly prices: PriceSource;
  readonly clock: () => Date;
  readonly log: Pick<Log, "warn">;
  /** How much a person may keep. Default `defaultQuotas`. */
  readonly quotas?: Quotas;
}
