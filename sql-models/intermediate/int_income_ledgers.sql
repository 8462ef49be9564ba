-- One row per person who books dividends or interest.
select user_id
from int_detailed_ledgers
where detail = 'income'
