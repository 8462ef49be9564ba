-- One row per person, ticker and return of the portfolio that counts for risk: the ticker's own return over its days.
--
-- The days compound as the portfolio's do (int_risk_returns), so that all tickers' returns are of the same days.
select
  user_id,
  ticker,
  risk_date as price_date,
  max(periods_per_year) as periods_per_year,
  case
    when count(daily_return) > 0 then product(1 + coalesce(daily_return, 0) order by price_date) - 1
  end as risk_return
from int_holding_gains
where risk_date is not null
group by user_id, ticker, risk_date
