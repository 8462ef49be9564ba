select
  station.region,
  day.observed_on,
  count(*) as stations,
  round(avg(day.mean), 2) as mean
from
  station_days as day
  join weather.stations as station using (station)
group by station.region, day.observed_on
