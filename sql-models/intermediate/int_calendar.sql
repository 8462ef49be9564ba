-- One row per calendar day, to the last day known to the system.
--
-- Always from 1900: were it from the first bar on, a ticker with an older history than any before it would move every
-- day of every ticker.
select c.calendar_date
from bronze.raw_calendar as c
where c.calendar_date <= (select l.last_day from int_last_day as l)
