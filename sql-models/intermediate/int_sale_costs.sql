-- One row per transaction that takes from single purchases: what it took of them had cost, in the person's base currency and in
-- the ticker's own (local_). None for the moving average, which needs no look at purchases: joined to int_lot_ledgers, so
-- that a trade of somebody who sells at the average is not carried here.
select
  l.user_id,
  l.account_id,
  l.ticker,
  l.sale_id as transaction_id,
  min(l.sold_date) as sold_date,
  sum(l.cost) as cost,
  sum(l.local_cost) as local_cost
from
  int_lots as l
  join int_lot_ledgers as d on d.user_id = l.user_id
where l.sale_id is not null
group by l.user_id, l.account_id, l.ticker, l.sale_id
