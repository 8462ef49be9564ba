select
  station,
  observed_on,
  count(*) as readings,
  min(celsius) as coldest,
  round(avg(celsius), 2) as mean,
  max(celsius) as warmest
from cleaned_readings
group by station, observed_on
