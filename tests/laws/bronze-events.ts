/** What happens to bronze, for the law of incremental refreshes: trades, entries, prices, rates, splits, and what people choose. */
import fc from "fast-check";
import { allDays } from "../oracle/random-world.ts";
import { corporateAction } from "./corporate-events.ts";
import { ledgerEvent } from "./ledger-events.ts";

/** Something that happens to bronze. What it asks for may be impossible, or refused; then it does nothing. */
export interface Event {
  readonly text: string;
  readonly values: readonly unknown[];
}

export const tickers = ["AAA", "BBB", "CCC-USD"];
const ticker = fc.constantFrom(...tickers);
const person = fc.integer({ min: 1, max: 3 });
// Sixty days keep a case fast: what is incremental about a day does not depend on how many there are.
const day = fc.integer({ min: 0, max: 59 }).map((offset) => allDays[offset]!);
const cents = fc.integer({ min: 100, max: 50_000 }).map((value) => (value / 100).toFixed(2));

const purchase = fc.tuple(person, ticker, fc.integer({ min: 1, max: 900 }), cents, day).map(
  ([user, of, hundredths, price, date]): Event => ({
    text: `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
           values ($1, $2, 'BUY', $3::numeric / 100, $4, 0.5, $5)`,
    values: [user, of, hundredths, price, date],
  }),
);

/** A part of the least that is held from the day on, in shares of that day. */
const sale = fc.tuple(person, ticker, fc.integer({ min: 1, max: 4 }), cents, day).map(
  ([user, of, quarters, price, date]): Event => ({
    text: `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
           select $1, $2, 'SELL', sellable, $4, $5
           from (
             select trunc(min(quantity) * $3 / 4 * coalesce(min(denominators / numerators), 1), 2) as sellable
             from rebuilt.int_holding_periods
             cross join (
               select product(numerator) as numerators, product(denominator) as denominators
               from rebuilt.stg_splits
               where ticker = $2 and action_date > $5::date and is_accepted
             ) later
             where user_id = $1 and ticker = $2 and valid_to > $5::date
               and account_id = (select account_id from accounts where user_id = $1 and is_default)
           ) least
           where sellable > 0`,
    values: [user, of, quarters, price, date],
  }),
);

/** What neither buys nor sells: of each type, in the person's first account or their second one, which tracks cash. */
const entry = fc
  .tuple(
    person,
    fc.constantFrom(
      ["DEPOSIT", "cash"],
      ["WITHDRAWAL", "cash"],
      ["INTEREST", "cash"],
      ["FEE", "cash"],
      ["TAX", "cash"],
      ["TAX", "ticker"],
      ["TRANSFER_IN", "cash"],
      ["TRANSFER_OUT", "cash"],
      ["DIVIDEND", "ticker"],
      ["RETURN_OF_CAPITAL", "ticker"],
      ["BONUS", "shares"],
      ["TRANSFER_IN", "both"],
      ["BUY", "trade"],
      ["SPLIT", "ratio"],
    ),
    ticker,
    fc.constantFrom("Portfolio", "Broker"),
    cents,
    day,
    fc.constantFrom("USD", "EUR"),
  )
  .map(
    ([user, [type, shape], of, account, amount, date, currency]): Event => ({
      text: `insert into transactions (
               user_id, account_id, transaction_type, ticker, quantity, price, amount, currency, tax, numerator, denominator,
               acquired_on, transaction_date
             )
             select $1, account_id, $2, case when $3 <> 'cash' then $4 end,
               case when $3 in ('shares', 'both', 'trade') then $6::numeric / 100 end, case when $3 = 'trade' then 7.5 end,
               case when $3 in ('cash', 'ticker', 'both') then $6::numeric end, case when $3 = 'cash' then $8 end,
               case when $2 in ('INTEREST', 'DIVIDEND', 'BUY') then 0.25 else 0 end, case when $3 = 'ratio' then 3 end,
               case when $3 = 'ratio' then 2 end, case when $3 = 'both' then $7::date - 400 end, $7
             from accounts
             where user_id = $1 and name = $5`,
      values: [user, type, shape, of, account, amount, date, currency],
    }),
  );

const accountChoice = fc
  .tuple(person, fc.constantFrom("Portfolio", "Broker"), fc.boolean(), fc.constantFrom("market", "ledger"))
  .map(
    ([user, account, cash, income]): Event => ({
      text: "update accounts set tracks_cash = $3, income = $4 where user_id = $1 and name = $2",
      values: [user, account, cash, income],
    }),
  );

const deletion = fc.tuple(person, ticker, fc.integer({ min: 0, max: 5 })).map(
  ([user, of, place]): Event => ({
    text: `delete from transactions
           where transaction_id = (
             select transaction_id
             from transactions
             where user_id = $1 and ticker = $2
             order by transaction_id desc
             offset $3
             limit 1
           )`,
    values: [user, of, place],
  }),
);

const bar = fc.tuple(ticker, day, cents, fc.boolean()).map(
  ([of, date, close, isFinal]): Event => ({
    text: `insert into raw_prices (ticker, price_date, close, is_final)
           values ($1, $2, $3, $4)
           on conflict (ticker, price_date) do update set close = excluded.close, is_final = excluded.is_final`,
    values: [of, date, close, isFinal],
  }),
);

