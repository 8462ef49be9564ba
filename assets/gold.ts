/** Gold: what investors look at, computed when read from what intermediate keeps. */
import { sqlAsset } from "../src/engine/index.ts";
import { raw_assets, users } from "./bronze.ts";
import { amount, count, day, flag, nullable, number, person, ratio, reason, ticker } from "./columns.ts";
import {
  int_calendar,
  int_dividend_income,
  int_holding_periods,
  int_last_day,
  int_portfolio_daily,
  int_portfolio_index,
  int_prices_daily,
} from "./intermediate.ts";
import { stg_dividends, stg_raw_prices, stg_transactions } from "./staging.ts";

const days = int_portfolio_index.columns;

export const gold_p_timeseries = sqlAsset({
  name: "gold_p_timeseries",
  layer: "gold",
  description:
    "A person's portfolio day by day: value, contributions, gain, time-weighted index and drawdown.",
  columns: {
    user_id: person,
    price_date: days.price_date,
    market_value: days.market_value,
    prev_market_value: days.prev_market_value,
    cost_basis: days.cost_basis,
    net_flow: days.net_flow,
    net_contributions: amount("Sum of net_flow to date."),
    income: days.income,
    income_paid_out: amount("Dividends to date: they leave the holdings on their ex-date."),
    fees_paid: amount("Fees to date."),
    realized_pnl: amount("Realized by sales to date."),
    unrealized_pnl: amount("market_value - cost_basis."),
    total_gain: amount("unrealized_pnl + realized_pnl + income_paid_out."),
    daily_return: days.daily_return,
    twr_index: days.twr_index,
    cumulative_return: ratio("twr_index - 1."),
    running_peak: days.running_peak,
    drawdown: days.drawdown,
    positions: days.positions,
    is_trading_day: days.is_trading_day,
    holds_exchange_traded: days.holds_exchange_traded,
    is_provisional: days.is_provisional,
    is_estimated: days.is_estimated,
  },
  key: ["user_id", "price_date"],
  partitionBy: "user_id",
  timeColumn: "price_date",
  materialized: "view",
  deps: [int_portfolio_index],
  tags: ["portfolio"],
});

export const gold_drawdowns = sqlAsset({
  name: "gold_drawdowns",
  layer: "gold",
  description:
    "Each fall of a person's time-weighted index below its highest point so far, the deepest first.",
  columns: {
    user_id: person,
    drawdown_rank: count("1: the deepest of the person's."),
    depth: ratio("Drawdown at the trough: below 0."),
    peak_date: day("First day at the height from which it fell."),
    trough_date: day("First day at the bottom."),
    recovery_date: nullable(day("First day back at the peak.")),
    recovery_date_reason: reason("recovery date"),
    days_to_trough: number("Calendar days from peak to trough."),
    days: number("Calendar days from peak to recovery, or to the last day known."),
  },
  key: ["user_id", "drawdown_rank"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_portfolio_index],
  // No checks: a view over all of a person's days would be computed once more with every trade (5 ms).
  tags: ["portfolio"],
});

export const gold_monthly_returns = sqlAsset({
  name: "gold_monthly_returns",
  layer: "gold",
  description: "A person's time-weighted return of each calendar month.",
  columns: {
    user_id: person,
    month: day("First day of the month."),
    days: count("Days of the month from the first trade to the last day known."),
    return: nullable(ratio("Return over these days.")),
    return_reason: reason("return"),
  },
  key: ["user_id", "month"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_portfolio_daily],
  tags: ["portfolio"],
});

export const int_ticker_flows = sqlAsset({
  name: "int_ticker_flows",
  layer: "intermediate",
  description: "Movements of money for each position: a day's trades, a dividend.",
  columns: {
    user_id: person,
    ticker,
    flow_date: day("Day of the movement."),
    amount: amount("Below 0: put in. Above 0: taken out."),
    is_dividend: flag("A dividend, not a trade."),
  },
  key: ["user_id", "ticker", "flow_date", "is_dividend"],
  partitionBy: "user_id",
  timeColumn: "flow_date",
  materialized: "view",
  deps: [
    {
      asset: int_holding_periods,
      time: "carry",
      reason: "up to the day of a change the first days of periods, and their trades, are what they were",
    },
    int_dividend_income,
  ],
  tags: ["portfolio"],
});

