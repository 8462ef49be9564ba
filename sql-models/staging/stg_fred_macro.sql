-- What FRED published, with the first day on which each value could be known.
--
-- Without FRED's real-time dates that day is estimated from the release calendar, so that it errs on the late side: for
-- a month's value the latest day of the following month on which the release regularly comes, for a day's the next
-- weekday.
with
  releases(series_id, is_monthly, lag_days) as (
    values
      ('UNRATE', true, 9), -- Employment Situation: first Friday, at times the second; by the 10th
      ('INDPRO', true, 17), -- G.17: around the 15th; by the 18th
      ('CPIAUCSL', true, 17), -- CPI: the 10th to the 15th; by the 18th
      ('GS10', true, 3), -- H.15 monthly mean: first business day; by the 4th
      ('USREC', true, 640), -- NBER dated turning points 4 to 21 months after the fact
      ('DFF', false, 1), -- H.15 and the rest: the next weekday
      ('DTB3', false, 1),
      ('T10Y2Y', false, 1),
      ('T10YIE', false, 1)
  ),
  observations as (
    select
      raw_fred.series_id,
      observation_date,
      value,
      realtime_start,
      case
        when releases.is_monthly then (observation_date + interval '1 month')::date + releases.lag_days
        when extract(isodow from observation_date) in (5, 6) then date_trunc(
          'week',
          observation_date::timestamp
        )::date + 7
        else observation_date + releases.lag_days
      end as regular_date
    from
      bronze.raw_fred
      join releases on releases.series_id = raw_fred.series_id
    where value is not null
  )
select
  series_id,
  observation_date,
  value,
  -- A real-time start years after the observation is when FRED's archive of the series began, not when the value came
  -- out; a delayed release (the shutdown of autumn 2025 held one back for 7 weeks) is well within four months.
  case
    when realtime_start between observation_date and regular_date + 120 then realtime_start
    else regular_date
  end as available_date
from observations
