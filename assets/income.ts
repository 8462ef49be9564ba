/** Income: what dividends and interest brought, what they may bring, and of how much; computed when read. */
import { sqlAsset } from "../src/engine/index.ts";
import { accounts, raw_assets } from "./bronze.ts";
import { int_booked_income, int_income, int_withheld_taxes } from "./cash.ts";
import {
  amount,
  count,
  currencies,
  day,
  flag,
  nullable,
  person,
  portfolio,
  ratio,
  reason,
  ticker,
} from "./columns.ts";
import { int_daily_holdings, int_portfolios } from "./intermediate.ts";
import { int_last_day, int_prices_daily } from "./market.ts";
import { int_holding_periods } from "./positions.ts";
import { stg_dividends, stg_transactions } from "./staging.ts";

const { account_id, ticker: incomeTicker, kind, source, ...payment } = int_income.columns;

/** Of the market's dividends nobody knows them. */
const known = {
  tax: nullable(amount("Withheld, as booked; null: of nothing known.")),
  fee: nullable(amount("What else was taken off; null: of nothing known.")),
  net: nullable(amount("Received, without tax and fee; null: of nothing known.")),
};

export const gold_income = sqlAsset({
  name: "gold_income",
  layer: "gold",
  description: "Dividends and interest of each account, in the person's base currency and as paid.",
  columns: { ...int_income.columns, ...known },
  key: int_income.key,
  partitionBy: "user_id",
  timeColumn: "pay_date",
  materialized: "view",
  deps: [int_income, int_withheld_taxes],
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
    market_payments: count("Of them, those that the market told of."),
    gross: payment.gross,
    ...known,
    market_gross: amount(
      "Of gross, what the market told of: before tax, and nobody knows what was withheld.",
    ),
    is_rated: payment.is_rated,
  },
  key: ["user_id", "account_id", "ticker", "kind", "month"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [gold_income],
  tags: ["portfolio"],
});

export const int_estimated_holdings = sqlAsset({
  name: "int_estimated_holdings",
  layer: "intermediate",
  description: "What accounts hold on the last day, and whether there can be an estimate of its income.",
  columns: {
    user_id: person,
    account_id,
    ticker,
    as_of: day("Last day known to the system."),
    currency: currencies.currency,
    quantity: amount("Held on that day, in today's shares."),
    rate: amount("Base currency for one of the ticker's, on that day."),
    market_value: amount("What it is worth."),
    cost_basis: amount("What it cost, purchase fees included."),
    is_priced: flag("False: a transaction's price stands in."),
    is_gone: flag("It trades no more, or its prices have stopped."),
    is_told: flag("Had it paid something, somebody would have told."),
  },
  key: ["user_id", "account_id", "ticker"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [
    int_daily_holdings,
    int_last_day,
    accounts,
    { asset: raw_assets, via: int_holding_periods },
    { asset: int_prices_daily, via: int_holding_periods },
  ],
  tags: ["portfolio"],
});

export const int_booked_payments = sqlAsset({
  name: "int_booked_payments",
  layer: "intermediate",
  description: "What each share was paid of the dividends and the interest that accounts booked.",
  columns: {
    user_id: person,
    account_id,
    ticker,
    pay_date: day("Day of the payment."),
    entitled_on: day("It was paid on what was held when the day before this one closed."),
    cash_per_share: amount("Before tax, in today's shares and the ticker's currency."),
  },
  key: ["user_id", "account_id", "ticker", "pay_date"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_booked_income, int_holding_periods, { asset: stg_dividends, via: int_holding_periods }],
  tags: ["portfolio"],
});

const recent = {
  user_id: person,
  account_id,
  ticker,
  as_of: day("Last day known to the system."),
  source,
  paid_on: day("Day of the payment, of the market's its ex-date."),
  currency: currencies.currency,
  quantity: amount("Held on the last day, in today's shares."),
  cash_per_share: amount("Paid for what is each of them now, before tax, in the ticker's currency."),
  rate: amount("Base currency for one of the ticker's, on the last day."),
};

export const int_recent_payments = sqlAsset({
  name: "int_recent_payments",
  layer: "intermediate",
  description: "What the shares held now were paid in the last three years.",
  columns: {
    ...recent,
    is_special: flag("More than three times the usual, and not of every year: not to be expected again."),
  },
  key: ["user_id", "account_id", "ticker", "paid_on"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [
    int_estimated_holdings,
    { asset: stg_dividends, via: int_holding_periods },
    int_booked_payments,
    int_booked_income,
    stg_transactions,
  ],
  tags: ["portfolio"],
});

export const gold_expected_income = sqlAsset({
  name: "gold_expected_income",
  layer: "gold",
  description: "An estimate of the next twelve months: what the holdings bring if they pay what they paid.",
  columns: {
    ...recent,
    expected_on: day("A year after it; the day after the last one where that has passed."),
    gross: amount("quantity x cash_per_share x rate, before tax."),
  },
  key: ["user_id", "account_id", "ticker", "paid_on"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_recent_payments],
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
    unestimated: count("Of them, those of which nobody knows what they will pay."),
    unyielding: count("Of them, those without a price or an estimate: the yield is of the others."),
    expected: nullable(amount("Expected in the next twelve months, before tax, of all with an estimate.")),
    expected_reason: reason("estimate"),
    special: amount("Special payments of the last twelve months, which are not expected again."),
    priced_expected: amount("Expected of what has a price."),
    market_value: amount("Of what has a price."),
    estimated_value: amount("Of what has a price and an estimate."),
    cost_basis: amount("What all of it cost, purchase fees included."),
    estimated_cost: amount("What that with an estimate cost."),
    income_yield: nullable(ratio("priced_expected / estimated_value.")),
    income_yield_reason: reason("yield"),
    yield_on_cost: nullable(ratio("expected / estimated_cost.")),
    yield_on_cost_reason: reason("yield on cost"),
  },
  key: ["user_id", "portfolio_id", "ticker"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [gold_expected_income, int_recent_payments, int_estimated_holdings, int_portfolios],
  tags: ["portfolio"],
});
