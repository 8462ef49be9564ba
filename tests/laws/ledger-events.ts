/** What happens to a ledger of several accounts, for the law of incremental refreshes: sales that name lots, transfers, conversions, refunds, edits. */
import fc from "fast-check";

/** A quarter of the least that is held of a ticker from a day on in the person's first account, so many times, in shares of that day. */
const sellable = `
  select trunc(min(quantity) * $3::numeric / 4 * coalesce(min(denominators / numerators), 1), 2) as sellable
  from rebuilt.int_holding_periods
  cross join (
    select product(numerator) as numerators, product(denominator) as denominators
    from rebuilt.stg_splits
    where ticker = $2 and action_date > $4::date and is_accepted
  ) later
  where user_id = $1 and ticker = $2 and valid_to > $4::date
    and account_id = (select account_id from accounts where user_id = $1 and is_default)`;

const saleOfLots = `
  insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date, lots)
  select $1, $2, 'SELL', sellable, $5::numeric, 0.5, $4, jsonb_build_object(purchase.id::text, trunc(sellable / 2, 2)::text)
  from (${sellable}) least
  cross join lateral (
    select transaction_id as id
    from transactions
    where user_id = $1 and ticker = $2 and transaction_type in ('BUY', 'BONUS', 'TRANSFER_IN') and transaction_date <= $4::date
    order by transaction_id desc
    offset $3::integer
    limit 1
  ) purchase
  where sellable > 0`;

const sharesMoved = `
  insert into transactions (user_id, account_id, ticker, transaction_type, quantity, amount, fee, transaction_date, transfer_id)
  select $1, account_id, $2, type, sellable, case when type = 'TRANSFER_IN' then $5::numeric end, 0.25, $4, pair
  from (${sellable}) least
  cross join (select gen_random_uuid() as pair) as transfer
  cross join lateral (values ('TRANSFER_OUT', 'Portfolio'), ('TRANSFER_IN', 'Broker')) as side (type, account)
  join accounts on user_id = $1 and name = account
  where sellable > 0`;

const conversion = `
  insert into transactions (user_id, account_id, transaction_type, amount, currency, fee, transaction_date, transfer_id)
  select $1, account_id, type, $5::numeric * part, side.currency, case when type = 'FX_OUT' then 0.25 else 0 end, $4, pair
  from (select gen_random_uuid() as pair) as transfer
  cross join lateral (values ('FX_OUT', 1, 'USD'), ('FX_IN', 0.8 + $3::numeric / 10, 'EUR')) as side (type, part, currency)
  join accounts on user_id = $1 and name = 'Broker' and $2 <> ''`;

const refund = `
  insert into transactions (user_id, account_id, ticker, transaction_type, amount, tax, currency, transaction_date)
  select $1, account_id, case when type = 'DIVIDEND' then $2 end, type, -$5::numeric, case when type = 'INTEREST' then -0.25 else 0 end,
    case when type <> 'DIVIDEND' then 'EUR' end, $4
  from accounts
  cross join (select (array['FEE', 'TAX', 'DIVIDEND', 'INTEREST'])[$3] as type) as chosen
  where user_id = $1 and name = 'Broker'`;

/** Rows that a corporate action wrote, and those of a pair, are edited together or not at all. */
const edits = [
  "price = price + 1.5, fee = fee + 0.25",
  "quantity = quantity * 2",
  "quantity = quantity / 2",
  "transaction_date = $4::date, acquired_on = null",
  "fx_rate = 1 + $5::numeric / 1000, fx_currency = 'USD'",
  "currency = case currency when 'EUR' then 'USD' else 'EUR' end",
  "amount = amount + 3",
  "tax = case when transaction_type in ('BUY', 'SELL', 'DIVIDEND', 'INTEREST') then 0.5 - tax else 0 end",
  "account_id = (select account_id from accounts where user_id = $1 and name = 'Broker')",
].map(
  (set) => `
  update transactions
  set ${set}
  where transaction_id = (
    select transaction_id
    from transactions
    where user_id = $1 and (ticker = $2 or ticker is null) and transaction_type <> 'SPLIT' and group_id is null and transfer_id is null
      and $4::date is not null and $5::numeric > 0
    order by transaction_id desc
    offset $3::integer
    limit 1
  )`,
);

/** By person, ticker, day, and an amount of money. */
export const ledgerEvent = (
  person: fc.Arbitrary<number>,
  ticker: fc.Arbitrary<string>,
  day: fc.Arbitrary<string>,
  money: fc.Arbitrary<string>,
) =>
  fc
    .tuple(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(saleOfLots, sharesMoved, conversion, refund) },
        { weight: 3, arbitrary: fc.constantFrom(...edits) },
      ),
      person,
      ticker,
      fc.integer({ min: 1, max: 4 }),
      day,
      money,
    )
    .map(([text, ...values]) => ({ text, values }));
