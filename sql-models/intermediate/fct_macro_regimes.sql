-- One row per calendar day: the macro regime that could be told on that day, and the signals behind it.
--
-- A regime is a switch: one condition turns it on, another off, and in between it stays. A day is judged by that day
-- and those before it only. Where the thresholds come from and how well they do: docs/regimes.md.
with
  signals as (
    select
      *,
      max(date) over () as last_date
    from int_macro_signals
  ),
  -- A portfolio's last days may be newer than all publications: what was known last still stands.
  days as (
    select
      signals.*,
      signals.date + days_later as day
    from
      signals
      cross join generate_series(
        0,
        case
          when date = last_date then greatest(0, (select max(calendar_date) from int_calendar) - last_date)
          else 0
        end
      ) as days_later
  ),
  conditions as (
    select
      *,
      sahm_gap > 0.3
      and production_growth_6m < -0.01
      and unemployment_change_3m > 0
      and unemployment_change_1m > 0
      and production_change_1m < 0 as is_contracting,
      unemployment_change_1m <= 0 and production_change_1m > 0 as is_turning,
      sahm_gap <= 0 as is_healed,
      (sahm_gap > 0.2)::integer + (production_growth_6m < 0)::integer + (yield_curve < 0)::integer as warnings,
      fed_funds - max(fed_funds) over (
        order by day
        range between interval '3 months' preceding and interval '3 months' preceding
      ) as fed_funds_change_3m
    from days
  ),
  contractions as (
    select
      *,
      coalesce(
        max(day) filter (where is_contracting) over to_date > coalesce(
          max(day) filter (where is_turning) over to_date,
          '-infinity'
        ),
        false
      ) as is_contraction
    from conditions
    window to_date as (order by day)
  ),
  switches as (
    select
      *,
      max(day) filter (where is_contraction) over to_date as contraction_day,
      coalesce(max(day) filter (where is_healed and not is_contraction) over to_date, '-infinity') as healed_day,
      max(day) filter (where warnings >= 2) over to_date as warned_day,
      coalesce(max(day) filter (where warnings = 0) over to_date, '-infinity') as cleared_day,
      max(day) filter (where yield_curve < 0.5) over to_date as flat_day,
      coalesce(max(day) filter (where yield_curve > 1) over to_date, '-infinity') as steep_day
    from contractions
    window to_date as (order by day)
  ),
  phases as (
    select
      *,
      minimum_dwell(
        case
          when is_contraction then 'contraction'
          when contraction_day > healed_day then 'recovery'
          when warned_day > cleared_day then 'slowdown'
          else 'expansion'
        end,
        day,
        30
      ) over (order by day) as phase
    from switches
  )
select
  day as date,
  (phase).value as regime,
  (phase).since as regime_start,
  day - (phase).since + 1 as days_in_regime,
  case
    when fed_funds_change_3m > 0.25 then 'tightening'
    when fed_funds_change_3m < -0.25 then 'easing'
    else 'on hold'
  end as fed_stance,
  case
    when (phase).value = 'contraction' then 'recession'
    when unemployment_slack >= 1 then 'early'
    when flat_day > steep_day then 'late'
    else 'mid'
  end as cycle_phase,
  unemployment_month,
  unemployment,
  sahm_gap,
  unemployment_slack,
  unemployment_change_1m,
  unemployment_change_3m,
  production_month,
  production_change_1m,
  production_growth_6m,
  industrial_production_yoy,
  inflation_yoy,
  fed_funds,
  fed_funds_change_3m,
  yield_10y,
  curve_10y2y,
  yield_curve,
  breakeven_inflation_10y
from phases
