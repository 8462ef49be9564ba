/** Income: what dividends and interest brought, what they may bring, and of how much; computed when read. */
import { sqlAsset } from "../src/engine/index.ts";
import { int_booked_income, int_income } from "./cash.ts";
import {
  amount,
  count,
  currencies,
  day,
  nullable,
  person,
  portfolio,
  ratio,
  reason,
  ticker,
} from "./columns.ts";
import { int_daily_holdings, int_portfolios } from "./intermediate.ts";
import { int_last_day } from "./market.ts";
import { int_holding_periods, int_transactions } from "./positions.ts";
import { stg_dividends } from "./staging.ts";

const { account_id, ticker: incomeTicker, kind, source, ...payment } = int_income.columns;
const fee = amount("What else was taken off: gross - tax - net.");

export const gold_income = sqlAsset({
  name: "gold_income",
  layer: "gold",
  description: "Dividends and interest of each account, in the person's base currency and as paid.",
  columns: { ...int_income.columns, fee },
  key: int_income.key,
  partitionBy: "user_id",
  timeColumn: "pay_date",
  materialized: "view",
  deps: [int_income],
  tags: ["portfolio"],
});

export const gold_income_months = sqlAsset({
  name: "gold_income_months",
  layer: "gold",
  description: "Dividends and interest of each account by ticker and month, in the person's base currency.",
  columns: {
    user_id: person,
    account_id,
    ticker: incomeTicker,
    kind,
    month: day("First day of the calendar month."),
    payments: count("Days of payment."),
    gross: payment.gross,
    tax: payment.tax,
    fee,
    net: payment.net,
    market_gross: amount(
      "Of gross, what the market told of: before tax, and nobody knows what was withheld.",
    ),
  },
  key: ["user_id", "account_id", "ticker", "kind", "month"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [gold_income],
  tags: ["portfolio"],
});

export const gold_expected_income = sqlAsset({
  name: "gold_expected_income",
  layer: "gold",
  description: "An estimate of the next twelve months: what the holdings bring if they pay what they paid.",
  columns: {
    user_id: person,
    account_id,
    ticker,
    as_of: day("Last day known to the system."),
    source,
    paid_on: day("Day of the payment that is expected again, of the market's its ex-date."),
    expected_on: day("A year after it; the day after the last one where that has passed."),
    currency: currencies.currency,
    quantity: amount("Held on the last day, in today's shares."),
    cash_per_share: amount("Paid for what is each of them now, before tax, in the ticker's currency."),
    rate: amount("Base currency for one of the ticker's, on the last day."),
    gross: amount("quantity x cash_per_share x rate, before tax."),
  },
  key: ["user_id", "account_id", "ticker", "paid_on"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [
    int_daily_holdings,
    int_last_day,
    { asset: stg_dividends, via: int_holding_periods },
    int_booked_income,
    int_holding_periods,
    int_transactions,
  ],
  tags: ["portfolio"],
});

export const gold_income_yields = sqlAsset({
  name: "gold_income_yields",
  layer: "gold",
  description: "What each holding is expected to bring in a year, of its value and of its cost.",
  columns: {
    user_id: person,
    portfolio_id: portfolio,
    ticker: nullable({ ...ticker, description: `${ticker.description}; null: all that is held.` }),
    as_of: day("Last day known to the system."),
    holdings: count("Tickers held."),
    unpriced: count("Of them, those without a price."),
    expected: amount("Expected in the next twelve months, before tax."),
    priced_expected: amount("The same of what has a price."),
    market_value: amount("Of what has a price."),
    cost_basis: amount("What all of it cost, purchase fees included."),
    income_yield: nullable(ratio("priced_expected / market_value.")),
    income_yield_reason: reason("yield"),
    yield_on_cost: nullable(ratio("expected / cost_basis.")),
    yield_on_cost_reason: reason("yield on cost"),
  },
  key: ["user_id", "portfolio_id", "ticker"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [gold_expected_income, int_daily_holdings, int_last_day, int_portfolios],
  tags: ["portfolio"],
});
