-- One row per person: how the returns are distributed, above all what is lost on bad days, and the reason for every figure that there is not.
--
-- Definitions, formulas and least numbers of returns: docs/metrics.md.
with
  portfolios as (
    select
      user_id,
      min(currency) as currency
    from int_portfolio_daily
    where portfolio_id = 0
    group by user_id
  ),
  reasons as (
    select
      p.user_id as person,
      f.*,
      coalesce(f.returns, 0) as known_returns,
      case
        when coalesce(f.returns, 0) < 100 then 'needs 100 returns, has ' || coalesce(f.returns, 0)
      end as tail_95_reason,
      case
        when coalesce(f.returns, 0) < 250 then 'needs 250 returns, has ' || coalesce(f.returns, 0)
      end as tail_99_reason,
      coalesce(
        too_few_returns(coalesce(f.returns, 0)),
        case
          when p.currency != 'USD' then 'no risk-free rate is known in ' || p.currency
          when f.returns_without_risk_free > 0 then 'no risk-free rate (FRED DTB3) is known for some of the days'
        end,
        case
          when f.shortfalls <= 1e-12 then 'no return was below the risk-free rate'
        end
      ) as omega_reason
    from
      portfolios as p
      left join int_return_distribution as f on f.user_id = p.user_id and f.portfolio_id = 0
  )
select
  person as user_id,
  known_returns as returns,
  case
    when tail_95_reason is null then value_at_risk_95
  end as value_at_risk_95,
  tail_95_reason as value_at_risk_95_reason,
  case
    when tail_95_reason is null then expected_shortfall_95
  end as expected_shortfall_95,
  tail_95_reason as expected_shortfall_95_reason,
  case
    when tail_99_reason is null then value_at_risk_99
  end as value_at_risk_99,
  tail_99_reason as value_at_risk_99_reason,
  case
    when tail_99_reason is null then expected_shortfall_99
  end as expected_shortfall_99,
  tail_99_reason as expected_shortfall_99_reason,
  case
    when omega_reason is null then gains / shortfalls
  end as omega,
  omega_reason
from reasons
