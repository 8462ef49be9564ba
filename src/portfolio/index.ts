/** The portfolio's only door: a person's figures, over the whole time or a range of days, and what is behind them. */

export {
  type AccountFigures,
  type AccountName,
  readAccountFigures,
  readAccountNames,
} from "./account-figures.ts";
export {
  type AllocatedPart,
  type Allocation,
  type AllocationWords,
  allocatedParts,
  allocations,
  type Respect,
  respects,
} from "./allocation.ts";
export { type BenchmarkChoice, parseBenchmark, readBenchmarkChoices } from "./benchmark.ts";
export { bridge } from "./bridge.ts";
export {
  type Choice,
  choiceParameters,
  choiceRecord,
  type HoldingsColumn,
  holdingsColumns,
  keepColumns,
  readChoice,
} from "./choice.ts";
export { readDeletionEffects } from "./deletion-effect.ts";
// The rows behind a figure.
export {
  type Extent,
  readDividendEvidence,
  readEffectEvidence,
  readHasOtherRows,
  readPositionEvidence,
  readSaleEvidence,
  readTradeEvidence,
  type TradeEvidence,
} from "./evidence.ts";
export {
  type FiguresRequest,
  type Month,
  type RangeFigures,
  readFigures,
  type TickerCourse,
  type TickerFigures,
} from "./figures.ts";
export {
  type ExpectedIncome,
  type IncomeMonth,
  type IncomeRow,
  type IncomeYield,
  incomeGroupings,
  type LastDay,
  readExpectedEvidence,
  readExpectedIncome,
  readIncome,
  readIncomeMonths,
  readIncomeYears,
  readLastDay,
  readYield,
  readYields,
} from "./income.ts";
export { countDefects, type DoubtfulSplit, readDoubtfulSplits } from "./market-defects.ts";
export {
  type ContributionKind,
  readBookedEvidence,
  readCashEvidence,
  readContributionEvidence,
  readCostEvidence,
} from "./money-evidence.ts";
export {
  type OwedCash,
  readCash,
  readCashOn,
  readOwedCash,
  readRates,
} from "./money-rows.ts";
export { accountAskedFor } from "./named-account.ts";
export { arePricesUnderWay, requestNewestPrices } from "./newest-prices.ts";
export { type OverviewFigures, readOverview } from "./overview.ts";
export { figureTables, readHoldings, readMacroContext, readPersonRows } from "./person-rows.ts";
export {
  type Movement,
  type PortfolioDay,
  type PortfolioFacts,
  readPortfolioFacts,
} from "./portfolio-facts.ts";
export { type PriceState, readPriceStates } from "./price-states.ts";
export {
  type LineageStage,
  lineageStages,
  type Origin,
  type Publication,
  readPublication,
} from "./provenance.ts";
export {
  acrossPublications,
  type PublishedModels,
  readCurrentModels,
  readUnbuiltModels,
} from "./published-models.ts";
export {
  isConverted,
  parseRange,
  type Range,
  rangeNames,
  rangeParameters,
  readKeptSpan,
  readSpan,
  type Span,
  type Whose,
  wholeTime,
} from "./range.ts";
export { type RateState, readRateStates } from "./rate-states.ts";
export { Recent } from "./recent.ts";
export {
  type RegimeDay,
  type RegimeFacts,
  type RegimeSpell,
  readRegimeDay,
  readRegimeFacts,
  readRegimes,
} from "./regime-facts.ts";
export {
  isRiskSlow,
  type RiskFigures,
  readRisk,
  readRiskAtOnce,
  readWhatIf,
  type WhatIf,
} from "./risk.ts";
export {
  type IndexDay,
  type Measured,
  type PairFacts,
  type RiskReturn,
  type RollingFacts,
  readPairFacts,
  readRollingFacts,
  readWhatIfFacts,
  rollingReturns,
  type WhatIfFacts,
} from "./risk-evidence.ts";
export { type RiskFacts, readRiskFacts } from "./risk-facts.ts";
export {
  costColumns,
  type OfTaxYear,
  readFeesAndTaxes,
  readRealized,
  readTaxIncome,
  readTaxYears,
  readUncounted,
  realizedColumns,
  taxIncomeColumns,
  type UncountedRow,
} from "./tax.ts";
// One ticker.
export {
  type CostMethod,
  type HeldDay,
  readTicker,
  type TickerFacts,
  type TickerPages,
  type TickerRangeName,
  tickerRangeNames,
} from "./ticker.ts";
export {
  readTickerFacts,
  readTickerMovements,
  readTickerNames,
  type TickerFigureFacts,
} from "./ticker-facts.ts";
export type { Lot, Part, TradeMark } from "./ticker-lists.ts";
export type { CorporateAction } from "./ticker-market.ts";
export { readTransferredCost } from "./transferred-cost.ts";
export {
  type Dismissal,
  daysToBook,
  dismissDividends,
  readUnbookedDividends,
  type UnbookedDividend,
} from "./unbooked-dividends.ts";
