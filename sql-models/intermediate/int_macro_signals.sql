-- Every calendar day's signals as they were known on that day: from the first day on which everything the regime needs
-- is known to the last day on which anything became known.
with
  rates as (
    select
      series_id,
      observation_date,
      value,
      available_date,
      max(observation_date) over (
        partition by series_id
        order by available_date
      ) as newest_date
    from stg_fred_macro
    where series_id in ('DFF', 'GS10', 'T10Y2Y', 'T10YIE')
  ),
  -- What was known of a series from a day on, until the day something newer was. A rate that comes out after a newer
  -- one was never the newest.
  knowledge as (
    select
      series_id,
      available_date as known_from,
      lead(available_date) over (
        partition by series_id
        order by available_date
      ) as known_to,
      value,
      null::date as observation_date,
      null::numeric as previous_value,
      null::numeric as value_3_months_ago,
      null::numeric as value_6_months_ago,
      null::numeric as value_12_months_ago,
      null::numeric as gap_to_12_month_low,
      null::numeric as gap_to_5_year_low
    from rates
    where observation_date = newest_date
    union all
    select
      series_id,
      published_date as known_from,
      next_published_date as known_to,
      value,
      observation_date,
      previous_value,
      value_3_months_ago,
      value_6_months_ago,
      value_12_months_ago,
      gap_to_12_month_low,
      gap_to_5_year_low
    from int_macro_publications
  ),
  span as (
    select
      min(known_from) filter (where series_id = 'DFF') as first_date,
      max(known_from) as last_date
    from knowledge
  ),
  -- One row a day by aggregation, not by joining a list of days for each series: the planner cannot know how many days
  -- a period has, and picked a nested loop of 172 s where this takes 0.5 s.
  days as (
    select
      greatest(known_from, first_date) + day as date,
      max(observation_date) filter (where series_id = 'UNRATE') as unemployment_month,
      max(value) filter (where series_id = 'UNRATE') as unemployment,
      max(gap_to_12_month_low) filter (where series_id = 'UNRATE') as sahm_gap,
      max(gap_to_5_year_low) filter (where series_id = 'UNRATE') as unemployment_slack,
      max(value - previous_value) filter (where series_id = 'UNRATE') as unemployment_change_1m,
      max(value - value_3_months_ago) filter (where series_id = 'UNRATE') as unemployment_change_3m,
      max(observation_date) filter (where series_id = 'INDPRO') as production_month,
      max(value / previous_value - 1) filter (where series_id = 'INDPRO') as production_change_1m,
      max(power(value / value_6_months_ago, 2) - 1) filter (where series_id = 'INDPRO') as production_growth_6m,
      max(value / value_12_months_ago - 1) filter (where series_id = 'INDPRO') as industrial_production_yoy,
      max(value / value_12_months_ago - 1) filter (where series_id = 'CPIAUCSL') as inflation_yoy,
      max(value) filter (where series_id = 'DFF') as fed_funds,
      max(value) filter (where series_id = 'GS10') as yield_10y,
      max(value) filter (where series_id = 'T10Y2Y') as curve_10y2y,
      max(value) filter (where series_id = 'T10YIE') as breakeven_inflation_10y
    from
      knowledge
      cross join span
      cross join generate_series(0, least(known_to - 1, last_date) - greatest(known_from, first_date)) as day
    group by date
  ),
  signals as (
    select
      date,
      unemployment_month,
      unemployment,
      sahm_gap,
      unemployment_slack,
      unemployment_change_1m,
      unemployment_change_3m,
      production_month,
      production_change_1m::double precision,
      production_growth_6m::double precision,
      industrial_production_yoy::double precision,
      inflation_yoy::double precision,
      fed_funds,
      yield_10y,
      curve_10y2y,
      -- FRED's spread begins in June 1976
      coalesce(curve_10y2y, yield_10y - fed_funds) as yield_curve,
      breakeven_inflation_10y
    from days
  ),
  complete as (
    select min(date) as first_date
    from signals
    where
      sahm_gap is not null
      and production_growth_6m is not null
      and fed_funds is not null
      and yield_curve is not null
  )
select
  signals.date,
  signals.unemployment_month,
  signals.unemployment,
  signals.sahm_gap,
  signals.unemployment_slack,
  signals.unemployment_change_1m,
  signals.unemployment_change_3m,
  signals.production_month,
  signals.production_change_1m,
  signals.production_growth_6m,
  signals.industrial_production_yoy,
  signals.inflation_yoy,
  signals.fed_funds,
  signals.yield_10y,
  signals.curve_10y2y,
  signals.yield_curve,
  signals.breakeven_inflation_10y
from
  signals
  cross join complete
where signals.date >= complete.first_date
