/** Intermediate: from transactions to what each account held of a ticker, and what that cost. */
import { sqlAsset } from "../src/engine/index.ts";
import { accounts, transactions, users } from "./bronze.ts";
import {
  account,
  amount,
  count,
  currencies,
  day,
  flag,
  isRated,
  nullable,
  number,
  person,
  text,
  ticker,
} from "./columns.ts";
import { int_currencies, int_fx_daily } from "./market.ts";
import { stg_assets, stg_transactions } from "./staging.ts";

/** What the account says of its money. */
const accountChoices = {
  tracks_cash: accounts.columns.tracks_cash,
  books_income: flag("Dividends count as they are booked, not as the market paid them."),
};

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

export const int_detailed_ledgers = sqlAsset({
  name: "int_detailed_ledgers",
  layer: "intermediate",
  description: "What a person's figures need of the ledger beyond what is held at its average cost.",
  columns: { user_id: person, detail: text("cash, income, lots or types.") },
  key: ["user_id", "detail"],
  partitionBy: "user_id",
  materialized: "incremental",
  deps: [transactions, users, accounts],
  tags: ["portfolio"],
});

/** Who needs one of these details. */
const ledgersWith = (name: string, description: string) =>
  sqlAsset({
    name,
    layer: "intermediate",
    description,
    columns: { user_id: person },
    key: ["user_id"],
    partitionBy: "user_id",
    materialized: "view",
    deps: [int_detailed_ledgers],
    tags: ["portfolio"],
  });

export const int_cash_ledgers = ledgersWith(
  "int_cash_ledgers",
  "People who keep cash, or have income, fees or taxes beside their trades.",
);

export const int_income_ledgers = ledgersWith("int_income_ledgers", "People who book dividends or interest.");

export const int_lot_ledgers = ledgersWith(
  "int_lot_ledgers",
  "People who sell single purchases, not at the average cost.",
);

export const int_transactions = sqlAsset({
  name: "int_transactions",
  layer: "intermediate",
  description: "What each ledger row was worth, in the person's base currency and in the ticker's own.",
  columns: {
    user_id: person,
    account_id: account,
    ticker: nullable(ticker),
    transaction_id: count("The ledger row."),
    transaction_type: stg_transactions.columns.transaction_type,
    transaction_date: stg_transactions.columns.transaction_date,
    day_order: number("Its place in the day: splits, purchases, returns of capital, sales."),
    ...currencies,
    trade_currency: text("ISO code of what it was paid in."),
    cost_basis_method: users.columns.cost_basis_method,
    ...accountChoices,
    quantity: stg_transactions.columns.quantity,
    adjusted_quantity: stg_transactions.columns.adjusted_quantity,
    units: stg_transactions.columns.units,
    units_per_share: stg_transactions.columns.units_per_share,
    own_split: stg_transactions.columns.own_split,
    acquired_on: day("Day of the purchase: of shares transferred in, of the first one."),
    lots: stg_transactions.columns.lots,
    gross_amount: amount("The amount, or quantity x price without the fee."),
    fee: amount("The fee."),
    tax: amount("Withheld."),
    local_gross_amount: amount("gross_amount in the ticker's currency."),
    local_fee: amount("The fee in the ticker's currency."),
    own_gross_amount: amount("gross_amount in the currency that it was paid in."),
    own_costs: amount("Fee and tax in that currency."),
    local_price: nullable(amount("Price of one of today's shares, in the ticker's currency.")),
    market_value: stg_transactions.columns.market_value,
    trade_rate: amount("Base currency for one of the ticker's, as the row was converted."),
    rate: amount("The same at the close of its day."),
    base_per_unit: amount("Base currency for one of what it was paid in."),
    is_rated: isRated,
  },
  key: ["transaction_id"],
  partitionBy: "user_id",
  timeColumn: "transaction_date",
  materialized: "view",
  deps: [
    stg_transactions,
    { asset: users, time: "everything" },
    { asset: accounts, time: "everything" },
    { asset: stg_assets, via: stg_transactions, time: "everything" },
    { asset: int_currencies, via: int_person_currencies, time: "everything" },
    { asset: int_fx_daily, via: int_person_currencies },
    int_person_currencies,
  ],
  tags: ["portfolio"],
});

