import type { MacroSource, PriceSource } from "../src/market/source.ts";

/** What the functions that ingest market data are given by the program. */
export interface MarketResources {
  readonly prices: PriceSource;
  readonly macro: MacroSource;
  readonly clock: () => Date;
  /** Fetched with what people hold. Absent: none. */
  readonly benchmarks?: readonly string[];
  /** Hosts that prices may be fetched from though their addresses are not public. Absent: none. */
  readonly priceUrlHosts?: readonly string[];
}
