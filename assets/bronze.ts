/** Bronze: what Yahoo Finance, FRED and people said, as they said it. */
import { sourceAsset } from "../src/engine/index.ts";
import { amount, count, day, flag, moment, nullable, person, text, ticker } from "./columns.ts";
import { fredSeries, ingestFred } from "./ingest/fred.ts";
import { ingestFxRates } from "./ingest/fx-rates.ts";
import { ingestPrices } from "./ingest/prices.ts";

const fetchedAt = moment("When the row was last written with other values than before.");

/** A source that is asked over the network. */
const retry = { attempts: 3, backoffSeconds: 60 };
/** Overdue on Tuesday at 19:00 UTC, if the run on Monday at 18:00 did not happen. */
const afterTheWeekend = { maximumAgeHours: 97 };
/** The longest month and a day. */
const monthly = { maximumAgeHours: 32 * 24 };

export const raw_prices = sourceAsset({
  name: "raw_prices",
  schema: "bronze",
  description:
    "Daily bars as Yahoo Finance gives them, an exchange's file or an asset's owner, in its quote units, one row for each ticker and trading date.",
  columns: {
    ticker,
    price_date: day("Trading date in the exchange's time zone."),
    open: nullable(amount("First price of the session, adjusted for splits.")),
    high: nullable(amount("Highest price of the session, adjusted for splits.")),
    low: nullable(amount("Lowest price of the session, adjusted for splits.")),
    close: nullable(
      amount(
        "Last price of the session in the ticker's quote unit, adjusted for all splits known when it was fetched, not for dividends.",
      ),
    ),
    adj_close: nullable(amount("Close adjusted for splits and for dividends paid since.")),
    volume: nullable(amount("Shares or contracts traded; null: not known, which is not 0.")),
    is_final: flag("False while the session was still open; the next fetch replaces the bar."),
    fetched_at: fetchedAt,
  },
  key: ["ticker", "price_date"],
  partitionBy: "ticker",
  timeColumn: "price_date",
  checks: [
    {
      kind: "expression",
      name: "close_positive",
      description: "A close is above 0. Oil futures once were not (2020-04-20): a warning, to be looked at.",
      expression: "close > 0",
      severity: "warn",
    },
    {
      kind: "expression",
      name: "high_not_below_low",
      description: "The highest price of a session is not below its lowest.",
      expression: "high >= low",
      severity: "warn",
    },
  ],
  freshness: afterTheWeekend,
  tags: ["market"],
  retry,
  ingest: ingestPrices,
});

export const raw_assets = sourceAsset({
  name: "raw_assets",
  schema: "bronze",
  description: "What each ticker is, as Yahoo Finance describes it, or the one whose own asset it is.",
  columns: {
    ticker,
    name: text("Name of the company, fund or instrument."),
    asset_class: text(
      "stock, etf, fund, index, crypto, currency, future, bond, real_estate, commodity or other.",
    ),
    sector: nullable(text("Sector of a stock; null where there is none.")),
    industry: nullable(text("Industry of a stock; null where there is none.")),
    quote_unit: nullable(
      text("What its prices are in, as the source spells it: USD, GBp for pence, ZAc for cents."),
    ),
    currency: text("Currency of that unit: an ISO code, GBP for pence."),
    unit_factor: amount("What one of the unit is of the currency: 0.01 for pence, 0.001 for fils, else 1."),
    exchange: nullable(text("Name of the exchange it is listed on.")),
    exchange_timezone: text("IANA time zone in which the exchange's trading dates are reckoned."),
    is_active: flag("False: Yahoo Finance no longer knows the ticker; its stored prices stay."),
    last_error: nullable(text("Why the last fetch failed; null when it did not.")),
    source: text("Who gives its prices: yahoo, file, manual or url."),
    fetched_at: fetchedAt,
  },
  key: ["ticker"],
  partitionBy: "ticker",
  tags: ["market"],
  producedBy: raw_prices,
});

