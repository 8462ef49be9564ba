/** A share that the demo's own market does not list: its prices come in a file of its exchange, as an operator puts one into the folder. */
import { join } from "node:path";
import type { Pool } from "pg";
import { keeperOf } from "../folder-keeper.ts";
import type { Instrument } from "./instruments.ts";
import { syntheticHistory } from "./prices.ts";

export const inFiles: Instrument = {
  assetClass: "stock",
  exchange: "Nairobi",
  ticker: "MARA.XNAI",
  name: "Mara Breweries",
  quotedIn: "KES",
  timezone: "Africa/Nairobi",
  sector: null,
  industry: null,
  firstPrice: 96,
  beta: 0.5,
  ownDrift: 0.02,
  ownVolatility: 0.2,
  dividendYield: 0,
};

const yearsInFile = 7;

/** A list of the exchange: a line for each session that has closed, with code, name, range, price and volume. */
function exchangeList(now: Date): string {
  const { bars } = syntheticHistory(inFiles, `${now.getUTCFullYear() - yearsInFile}-01-01`, now);
  const code = inFiles.ticker.split(".")[0];
  return [
    "Date,Code,Name,Day Low,Day High,Day Price,Volume",
    ...bars
      .filter(({ isFinal }) => isFinal)
      .map(
        ({ date, low, high, close, volume }) =>
          `${date},${code},${inFiles.name} (synthetic),${low},${high},${close},${volume}`,
      ),
    "",
  ].join("\n");
}

/** Into the folder of Nairobi, from where it is taken in like any other; with each start the days since are in it, too. */
export function writeExchangeList(folder: string, now: Date): void {
  const keeper = keeperOf(folder);
  keeper.makeFolder(join(folder, "XNAI"), 0o700);
  keeper.write(join(folder, "XNAI", "demo-list.csv"), exchangeList(now));
}

/** Before anybody trades it, so that nobody asks the demo's own market for it; the file brings its prices. */
export async function describeInFiles(pool: Pool): Promise<void> {
  await pool.query(
    `insert into bronze.raw_assets (ticker, source, name, asset_class, quote_unit, currency, exchange, exchange_timezone)
     values ($1, 'file', $2, $3, $4, $4, $5, $6)`,
    [
      inFiles.ticker,
      `${inFiles.name} (synthetic)`,
      inFiles.assetClass,
      inFiles.quotedIn,
      inFiles.exchange,
      inFiles.timezone,
    ],
  );
}
