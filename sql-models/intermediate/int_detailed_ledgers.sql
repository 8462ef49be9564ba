-- One row per person whose figures need more of the ledger than what is held at its average cost: who keeps cash, has another
-- row than purchases and sales, or sells single purchases. What only they need is computed for them alone.
select t.user_id
from
  bronze.transactions as t
  join public.users as u on u.user_id = t.user_id
  join public.accounts as a on a.account_id = t.account_id
where u.cost_basis_method != 'average' or a.tracks_cash or t.tax != 0 or t.transaction_type not in ('BUY', 'SELL')
group by t.user_id
