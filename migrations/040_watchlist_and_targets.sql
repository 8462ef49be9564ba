-- What a person keeps an eye on without owning it, and the part of the whole that they mean each holding to be.

create table public.watchlist (
  user_id bigint not null references public.users on delete cascade,
  ticker text not null check (ticker <> '' and ticker not like '~%'), -- what is one's own has no market to watch
  added_at timestamptz not null default clock_timestamp(),
  primary key (user_id, ticker)
);

create table public.target_weights (
  user_id bigint not null references public.users on delete cascade,
  ticker text not null, -- '': cash
  weight numeric not null check (weight >= 0 and weight <= 1),
  primary key (user_id, ticker)
);

-- The run that fetches prices goes from one ticker to the next, of everybody.
create index watchlist_ticker_idx on public.watchlist (ticker);
create index target_weights_ticker_idx on public.target_weights (ticker);

alter table public.watchlist enable row level security;
create policy own_rows on public.watchlist to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
grant select, insert, delete on public.watchlist to stratafolio_web;

alter table public.target_weights enable row level security;
create policy own_rows on public.target_weights to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
grant select, insert, delete on public.target_weights to stratafolio_web;

-- As before, and of what this person watches or aims at, too.
create or replace function public.request_own_prices()
returns table (requested_at timestamptz, is_new boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  person constant bigint := public.current_person();
  tickers text[];
  currencies text[];
begin
  if person is null then
    raise exception 'expected a person';
  end if;
  select array_agg(distinct ticker)
  into tickers
  from (
    select upper(btrim(transactions.ticker)) as ticker
    from bronze.transactions
    where user_id = person
    union
    select watchlist.ticker
    from public.watchlist
    where user_id = person
    union
    select target_weights.ticker
    from public.target_weights
    where user_id = person
  ) as wanted
  join bronze.raw_assets using (ticker)
  where source = 'yahoo'
    and is_active;
  select array_agg(distinct currency)
  into currencies
  from (
    select currency
    from bronze.raw_assets
    where ticker = any (tickers)
    union all
    select base_currency
    from public.users
    where user_id = person
  ) as used
  where currency ~ '^[A-Z]{3}$'
    and currency <> 'USD';
  if tickers is null then
    return;
  end if;
  perform public.request_newest('raw_fx_rates', coalesce(currencies, '{}'));
  return query select * from public.request_newest('raw_prices', tickers);
end
$$;
