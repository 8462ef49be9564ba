/** Who gives a ticker's prices, switched: Yahoo Finance or files, never both. */
import type { ClientBase } from "pg";
import { exchangeOfSymbol, exchanges } from "./exchanges.ts";

type PriceSourceName = "yahoo" | "file";

export interface SourceSwitch {
  /** Bars of the source that was. */
  readonly set_aside: number;
  /** Bars that the new one gave before it was left. */
  readonly brought_back: number;
}

/** Why the ticker cannot have the source, for people; null: it can. */
export function sourceProblem(ticker: string, source: PriceSourceName): string | null {
  const exchange = exchangeOfSymbol(ticker);
  if (exchange === null)
    return `expected a ticker of an exchange whose files are read (${exchanges.map(({ name }) => name).join(", ")}), got: ${ticker}`;
  return source === "yahoo" && exchange.yahooSuffix === null
    ? `Yahoo Finance does not have the exchange of ${ticker}`
    : null;
}

/**
 * Within a transaction of an operator's. What the source that was has given is set aside, and what the new one gave before comes back;
 * of Yahoo Finance the rest is asked for. null: the ticker is not known, or has this source.
 */
export async function switchPriceSource(
  client: ClientBase,
  ticker: string,
  source: PriceSourceName,
  now: Date,
): Promise<SourceSwitch | null> {
  const { rows } = await client.query<{ switched: SourceSwitch | null }>(
    "select public.switch_price_source($1, $2) as switched",
    [ticker, source],
  );
  const { switched } = rows[0]!;
  if (switched !== null && source === "yahoo")
    await client.query("select from public.request_histories(array[$1]::text[], $2)", [
      ticker,
      `backfill:${ticker} from Yahoo Finance again, ${now.toISOString()}`,
    ]);
  return switched;
}
