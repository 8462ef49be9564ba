-- One row per dividend that a person received: cash per share times what was held when the day before the ex-date
-- closed. Bought on the ex-date or later: none. Sold on the ex-date: still paid.
with
  dividends as (
    select
      p.user_id,
      p.ticker,
      d.ex_date,
      case
        when d.ex_date = p.valid_from then p.prev_quantity
        else p.quantity
      end as quantity,
      d.cash_per_share
    from
      int_holding_periods as p
      join stg_dividends as d on d.ticker = p.ticker and d.ex_date >= p.valid_from and d.ex_date < p.held_until
      join int_calendar as c on c.calendar_date = d.ex_date -- announced, but after the last day known: not yet
  )
select
  user_id,
  ticker,
  ex_date,
  quantity,
  cash_per_share,
  quantity * cash_per_share as amount
from dividends
where quantity > 0