export const int_lots = sqlAsset({
  name: "int_lots",
  layer: "intermediate",
  description:
    "Which sale took how much of which purchase, and what is left of each: for every method but the average.",
  columns: {
    user_id: person,
    account_id: account,
    ticker,
    transaction_id: count("The purchase."),
    bought_date: day("Its day; of shares transferred in, that of their purchase."),
    sale_id: nullable(count("The sale, or return of capital, that took this part; null: still held.")),
    sold_date: nullable(day("Its day; null: still held.")),
    sale_type: nullable(text("SELL, TRANSFER_OUT or RETURN_OF_CAPITAL; null: still held.")),
    quantity: amount("Size of the part, in today's shares; 0 where cost alone was taken."),
    cost: amount("Cost of the part, purchase fees included."),
    local_cost: amount("The same in the ticker's currency."),
    proceeds: nullable(amount("What the sale brought in for it, net of fees; null: nothing was sold.")),
  },
  key: ["transaction_id", "sale_id"],
  partitionBy: "user_id",
  materialized: "view",
  deps: [int_transactions],
  tags: ["portfolio"],
});

export const int_sale_costs = sqlAsset({
  name: "int_sale_costs",
  layer: "intermediate",
  description: "What the purchases had cost that a sale took from: for every method but the average.",
  columns: {
    user_id: person,
    account_id: account,
    ticker,
    transaction_id: count("The sale, transfer out or return of capital."),
    sold_date: day("Its day."),
    cost: amount("Cost of what it took, purchase fees included."),
    local_cost: amount("The same in the ticker's currency."),
  },
  key: ["user_id", "transaction_id"],
  partitionBy: "user_id",
  timeColumn: "sold_date",
  materialized: "incremental",
  deps: [{ asset: int_lots, via: int_lot_ledgers }, int_lot_ledgers],
  tags: ["portfolio"],
});

export const int_positions = sqlAsset({
  name: "int_positions",
  layer: "intermediate",
  description:
    "What an account holds of a ticker after each transaction, what that cost, and the cost of what it took away.",
  columns: {
    user_id: person,
    account_id: account,
    ticker,
    transaction_id: count("The transaction."),
    transaction_type: stg_transactions.columns.transaction_type,
    transaction_date: day("Its day."),
    day_order: int_transactions.columns.day_order,
    ...currencies,
    ...accountChoices,
    quantity: amount("Held after it, in today's shares."),
    cost_basis: amount("What that cost, purchase fees included."),
    local_cost_basis: amount("The same in the ticker's currency."),
    sold_cost: amount("Cost of what it took away; 0 for a purchase."),
    local_sold_cost: amount("The same in the ticker's currency."),
    buy_amount: amount("Paid for a purchase, fee included; 0 for others."),
    local_buy_amount: amount("The same in the ticker's currency."),
    sell_amount: amount("Received for a sale or a return of capital, net of its fee; 0 for others."),
    local_sell_amount: amount("The same in the ticker's currency."),
    fee: int_transactions.columns.fee,
    adjusted_quantity: int_transactions.columns.adjusted_quantity,
    transferred_quantity: amount("Transferred in, or below 0 out."),
    exchanged_quantity: amount("Of it, what a corporate action exchanged, in today's shares."),
    exchanged_value: amount(
      "What a corporate action brought, or below 0 took, was worth, in the ticker's currency.",
    ),
    transferred_cost: amount("What that had cost."),
    gross_amount: int_transactions.columns.gross_amount,
    local_gross_amount: int_transactions.columns.local_gross_amount,
    local_price: nullable(
      amount("Price of one in the last transaction that had one, in the ticker's currency."),
    ),
    trade_rate: int_transactions.columns.trade_rate,
    rate: int_transactions.columns.rate,
    is_rated: isRated,
  },
  key: ["transaction_id"],
  partitionBy: "user_id",
  timeColumn: "transaction_date",
  materialized: "view",
  deps: [
    {
      asset: int_transactions,
      time: "carry",
      reason: "what is held after a transaction, and what it cost, follows from those up to it",
    },
    {
      asset: int_sale_costs,
      time: "carry",
      reason: "what a sale takes of purchases follows from the transactions up to it",
    },
  ],
  tags: ["portfolio"],
});