export const raw_corporate_actions = sourceAsset({
  name: "raw_corporate_actions",
  schema: "bronze",
  isShared: true, // none of an asset of somebody's own: a constraint says so
  description: "Splits, dividends and capital gains of funds, one row for each ticker, ex-date and kind.",
  columns: {
    ticker,
    action_date: day("Ex-date, in the exchange's time zone."),
    action_type: text("split, dividend or capital_gain."),
    ratio: nullable(amount("New shares for each old share, rounded; null where cash is paid.")),
    numerator: nullable(amount("New shares in a split: 4 in 4:1.")),
    denominator: nullable(amount("Old shares in a split: 1 in 4:1.")),
    cash_per_share: nullable(
      amount(
        "Cash for each share in the ticker's quote unit, adjusted for all splits known when it was fetched.",
      ),
    ),
    fetched_at: fetchedAt,
  },
  key: ["ticker", "action_date", "action_type"],
  partitionBy: "ticker",
  timeColumn: "action_date",
  checks: [{ kind: "accepted_values", column: "action_type", values: ["split", "dividend", "capital_gain"] }],
  tags: ["market"],
  producedBy: raw_prices,
});

export const market_defects = sourceAsset({
  name: "market_defects",
  schema: "bronze",
  isShared: true, // none of an asset of somebody's own: a constraint says so
  description: "What is wrong with market data: found by triggers and fetches, one row for each defect.",
  columns: {
    ticker,
    defect_date: day("The bar's or the payment's day."),
    defect: text(
      "not_positive, outside_range, hundredfold, lone_spike, ruled_out, doubled_dividend, no_close, missing_day, lone_day, " +
        "other_currency, other_company or other_unit.",
    ),
    is_kept_out: flag("Figures do as if the value were not there."),
    detail: text("What was found, and who ruled on it."),
    found_at: moment("When it was first found."),
  },
  key: ["ticker", "defect_date", "defect"],
  partitionBy: "ticker",
  timeColumn: "defect_date",
  tags: ["market"],
  producedBy: raw_prices,
});

export const split_rulings = sourceAsset({
  name: "split_rulings",
  schema: "bronze",
  isShared: true, // none of an asset of somebody's own: a constraint says so
  description: "An operator's word on a split, against what its ratio and the closes say.",
  columns: {
    ticker,
    action_date: day("The split's day."),
    changes_quantity: flag("It changes the shares held."),
    is_history_scaled: nullable(
      flag("Yahoo's prices before it are adjusted for it; null: as the closes say."),
    ),
    reason: text("Why."),
    ruled_by: text("Who."),
    ruled_at: moment("When."),
  },
  key: ["ticker", "action_date"],
  partitionBy: "ticker",
  tags: ["market"],
});

export const raw_fx_rates = sourceAsset({
  name: "raw_fx_rates",
  schema: "bronze",
  description:
    "What one of each currency is worth in US dollars, one row for each currency and day that has a rate: Yahoo Finance's, or the " +
    "Federal Reserve's where Yahoo has none.",
  columns: {
    currency: text("ISO code. USD is worth 1, by definition."),
    rate_date: day(
      "Day of the rate, in London for Yahoo Finance's and in New York for the Federal Reserve's.",
    ),
    usd_per_unit: amount(
      "US dollars for one of the currency; where the source has it the other way round, its inverse to 20 digits.",
    ),
    is_final: flag("False while the day was still going on; the next fetch replaces the rate."),
    source: text("definition, yahoo, fred or file."),
    fetched_at: fetchedAt,
  },
  key: ["currency", "rate_date"],
  partitionBy: "currency",
  timeColumn: "rate_date",
  checks: [
    { kind: "accepted_values", column: "source", values: ["definition", "yahoo", "fred", "file"] },
    {
      kind: "expression",
      name: "rate_positive",
      description: "A rate is above 0.",
      expression: "usd_per_unit > 0",
    },
  ],
  freshness: afterTheWeekend,
  tags: ["market"],
  retry,
  ingest: ingestFxRates,
});

export const raw_fred = sourceAsset({
  name: "raw_fred",
  schema: "bronze",
  description: "Macro series of the Federal Reserve Bank of St. Louis, in their newest revision.",
  columns: {
    series_id: text(`FRED's name of the series: ${fredSeries.join(", ")}.`),
    observation_date: day("First day of the period the observation is about."),
    value: nullable(amount("Newest value, in the unit of the series; null: FRED says that it is missing.")),
    realtime_start: nullable(
      day("Day on which a value was first published; null when FRED does not say (it does with an API key)."),
    ),
    fetched_at: fetchedAt,
  },
  key: ["series_id", "observation_date"],
  partitionBy: "series_id",
  timeColumn: "observation_date",
  freshness: monthly,
  tags: ["macro"],
  retry,
  ingest: ingestFred,
});

