/** Intermediate: from trades and bars to what each person held, and what it was worth, on every calendar day. */
import { sqlAsset } from "../src/engine/index.ts";
import { raw_assets, raw_calendar, transactions, users } from "./bronze.ts";
import { amount, count, day, flag, nullable, number, person, ratio, ticker } from "./columns.ts";
import { priceBounds } from "./price-bounds.ts";
import { stg_dividends, stg_raw_prices, stg_transactions } from "./staging.ts";

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
    is_always_open: flag("It trades around the clock, every day: its bars do not make a trading day."),
  },
  key: ["ticker"],
  partitionBy: "ticker",
  materialized: "incremental",
  deps: [stg_raw_prices, raw_assets],
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
      description: `A close does not move by more than ${priceBounds.spike * 100} % from the one before: closes are adjusted for splits.`,
      expression: `not is_bar or abs(close / prev_close - 1) <= ${priceBounds.spike}`,
      severity: "warn",
    },
    {
      kind: "expression",
      name: "no_gap",
      description: `A close is at most ${priceBounds.gapDays} days old. Older: delisted, suspended, or bars are missing.`,
      expression: `days_since_bar <= ${priceBounds.gapDays}`,
      severity: "warn",
    },
  ],
  tags: ["market"],
});

export const int_positions = sqlAsset({
  name: "int_positions",
  layer: "intermediate",
  description: "What is held of a ticker after each trade, what that cost, and the cost of what a sale sold.",
  columns: {
    user_id: person,
    ticker,
    transaction_id: count("The trade."),
    transaction_type: stg_transactions.columns.transaction_type,
    transaction_date: day("Its day."),
    quantity: amount("Held after it, in today's shares."),
    cost_basis: amount("What that cost, purchase fees included."),
    sold_cost: amount("Cost of what a sale sold; 0 for a purchase."),
    buy_amount: amount("Paid for a purchase, fee included; 0 for a sale."),
    sell_amount: amount("Received for a sale, net of its fee; 0 for a purchase."),
    fee: stg_transactions.columns.fee,
    adjusted_price: stg_transactions.columns.adjusted_price,
  },
  key: ["transaction_id"],
  partitionBy: "user_id",
  timeColumn: "transaction_date",
  materialized: "view",
  deps: [
    {
      asset: stg_transactions,
      time: "carry",
      reason: "what is held after a trade, and what it cost, follows from the trades up to it",
    },
    { asset: users, time: "everything" },
  ],
  tags: ["portfolio"],
});

export const int_holding_periods = sqlAsset({
  name: "int_holding_periods",
  layer: "intermediate",
  description: "What a person holds of a ticker from the close of a day with trades until the next such day.",
  columns: {
    user_id: person,
    ticker,
    valid_from: day("Day of the trades."),
    valid_to: day("Day of the next trades, not included; infinity for the last period."),
    held_until: day("First day that is not valued: valid_to, or after an exit the day after it."),
    quantity: amount("Held from the close of valid_from on, in today's shares."),
    prev_quantity: amount("Held before."),
    cost_basis: amount("What the quantity cost, purchase fees included."),
    prev_cost_basis: amount("What the quantity held before had cost."),
    average_cost: nullable(amount("cost_basis / quantity; null after an exit.")),
    realized_pnl: amount("Proceeds of the day's sales, net of fees, minus the cost of what was sold."),
    buy_amount: amount("Paid for the day's purchases, fees included."),
    sell_amount: amount("Received for the day's sales, net of fees."),
    fees: amount("Fees of the day's trades."),
    trade_price: amount("Price of the day's last trade, of one of today's shares."),
    prev_trade_price: nullable(amount("The same of the period before.")),
  },
  key: ["user_id", "ticker", "valid_from"],
  partitionBy: "user_id",
  timeColumn: "valid_from",
  timeEndColumn: "valid_to",
  endColumns: ["held_until"],
  materialized: "incremental",
  indexes: [["ticker", "user_id"]],
  deps: [
    {
      asset: int_positions,
      time: "carry",
      reason:
        "a period tells of the trades up to its first day; of the next trade it only has the day, on which it ends",
    },
  ],
  checks: [
    {
      kind: "expression",
      name: "quantity_not_negative",
      description: "Nobody sells more than is held.",
      expression: "quantity >= 0",
    },
    {
      kind: "expression",
      name: "bridge_closes",
      description:
        "Cost is what was paid, less what sales brought in, plus what they realized: to the last digit.",
      expression: "cost_basis = prev_cost_basis + buy_amount - sell_amount + realized_pnl",
    },
  ],
  tags: ["portfolio"],
});

/** Of a position and of a portfolio alike. */
const dailyReturn = nullable(
  ratio(
    "Inflows at the start of the day, outflows and dividends at its end; null while nothing is invested.",
  ),
);

