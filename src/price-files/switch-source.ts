/** Who gives a ticker's prices, switched: Yahoo Finance, files or an address, never two. */
import type { ClientBase } from "pg";
import { type Plain, plain } from "../plain.ts";
import { exchangeOfSymbol, exchanges } from "./exchanges.ts";

export type PriceSourceName = "yahoo" | "file" | "url";

export interface SourceSwitch {
  /** Bars of the source that was. */
  readonly set_aside: number;
  /** Bars that the new one gave before it was left. */
  readonly brought_back: number;
}

export interface SourceProblem {
  readonly message: string;
  readonly plain: Plain;
}

/** Why the ticker cannot have the source; null: it can. An address has to be there: see readPriceUrl. */
export function sourceProblem(ticker: string, source: PriceSourceName): SourceProblem | null {
  const exchange = exchangeOfSymbol(ticker);
  if (source === "file" && exchange === null) {
    const names = exchanges.map(({ name }) => name).join(", ");
    return {
      message: `expected a ticker of an exchange whose files are read (${names}), got: ${ticker}`,
      plain: plain(
        "{ticker} is of no exchange whose files are read. Enter a ticker of one of these: {names}.",
        { ticker, names },
      ),
    };
  }
  if (source !== "yahoo" || exchange === null || exchange.yahooSuffix !== null) return null;
  return {
    message: `Yahoo Finance does not have the exchange of ${ticker}`,
    plain: plain("Yahoo Finance does not have the exchange of {ticker}.", { ticker }),
  };
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
