-- Assets of somebody's own (a house, a private fund): they are described and priced like any other, and seen by their owner alone.

-- Their ticker says whose they are: `~7.2` is the second one of person 7. No source of prices has a tilde in a symbol, so it can be
-- nobody else's; and whatever has a ticker can be kept from others by that alone (see policies here, and src/database/roles.ts).
alter table bronze.raw_assets
  -- No user_id: whoever joins the two knows that as the transaction's.
  add column owner_id bigint constraint raw_assets_user_id_fkey references public.users on delete cascade,
  drop constraint raw_assets_asset_class_check,
  add constraint raw_assets_asset_class_check check (asset_class in
    ('stock', 'etf', 'fund', 'index', 'crypto', 'currency', 'future', 'bond', 'real_estate', 'commodity', 'other')),
  add constraint raw_assets_owner_check check (
    (source = 'manual') = (owner_id is not null)
    and case when owner_id is null then ticker not like '~%' else ticker ~ ('^~' || owner_id || '\.[1-9][0-9]{0,5}$') end
  );

create index raw_assets_owner_id_idx on bronze.raw_assets (owner_id) where owner_id is not null;

-- As their owner typed them: there is nothing to judge.
alter table bronze.raw_prices
  add constraint raw_prices_own_check check (ticker not like '~%' or (close > 0 and close < 'infinity' and is_final)) not valid;

-- What is only ever of tickers that are everybody's.
do $$
declare
  shared text;
begin
  foreach shared in array array[
    'raw_corporate_actions', 'market_defects', 'market_rulings', 'split_rulings', 'history_reads', 'set_aside_prices'
  ] loop
    execute format('alter table bronze.%I add constraint %I check (ticker not like ''~%%'') not valid', shared, shared || '_shared_check');
  end loop;
end
$$;
alter table bronze.symbol_changes add constraint symbol_changes_shared_check check (from_ticker not like '~%' and to_ticker not like '~%');

-- Roles that others made see what is everybody's, as before.
alter table bronze.raw_assets enable row level security;
create policy shared_rows on bronze.raw_assets for select using (ticker not like '~%');
create policy new_rows on bronze.raw_assets for insert to stratafolio_web
  with check (ticker not like '~%' and owner_id is null and (select public.current_person()) is not null);
create policy own_rows on bronze.raw_assets to stratafolio_web
  using (owner_id = (select public.current_person()))
  with check (owner_id = (select public.current_person()));
revoke update on bronze.raw_assets from stratafolio_web;
grant delete, update (name, asset_class, quote_unit, currency) on bronze.raw_assets to stratafolio_web;

alter table bronze.raw_prices enable row level security;
create policy shared_rows on bronze.raw_prices for select using (ticker not like '~%');
create policy own_rows on bronze.raw_prices to stratafolio_web
  using (ticker like '~' || (select public.current_person()) || '.%')
  with check (ticker like '~' || (select public.current_person()) || '.%');
grant insert, delete, update (close, adj_close, fetched_at) on bronze.raw_prices to stratafolio_web;

-- Its prices go with it.
create function bronze.forget_own_prices()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from bronze.raw_prices where ticker = old.ticker;
  return null;
end
$$;

create trigger forget_own_prices after delete on bronze.raw_assets
  for each row when (old.owner_id is not null) execute function bronze.forget_own_prices();

-- A ledger names assets of its person alone, and none that are no more: a transaction that is brought back among them.
create function bronze.require_own_asset()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from bronze.raw_assets where raw_assets.ticker = new.ticker and raw_assets.owner_id = new.user_id) then
    raise exception 'expected an asset of the person''s own, got: %', new.ticker
      using errcode = 'foreign_key_violation', constraint = 'transactions_own_asset';
  end if;
  return null;
end
$$;

create trigger require_own_asset after insert or update of ticker, user_id on bronze.transactions
  for each row when (new.ticker like '~%') execute function bronze.require_own_asset();

revoke execute on function bronze.forget_own_prices(), bronze.require_own_asset() from public;