export const int_holding_periods = sqlAsset({
  name: "int_holding_periods",
  layer: "intermediate",
  description:
    "What an account holds of a ticker from the close of a day with transactions until the next such day.",
  columns: {
    user_id: person,
    account_id: account,
    ticker,
    valid_from: day("Day of the trades."),
    valid_to: day("Day of the next trades, not included; infinity for the last period."),
    held_until: day("First day that is not valued: valid_to, or after an exit the day after it."),
    ...currencies,
    ...accountChoices,
    quantity: amount("Held from the close of valid_from on, in today's shares."),
    prev_quantity: amount("Held before."),
    cost_basis: amount("What the quantity cost, purchase fees included."),
    prev_cost_basis: amount("What the quantity held before had cost."),
    local_cost_basis: amount("What the quantity cost, in the ticker's currency."),
    prev_local_cost_basis: amount("What the quantity held before had cost, in the ticker's currency."),
    average_cost: nullable(amount("cost_basis / quantity; null after an exit.")),
    realized_pnl: amount("Proceeds of the day's sales, net of fees, minus the cost of what was sold."),
    buy_amount: amount("Paid for the day's purchases, fees included."),
    sell_amount: amount("Received for the day's sales, net of fees."),
    local_buy_amount: amount("buy_amount in the ticker's currency."),
    local_sell_amount: amount("sell_amount in the ticker's currency."),
    fees: amount("Fees of the day's trades."),
    transferred_quantity: amount("Transferred in less transferred out, in today's shares."),
    transferred_cost: amount("What these had cost."),
    exchanged_quantity: int_positions.columns.exchanged_quantity,
    exchanged_value: int_positions.columns.exchanged_value,
    bought_at_rates: amount("Sum of quantity x trade_rate over the day's purchases, in today's shares."),
    bought_for: amount("Paid for the day's purchases, without fees."),
    sold_quantity: amount("Sold on the day, less what a split of the person's own added, in today's shares."),
    local_sold_for: amount("Received for the day's sales, without fees, in the ticker's currency."),
    trade_price: amount(
      "Price of the last trade, of one of today's shares, in the ticker's currency; 0: there was none.",
    ),
    prev_trade_price: nullable(amount("The same of the period before.")),
    rate: amount("Base currency for one of the ticker's, at the close of valid_from."),
    prev_rate: nullable(amount("The same of the period before.")),
    is_rated: isRated,
  },
  key: ["user_id", "account_id", "ticker", "valid_from"],
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
        "Cost is what was paid and transferred, less what sales brought in, plus what they realized: to the last digit.",
      expression: "cost_basis = prev_cost_basis + buy_amount + transferred_cost - sell_amount + realized_pnl",
    },
  ],
  tags: ["portfolio"],
});

export const int_ticker_periods = sqlAsset({
  name: "int_ticker_periods",
  layer: "intermediate",
  description:
    "What a person holds of a ticker, over all accounts, from a day with transactions until the next one.",
  columns: {
    user_id: person,
    ticker,
    valid_from: int_holding_periods.columns.valid_from,
    valid_to: int_holding_periods.columns.valid_to,
    held_until: int_holding_periods.columns.held_until,
    ...currencies,
    quantity: int_holding_periods.columns.quantity,
    prev_quantity: int_holding_periods.columns.prev_quantity,
    cost_basis: int_holding_periods.columns.cost_basis,
    local_cost_basis: int_holding_periods.columns.local_cost_basis,
    average_cost: int_holding_periods.columns.average_cost,
    realized_pnl: int_holding_periods.columns.realized_pnl,
    buy_amount: int_holding_periods.columns.buy_amount,
    sell_amount: int_holding_periods.columns.sell_amount,
    local_buy_amount: int_holding_periods.columns.local_buy_amount,
    local_sell_amount: int_holding_periods.columns.local_sell_amount,
    transferred_quantity: int_holding_periods.columns.transferred_quantity,
    exchanged_quantity: int_holding_periods.columns.exchanged_quantity,
    exchanged_value: int_holding_periods.columns.exchanged_value,
    fees: int_holding_periods.columns.fees,
    transferred_value: amount(
      "What was transferred, less what a corporate action exchanged, at each account's own last price, in the ticker's currency.",
    ),
    trade_price: amount(
      "What stands in for a price before the first bar, in the ticker's currency: the average of the accounts'.",
    ),
    prev_trade_price: int_holding_periods.columns.prev_trade_price,
    rate: int_holding_periods.columns.rate,
    held_rate: amount("The same, or before the first known rate the average of the accounts'."),
    prev_rate: int_holding_periods.columns.prev_rate,
    price_in_base: amount("trade_price in the person's base currency."),
    prev_price_in_base: nullable(amount("The same of the period before.")),
    has_booked_income: flag("Some account books its own dividends of it."),
  },
  key: ["user_id", "ticker", "valid_from"],
  partitionBy: "user_id",
  timeColumn: "valid_from",
  materialized: "view",
  deps: [int_holding_periods],
  tags: ["portfolio"],
});