export const int_holding_returns = sqlAsset({
  name: "int_holding_returns",
  layer: "intermediate",
  description: "By how much each holding period multiplied what was invested.",
  columns: {
    user_id: person,
    ticker,
    valid_from: day("First day of the period."),
    trade_day_growth: ratio("1 + the return of the day of the trades."),
    price_growth: ratio("Last close of the period over the close of its first day."),
    dividend_growth: ratio("Product of 1 + dividend / close over the ex-dates after its first day."),
  },
  key: ["user_id", "ticker", "valid_from"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [
    int_holding_periods,
    { asset: int_prices_daily, via: int_holding_periods },
    { asset: stg_dividends, via: int_holding_periods },
    int_calendar,
  ],
  tags: ["portfolio"],
});

export const gold_ticker_kpis = sqlAsset({
  name: "gold_ticker_kpis",
  layer: "gold",
  description: "Key figures of each position that a person holds or ever held.",
  columns: {
    user_id: person,
    ticker,
    as_of: day("Last day known to the system."),
    quantity: amount("Held, in today's shares."),
    first_buy_date: day("Day of the first purchase."),
    last_transaction_date: day("Day of the last trade."),
    holding_days: count("Calendar days on which something was held, from close to close."),
    average_cost: nullable(amount("cost_basis / quantity.")),
    average_cost_reason: reason("average cost"),
    cost_basis: amount("What the quantity cost, purchase fees included."),
    current_price: amount("Last close; before the first bar the last transaction's price."),
    current_value: amount("quantity x current_price."),
    unrealized_pnl: amount("current_value - cost_basis."),
    realized_pnl: amount("Realized by sales to date."),
    income: amount("Dividends to date."),
    fees: amount("Fees to date."),
    total_gain: amount("unrealized_pnl + realized_pnl + income."),
    total_return: ratio("Time-weighted return of the position, dividends included."),
    xirr: nullable(ratio("Money-weighted return a year.")),
    xirr_reason: reason("XIRR"),
    weight: nullable(ratio("Share of the portfolio's value.")),
    weight_reason: reason("weight"),
    is_priced: flag("False: the ticker has no bar, the price is a transaction's."),
    days_since_bar: nullable(number("Age of the close, in calendar days; null without a bar.")),
  },
  key: ["user_id", "ticker"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [
    int_holding_periods,
    int_last_day,
    { asset: int_prices_daily, via: int_holding_periods },
    int_holding_returns,
    int_ticker_flows,
  ],
  tags: ["portfolio"],
});

export const int_lots = sqlAsset({
  name: "int_lots",
  layer: "intermediate",
  description: "Under FIFO: which sale took how much of which purchase, and what is left of each.",
  columns: {
    user_id: person,
    ticker,
    transaction_id: count("The purchase."),
    bought_date: day("Its day."),
    sale_id: nullable(count("The sale that took this part; null: still held.")),
    sold_date: nullable(day("Its day; null: still held.")),
    quantity: amount("Size of the part, in today's shares."),
    cost: amount("Cost of the part, purchase fees included."),
    proceeds: nullable(amount("What the sale brought in for it, net of fees; null: still held.")),
  },
  key: ["transaction_id", "sale_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [stg_transactions, { asset: users, time: "everything" }],
  tags: ["portfolio"],
});

export const dim_assets = sqlAsset({
  name: "dim_assets",
  layer: "gold",
  description: "Tickers: what each is, and how far its prices reach.",
  columns: {
    ticker,
    name: raw_assets.columns.name,
    asset_class: raw_assets.columns.asset_class,
    sector: raw_assets.columns.sector,
    industry: raw_assets.columns.industry,
    currency: raw_assets.columns.currency,
    exchange: raw_assets.columns.exchange,
    exchange_timezone: raw_assets.columns.exchange_timezone,
    is_active: raw_assets.columns.is_active,
    last_error: raw_assets.columns.last_error,
    first_price_date: nullable(day("Day of the first bar; null without bars.")),
    last_price_date: nullable(day("Day of the last bar; null without bars.")),
    last_close: nullable(amount("Last close; null without bars.")),
    is_last_close_final: nullable(flag("False: that session was still open.")),
  },
  key: ["ticker"],
  partitionBy: "ticker",
  materialized: "view",
  deps: [raw_assets, stg_raw_prices],
  tags: ["market"],
});
