-- One row per transaction that takes from single purchases: what it took of them had cost, in the person's base currency and in
-- the ticker's own (local_). None for the moving average, which needs no look at purchases.
select
  user_id,
  account_id,
  ticker,
  sale_id as transaction_id,
  min(sold_date) as sold_date,
  sum(cost) as cost,
  sum(local_cost) as local_cost
from int_lots
where sale_id is not null
group by user_id, account_id, ticker, sale_id
