/** Intermediate: from trades, prices and rates to what each person held, and what it was worth, on every calendar day. */
import { sqlAsset } from "../src/engine/index.ts";
import { transactions, users } from "./bronze.ts";
import { amount, count, day, flag, nullable, person, ratio, text, ticker } from "./columns.ts";
import { int_calendar, int_currencies, int_fx_daily, int_prices_daily, int_tickers } from "./market.ts";
import { stg_assets, stg_dividends, stg_transactions } from "./staging.ts";

/** A currency that figures are converted from, and the one that they are converted into. */
const currencies = {
  currency: text("ISO code of the ticker's currency, which local_ figures and prices are in."),
  base_currency: text("ISO code of the person's base currency, which all other figures are in."),
};

const isRated = flag("False: before the first known exchange rate, converted at a trade's.");

export const int_person_currencies = sqlAsset({
  name: "int_person_currencies",
  layer: "intermediate",
  description: "Currencies that a person's figures are converted from or into.",
  columns: { user_id: person, currency: text("ISO code.") },
  key: ["user_id", "currency"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [transactions, users, { asset: stg_assets, via: transactions }],
  tags: ["portfolio"],
});

export const int_trades = sqlAsset({
  name: "int_trades",
  layer: "intermediate",
  description: "What each trade was worth, in the person's base currency and in the ticker's own.",
  columns: {
    user_id: person,
    ticker,
    transaction_id: count("The trade."),
    transaction_type: stg_transactions.columns.transaction_type,
    transaction_date: stg_transactions.columns.transaction_date,
    ...currencies,
    cost_basis_method: users.columns.cost_basis_method,
    adjusted_quantity: stg_transactions.columns.adjusted_quantity,
    units: stg_transactions.columns.units,
    units_per_share: stg_transactions.columns.units_per_share,
    gross_amount: amount("quantity x price, without the fee."),
    fee: amount("The fee."),
    local_gross_amount: amount("gross_amount in the ticker's currency."),
    local_fee: amount("The fee in the ticker's currency."),
    local_price: amount("Price of one of today's shares, in the ticker's currency."),
    trade_rate: amount("Base currency for one of the ticker's, as the trade was converted."),
    rate: amount("The same at the close of its day."),
    is_rated: isRated,
  },
  key: ["transaction_id"],
  partitionBy: "user_id",
  timeColumn: "transaction_date",
  materialized: "view",
  deps: [
    stg_transactions,
    { asset: users, time: "everything" },
    { asset: stg_assets, via: stg_transactions, time: "everything" },
    { asset: int_currencies, via: int_person_currencies, time: "everything" },
    { asset: int_fx_daily, via: int_person_currencies },
    int_person_currencies,
  ],
  tags: ["portfolio"],
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
    ...currencies,
    quantity: amount("Held after it, in today's shares."),
    cost_basis: amount("What that cost, purchase fees included."),
    local_cost_basis: amount("The same in the ticker's currency."),
    sold_cost: amount("Cost of what a sale sold; 0 for a purchase."),
    buy_amount: amount("Paid for a purchase, fee included; 0 for a sale."),
    local_buy_amount: amount("The same in the ticker's currency."),
    sell_amount: amount("Received for a sale, net of its fee; 0 for a purchase."),
    local_sell_amount: amount("The same in the ticker's currency."),
    fee: int_trades.columns.fee,
    adjusted_quantity: int_trades.columns.adjusted_quantity,
    gross_amount: int_trades.columns.gross_amount,
    local_gross_amount: int_trades.columns.local_gross_amount,
    local_price: int_trades.columns.local_price,
    trade_rate: int_trades.columns.trade_rate,
    rate: int_trades.columns.rate,
    is_rated: isRated,
  },
  key: ["transaction_id"],
  partitionBy: "user_id",
  timeColumn: "transaction_date",
  materialized: "view",
  deps: [
    {
      asset: int_trades,
      time: "carry",
      reason: "what is held after a trade, and what it cost, follows from the trades up to it",
    },
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
    ...currencies,
    quantity: amount("Held from the close of valid_from on, in today's shares."),
    prev_quantity: amount("Held before."),
    cost_basis: amount("What the quantity cost, purchase fees included."),
    prev_cost_basis: amount("What the quantity held before had cost."),
    local_cost_basis: amount("What the quantity cost, in the ticker's currency."),
    average_cost: nullable(amount("cost_basis / quantity; null after an exit.")),
    realized_pnl: amount("Proceeds of the day's sales, net of fees, minus the cost of what was sold."),
    buy_amount: amount("Paid for the day's purchases, fees included."),
    sell_amount: amount("Received for the day's sales, net of fees."),
    local_buy_amount: amount("buy_amount in the ticker's currency."),
    local_sell_amount: amount("sell_amount in the ticker's currency."),
    fees: amount("Fees of the day's trades."),
    bought_at_rates: amount("Sum of quantity x trade_rate over the day's purchases, in today's shares."),
    bought_for: amount("Paid for the day's purchases, without fees."),
    sold_quantity: amount("Sold on the day, in today's shares."),
    local_sold_for: amount("Received for the day's sales, without fees, in the ticker's currency."),
    trade_price: amount("Price of the day's last trade, of one of today's shares, in the ticker's currency."),
    prev_trade_price: nullable(amount("The same of the period before.")),
    rate: amount("Base currency for one of the ticker's, at the close of valid_from."),
    prev_rate: nullable(amount("The same of the period before.")),
    is_rated: isRated,
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

const priceEffect = amount(
  "What the day's move of prices added to the value, at the exchange rates before: all that neither a flow nor a rate did.",
);

const currencyEffect = amount(
  "What the day's move of exchange rates added to the value: 0 where none is needed.",
);

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
    net_flow: amount("buy_amount - sell_amount."),
    local_net_flow: amount("net_flow in the ticker's currency."),
    fees: amount("Fees of the day's trades."),
    realized_pnl: amount("Realized by the day's sales."),
    income: amount("Dividends whose ex-date is the day, on what was held at the close of the day before."),
    local_income: amount("income in the ticker's currency."),
    price_effect: priceEffect,
    currency_effect: currencyEffect,
    is_session: flag("The ticker had a bar on the day, on an exchange with hours."),
    is_always_open: flag("The ticker trades around the clock."),
    is_final: flag("False: the close is of a session that was still open."),
    is_priced: flag("False: before the ticker's first bar, valued at a transaction's price."),
    is_rated: isRated,
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
    { asset: int_fx_daily, via: int_person_currencies },
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
    currency: currencies.currency,
    close: int_daily_holdings.columns.close,
    quantity: int_daily_holdings.columns.quantity,
    market_value: int_daily_holdings.columns.market_value,
    local_market_value: int_daily_holdings.columns.local_market_value,
    net_flow: int_daily_holdings.columns.net_flow,
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
    currency: currencies.base_currency,
    market_value: amount("What all positions were worth at the close."),
    prev_market_value: amount("What they were worth at the close of the day before."),
    cost_basis: amount("What they cost, purchase fees included."),
    net_flow: amount("Paid for the day's purchases less received for its sales, over all tickers."),
    fees: amount("Fees of the day's trades."),
    realized_pnl: amount("Realized by the day's sales."),
    income: amount("Dividends of the day."),
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
    cash_per_share: amount("Cash for each share, in the ticker's currency."),
    currency: currencies.currency,
    local_amount: amount("quantity x cash_per_share."),
    amount: amount("The same in the person's base currency."),
  },
  key: ["user_id", "ticker", "ex_date"],
  partitionBy: "user_id",
  timeColumn: "ex_date",
  materialized: "view",
  deps: [
    { asset: int_holding_periods, ...periodsByDay },
    { asset: stg_dividends, via: int_holding_periods },
    { asset: int_fx_daily, via: int_person_currencies },
    int_calendar,
  ],
  tags: ["portfolio"],
});