const transactionTypes = [
  "BUY",
  "SELL",
  "DIVIDEND",
  "INTEREST",
  "DEPOSIT",
  "WITHDRAWAL",
  "FEE",
  "TAX",
  "TRANSFER_IN",
  "TRANSFER_OUT",
  "FX_IN",
  "FX_OUT",
  "SPLIT",
  "RETURN_OF_CAPITAL",
  "BONUS",
];

export const transactions = sourceAsset({
  name: "transactions",
  schema: "bronze",
  description: "The ledger: all that money did, as people entered it. Splits never change it.",
  columns: {
    transaction_id: count("Identity of the transaction; later ones have higher numbers."),
    user_id: person,
    account_id: count("The account that it belongs to."),
    ticker: nullable(ticker),
    transaction_type: text(`${transactionTypes.join(", ")}.`),
    quantity: nullable(amount("Shares, coins or contracts: above 0 whichever way they go.")),
    price: nullable(amount("Price of one, in the row's currency.")),
    amount: nullable(amount("Of what has no quantity and price; of shares transferred, what they cost.")),
    fee: amount("Paid on top of a purchase or out of the proceeds of a sale, in the row's currency."),
    tax: amount("Withheld, in the row's currency."),
    currency: nullable(text("ISO code of what it was paid in; null: the ticker's own currency.")),
    fx_rate: nullable(
      amount("What one of `currency` was worth in `fx_currency`, as the person said; null: the day's rate."),
    ),
    fx_currency: nullable(text("The person's base currency when fx_rate was said.")),
    numerator: nullable(amount("New shares in a SPLIT.")),
    denominator: nullable(amount("For so many old shares.")),
    acquired_on: nullable(day("When shares that were transferred in had been bought.")),
    lots: nullable({ type: "jsonb", description: "Of a SELL: how much it takes of which purchase." }),
    market_value: nullable(
      amount(
        "Of a transfer by a corporate action: what it moved was worth, in the ticker's currency; null: its close says.",
      ),
    ),
    transaction_date: day("Day of the transaction."),
    created_at: moment("When it was entered."),
  },
  key: ["transaction_id"],
  partitionBy: "user_id",
  timeColumn: "transaction_date",
  checks: [{ kind: "accepted_values", column: "transaction_type", values: transactionTypes }],
  tags: ["ledger"],
});

export const users = sourceAsset({
  name: "users",
  schema: "public",
  description: "Accounts, as far as figures depend on them.",
  isShared: true, // whoever signs in is looked up by email first
  captures: ["update"], // a new person has no figures yet, and one who goes takes theirs along
  columns: {
    user_id: count("Identity of the person."),
    cost_basis_method: text(
      "average (moving average), or what is sold first: fifo, lifo or hifo (the dearest).",
    ),
    base_currency: text("ISO code of the currency that figures are in."),
  },
  key: ["user_id"],
  partitionBy: "user_id",
  checks: [
    { kind: "accepted_values", column: "cost_basis_method", values: ["average", "fifo", "lifo", "hifo"] },
  ],
  tags: ["ledger"],
});

export const accounts = sourceAsset({
  name: "accounts",
  schema: "public",
  description: "Where people hold what they have: brokers, banks, pensions.",
  columns: {
    account_id: count("Identity of the account."),
    user_id: person,
    tracks_cash: flag("It holds cash: purchases are paid from it, and deposits alone are money put in."),
    income: text("market (dividends as paid on what is held) or ledger (as they are booked)."),
  },
  key: ["account_id"],
  partitionBy: "user_id",
  checks: [{ kind: "accepted_values", column: "income", values: ["market", "ledger"] }],
  tags: ["ledger"],
});

export const raw_calendar = sourceAsset({
  name: "raw_calendar",
  schema: "bronze",
  description: "Every day that a ledger may name, 1900 to 2200: made by a migration, never changed.",
  captures: [],
  columns: { calendar_date: day("The day.") },
  key: ["calendar_date"],
  timeColumn: "calendar_date",
  tags: ["market"],
});
