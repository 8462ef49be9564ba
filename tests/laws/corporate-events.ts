/** Corporate actions as rows, for the law of incremental refreshes: what is held of one ticker, in part or whole, becomes another. */
import fc from "fast-check";

const share = fc.constantFrom("0.1", "0.5", "1");

/** What is held as the day begins, in shares of that day, in the account that holds the most. */
const held = `
  select p.account_id, p.cost_basis, p.local_cost_basis, p.currency, least.quantity
  from rebuilt.int_holding_periods p
  join lateral (
    select trunc(min(o.quantity) * coalesce(min(later.denominators / later.numerators), 1), 2) as quantity
    from rebuilt.int_holding_periods o
    cross join (
      select product(numerator) as numerators, product(denominator) as denominators
      from rebuilt.stg_splits
      where ticker = $2 and action_date > $4::date and is_accepted
    ) later
    where o.user_id = $1 and o.ticker = $2 and o.account_id = p.account_id and o.valid_to > $4::date
  ) least on true
  where p.user_id = $1 and p.ticker = $2 and $2 <> $3 and p.valid_from < $4::date and p.valid_to >= $4::date and p.quantity > 0
  order by p.quantity desc, p.account_id
  limit 1`;

const columns =
  "user_id, account_id, transaction_type, ticker, quantity, amount, currency, market_value, group_id, transfer_id, transaction_date, acquired_on";

const spinOff = `
  with held as (${held}),
  action as materialized (select gen_random_uuid() as id)
  insert into transactions (${columns})
  select $1, account_id, row.type, row.of, row.quantity, round(local_cost_basis * $5::numeric, 12), currency, 120, id, id, $4::date, row.acquired
  from held
  cross join action
  cross join lateral (
    values ('TRANSFER_OUT', $2::text, null::numeric, null::date), ('TRANSFER_IN', $3::text, trunc(held.cost_basis / 7, 2) + 1, $4::date - 30)
  ) as row (type, of, quantity, acquired)`;

const merger = `
  with held as (${held}),
  action as materialized (select gen_random_uuid() as id)
  insert into transactions (${columns})
  select $1, account_id, row.type, row.of, row.quantity, row.cost, currency, 90 * $5::numeric, id, id, $4::date, row.acquired
  from held
  cross join action
  cross join lateral (
    values
      ('TRANSFER_OUT', $2::text, held.quantity, null::numeric, null::date),
      ('TRANSFER_IN', $3::text, 2.5, round(local_cost_basis * $5::numeric, 12), $4::date - 400)
  ) as row (type, of, quantity, cost, acquired)
  where held.quantity > 0`;

const rename = `
  update transactions
  set ticker = $3
  where user_id = $1 and ticker = $2 and transaction_date < $4::date and transaction_type <> 'SPLIT' and $5::numeric > 0`;

const undo = `
  delete from transactions
  where user_id = $1 and $2 <> '' and $3 <> '' and $4::date is not null and $5::numeric > 0 and group_id = (
    select group_id from transactions where user_id = $1 and group_id is not null order by transaction_id desc limit 1
  )`;

/** By person, ticker, another one, and day. */
export const corporateAction = (
  person: fc.Arbitrary<number>,
  ticker: fc.Arbitrary<string>,
  day: fc.Arbitrary<string>,
) =>
  fc
    .tuple(
      fc.constantFrom(spinOff, spinOff, merger, merger, rename, undo),
      person,
      ticker,
      ticker,
      day,
      share,
    )
    .map(([text, ...values]) => ({ text, values }));
