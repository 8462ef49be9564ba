-- For people whose accounts say FIFO, in their base currency: one row per lot and sale that took from it, and one for what is left of a lot.
--
-- Bought and sold units are laid end to end on two rulers. Every end of a lot or of a sale cuts both: what lies between
-- two cuts is of one lot and of one sale, the ones that end next. So all parts come out of one walk over the cuts, from
-- the last to the first; to look for the lots that each sale overlaps takes as many steps as there are pairs of them.
-- int_positions has the same costs, added up by sale.
with
  trades as (
    select
      t.user_id,
      t.ticker,
      t.transaction_id,
      t.transaction_date,
      t.transaction_type = 'BUY' as is_lot,
      t.units,
      t.units_per_share,
      case t.transaction_type
        when 'BUY' then t.gross_amount + t.fee
        else t.gross_amount - t.fee
      end as amount,
      sum(t.units) over (
        partition by t.user_id, t.ticker, t.transaction_type
        order by t.transaction_date, t.transaction_id
      ) as units_end
    from int_trades as t
    where t.cost_basis_method = 'fifo'
  ),
  cuts as (
    select
      *,
      lead(units_end, 1, 0) over from_last as prev_cut,
      count(*) filter (where is_lot) over from_last as lots_from_here,
      count(*) filter (where not is_lot) over from_last as sales_from_here
    from trades
    window
      from_last as (
        partition by user_id, ticker
        order by units_end desc, is_lot
        rows unbounded preceding
      )
  ),
  parts as (
    select
      user_id,
      ticker,
      units_per_share,
      max(transaction_id) filter (where is_lot) over lot as transaction_id,
      max(transaction_date) filter (where is_lot) over lot as bought_date,
      max(amount) filter (where is_lot) over lot as cost,
      max(units) filter (where is_lot) over lot as lot_units,
      max(units_end - units) filter (where is_lot) over lot as lot_start,
      -- null: what has not been sold yet
      max(transaction_id) filter (where not is_lot) over sale as sale_id,
      max(transaction_date) filter (where not is_lot) over sale as sold_date,
      max(amount) filter (where not is_lot) over sale as sale_amount,
      max(units) filter (where not is_lot) over sale as sale_units,
      max(units_end - units) filter (where not is_lot) over sale as sale_start,
      prev_cut,
      units_end as part_end
    from cuts
    window
      lot as (partition by user_id, ticker, lots_from_here),
      sale as (partition by user_id, ticker, sales_from_here)
  ),
  starts as (
    select
      *,
      -- The cut before, with the decimals of the lot's or the sale's own start: a quotient has as many as its terms.
      greatest(lot_start, sale_start, prev_cut) as part_start
    from parts
    where part_end > prev_cut and transaction_id is not null
  )
select
  user_id,
  ticker,
  transaction_id,
  bought_date,
  sale_id,
  sold_date,
  trim_scale((part_end - part_start) / units_per_share) as quantity,
  case
    when part_end - lot_start = lot_units then cost
    else round(cost * (part_end - lot_start) / lot_units, 12)
  end - round(cost * (part_start - lot_start) / lot_units, 12) as cost,
  sale_amount * (part_end - part_start) / sale_units as proceeds
from starts
