-- One row per person and benchmark: how the portfolio did beside it, and the reason for every figure that there is not.
--
-- Definitions, formulas and least numbers of returns: docs/metrics.md.
with
  portfolios as (
    select
      d.user_id,
      b.ticker as benchmark,
      min(d.currency) as currency
    from
      int_portfolio_daily as d
      join int_benchmarks as b on b.user_id = d.user_id
    where d.portfolio_id = 0
    group by d.user_id, b.ticker
  ),
  figures as (
    select
      p.user_id as person,
      p.benchmark as compared,
      f.*,
      case
        when f.returns is null then 'no prices of the benchmark are known on these days'
        else too_few_returns(f.returns)
      end as returns_reason,
      case
        when p.currency != 'USD' then 'no risk-free rate is known in ' || p.currency
        when f.returns_without_risk_free > 0 then 'no risk-free rate (FRED DTB3) is known for some of the days'
      end as risk_free_reason,
      -- A deviation of 1e-18 is none, as in int_performance.
      case
        when f.benchmark_deviation <= 1e-12 then 'the benchmark does not vary'
      end as benchmark_reason,
      case
        when f.deviation <= 1e-12 then 'the returns do not vary'
      end as deviation_reason,
      case
        when f.active_deviation <= 1e-12 then 'the returns never differ from the benchmark''s'
      end as active_reason,
      case
        when f.up_returns < 10 then 'needs 10 days on which the benchmark rose, has ' || f.up_returns
      end as up_reason,
      case
        when f.down_returns < 10 then 'needs 10 days on which the benchmark fell, has ' || f.down_returns
      end as down_reason
    from
      portfolios as p
      left join int_benchmark_figures as f on f.user_id = p.user_id and f.portfolio_id = 0 and f.benchmark = p.benchmark
  ),
  reasons as (
    select
      *,
      coalesce(returns_reason, benchmark_reason) as beta_reason,
      coalesce(returns_reason, risk_free_reason, benchmark_reason) as alpha_reason,
      coalesce(returns_reason, benchmark_reason, deviation_reason) as correlation_reason,
      coalesce(returns_reason, active_reason) as information_ratio_reason,
      coalesce(returns_reason, up_reason) as up_capture_reason,
      coalesce(returns_reason, down_reason) as down_capture_reason
    from figures
  )
select
  person as user_id,
  compared as benchmark,
  first_date,
  last_date,
  coalesce(returns, 0) as returns,
  return,
  benchmark_return,
  case
    when beta_reason is null then beta
  end as beta,
  beta_reason,
  case
    when alpha_reason is null then alpha
  end as alpha,
  alpha_reason,
  case
    when correlation_reason is null then correlation
  end as correlation,
  correlation_reason,
  case
    when returns_reason is null then tracking_error
  end as tracking_error,
  returns_reason as tracking_error_reason,
  case
    when information_ratio_reason is null then information_ratio
  end as information_ratio,
  information_ratio_reason,
  case
    when up_capture_reason is null then up_capture
  end as up_capture,
  up_capture_reason,
  case
    when down_capture_reason is null then down_capture
  end as down_capture,
  down_capture_reason
from reasons
