/** Intermediate: what came into an account beside its holdings, and the cash that lies there. */
import { sqlAsset } from "../src/engine/index.ts";
import { accounts } from "./bronze.ts";
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
  text,
  ticker,
} from "./columns.ts";
import { int_calendar, int_fx_daily } from "./market.ts";
import {
  int_cash_ledgers,
  int_holding_periods,
  int_income_ledgers,
  int_person_currencies,
  int_transactions,
} from "./positions.ts";
import { stg_dividends, stg_transactions } from "./staging.ts";

export const int_booked_income = sqlAsset({
  name: "int_booked_income",
  layer: "intermediate",
  description: "Dividends and interest as accounts booked them.",
  columns: {
    user_id: person,
    account_id: account,
    transaction_id: count("The transaction."),
    ticker: nullable(ticker),
    is_dividend: flag("A dividend, not interest."),
    pay_date: day("Its day."),
    currency: text("ISO code of what was paid."),
    local_gross: amount("Before tax, in that currency."),
    gross: amount("Before tax, in the person's base currency."),
    tax: amount("Withheld."),
    net: amount("Received: without tax and fee."),
    ticker_net: amount("The same in the ticker's currency."),
    rate: amount("Base currency for one of the ticker's, on the day."),
    is_rated: isRated,
  },
  key: ["user_id", "transaction_id"],
  partitionBy: "user_id",
  timeColumn: "pay_date",
  materialized: "incremental",
  deps: [{ asset: int_transactions, via: int_income_ledgers }, int_income_ledgers],
  tags: ["portfolio"],
});

export const int_withheld_taxes = sqlAsset({
  name: "int_withheld_taxes",
  layer: "intermediate",
  description: "Taxes booked in rows of their own that were withheld of a dividend or of interest.",
  columns: {
    user_id: person,
    account_id: account,
    transaction_id: count("The tax."),
    ticker,
    is_dividend: flag("Of a dividend, not of interest."),
    pay_date: day("Day of the income that it is of."),
    currency: text("ISO code of what that was paid in."),
    tax: amount("Withheld, in the person's base currency; below 0: paid back."),
    is_rated: flag("Converted at the rate of its own day."),
  },
  key: ["user_id", "transaction_id"],
  partitionBy: "user_id",
  materialized: "incremental",
  deps: [
    { asset: int_transactions, via: int_income_ledgers },
    { asset: stg_transactions, via: int_income_ledgers },
    int_booked_income,
    int_income_ledgers,
  ],
  tags: ["portfolio"],
});

export const int_booked_dividends = sqlAsset({
  name: "int_booked_dividends",
  layer: "intermediate",
  description: "Dividends that accounts which book their own received, by ticker and day.",
  columns: {
    user_id: person,
    ticker,
    pay_date: day("Day of the payment."),
    local_net: amount("Received, without tax and fee, in the ticker's currency."),
  },
  key: ["user_id", "ticker", "pay_date"],
  partitionBy: "user_id",
  timeColumn: "pay_date",
  materialized: "view",
  deps: [int_booked_income],
  tags: ["portfolio"],
});

export const int_dividend_income = sqlAsset({
  name: "int_dividend_income",
  layer: "intermediate",
  description: "The market's dividends that an account received.",
  columns: {
    user_id: person,
    account_id: account,
    ticker,
    ex_date: day("Ex-date, on which it counts."),
    quantity: amount("Held at the close of the day before."),
    cash_per_share: amount("Cash for each share, in the ticker's currency."),
    ...currencies,
    tracks_cash: accounts.columns.tracks_cash,
    local_amount: amount("quantity x cash_per_share."),
    amount: amount("The same in the person's base currency."),
    rate: amount("Base currency for one of the ticker's, on the ex-date."),
    is_rated: isRated,
  },
  key: ["user_id", "account_id", "ticker", "ex_date"],
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

/** Of one day, in the person's base currency. */
const flows = {
  net_flow: amount(
    "Money put in less taken out; of an account that tracks cash, what holdings count as put in comes off.",
  ),
  income: amount("Dividends as booked, and interest."),
  income_paid_out: amount("What of it left the account at once, net."),
  fees: amount("Fees that are no purchase's or sale's."),
  taxes: amount("Taxes, withheld ones among them."),
};

export const int_account_flows = sqlAsset({
  name: "int_account_flows",
  layer: "intermediate",
  description: "What moved in an account beside its holdings, by currency and day.",
  columns: {
    user_id: person,
    account_id: account,
    currency: text("ISO code of the cash."),
    base_currency: currencies.base_currency,
    flow_date: day("The day."),
    movement: amount("Cash that came in, or below 0 went out, in its own currency; 0 where none is held."),
    ...flows,
    dividends: amount("The market's dividends that stayed as cash: income of the holding."),
    rate: amount("Base currency for one of it, as a row of the day was converted."),
  },
  key: ["user_id", "account_id", "currency", "flow_date"],
  partitionBy: "user_id",
  timeColumn: "flow_date",
  materialized: "incremental",
  deps: [
    { asset: int_transactions, via: int_cash_ledgers },
    { asset: int_dividend_income, via: int_cash_ledgers },
    int_cash_ledgers,
  ],
  tags: ["portfolio"],
});

export const int_cash_daily = sqlAsset({
  name: "int_cash_daily",
  layer: "intermediate",
  description: "Cash of an account by currency and day.",
  columns: {
    user_id: person,
    account_id: account,
    currency: text("ISO code of the cash."),
    base_currency: currencies.base_currency,
    cash_date: day("Calendar day."),
    balance: amount("At the close, in its own currency; below 0: borrowed."),
    market_value: amount("The same in the person's base currency."),
    prev_market_value: amount("market_value of the day before."),
    ...flows,
    currency_effect: currencyEffect,
    rate: amount("Base currency for one of it, at the close."),
    is_rated: isRated,
  },
  key: ["user_id", "account_id", "currency", "cash_date"],
  partitionBy: "user_id",
  timeColumn: "cash_date",
  materialized: "view",
  deps: [
    {
      asset: int_account_flows,
      time: "carry",
      reason:
        "a balance is the sum of the movements up to its day; of the next one it only has the day, on which it ends",
    },
    int_calendar,
    { asset: int_fx_daily, via: int_person_currencies },
  ],
  tags: ["portfolio"],
});

export const int_income = sqlAsset({
  name: "int_income",
  layer: "intermediate",
  description: "Dividends and interest of an account.",
  columns: {
    user_id: person,
    account_id: account,
    ticker: nullable(ticker),
    kind: text("dividend or interest."),
    pay_date: day("Day of the payment; of the market's dividends their ex-date."),
    currency: text("ISO code of what was paid."),
    local_gross: amount("Before tax, in that currency."),
    gross: amount("Before tax, in the person's base currency."),
    tax: amount("Withheld; of the market's dividends 0, since nobody knows it."),
    net: amount("Received: without tax and fee."),
    source: text("market or ledger."),
    is_rated: isRated,
  },
  key: ["user_id", "account_id", "ticker", "kind", "pay_date", "currency", "source"],
  partitionBy: "user_id",
  timeColumn: "pay_date",
  materialized: "view",
  deps: [int_dividend_income, int_booked_income],
  tags: ["portfolio"],
});
