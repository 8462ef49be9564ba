/** Tax: what a year's return asks for beside income; computed when read. */
import { sqlAsset } from "../src/engine/index.ts";
import { accounts, users } from "./bronze.ts";
import { int_withheld_taxes } from "./cash.ts";
import { amount, count, day, flag, isRated, nullable, number, person, text, ticker } from "./columns.ts";
import { int_lots, int_positions, int_transactions } from "./positions.ts";
import { stg_assets, stg_transactions } from "./staging.ts";

export const gold_realized_lots = sqlAsset({
  name: "gold_realized_lots",
  layer: "gold",
  description: "What each sale took of which purchase and gained by it, in the person's base currency.",
  columns: {
    user_id: person,
    account_id: int_lots.columns.account_id,
    ticker,
    transaction_id: nullable(count("The purchase; null: of no single one.")),
    buy_date: nullable(day("Its day; null: of no single one.")),
    sale_id: count("The sale, or return of capital."),
    sell_date: day("Its day."),
    days_held: nullable(number("Calendar days from the one to the other.")),
    quantity: amount("Sold of the purchase, in today's shares; 0 for a return of capital."),
    cost: amount("What that had cost, purchase fees included."),
    proceeds: amount("What it brought in, net of fees."),
    gain: amount("proceeds - cost."),
    currency: int_positions.columns.currency,
    local_cost: amount("cost in the ticker's currency."),
    local_proceeds: amount("proceeds in the ticker's currency."),
    local_gain: amount("local_proceeds - local_cost: what exchange rates did is not in it."),
    term: nullable(text("short, or from the day after a year long; null: of no single purchase.")),
    is_rated: isRated,
    is_cost_given: flag("False: it came by a transfer that was said to have cost nothing."),
  },
  key: ["user_id", "sale_id", "transaction_id"],
  partitionBy: "user_id",
  timeColumn: "sell_date",
  materialized: "view",
  deps: [int_lots, int_positions, int_transactions, users],
  tags: ["portfolio"],
});

export const gold_fees_and_taxes = sqlAsset({
  name: "gold_fees_and_taxes",
  layer: "gold",
  description: "Fees and taxes of every ledger row that has any.",
  columns: {
    user_id: person,
    account_id: int_transactions.columns.account_id,
    transaction_id: int_transactions.columns.transaction_id,
    transaction_date: int_transactions.columns.transaction_date,
    transaction_type: int_transactions.columns.transaction_type,
    ticker: int_transactions.columns.ticker,
    kind: text("trade: in cost or proceeds already; income: taken off it; other."),
    currency: int_transactions.columns.trade_currency,
    own_fee: amount("The fee in that currency."),
    own_tax: amount("The tax in that currency."),
    fee: amount("The fee in the person's base currency; below 0: paid back."),
    tax: amount("The tax in the person's base currency; below 0: paid back."),
    is_rated: isRated,
  },
  key: ["transaction_id"],
  partitionBy: "user_id",
  timeColumn: "transaction_date",
  materialized: "view",
  deps: [int_transactions, int_withheld_taxes],
  tags: ["portfolio"],
});

export const gold_uncounted_transactions = sqlAsset({
  name: "gold_uncounted_transactions",
  layer: "gold",
  description:
    "Ledger rows that no figure counts yet, because a rate or the ticker's description is missing.",
  columns: {
    user_id: person,
    account_id: stg_transactions.columns.account_id,
    transaction_id: stg_transactions.columns.transaction_id,
    transaction_date: stg_transactions.columns.transaction_date,
    transaction_type: stg_transactions.columns.transaction_type,
    ticker: stg_transactions.columns.ticker,
    quantity: stg_transactions.columns.quantity,
    currency: nullable(text("ISO code of what it was paid in; null: not known.")),
    own_gross_amount: amount("The amount, or quantity x price without the fee, in that currency."),
    reason: text("Why it does not count."),
  },
  key: ["transaction_id"],
  partitionBy: "user_id",
  timeColumn: "transaction_date",
  materialized: "view",
  deps: [stg_transactions, { asset: stg_assets, via: stg_transactions }, int_transactions, accounts],
  tags: ["portfolio"],
});
