-- One row per person, ticker and day on which an account that books its own dividends received some: without tax and fee, in the
-- ticker's currency (local_) and, at the rate of the day, in the person's.
select
  user_id,
  ticker,
  transaction_date as pay_date,
  sum(local_net) as local_net,
  sum(local_net * rate) as net
from
  (
    select
      user_id,
      ticker,
      transaction_date,
      rate,
      (own_gross_amount - own_costs) * coalesce(local_gross_amount / nullif(own_gross_amount, 0), 1) as local_net
    from int_transactions
    where books_income and transaction_type = 'DIVIDEND'
  ) as bookings
group by user_id, ticker, transaction_date
