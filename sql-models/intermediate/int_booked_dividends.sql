-- One row per person, ticker and day on which a dividend was booked in an account that books its own, or interest of the ticker in any:
-- without tax and fee, in the ticker's currency. It counts at the holding's exchange rate of the day.
select
  user_id,
  ticker,
  pay_date,
  sum(ticker_net) as local_net
from int_booked_income
where ticker is not null
group by user_id, ticker, pay_date