-- As before, but for bars that somebody typed.
create or replace function bronze.judge_touched_bars()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  touched record;
begin
  if tg_op = 'DELETE' then
    for touched in
      select ticker, min(price_date) as since from old_rows where ticker not like '~%' group by ticker order by ticker
    loop
      perform bronze.judge_bars(touched.ticker, touched.since);
    end loop;
    return null;
  end if;
  for touched in
    select written.ticker, min(written.price_date) as since
    from new_rows as written
    left join lateral (
      select close
      from bronze.raw_prices
      where ticker = written.ticker
        and price_date < written.price_date
        and close > 0
      order by price_date desc
      limit 1
    ) as before on true
    left join lateral (
      select close
      from bronze.raw_prices
      where ticker = written.ticker
        and price_date > written.price_date
        and close > 0
      order by price_date
      limit 1
    ) as after on true
    where written.ticker not like '~%'
    group by written.ticker
    having bool_or(
      written.close <= 0 or written.close >= 'infinity'
      or written.close > before.close * 1.75 or before.close > written.close * 1.75
      or written.close > after.close * 1.75 or after.close > written.close * 1.75
      or written.close > greatest(written.high, written.low) * 1.0001
      or least(written.high, written.low) > written.close * 1.0001
    )
    or exists (
      select
      from bronze.market_defects
      where market_defects.ticker = written.ticker
        and defect in ('hundredfold', 'lone_spike', 'outside_range', 'not_positive', 'ruled_out')
        and defect_date >= min(written.price_date) - 90
    )
    or exists (
      select
      from bronze.market_rulings
      where market_rulings.ticker = written.ticker
        and ruled_date >= min(written.price_date)
    )
    order by written.ticker
  loop
    perform bronze.judge_bars(touched.ticker, touched.since);
  end loop;
  return null;
end
$$;

-- As before; retired versions of models have rows by ticker, too.
create or replace function public.erase_account(person bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  person_email text;
  retired record;
begin
  select users.email into person_email from public.users where user_id = person;

  update orchestrator.runs
  set trigger_name = 'deleted account'
  where trigger_kind = 'manual'
    and trigger_name = person_email;

  delete from public.pending_accounts where lower(email) = lower(person_email);
  delete from public.users where user_id = person;
  -- After it: deleting the ledger has just written its last audit rows.
  delete from bronze.transactions_audit where user_id = person;

  for retired in
    select attrelid::regclass as name, bool_or(attname = 'user_id') as is_personal
    from orchestrator.asset_versions
    join pg_catalog.pg_attribute
      on attrelid = to_regclass('materialized.' || quote_ident(nullif(relation, '')))
      and attname in ('user_id', 'ticker')
    where retired_at is not null
    group by attrelid
  loop
    if retired.is_personal then
      execute format('delete from %s where user_id = $1', retired.name) using person;
    else
      execute format('delete from %s where ticker like $1', retired.name) using format('~%s.%%', person);
    end if;
  end loop;
end
$$;

-- Addresses on the web that give a ticker's prices: an operator's entries, asked by the runs of raw_prices.
create table bronze.price_urls (
  ticker text primary key check (ticker not like '~%'),
  url text not null check (length(url) <= 2000), -- {ticker}, {code}, {from} and {to} are put in
  format text not null check (format in ('csv', 'json')),
  date_path text check (length(date_path) <= 200),   -- the column, or the path in the JSON; null: as the CSV names it
  price_path text check (length(price_path) <= 200),
  unit text not null,
  every text not null check (every in ('day', 'week', 'month')),
  entered_at timestamptz not null default clock_timestamp(),
  asked_at timestamptz, -- null: not yet
  failure text          -- of the last time; null: it did not fail
);

alter table bronze.price_urls enable row level security;
create policy operators on bronze.price_urls to stratafolio_web
  using ((select public.is_operator()))
  with check ((select public.is_operator()));
grant select, insert, delete, update (url, format, date_path, price_path, unit, every, entered_at, asked_at, failure)
  on bronze.price_urls to stratafolio_web;

alter table bronze.price_files
  drop constraint price_files_origin_check,
  add constraint price_files_origin_check check (origin in ('upload', 'folder', 'command', 'url'));

-- What comes from an address is stored as a file is, and is the address's: `source` of the file says so.
do $$
declare
  definition text := pg_get_functiondef('bronze.store_file_prices(jsonb)'::regprocedure);
  of_file constant text := $text$coalesce(file ->> 'source', 'file')$text$;
  changed text;
begin
  changed := replace(
    replace(definition, $text$exchange_timezone, 'file'$text$, 'exchange_timezone, ' || of_file),
    'bronze.series_refusal(known.source,',
    format($text$bronze.series_refusal(case when known.source = %1$s then 'file' when known.source = 'file' then 'url' else known.source end,$text$, of_file));
  if length(changed) < length(definition) + 100 then
    raise exception 'expected to change bronze.store_file_prices, found another one';
  end if;
  execute changed;
end
$$;
