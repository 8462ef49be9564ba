/** Prices and exchange rates from files: of exchanges, and of vendors. */
export { exchangeOf, exchanges } from "./exchanges.ts";
export { watchPriceFolder } from "./folder.ts";
export { readPriceFile } from "./read.ts";
export type { RowNote } from "./reading.ts";
export { maxCharacters } from "./records.ts";
export { listPriceFiles, priceFileTables, readPriceFileReport } from "./reports.ts";
export { type PriceFileReport, takePriceFile } from "./store.ts";
export {
  type SourceSwitch,
  sourceProblem,
  switchPriceSource,
} from "./switch-source.ts";
