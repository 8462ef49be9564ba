-- One row per person, ticker and movement of money: a day's trades, or a dividend. Money put in is negative.
select
  user_id,
  ticker,
  valid_from as flow_date,
  sell_amount - buy_amount as amount,
  false as is_dividend
from int_holding_periods
union all
select
  user_id,
  ticker,
  ex_date as flow_date,
  amount,
  true as is_dividend
from int_dividend_income
