-- For people whose sales take from single purchases (every method but the moving average): one row per purchase and sale, or
-- return of capital, that took from it, and one for what is left of a purchase. In the person's base currency, and (local_) in
-- the ticker's own.
--
-- All of a ticker in an account is matched in one walk: match_lots (034_dearest_lots_and_residues.sql). int_positions has the same costs, added
-- up by sale.
with
  transactions as (
    select
      *,
      case
        when transaction_type in ('BUY', 'BONUS') then gross_amount + fee
        when transaction_type = 'SELL' then gross_amount - fee
        else gross_amount
      end as amount,
      case
        when transaction_type in ('BUY', 'BONUS') then local_gross_amount + local_fee
        when transaction_type = 'SELL' then local_gross_amount - local_fee
        else local_gross_amount
      end as local_amount
    from int_transactions
    where
      cost_basis_method != 'average'
      and transaction_type in ('BUY', 'SELL', 'BONUS', 'TRANSFER_IN', 'TRANSFER_OUT', 'RETURN_OF_CAPITAL', 'SPLIT')
      and ticker is not null
  ),
  ledgers as (
    select
      user_id,
      account_id,
      ticker,
      min(cost_basis_method) as method,
      array_agg(transaction_id order by transaction_date, day_order, transaction_id) as ids,
      array_agg(transaction_type order by transaction_date, day_order, transaction_id) as types,
      array_agg(transaction_date order by transaction_date, day_order, transaction_id) as dates,
      array_agg(acquired_on order by transaction_date, day_order, transaction_id) as acquired,
      array_agg(coalesce(units, own_split) order by transaction_date, day_order, transaction_id) as units,
      array_agg(quantity order by transaction_date, day_order, transaction_id) as quantities,
      array_agg(amount order by transaction_date, day_order, transaction_id) as amounts,
      array_agg(local_amount order by transaction_date, day_order, transaction_id) as local_amounts,
      array_agg(lots order by transaction_date, day_order, transaction_id) as chosen,
      min(units_per_share) as units_per_share
    from transactions
    group by user_id, account_id, ticker
  )
select
  l.user_id,
  l.account_id,
  l.ticker,
  part.lot_id as transaction_id,
  part.lot_date as bought_date,
  part.taker_id as sale_id,
  part.taker_date as sold_date,
  part.taker_type as sale_type,
  trim_scale(sum(part.taken_units) / l.units_per_share) as quantity,
  sum(part.taken_cost) as cost,
  sum(part.taken_local_cost) as local_cost,
  sum(part.proceeds) as proceeds
from
  ledgers as l
  cross join lateral match_lots(
    l.method,
    l.ids,
    l.types,
    l.dates,
    l.acquired,
    l.units,
    l.quantities,
    l.amounts,
    l.local_amounts,
    l.chosen
  ) as part
-- A sale may name a part of a purchase, and take the rest of it by the method.
group by
  l.user_id,
  l.account_id,
  l.ticker,
  l.units_per_share,
  part.lot_id,
  part.lot_date,
  part.taker_id,
  part.taker_date,
  part.taker_type
