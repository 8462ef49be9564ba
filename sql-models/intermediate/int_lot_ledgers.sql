-- One row per person who sells single purchases, not at the average cost.
select user_id
from int_detailed_ledgers
where detail = 'lots'