/** Of what is computed for each day from the period that the day is in. */
const periodsByDay = {
  time: "carry",
  reason: "up to the day of a change a period is what it was, wherever it ends now",
} as const;

const positionDay = {
  user_id: person,
  ticker,
  price_date: day("Calendar day."),
};

export const int_daily_holdings = sqlAsset({
  name: "int_daily_holdings",
  layer: "intermediate",
  description: "A position on each calendar day held, the day of the exit included.",
  columns: {
    ...positionDay,
    quantity: amount("Held at the close."),
    cost_basis: amount("What that cost, purchase fees included."),
    close: amount("Price of one: the last close, or before the first bar the last transaction's price."),
    prev_close: amount("The same of the day before; 0 when the ticker had no price then."),
    market_value: amount("quantity x close."),
    prev_quantity: amount("Held at the close of the day before."),
    prev_market_value: amount("prev_quantity x prev_close."),
    buy_amount: amount("Paid for purchases on the day, fees included."),
    sell_amount: amount("Received for sales on the day, net of fees."),
    net_flow: amount("buy_amount - sell_amount."),
    fees: amount("Fees of the day's trades."),
    realized_pnl: amount("Realized by the day's sales."),
    income: amount("Dividends whose ex-date is the day, on what was held at the close of the day before."),
    is_session: flag("The ticker had a bar on the day, on an exchange with hours."),
    is_always_open: flag("The ticker trades around the clock."),
    is_final: flag("False: the close is of a session that was still open."),
    is_priced: flag("False: before the ticker's first bar, valued at a transaction's price."),
  },
  key: ["user_id", "ticker", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [
    { asset: int_holding_periods, ...periodsByDay },
    { asset: int_prices_daily, via: int_holding_periods },
    { asset: int_tickers, via: int_holding_periods },
    { asset: stg_dividends, via: int_holding_periods },
    int_calendar,
  ],
  tags: ["portfolio"],
});

export const fct_daily_returns = sqlAsset({
  name: "fct_daily_returns",
  layer: "intermediate",
  description: "A position's return on each calendar day held, with its own flows.",
  columns: {
    ...positionDay,
    close: int_daily_holdings.columns.close,
    quantity: int_daily_holdings.columns.quantity,
    market_value: int_daily_holdings.columns.market_value,
    net_flow: int_daily_holdings.columns.net_flow,
    income: int_daily_holdings.columns.income,
    daily_return: dailyReturn,
    cumulative_return: ratio("Time-weighted return since the first purchase, dividends included."),
    is_priced: int_daily_holdings.columns.is_priced,
  },
  key: ["user_id", "ticker", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [int_daily_holdings],
  tags: ["portfolio"],
});

export const int_portfolio_daily = sqlAsset({
  name: "int_portfolio_daily",
  layer: "intermediate",
  description: "A person's portfolio on each calendar day since the first trade.",
  columns: {
    user_id: person,
    price_date: day("Calendar day."),
    market_value: amount("What all positions were worth at the close."),
    prev_market_value: amount("What they were worth at the close of the day before."),
    cost_basis: amount("What they cost, purchase fees included."),
    net_flow: amount("Paid for the day's purchases less received for its sales, over all tickers."),
    fees: amount("Fees of the day's trades."),
    realized_pnl: amount("Realized by the day's sales."),
    income: amount("Dividends of the day."),
    positions: count("Tickers held at the close."),
    is_trading_day: flag("An exchange-traded asset that is held had a bar."),
    holds_exchange_traded: flag("An asset that trades on an exchange with hours is held."),
    is_provisional: flag("A close is of a session that was still open."),
    is_estimated: flag("A position is valued at a transaction's price: before the ticker's first bar."),
    daily_return: dailyReturn,
  },
  key: ["user_id", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "incremental",
  deps: [
    int_daily_holdings,
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
      description: "A portfolio of holdings is worth nothing or more.",
      expression: "market_value >= 0 and daily_return >= -1",
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
  key: ["user_id", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [int_portfolio_daily],
  tags: ["portfolio"],
});

export const int_dividend_income = sqlAsset({
  name: "int_dividend_income",
  layer: "intermediate",
  description: "Dividends that a person received.",
  columns: {
    user_id: person,
    ticker,
    ex_date: day("Ex-date, on which it counts."),
    quantity: amount("Held at the close of the day before."),
    cash_per_share: amount("Cash for each share."),
    amount: amount("quantity x cash_per_share."),
  },
  key: ["user_id", "ticker", "ex_date"],
  partitionBy: "user_id",
  timeColumn: "ex_date",
  materialized: "view",
  deps: [
    { asset: int_holding_periods, ...periodsByDay },
    { asset: stg_dividends, via: int_holding_periods },
    int_calendar,
  ],
  tags: ["portfolio"],
});
