select
  station.station,
  station.name,
  station.region,
  count(day.observed_on) as days,
  max(day.observed_on) as last_day,
  min(day.coldest) as coldest,
  max(day.warmest) as warmest
from
  weather.stations as station
  left join station_days as day on day.station = station.station
group by station.station, station.name, station.region
