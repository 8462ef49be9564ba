-- One row per portfolio and benchmark: what the formulas give. Whether there is enough to go by is decided in gold_benchmark_performance.
--
-- Over the returns of which both are known; 1e-12 is neither a rise nor a fall of the benchmark, but rounding. Definitions and formulas: docs/metrics.md.
with
  pairs as (
    select
      *,
      risk_return - benchmark_return as active_return,
      risk_return - risk_free_return as excess,
      benchmark_return - risk_free_return as benchmark_excess
    from int_benchmark_returns
    where benchmark_return is not null
  ),
  figures as (
    select
      user_id,
      portfolio_id,
      benchmark,
      min(price_date) as first_date,
      max(price_date) as last_date,
      max(periods_per_year) as periods_per_year,
      count(*) as returns,
      count(*) - count(risk_free_return) as returns_without_risk_free,
      product(1 + risk_return order by price_date) - 1 as return,
      product(1 + benchmark_return order by price_date) - 1 as benchmark_return,
      stddev_samp(risk_return order by price_date) as deviation,
      stddev_samp(benchmark_return order by price_date) as benchmark_deviation,
      covar_samp(risk_return, benchmark_return order by price_date) as covariance,
      avg(excess order by price_date) as excess,
      avg(benchmark_excess order by price_date) as benchmark_excess,
      avg(active_return order by price_date) as active_return,
      stddev_samp(active_return order by price_date) as active_deviation,
      count(*) filter (where benchmark_return > 1e-12) as up_returns,
      count(*) filter (where benchmark_return < -1e-12) as down_returns,
      avg(risk_return order by price_date) filter (where benchmark_return > 1e-12) as up_return,
      avg(benchmark_return order by price_date) filter (where benchmark_return > 1e-12) as up_benchmark,
      avg(risk_return order by price_date) filter (where benchmark_return < -1e-12) as down_return,
      avg(benchmark_return order by price_date) filter (where benchmark_return < -1e-12) as down_benchmark
    from pairs
    group by user_id, portfolio_id, benchmark
  ),
  slopes as (
    select
      *,
      -- A deviation of 1e-18 is none, as in int_performance.
      case
        when benchmark_deviation > 1e-12 then covariance / power(benchmark_deviation, 2)
      end as beta
    from figures
  )
select
  user_id,
  portfolio_id,
  benchmark,
  first_date,
  last_date,
  periods_per_year,
  returns,
  returns_without_risk_free,
  return,
  benchmark_return,
  deviation,
  benchmark_deviation,
  covariance,
  excess,
  benchmark_excess,
  active_return,
  active_deviation,
  beta,
  (excess - beta * benchmark_excess) * periods_per_year as alpha,
  covariance / nullif(deviation * benchmark_deviation, 0) as correlation,
  active_deviation * sqrt(periods_per_year) as tracking_error,
  active_return / nullif(active_deviation, 0) * sqrt(periods_per_year) as information_ratio,
  up_returns,
  down_returns,
  up_return,
  up_benchmark,
  down_return,
  down_benchmark,
  up_return / up_benchmark as up_capture,
  down_return / down_benchmark as down_capture
from slopes
