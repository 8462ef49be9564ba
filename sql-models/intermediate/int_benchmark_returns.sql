-- One row per portfolio, benchmark and return that counts for risk: it, and what the benchmark did on the same days.
--
-- The benchmark's total return in the person's base currency: Yahoo Finance's adjusted close, which reinvests dividends, at the
-- day's exchange rate; on a day without a bar the last one stands, and before its first bar or rate there is none. Its days
-- compound as the portfolio's do (int_risk_returns), those alone on which something was invested: a period without a holding is no
-- return of either. Each day looks its bar up by index: a join of days to days, of which a planner expects one, would take seconds.
with
  portfolios as (
    select
      user_id,
      portfolio_id,
      min(currency) as base_currency,
      min(price_date) as first_date
    from int_portfolio_daily
    group by user_id, portfolio_id
  ),
  -- Named twice, and yet not computed for everybody.
  compared as not materialized (
    select
      p.user_id,
      p.portfolio_id,
      b.ticker as benchmark,
      p.base_currency,
      coalesce(a.currency, p.base_currency) as currency,
      p.first_date
    from
      portfolios as p
      join int_benchmarks as b on b.user_id = p.user_id
      left join stg_assets as a on a.ticker = b.ticker
  ),
  days as (
    select
      r.user_id,
      r.portfolio_id,
      p.benchmark,
      p.base_currency,
      p.currency,
      r.price_date,
      r.daily_return,
      r.risk_period,
      r.periods_per_year,
      r.risk_return,
      r.risk_free_return
    from
      compared as p
      join int_risk_returns as r on r.user_id = p.user_id and r.portfolio_id = p.portfolio_id
    union all
    -- The close that the first day's return is measured from.
    select
      user_id,
      portfolio_id,
      benchmark,
      base_currency,
      currency,
      first_date - 1 as price_date,
      null as daily_return,
      null as risk_period,
      null as periods_per_year,
      null as risk_return,
      null as risk_free_return
    from compared
  ),
  levels as (
    select
      d.*,
      bar.adj_close::double precision * rates.rate as level
    from
      days as d
      left join lateral (
        select o.adj_close
        from stg_raw_prices as o
        where o.ticker = d.benchmark and o.price_date <= d.price_date and o.adj_close > 0
        order by o.price_date desc
        limit 1
      ) as bar
        on true
      left join lateral (
        select 1::double precision as rate
        where d.currency = d.base_currency
        union all
        select (f.usd_per_unit / base.usd_per_unit)::double precision as rate
        from
          int_fx_daily as f
          join int_fx_daily as base on base.rate_date = f.rate_date
        where
          d.currency != d.base_currency
          and f.currency = d.currency
          and base.currency = d.base_currency
          and f.rate_date = d.price_date
      ) as rates
        on true
  ),
  growths as (
    select
      *,
      level / lag(level) over (
        partition by user_id, portfolio_id, benchmark
        order by price_date
      ) as growth
    from levels
  )
select
  user_id,
  portfolio_id,
  benchmark,
  max(price_date) filter (where risk_return is not null) as price_date,
  max(periods_per_year) as periods_per_year,
  max(risk_return) as risk_return,
  max(risk_free_return) as risk_free_return,
  case
    when count(growth) filter (where daily_return is not null) = count(daily_return) then product(
      growth
      order by price_date
    ) filter (where daily_return is not null) - 1
  end as benchmark_return
from growths
group by user_id, portfolio_id, benchmark, risk_period
having count(risk_return) > 0
