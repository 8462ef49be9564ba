-- For people whose accounts say FIFO: one row per lot and sale that took from it, and one for what is left of a lot.
--
-- Bought and sold units are laid end to end on two rulers; where a lot's stretch and a sale's stretch overlap, that
-- sale took from that lot. int_holding_periods reaches the same costs by a fold over the trades.
with
  trades as (
    select
      t.user_id,
      t.ticker,
      t.transaction_id,
      t.transaction_type,
      t.transaction_date,
      t.units,
      t.units_per_share,
      t.gross_amount + t.fee as cost,
      t.gross_amount - t.fee as proceeds,
      sum(t.units) over (
        partition by t.user_id, t.ticker, t.transaction_type
        order by t.transaction_date, t.transaction_id
      ) as units_end
    from
      stg_transactions as t
      join public.users as u on u.user_id = t.user_id
    where u.cost_basis_method = 'fifo'
  ),
  stretches as not materialized (
    select
      *,
      units_end - units as units_start
    from trades
  ),
  sales as (
    select
      user_id,
      ticker,
      transaction_id,
      transaction_date,
      units,
      units_start,
      units_end,
      proceeds
    from stretches
    where transaction_type = 'SELL'
    union all
    -- what has not been sold yet, as the sale that is still to come
    select
      user_id,
      ticker,
      null as transaction_id,
      null as transaction_date,
      null as units,
      coalesce(sum(units) filter (where transaction_type = 'SELL'), 0) as units_start,
      'infinity' as units_end,
      null as proceeds
    from trades
    group by user_id, ticker
  ),
  parts as (
    select
      b.user_id,
      b.ticker,
      b.transaction_id,
      b.transaction_date,
      b.units,
      b.units_start,
      b.units_per_share,
      b.cost,
      s.transaction_id as sale_id,
      s.transaction_date as sold_date,
      s.units as sale_units,
      s.proceeds,
      greatest(b.units_start, s.units_start) as part_start,
      least(b.units_end, s.units_end) as part_end
    from
      stretches as b
      join sales as s
        on s.user_id = b.user_id and s.ticker = b.ticker and s.units_start < b.units_end and s.units_end > b.units_start
    where b.transaction_type = 'BUY'
  )
select
  user_id,
  ticker,
  transaction_id,
  transaction_date as bought_date,
  sale_id,
  sold_date,
  trim_scale((part_end - part_start) / units_per_share) as quantity,
  case
    when part_end - units_start = units then cost
    else round(cost * (part_end - units_start) / units, 12)
  end - round(cost * (part_start - units_start) / units, 12) as cost,
  proceeds * (part_end - part_start) / sale_units as proceeds
from parts
