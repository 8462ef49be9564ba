/** Who gives a ticker's prices, switched: Yahoo Finance, files or an address, never two. */
import type { ClientBase } from "pg";
import { exchangeOfSymbol, exchanges } from "./exchanges.ts";

export type PriceSourceName = "yahoo" | "file" | "url";

export interface SourceSwitch {
  /** Bars of the source that was. */
  readonly set_aside: number;
  /** Bars that the new one gave before it was left. */
  readonly brought_back: number;
}

/** Why the ticker cannot have the source, for people; null: it can. An address has to be there: see readPriceUrl. */
export function sourceProblem(ticker: string, source: PriceSourceName): string | null {
  const exchange = exchangeOfSymbol(ticker);
  if (source === "file" && exchange === null)
    return `expected a ticker of an exchange whose files are read (${exchanges.map(({ name }) => name).join(", ")}), got: ${ticker}`;
  return source === "yahoo" && exchange !== null && exchange.yahooSuffix === null
    ? `Yahoo Finance does not have the exchange of ${ticker}`
    : null;
}

/**
 * Within a transaction of an operator's, or of the owner of the schemas. What the source that was has given is set aside, and what the new one gave before comes back;
 * of Yahoo Finance and of an address the rest is asked for. null: the ticker is not known, or has this source.
 */
export async function switchPriceSource(
  client: ClientBase,
  ticker: string,
  source: PriceSourceName,
  now: Date,
  by: "public.switch_price_source" | "bronze.switch_price_source" = "public.switch_price_source",
): Promise<SourceSwitch | null> {
  const { rows } = await client.query<{ switched: SourceSwitch | null }>(`select ${by}($1, $2) as switched`, [
    ticker,
    source,
  ]);
  const { switched } = rows[0]!;
  if (switched !== null && source !== "file")
    await client.query("select from public.request_histories(array[$1]::text[], $2)", [
      ticker,
      `backfill:${ticker} from ${source} again, ${now.toISOString()}`,
    ]);
  return switched;
}
