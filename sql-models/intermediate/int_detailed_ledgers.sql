-- One row per person and thing that their figures need of the ledger beyond what is held at its average cost: cash, income that
-- they book, single lots, types of rows beside purchases and sales. What only they need is computed for them alone.
select
  t.user_id,
  needed.detail
from
  bronze.transactions as t
  join public.users as u on u.user_id = t.user_id
  join public.accounts as a on a.account_id = t.account_id
  cross join lateral (
    values
      (
        'cash',
        a.tracks_cash
        or t.tax != 0
        or t.transaction_type in ('DIVIDEND', 'INTEREST', 'FEE', 'TAX')
        or t.fee != 0
        and t.transaction_type not in ('BUY', 'SELL')
      ),
      ('income', t.transaction_type in ('DIVIDEND', 'INTEREST')),
      ('lots', u.cost_basis_method != 'average'),
      ('types', t.transaction_type not in ('BUY', 'SELL'))
  ) as needed (detail, is_needed)
where needed.is_needed
group by t.user_id, needed.detail
