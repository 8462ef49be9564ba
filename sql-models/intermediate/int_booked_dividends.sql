-- One row per person, ticker and day on which an account that books its own dividends received some: without tax and fee, in the
-- ticker's currency (local_) and, at the rate of the day, in the person's.
select
  user_id,
  ticker,
  pay_date,
  sum(ticker_net) as local_net,
  sum(ticker_net * rate) as net
from int_booked_income
where is_dividend
group by user_id, ticker, pay_date
