-- One row per account, currency and calendar day, from its first movement of cash: what lies there at the close, and what it is
-- worth in the person's base currency. Of an account that holds no cash: the days alone on which something was paid.
--
-- A balance below 0 is borrowed (margin). Before the first known rate of the currency the flow's own stands in (is_rated).
with
  balances as (
    select
      *,
      sum(movement) over to_date as balance,
      lead(flow_date, 1, 'infinity') over in_order as next_date,
      lag(rate) over in_order as prev_rate
    from int_account_flows
    window
      in_order as (
        partition by user_id, account_id, currency
        order by flow_date
      ),
      to_date as (
        in_order
        rows unbounded preceding
      )
  ),
  days as (
    select
      b.*,
      c.calendar_date as cash_date,
      c.calendar_date = b.flow_date as is_flow_day,
      case
        when c.calendar_date = b.flow_date then b.movement
        else 0
      end as moved
    from
      balances as b
      join int_calendar as c
        on c.calendar_date >= b.flow_date
        and c.calendar_date < case
          when b.balance = 0 then b.flow_date + 1
          else b.next_date
        end
  ),
  rated as (
    select
      d.*,
      coalesce(of_day.rate, d.rate) as day_rate,
      coalesce(
        of_day.prev_rate,
        case
          when d.is_flow_day then d.prev_rate
          else d.rate
        end,
        0
      ) as prev_day_rate,
      d.currency = d.base_currency or of_day.rate is not null as is_rated
    from
      days as d
      left join lateral (
        select
          own.usd_per_unit / base.usd_per_unit as rate,
          own.prev_usd_per_unit / base.prev_usd_per_unit as prev_rate
        from
          int_fx_daily as own
          join int_fx_daily as base on base.rate_date = own.rate_date
        where
          d.currency != d.base_currency
          and own.currency = d.currency
          and base.currency = d.base_currency
          and own.rate_date = d.cash_date
        offset 0 -- as in int_daily_holdings
      ) as of_day
        on true
  )
select
  user_id,
  account_id,
  currency,
  base_currency,
  cash_date,
  balance,
  balance * day_rate as market_value,
  (balance - moved) * prev_day_rate as prev_market_value,
  case
    when is_flow_day then net_flow
    else 0
  end as net_flow,
  case
    when is_flow_day then income
    else 0
  end as income,
  case
    when is_flow_day then income_paid_out
    else 0
  end as income_paid_out,
  case
    when is_flow_day then fees
    else 0
  end as fees,
  case
    when is_flow_day then taxes
    else 0
  end as taxes,
  -- What else changed the value: the price of cash is always 1.
  balance * day_rate - (balance - moved) * prev_day_rate - case
    when is_flow_day then net_flow + income + dividends - income_paid_out - fees - taxes
    else 0
  end as currency_effect,
  day_rate as rate,
  is_rated
from rated
