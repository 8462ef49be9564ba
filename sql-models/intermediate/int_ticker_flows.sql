-- One row per person, ticker and movement of money: a day's transactions, or a dividend. Money put in is negative. Shares that came or
-- went by a transfer count at their price of the day, or at what was said of them (exchanged_value).
select
  p.user_id,
  p.ticker,
  p.valid_from as flow_date,
  p.sell_amount - p.buy_amount - case
    when p.transferred_quantity = 0
    and p.exchanged_value = 0 then 0
    else (
      coalesce((p.transferred_quantity - p.exchanged_quantity) * d.close, p.transferred_value) + p.exchanged_value
    ) * p.rate
  end as amount,
  false as is_dividend
from
  int_ticker_periods as p
  left join lateral (
    select i.close
    from int_prices_daily as i
    where
      -- looked up of a transfer alone
      (p.transferred_quantity != 0 or p.exchanged_value != 0)
      and i.ticker = p.ticker
      and i.price_date = p.valid_from
    offset 0
  ) as d
    on true
union all
select
  user_id,
  ticker,
  pay_date as flow_date,
  sum(net) as amount,
  true as is_dividend
from int_income
where ticker is not null
group by user_id, ticker, pay_date
