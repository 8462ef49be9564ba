-- One row per ledger row, as entered and in today's shares.
--
-- The ledger says what was traded, and is never rewritten; prices are in today's shares. So a trade is scaled when it
-- is read: quantity x factor, price / factor, by all splits dated after the trade (a trade on the split date is in
-- new shares already). A trade back-dated to before an old split comes out right the moment it is entered.
--
-- 1/3 has no exact decimal, and three thirds must sell off a whole. So quantities are added up in `units`: the
-- numerators of later splits times the denominators of earlier ones make it a product, without division, and every
-- trade of a ticker has the same units_per_share.
with
  factors as (
    select
      t.transaction_id,
      t.user_id,
      t.account_id,
      named.ticker,
      t.transaction_type,
      t.transaction_date,
      t.quantity,
      t.price,
      t.amount,
      t.fee,
      t.tax,
      t.currency,
      t.fx_rate,
      t.fx_currency,
      t.numerator,
      t.denominator,
      t.acquired_on,
      t.lots,
      t.market_value,
      t.created_at,
      coalesce(s.numerators, 1) as numerators,
      coalesce(s.denominators, 1) as denominators,
      coalesce(s.earlier_denominators, 1) as earlier_denominators,
      coalesce(s.numerator_of_day, 1) as numerator_of_day,
      coalesce(s.denominator_of_day, 1) as denominator_of_day
    from
      bronze.transactions as t
      cross join lateral (
        select upper(btrim(t.ticker)) as ticker
        offset 0 -- computed once a row; flattened, it would be computed again for every split
      ) as named
      left join lateral (
        select
          product(s.numerator) filter (where s.action_date > t.transaction_date) as numerators,
          product(s.denominator) filter (where s.action_date > t.transaction_date) as denominators,
          product(s.denominator) filter (where s.action_date <= t.transaction_date) as earlier_denominators,
          product(s.numerator) filter (where s.action_date = t.transaction_date) as numerator_of_day,
          product(s.denominator) filter (where s.action_date = t.transaction_date) as denominator_of_day
        from stg_splits as s
        where s.ticker = named.ticker and s.is_accepted
      ) as s
        on true
  )
select
  transaction_id,
  user_id,
  ticker,
  transaction_type,
  transaction_date,
  quantity,
  case
    when transaction_type in ('BUY', 'BONUS', 'TRANSFER_IN') then quantity
    else -quantity
  end as signed_quantity,
  price,
  fee,
  currency,
  fx_rate,
  fx_currency,
  coalesce(amount, quantity * price, 0) as gross_amount,
  numerators / denominators as split_factor,
  quantity * numerators / denominators as adjusted_quantity,
  price * denominators / numerators as adjusted_price,
  quantity * numerators * earlier_denominators as units,
  denominators * earlier_denominators as units_per_share,
  created_at,
  account_id,
  tax,
  acquired_on,
  lots,
  -- The person's word against the market's: by how much it multiplies what the market's splits say already.
  numerator * denominator_of_day / (denominator * numerator_of_day) as own_split,
  market_value
from factors
