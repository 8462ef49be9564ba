-- Each monthly series as it stood after each of its publications: a row is made of what had been published by then.
with
  publications as (
    select distinct
      series_id,
      available_date as published_date
    from stg_fred_macro
    where series_id in ('UNRATE', 'INDPRO', 'CPIAUCSL')
  ),
  histories as (
    select
      publications.series_id,
      publications.published_date,
      observation.observation_date,
      observation.value,
      max(observation.month) over vintage - observation.month as age_months,
      -- by the calendar, not by rows: October 2025 was never surveyed, and three rows would reach back four months
      avg(observation.value) over (
        vintage
        order by observation.month
        range between 2 preceding and current row
      ) as three_month_average
    from
      publications
      cross join lateral (
        select
          observation_date,
          value,
          (extract(year from observation_date) * 12 + extract(month from observation_date))::integer as month
        from stg_fred_macro
        where
          series_id = publications.series_id
          -- the newest month is at most 6 months old, and 14 months before it are compared
          and observation_date > publications.published_date - interval '21 months'
          and observation_date <= publications.published_date
          and available_date <= publications.published_date
        -- keeps it a search of the index for each publication: on a table without statistics, as it is after the first
        -- load, it would else be joined pair by pair (11 s against 0.2 s)
        offset 0
      ) as observation
    window vintage as (partition by publications.series_id, publications.published_date)
  ),
  vintages as (
    select
      series_id,
      published_date,
      max(observation_date) as observation_date,
      max(value) filter (where age_months = 0) as value,
      max(three_month_average) filter (where age_months = 0) as three_month_average,
      first(value order by age_months) filter (where age_months > 0) as previous_value,
      first(value order by age_months) filter (where age_months >= 3) as value_3_months_ago,
      max(value) filter (where age_months = 6) as value_6_months_ago,
      max(value) filter (where age_months = 12) as value_12_months_ago,
      -- the lowest of twelve averages of three months: fourteen months of history, or it is not that
      case
        when max(age_months) >= 14 then max(three_month_average) filter (where age_months = 0) - min(
          three_month_average
        ) filter (where age_months between 1 and 12)
      end as gap_to_12_month_low
    from histories
    group by series_id, published_date
  )
select
  series_id,
  published_date,
  lead(published_date) over publications as next_published_date,
  observation_date,
  value,
  three_month_average,
  previous_value,
  value_3_months_ago,
  value_6_months_ago,
  value_12_months_ago,
  gap_to_12_month_low,
  three_month_average - min(three_month_average) over (
    publications
    range between interval '5 years' preceding and current row
  ) as gap_to_5_year_low
from vintages
window
  publications as (
    partition by series_id
    order by published_date
  )
