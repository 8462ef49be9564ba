/** Staging: bronze, cleaned and typed, one model for each source. */
import { sqlAsset } from "../src/engine/index.ts";
import {
  market_defects,
  raw_assets,
  raw_corporate_actions,
  raw_fx_rates,
  raw_prices,
  split_rulings,
  transactions,
} from "./bronze.ts";
import { account, amount, day, flag, nullable, person, text, ticker } from "./columns.ts";

export const stg_assets = sqlAsset({
  name: "stg_assets",
  layer: "staging",
  description: "What the figures of a ticker are in, and whether it trades around the clock.",
  columns: {
    ticker,
    currency: text("ISO code of the currency that its prices are in from here on."),
    unit_factor: amount("How many of it one quoted unit is: 0.01 for pence."),
    is_always_open: flag(
      "It trades around the clock, or its owner prices it: its bars do not make a trading day.",
    ),
  },
  key: ["ticker"],
  partitionBy: "ticker",
  materialized: "incremental",
  deps: [raw_assets],
  tags: ["market"],
});

export const stg_fx_rates = sqlAsset({
  name: "stg_fx_rates",
  layer: "staging",
  description: "Exchange rates to the US dollar, one for each currency and day that has one.",
  columns: {
    currency: raw_fx_rates.columns.currency,
    rate_date: raw_fx_rates.columns.rate_date,
    usd_per_unit: raw_fx_rates.columns.usd_per_unit,
    is_final: raw_fx_rates.columns.is_final,
  },
  key: ["currency", "rate_date"],
  partitionBy: "currency",
  timeColumn: "rate_date",
  materialized: "view",
  deps: [raw_fx_rates],
  tags: ["market"],
});

export const stg_splits = sqlAsset({
  name: "stg_splits",
  layer: "staging",
  description:
    "Splits, each with two verdicts: does it change the shares held, and are closes adjusted for it?",
  columns: {
    ticker,
    action_date: day("First day on which new shares were traded."),
    numerator: amount("New shares."),
    denominator: amount("For so many old shares."),
    is_accepted: flag("Applied to trades before it. False: it changes nobody's shares."),
    is_history_adjusted: flag("Yahoo's prices before it are adjusted for it."),
    is_doubtful: flag("Odd, or against what the closes say, and no operator has ruled on it."),
    reason: text("What the ratio and the closes say, or the operator who ruled."),
    prices_before: day("Prices before this day are scaled by price_numerator / price_denominator."),
    price_numerator: amount("1 where prices are right as they are."),
    price_denominator: amount("1 where prices are right as they are."),
  },
  key: ["ticker", "action_date"],
  partitionBy: "ticker",
  // Stored, so that a new bar stops here: it hardly ever changes a verdict, and a view would pass it on to every trade.
  materialized: "incremental",
  deps: [raw_corporate_actions, raw_prices, market_defects, split_rulings],
  checks: [
    {
      kind: "expression",
      name: "split_agrees_with_closes",
      description:
        "A split has the ratio of one, and the closes are adjusted for it; or an operator has ruled.",
      expression: "not is_doubtful",
      severity: "warn",
    },
  ],
  tags: ["market"],
});

export const stg_price_scales = sqlAsset({
  name: "stg_price_scales",
  layer: "staging",
  description: "Stretches of days whose prices are not in today's shares as Yahoo gives them.",
  columns: {
    ticker,
    valid_from: day("First day of the stretch; -infinity for the first one."),
    valid_to: day("First day after it."),
    numerator: amount("Prices are multiplied by this."),
    denominator: amount("And divided by this."),
  },
  key: ["ticker", "valid_from"],
  partitionBy: "ticker",
  materialized: "incremental",
  deps: [stg_splits],
  tags: ["market"],
});

export const stg_raw_prices = sqlAsset({
  name: "stg_raw_prices",
  layer: "staging",
  description: "Daily bars with a usable close, adjusted for just the splits that count.",
  columns: {
    ...raw_prices.columns,
    close: amount("Last price of the session, adjusted for splits, not for dividends."),
  },
  key: ["ticker", "price_date"],
  partitionBy: "ticker",
  timeColumn: "price_date",
  materialized: "view",
  // A split rescales every price before it.
  deps: [
    raw_prices,
    market_defects,
    { asset: stg_price_scales, time: "everything" },
    { asset: stg_assets, time: "everything" },
  ],
  tags: ["market"],
});

export const stg_dividends = sqlAsset({
  name: "stg_dividends",
  layer: "staging",
  description: "Cash dividends, and capital gains that funds pay out.",
  columns: {
    ticker,
    ex_date: day("First day on which a buyer no longer gets the dividend."),
    cash_per_share: amount("Cash for each share, in today's shares."),
  },
  key: ["ticker", "ex_date"],
  partitionBy: "ticker",
  timeColumn: "ex_date",
  materialized: "incremental",
  deps: [
    raw_corporate_actions,
    market_defects,
    { asset: stg_price_scales, time: "everything" },
    { asset: stg_assets, time: "everything" },
  ],
  tags: ["market"],
});

export const stg_transactions = sqlAsset({
  name: "stg_transactions",
  layer: "staging",
  description: "The ledger as traded and in today's shares, which is what prices are in.",
  columns: {
    transaction_id: transactions.columns.transaction_id,
    user_id: person,
    ticker: nullable(ticker),
    transaction_type: transactions.columns.transaction_type,
    transaction_date: transactions.columns.transaction_date,
    quantity: transactions.columns.quantity,
    signed_quantity: nullable(amount("Quantity as entered, below 0 where it leaves.")),
    price: transactions.columns.price,
    fee: transactions.columns.fee,
    currency: transactions.columns.currency,
    fx_rate: transactions.columns.fx_rate,
    fx_currency: transactions.columns.fx_currency,
    gross_amount: amount(
      "The amount, or quantity x price without the fee; the same before and after a split.",
    ),
    split_factor: amount(
      "Today's shares for each share as traded: the product of all accepted splits since.",
    ),
    adjusted_quantity: nullable(amount("Quantity in today's shares.")),
    adjusted_price: nullable(amount("Price of one of today's shares.")),
    units: nullable(amount("Exact quantity: adjusted_quantity x units_per_share, without a division.")),
    units_per_share: amount("Units of one of today's shares; the same for all trades of a ticker."),
    created_at: transactions.columns.created_at,
    // After those that were there before: what stands on the view may stay.
    account_id: account,
    tax: transactions.columns.tax,
    acquired_on: transactions.columns.acquired_on,
    lots: transactions.columns.lots,
    own_split: nullable(
      amount("Of a SPLIT: by how much it multiplies what is held, beside the market's of that day."),
    ),
    market_value: transactions.columns.market_value,
  },
  key: ["transaction_id"],
  partitionBy: "user_id",
  timeColumn: "transaction_date",
  materialized: "view",
  deps: [
    transactions,
    // A split rescales every trade before it.
    { asset: stg_splits, via: transactions, time: "everything" },
  ],
  checks: transactions.checks,
  tags: ["ledger"],
});
