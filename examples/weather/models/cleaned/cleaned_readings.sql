-- The service's word for "the instrument was silent" is a temperature of 999.9.
select
  station,
  observed_at,
  observed_on,
  celsius
from weather.readings
where celsius != 999.9
