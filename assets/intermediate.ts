/** Intermediate: what every account and portfolio was worth on each calendar day, and what moved. */
import { sqlAsset } from "../src/engine/index.ts";
import { accounts } from "./bronze.ts";
import { int_account_flows, int_booked_dividends, int_cash_daily, int_dividend_income } from "./cash.ts";
import {
  account,
  amount,
  count,
  currencies,
  currencyEffect,
  day,
  flag,
  isRated,
  nullable,
  periodsByDay,
  person,
  portfolio,
  priceEffect,
  ratio,
  ticker,
} from "./columns.ts";
import { int_calendar, int_fx_daily, int_prices_daily, int_tickers } from "./market.ts";
import { int_holding_periods, int_person_currencies, int_ticker_periods } from "./positions.ts";
import { stg_dividends } from "./staging.ts";

/** Of a position and of a portfolio alike. */
const dailyReturn = nullable(
  ratio(
    "Inflows at the start of the day, outflows and dividends at its end; null while nothing is invested.",
  ),
);

const positionDay = {
  user_id: person,
  ticker,
  price_date: day("Calendar day."),
};

export const int_daily_holdings = sqlAsset({
  name: "int_daily_holdings",
  layer: "intermediate",
  description: "A position of an account on each calendar day held, the day of the exit included.",
  columns: {
    user_id: person,
    account_id: account,
    ticker,
    price_date: positionDay.price_date,
    ...currencies,
    quantity: amount("Held at the close."),
    cost_basis: amount("What that cost, purchase fees included."),
    local_cost_basis: amount("The same in the ticker's currency."),
    close: amount("Price of one: the last close, or before the first bar the last transaction's price."),
    prev_close: amount("The same of the day before; 0 when the ticker had no price then."),
    rate: amount("Base currency for one of the ticker's, at the close."),
    market_value: amount("quantity x close x rate."),
    local_market_value: amount("quantity x close."),
    prev_quantity: amount("Held at the close of the day before."),
    prev_market_value: amount("market_value of the day before."),
    local_prev_market_value: amount("local_market_value of the day before."),
    buy_amount: amount("Paid for purchases on the day, fees included."),
    sell_amount: amount("Received for sales on the day, net of fees."),
    net_flow: amount("buy_amount - sell_amount, and what was transferred at its price of the day."),
    local_net_flow: amount("net_flow in the ticker's currency."),
    fees: amount("Fees of the day's trades."),
    realized_pnl: amount("Realized by the day's sales."),
    income: amount("Dividends whose ex-date is the day, on what was held at the close of the day before."),
    income_paid_out: amount("income, unless the account keeps it as cash."),
    local_income: amount("income in the ticker's currency."),
    price_effect: priceEffect,
    currency_effect: currencyEffect,
    is_session: flag("The ticker had a bar on the day, on an exchange with hours."),
    is_always_open: flag("The ticker trades around the clock."),
    is_final: flag("False: the close is of a session that was still open."),
    is_priced: flag("False: before the ticker's first bar, valued at a transaction's price."),
    is_rated: isRated,
    quiet_from: day("First day that int_quiet_days has, up to the next trade."),
  },
  key: ["user_id", "account_id", "ticker", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [
    { asset: int_holding_periods, ...periodsByDay },
    { asset: int_prices_daily, via: int_holding_periods },
    { asset: int_tickers, via: int_holding_periods },
    { asset: stg_dividends, via: int_holding_periods },
    { asset: int_fx_daily, via: int_person_currencies },
    int_calendar,
  ],
  tags: ["portfolio"],
});

export const int_quiet_days = sqlAsset({
  name: "int_quiet_days",
  layer: "intermediate",
  description:
    "What an account holds in one currency on each calendar day, of all tickers that were not traded on it.",
  columns: {
    user_id: person,
    account_id: account,
    ...currencies,
    price_date: positionDay.price_date,
    market_value: amount("Of all of them, at the close."),
    prev_market_value: amount("The same of the day before."),
    cost_basis: amount("What they cost, purchase fees included."),
    income: int_daily_holdings.columns.income,
    income_paid_out: int_daily_holdings.columns.income_paid_out,
    currency_effect: currencyEffect,
    positions: count("How many tickers."),
    is_session: flag("Some ticker had a bar on the day, on an exchange with hours."),
    is_always_open: flag("All of them trade around the clock."),
    is_final: flag("False: some close is of a session that was still open."),
  },
  key: ["user_id", "account_id", "currency", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [
    { asset: int_holding_periods, ...periodsByDay },
    { asset: int_prices_daily, via: int_holding_periods },
    { asset: int_fx_daily, via: int_person_currencies },
  ],
  tags: ["portfolio"],
});

export const fct_daily_returns = sqlAsset({
  name: "fct_daily_returns",
  layer: "intermediate",
  description: "A position's return on each calendar day held, with its own flows.",
  columns: {
    ...positionDay,
    currency: currencies.currency,
    close: int_daily_holdings.columns.close,
    quantity: int_daily_holdings.columns.quantity,
    market_value: int_daily_holdings.columns.market_value,
    local_market_value: int_daily_holdings.columns.local_market_value,
    prev_market_value: int_daily_holdings.columns.prev_market_value,
    cost_basis: int_daily_holdings.columns.cost_basis,
    net_flow: int_daily_holdings.columns.net_flow,
    fees: int_daily_holdings.columns.fees,
    realized_pnl: int_daily_holdings.columns.realized_pnl,
    income: int_daily_holdings.columns.income,
    price_effect: priceEffect,
    currency_effect: currencyEffect,
    daily_return: dailyReturn,
    local_return: nullable(ratio("daily_return in the ticker's currency.")),
    cumulative_return: ratio("Time-weighted return since the first purchase, dividends included."),
    is_priced: int_daily_holdings.columns.is_priced,
  },
  key: ["user_id", "ticker", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [int_daily_holdings, int_booked_dividends],
  tags: ["portfolio"],
});

export const int_ticker_days = sqlAsset({
  name: "int_ticker_days",
  layer: "intermediate",
  description: "What each ticker that a person held earned on each day, and its return.",
  columns: {
    user_id: person,
    ticker,
    price_date: day("Calendar day."),
    gain: amount("What the value grew by beside flows, and income."),
    daily_return: nullable(ratio("Null while nothing is invested.")),
  },
  key: ["user_id", "ticker", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [
    { asset: int_ticker_periods, ...periodsByDay },
    { asset: int_prices_daily, via: int_ticker_periods },
    { asset: int_tickers, via: int_ticker_periods },
    { asset: int_fx_daily, via: int_person_currencies },
    int_calendar,
    int_booked_dividends,
    int_dividend_income,
  ],
  tags: ["portfolio"],
});

export const int_portfolios = sqlAsset({
  name: "int_portfolios",
  layer: "intermediate",
  description:
    "Portfolios that figures exist for, and the accounts in each: all of a person's, and each by itself.",
  columns: { user_id: person, portfolio_id: portfolio, account_id: account },
  key: ["user_id", "portfolio_id", "account_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [accounts],
  tags: ["portfolio"],
});

export const int_portfolio_daily = sqlAsset({
  name: "int_portfolio_daily",
  layer: "intermediate",
  description: "A portfolio on each calendar day since its first transaction.",
  columns: {
    user_id: person,
    portfolio_id: portfolio,
    price_date: day("Calendar day."),
    currency: currencies.base_currency,
    market_value: amount("What all positions, and cash where it is tracked, were worth at the close."),
    prev_market_value: amount("What they were worth at the close of the day before."),
    cash: amount("What of it was cash."),
    cost_basis: amount("What they cost, purchase fees included."),
    net_flow: amount(
      "Money put in less taken out: of purchases and sales, or where cash is tracked of deposits and withdrawals.",
    ),
    fees: amount("Fees of the day."),
    taxes: amount("Taxes of the day, withheld ones among them."),
    realized_pnl: amount("Realized by the day's sales."),
    income: amount("Dividends and interest of the day, before tax."),
    income_paid_out: amount("What of it left the portfolio, net: all of it, unless cash is tracked."),
    price_effect: priceEffect,
    currency_effect: currencyEffect,
    positions: count("Tickers held at the close."),
    is_trading_day: flag("An exchange-traded asset that is held had a bar."),
    holds_exchange_traded: flag("An asset that trades on an exchange with hours is held."),
    is_provisional: flag("A close is of a session that was still open."),
    is_estimated: flag(
      "A position is valued at a transaction's price or exchange rate: before the first of the market's.",
    ),
    daily_return: dailyReturn,
  },
  key: ["user_id", "portfolio_id", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "incremental",
  deps: [
    int_daily_holdings,
    int_quiet_days,
    int_cash_daily,
    { asset: int_portfolios, time: "everything" },
    {
      asset: int_account_flows,
      time: "carry",
      reason:
        "of flows it has the day of the first; when that moves, days after the earlier of the two come or go",
    },
    {
      asset: int_holding_periods,
      time: "carry",
      reason:
        "of periods it has the day of the first trade; when that moves, days after the earlier of the two come or go",
    },
    int_calendar,
  ],
  checks: [
    {
      kind: "expression",
      name: "value_not_negative",
      description:
        "Holdings are worth nothing or more; cash may be owed, and a return on what was owed, or after income was taken back, may be below -100 %.",
      expression:
        "market_value >= cash and (least(cash, prev_market_value, income_paid_out) < 0 or daily_return >= -1)",
    },
    {
      kind: "expression",
      name: "priced_by_bars",
      description: "Every position has a bar; else its last transaction's price stands in.",
      expression: "not is_estimated",
      severity: "warn",
    },
  ],
  tags: ["portfolio"],
});

export const int_portfolio_index = sqlAsset({
  name: "int_portfolio_index",
  layer: "intermediate",
  description: "A person's days with the time-weighted index and its distance from its peak.",
  columns: {
    ...int_portfolio_daily.columns,
    twr_index: ratio("Time-weighted index: 1 on the day before the first trade."),
    running_peak: ratio("Highest twr_index to date, at least 1."),
    drawdown: ratio("twr_index / running_peak - 1: 0 or below."),
  },
  key: ["user_id", "portfolio_id", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [int_portfolio_daily],
  tags: ["portfolio"],
});
