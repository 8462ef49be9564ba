-- One row per account and ticker held on the last day: what an estimate of its income is of, and whether there can be one.
--
-- is_gone: it trades no more as far as anybody knows, since its source does not know the ticker any longer, or has had no bar of it for more
-- than 45 days. A price that its owner types has no such days. is_told: where nothing was paid, somebody would have said so: the
-- market, which does once it has prices of the ticker (price lists, addresses and owners have prices alone), or an account that books its own income.
select
  h.user_id,
  h.account_id,
  h.ticker,
  h.price_date as as_of,
  h.currency,
  h.quantity,
  h.rate,
  h.market_value,
  h.cost_basis,
  h.is_priced,
  not coalesce(a.is_active, true) or (not h.is_always_open and coalesce(p.days_since_bar, 0) > 45) as is_gone,
  h.is_priced
  and (
    coalesce(a.source, 'yahoo') not in ('file', 'url', 'manual')
    or bool_or(booked.income = 'ledger') over (partition by h.user_id, h.ticker)
  ) as is_told
from
  int_daily_holdings as h
  join public.accounts as booked on booked.account_id = h.account_id
  left join bronze.raw_assets as a on a.ticker = h.ticker
  left join int_prices_daily as p on p.ticker = h.ticker and p.price_date = h.price_date
where
  h.quantity > 0
  -- not joined: the day is to be looked up before the holdings, or all of their days would be made
  and h.price_date = (
    select known.last_day
    from int_last_day as known
  )
