/** What closed sets of data are called by who reads them; of what is none of a set its own word. */
import { defineMessage, type Message, t } from "../messages/index.ts";

type Labels = Readonly<Record<string, Message>>;

const regimes: Labels = {
  expansion: defineMessage("Expansion"),
  slowdown: defineMessage("Slowdown"),
  contraction: defineMessage("Contraction"),
  recovery: defineMessage("Recovery"),
};

/** "expansion" is "Expansion". */
export const regimeLabel = (regime: string): string => said(regimes, regime, capitalised);

const classes: Labels = {
  stock: defineMessage("Stock"),
  etf: defineMessage("ETF"),
  fund: defineMessage("Fund"),
  index: defineMessage("Index"),
  crypto: defineMessage("Crypto"),
  currency: defineMessage("Currency"),
  future: defineMessage("Future"),
  bond: defineMessage("Bond"),
  commodity: defineMessage("Commodity"),
  real_estate: defineMessage("Real estate"),
  other: defineMessage("Other"),
};

/** "real_estate" is "Real estate". null: the market has not said it yet. */
export const classLabel = (assetClass: string | null): string =>
  assetClass === null ? t("Not known yet") : said(classes, assetClass, capitalised);

/** As the market's profiles of companies name them. */
const sectors: Labels = {
  "Basic Materials": defineMessage("Basic Materials"),
  "Communication Services": defineMessage("Communication Services"),
  "Consumer Cyclical": defineMessage("Consumer Cyclical"),
  "Consumer Defensive": defineMessage("Consumer Defensive"),
  Energy: defineMessage("Energy"),
  "Financial Services": defineMessage("Financial Services"),
  Healthcare: defineMessage("Healthcare"),
  Industrials: defineMessage("Industrials"),
  "Real Estate": defineMessage("Real Estate"),
  Technology: defineMessage("Technology"),
  Utilities: defineMessage("Utilities"),
};

/** null: of what has none, as funds and coins have not. */
export const sectorLabel = (sector: string | null): string =>
  sector === null ? t("No sector") : said(sectors, sector, (word) => word);

/** On the buttons of ranges, where an address says the same in English. */
const ranges: Labels = {
  "1M": defineMessage("1M"),
  "3M": defineMessage("3M"),
  "6M": defineMessage("6M"),
  YTD: defineMessage("YTD"),
  "1Y": defineMessage("1Y"),
  "3Y": defineMessage("3Y"),
  "5Y": defineMessage("5Y"),
  Held: defineMessage("Held"),
  Max: defineMessage("Max"),
};

export const rangeLabel = (name: string): string => said(ranges, name, (word) => word);

/** From the value at the start to that at the end: src/portfolio/bridge.ts. */
const steps: Labels = {
  "Value at the start": defineMessage("Value at the start"),
  "Net deposits": defineMessage("Net deposits"),
  Deposits: defineMessage("Deposits"),
  Withdrawals: defineMessage("Withdrawals"),
  "Unrealised gain": defineMessage("Unrealised gain"),
  "Realised gain": defineMessage("Realised gain"),
  Prices: defineMessage("Prices"),
  "Exchange rates": defineMessage("Exchange rates"),
  Fees: defineMessage("Fees"),
  Taxes: defineMessage("Taxes"),
  "Dividends and interest": defineMessage("Dividends and interest"),
  "Paid out to you": defineMessage("Paid out to you"),
  "Other fees": defineMessage("Other fees"),
  "Gains transferred with shares": defineMessage("Gains transferred with shares"),
  "Value at the end": defineMessage("Value at the end"),
};

export const stepLabel = (step: string): string => said(steps, step, (word) => word);

const spaced = (word: string): string => word.replaceAll("_", " ");
const capitalised = (word: string): string => spaced(word.charAt(0).toUpperCase() + word.slice(1));

function said(labels: Labels, word: string, otherwise: (word: string) => string): string {
  const label = Object.hasOwn(labels, word) ? labels[word] : undefined;
  return label === undefined ? otherwise(word) : t(label);
}
