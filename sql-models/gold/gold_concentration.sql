-- One row per person: how much of what is held is in how few holdings, on the last day.
--
-- Of the weights of int_position_values: cash has none.
with
  holdings as (
    select
      *,
      row_number() over (
        partition by user_id
        order by current_value desc, ticker
      ) as place
    from int_position_values
  )
select
  user_id,
  count(*) filter (where weight > 0) as holdings,
  min(ticker) filter (where place = 1 and weight > 0) as largest_ticker,
  sum(power(weight, 2) order by place) as hhi,
  1 / sum(power(weight, 2) order by place) as effective_holdings,
  sum(weight order by place) filter (where place = 1) as largest_weight,
  sum(weight order by place) filter (where place <= 5) as largest_five_weight,
  min(weight_reason) as concentration_reason
from holdings
group by user_id
