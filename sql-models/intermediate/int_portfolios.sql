-- One row per portfolio and account in it: all accounts of a person together (portfolio 0), and each by itself where there are
-- several. Figures exist for every portfolio, and are computed of its merged flows: never averaged from accounts.
select
  a.user_id,
  0::bigint as portfolio_id,
  a.account_id
from public.accounts as a
union all
select
  a.user_id,
  a.account_id as portfolio_id,
  a.account_id
from public.accounts as a
where
  exists (
    select
    from public.accounts as other
    where other.user_id = a.user_id and other.account_id != a.account_id
  )
