-- One row per portfolio: what the formulas give of its returns' distribution. Whether there is enough to go by is decided in
-- gold_return_distribution.
--
-- Losses are above 0. The quantile of p lies p x (n - 1) places above the lowest return, between two of them in proportion, as
-- percentile_cont has it; what is at or below that place is the tail. In decimals, so that a place that is whole is met exactly.
with
  returns as (
    select
      user_id,
      portfolio_id,
      price_date,
      periods_per_year,
      risk_return,
      risk_return - risk_free_return as excess,
      row_number() over by_size - 1 as place,
      0.05 * (count(*) over (partition by user_id, portfolio_id) - 1) as place_95,
      0.01 * (count(*) over (partition by user_id, portfolio_id) - 1) as place_99
    from int_risk_returns
    where risk_return is not null
    window
      by_size as (
        partition by user_id, portfolio_id
        order by risk_return, price_date
      )
  )
select
  user_id,
  portfolio_id,
  max(periods_per_year) as periods_per_year,
  count(*) as returns,
  count(*) - count(excess) as returns_without_risk_free,
  coalesce(sum(excess order by price_date) filter (where excess > 0), 0) as gains,
  coalesce(-sum(excess order by price_date) filter (where excess < 0), 0) as shortfalls,
  -sum(risk_return * (1 - abs(place - place_95))::double precision order by place) filter (
    where abs(place - place_95) < 1
  ) as value_at_risk_95,
  -avg(risk_return order by place) filter (where place <= place_95) as expected_shortfall_95,
  count(*) filter (where place <= place_95) as tail_returns_95,
  -sum(risk_return * (1 - abs(place - place_99))::double precision order by place) filter (
    where abs(place - place_99) < 1
  ) as value_at_risk_99,
  -avg(risk_return order by place) filter (where place <= place_99) as expected_shortfall_99,
  count(*) filter (where place <= place_99) as tail_returns_99
from returns
group by user_id, portfolio_id
