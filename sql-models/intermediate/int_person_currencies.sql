-- One row per person and currency that their figures are converted from or into. None for a person whose trades, tickers and
-- base currency are all of one: no rate is anything to them.
select
  t.user_id,
  used.currency
from
  bronze.transactions as t
  join public.users as u on u.user_id = t.user_id
  left join stg_assets as a on a.ticker = upper(btrim(t.ticker))
  cross join lateral unnest(
    array[
      u.base_currency,
      coalesce(a.currency, t.currency, 'USD'),
      coalesce(t.currency, a.currency, 'USD'),
      t.fx_currency
    ]
  ) as used (currency)
where
  used.currency is not null
  and (
    u.base_currency != coalesce(t.currency, a.currency, 'USD')
    or u.base_currency != coalesce(a.currency, t.currency, 'USD')
  )
group by t.user_id, used.currency
