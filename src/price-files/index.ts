/** Prices and exchange rates from files: of exchanges, and of vendors. */
export { exchangeOf, exchanges } from "./exchanges.ts";
export { watchPriceFolder } from "./folder.ts";
export {
  askPriceUrl,
  enterPriceUrl,
  listPriceUrls,
  type PriceUrl,
  priceUrlInput,
  readPriceUrl,
  removePriceUrl,
} from "./price-urls.ts";
export { readPriceFile } from "./read.ts";
export type { DoubtReason, RefusalReason, RowNote } from "./reading.ts";
export { maxCharacters } from "./records.ts";
export { listPriceFiles, priceFileTables, readPriceFileReport } from "./reports.ts";
export { type PriceFileReport, takePriceFile } from "./store.ts";
export {
  type PriceSourceName,
  type SourceSwitch,
  sourceProblem,
  switchPriceSource,
} from "./switch-source.ts";
