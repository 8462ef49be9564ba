-- One row per person who keeps cash, or has income, fees or taxes beside its trades.
select user_id
from int_detailed_ledgers
where detail = 'cash'
