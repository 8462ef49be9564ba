/** Intermediate: from bars and exchange rates to a price and a rate on every calendar day. */
import { sqlAsset } from "../src/engine/index.ts";
import { raw_calendar, raw_prices, transactions } from "./bronze.ts";
import { amount, day, flag, nullable, number, ticker } from "./columns.ts";
import { priceBounds } from "./price-bounds.ts";
import { stg_assets, stg_dividends, stg_fx_rates, stg_raw_prices } from "./staging.ts";

export const int_last_day = sqlAsset({
  name: "int_last_day",
  layer: "intermediate",
  description: "The last day known to the system: the newest of all bars and all trades.",
  columns: { last_day: day("The day.") },
  key: ["last_day"],
  timeColumn: "last_day",
  materialized: "table",
  deps: [stg_raw_prices, transactions],
  tags: ["market"],
});

export const int_calendar = sqlAsset({
  name: "int_calendar",
  layer: "intermediate",
  description: "Calendar days to the last day known to the system.",
  columns: { calendar_date: day("The day.") },
  key: ["calendar_date"],
  timeColumn: "calendar_date",
  materialized: "view",
  deps: [
    raw_calendar,
    {
      asset: int_last_day,
      time: "carry",
      reason: "it always has one row; when the day moves, only days after the earlier of the two come or go",
    },
  ],
  tags: ["market"],
});

export const int_tickers = sqlAsset({
  name: "int_tickers",
  layer: "intermediate",
  description: "Tickers that have a bar.",
  columns: {
    ticker,
    first_price_date: day("Day of its first bar."),
    is_always_open: stg_assets.columns.is_always_open,
  },
  key: ["ticker"],
  partitionBy: "ticker",
  materialized: "incremental",
  deps: [raw_prices, stg_raw_prices, stg_assets],
  tags: ["market"],
});

export const int_prices_daily = sqlAsset({
  name: "int_prices_daily",
  layer: "intermediate",
  description:
    "A close for each ticker and calendar day from its first bar on, carried forward over days without one.",
  columns: {
    ticker,
    price_date: day("Calendar day."),
    close: amount("The last close on or before the day."),
    prev_close: nullable(amount("The last close before the day; null on the day of the first bar.")),
    dividend_per_share: amount("Dividend whose ex-date is the day; 0 on other days."),
    is_bar: flag("The day has a bar of its own."),
    is_session: flag("The day has a bar, and the ticker trades on an exchange with hours."),
    is_always_open: flag("The ticker trades around the clock."),
    is_final: flag("False: the close is of a session that was still open when it was fetched."),
    days_since_bar: number("Age of the close, in calendar days."),
  },
  key: ["ticker", "price_date"],
  partitionBy: "ticker",
  timeColumn: "price_date",
  materialized: "incremental",
  deps: [
    int_tickers,
    int_calendar,
    {
      asset: stg_raw_prices,
      time: "carry",
      partitions: "same",
      reason:
        "a day's bar is the last one up to that day, the close before it an earlier one, and what the search finds of another ticker is left out",
    },
    stg_dividends,
  ],
  checks: [
    {
      kind: "expression",
      name: "no_spike",
      description: `A close does not move by more than ${priceBounds.spike * 100} % from the one before: closes are adjusted for splits. What its owner prices is left alone.`,
      expression: `not is_bar or abs(close / prev_close - 1) <= ${priceBounds.spike} or ticker like '~%'`,
      severity: "warn",
    },
    {
      kind: "expression",
      name: "no_gap",
      description: `A close is at most ${priceBounds.gapDays} days old. Older: delisted, suspended, or bars are missing. What its owner prices is left alone.`,
      expression: `days_since_bar <= ${priceBounds.gapDays} or ticker like '~%'`,
      severity: "warn",
    },
  ],
  tags: ["market"],
});

export const int_currencies = sqlAsset({
  name: "int_currencies",
  layer: "intermediate",
  description: "Currencies that have an exchange rate.",
  columns: {
    currency: stg_fx_rates.columns.currency,
    first_rate_date: day("Day of its first rate."),
    first_usd_per_unit: amount("That rate: US dollars for one of it."),
  },
  key: ["currency"],
  partitionBy: "currency",
  materialized: "incremental",
  deps: [stg_fx_rates],
  tags: ["market"],
});

export const int_fx_daily = sqlAsset({
  name: "int_fx_daily",
  layer: "intermediate",
  description: "What each currency is worth on each calendar day from its first rate on, carried forward.",
  columns: {
    currency: stg_fx_rates.columns.currency,
    rate_date: day("Calendar day."),
    usd_per_unit: amount("US dollars for one of it: the last rate on or before the day."),
    prev_usd_per_unit: nullable(amount("The same of the day before; null on the day of the first rate.")),
    is_observed: flag("The day has a rate of its own."),
    is_final: flag("False: the day was not over when the rate was fetched."),
  },
  key: ["currency", "rate_date"],
  partitionBy: "currency",
  timeColumn: "rate_date",
  materialized: "incremental",
  deps: [
    int_currencies,
    int_calendar,
    {
      asset: stg_fx_rates,
      time: "carry",
      partitions: "same",
      reason:
        "a day's rate is the last one up to that day, the one before it an earlier one, and what the search finds of another currency is left out",
    },
  ],
  checks: [
    {
      kind: "expression",
      name: "no_spike",
      description: "A rate does not move by more than half from the one before.",
      expression: "not is_observed or abs(usd_per_unit / prev_usd_per_unit - 1) <= 0.5",
      severity: "warn",
    },
  ],
  tags: ["market"],
});