const history = fc.tuple(ticker, day, fc.array(cents, { minLength: 5, maxLength: 25 })).map(
  ([of, date, closes]): Event => ({
    text: `insert into raw_prices (ticker, price_date, close)
           select $1, $2::date + number::integer - 1, close
           from unnest($3::numeric[]) with ordinality as bar (close, number)
           on conflict (ticker, price_date) do update set close = excluded.close`,
    values: [of, date, closes],
  }),
);

const lostBars = fc.tuple(ticker, day).map(
  ([of, date]): Event => ({
    text: "delete from raw_prices where ticker = $1 and price_date >= $2::date",
    values: [of, date],
  }),
);

const split = fc.tuple(ticker, day, fc.constantFrom([2, 1], [3, 2], [1, 3])).map(
  ([of, date, [numerator, denominator]]): Event => ({
    text: `insert into raw_corporate_actions (ticker, action_date, action_type, numerator, denominator, ratio)
           values ($1, $2::date, 'split', $3::numeric, $4::numeric, $3::numeric / $4::numeric)
           on conflict do nothing`,
    values: [of, date, numerator, denominator],
  }),
);

const dividend = fc.tuple(ticker, day, cents).map(
  ([of, date, cash]): Event => ({
    text: `insert into raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
           values ($1, $2, 'dividend', $3)
           on conflict do nothing`,
    values: [of, date, cash],
  }),
);

const assetClass = fc.tuple(ticker, fc.constantFrom("stock", "crypto")).map(
  ([of, value]): Event => ({
    text: "update raw_assets set asset_class = $2 where ticker = $1",
    values: [of, value],
  }),
);

const method = fc.tuple(person, fc.constantFrom("average", "fifo", "lifo", "hifo")).map(
  ([user, value]): Event => ({
    text: "update users set cost_basis_method = $2 where user_id = $1",
    values: [user, value],
  }),
);

const interestRate = fc.tuple(day, cents).map(
  ([date, value]): Event => ({
    text: `insert into raw_fred (series_id, observation_date, value) values ('DTB3', $1, $2::numeric / 100)
           on conflict (series_id, observation_date) do update set value = excluded.value`,
    values: [date, value],
  }),
);

const currency = fc.constantFrom("USD", "KES", "GBP", "EUR");

const paidPurchase = fc
  .tuple(
    purchase,
    fc.option(currency),
    fc.option(fc.tuple(currency, fc.constantFrom("0.5", "2", "130.123456"))),
  )
  .map(
    ([{ values }, paid, own]): Event => ({
      text: `insert into transactions
               (user_id, ticker, transaction_type, quantity, price, fee, transaction_date, currency, fx_currency, fx_rate)
             values ($1, $2, 'BUY', $3::numeric / 100, $4, 0.5, $5, $6, $7, $8)`,
      values: [...values, paid, own?.[0], own?.[1]],
    }),
  );

const exchangeRate = fc.tuple(fc.constantFrom("KES", "GBP", "EUR"), day, cents, fc.boolean()).map(
  ([of, date, dollars, isFinal]): Event => ({
    text: `insert into raw_fx_rates (currency, rate_date, usd_per_unit, is_final, source)
           values ($1, $2, $3::numeric / 100, $4, 'file')
           on conflict (currency, rate_date) do update
           set usd_per_unit = excluded.usd_per_unit, is_final = excluded.is_final`,
    values: [of, date, dollars, isFinal],
  }),
);

const lostRates = fc.tuple(fc.constantFrom("KES", "GBP", "EUR"), day).map(
  ([of, date]): Event => ({
    text: "delete from raw_fx_rates where currency = $1 and rate_date <= $2::date",
    values: [of, date],
  }),
);

const base = fc.tuple(person, currency).map(
  ([user, value]): Event => ({
    text: "update users set base_currency = $2 where user_id = $1",
    values: [user, value],
  }),
);

const quoteUnit = fc.tuple(ticker, fc.constantFrom("USD", "KES", "GBP", "GBp")).map(
  ([of, unit]): Event => ({
    text: `update raw_assets
           set quote_unit = $2, currency = upper($2), unit_factor = case when $2 = upper($2) then 1 else 0.01 end
           where ticker = $1`,
    values: [of, unit],
  }),
);

/** Each as likely as it is telling. */
export const event = fc.oneof(
  { weight: 6, arbitrary: purchase },
  { weight: 4, arbitrary: sale },
  { weight: 6, arbitrary: entry },
  { weight: 2, arbitrary: deletion },
  { weight: 4, arbitrary: corporateAction(person, ticker, day) },
  { weight: 8, arbitrary: ledgerEvent(person, ticker, day, cents) },
  { weight: 4, arbitrary: bar },
  { weight: 4, arbitrary: history },
  { weight: 3, arbitrary: paidPurchase },
  { weight: 4, arbitrary: exchangeRate },
  ...[base, quoteUnit].map((arbitrary) => ({ weight: 2, arbitrary })),
  ...[lostRates, lostBars, split, dividend, assetClass, method, interestRate, accountChoice].map(
    (arbitrary) => ({
      weight: 1,
      arbitrary,
    }),
  ),
);
