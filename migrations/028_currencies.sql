-- Everybody's currency: in what a ticker is quoted, what each currency is worth, what a trade was paid in, and in what a
-- person reads their figures.

-- `currency` is the ISO code from now on, and quote_unit what the source says: GBp is a hundredth of a GBP. Bronze stays as
-- fetched; staging multiplies by unit_factor, once.
alter table bronze.raw_assets
  add column quote_unit text,
  add column unit_factor numeric not null default 1 check (unit_factor in (1, 0.01, 0.001));

-- What the models make of it they make anew in any case: they are other models.
alter table bronze.raw_assets disable trigger user;
update bronze.raw_assets as a
set quote_unit = a.currency,
  currency = coalesce(unit.currency, a.currency),
  unit_factor = coalesce(unit.factor, 1)
from bronze.raw_assets as every
left join (values ('GBp', 'GBP', 0.01), ('GBX', 'GBP', 0.01), ('ZAc', 'ZAR', 0.01), ('ZAC', 'ZAR', 0.01), ('ILA', 'ILS', 0.01), ('USX', 'USD', 0.01), ('KWF', 'KWD', 0.001))
  as unit (name, currency, factor)
  on unit.name = every.currency
where a.ticker = every.ticker;
alter table bronze.raw_assets enable trigger user;

-- Found by a fetch: the source calls the unit another, and the closes did not move with it.
alter table bronze.market_defects
  drop constraint market_defects_defect_check,
  add constraint market_defects_defect_check check (defect in (
    'not_positive', 'outside_range', 'hundredfold', 'lone_spike', 'ruled_out', 'doubled_dividend',
    'no_close', 'missing_day', 'lone_day', 'other_currency', 'other_company', 'other_unit'
  ));

-- US dollars for one of the currency. Of one day there is one rate: Yahoo's, a file's, or FRED's where those fail.
create table bronze.raw_fx_rates (
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  rate_date date not null,
  usd_per_unit numeric not null check (usd_per_unit > 0 and usd_per_unit < 1e6),
  is_final boolean not null default true,
  source text not null check (source in ('definition', 'yahoo', 'fred', 'file')),
  fetched_at timestamptz not null default clock_timestamp(),
  primary key (currency, rate_date)
);

-- A dollar is a dollar: so that no rate needs a case of its own for it.
insert into bronze.raw_fx_rates (currency, rate_date, usd_per_unit, source, fetched_at)
values ('USD', '1900-01-01', 1, 'definition', '1900-01-01 00:00:00+00');

grant select on bronze.raw_fx_rates to stratafolio_web;

-- Asks for the rates of new currencies, as request_histories for the histories of new tickers; how the run is, histories_run says.
create function public.request_rates(currencies text[], request_key text)
returns table (run_id bigint, since_log bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not request_key like 'backfill:rates:%'
    or coalesce(cardinality(currencies), 0) not between 1 and 10
    or exists (select from unnest(currencies) as currency where currency !~ '^[A-Z]{3}$' or currency is null)
  then
    raise exception 'expected up to ten codes of currencies and a key that begins with backfill:rates:, got % and %', currencies, request_key;
  end if;
  select coalesce(max(log_id), 0) into since_log from orchestrator.step_logs;
  run_id := orchestrator.request_run('materialize', 'manual', 'new currency', 'raw_fx_rates',
    jsonb_build_object('partitions', currencies), request_key);
  return next;
end
$$;

grant execute on function public.request_rates(text[], text) to stratafolio_web;

create trigger capture_insert after insert on bronze.raw_fx_rates referencing new table as new_rows
  for each statement execute function orchestrator.capture_changes('raw_fx_rates', 'currency', 'rate_date');
create trigger capture_update after update on bronze.raw_fx_rates referencing old table as old_rows new table as new_rows
  for each statement execute function orchestrator.capture_changes('raw_fx_rates', 'currency', 'rate_date');
create trigger capture_delete after delete on bronze.raw_fx_rates referencing old table as old_rows
  for each statement execute function orchestrator.capture_changes('raw_fx_rates', 'currency', 'rate_date');
create trigger capture_truncate after truncate on bronze.raw_fx_rates
  for each statement execute function orchestrator.capture_truncate('raw_fx_rates');

alter table public.users add column base_currency text not null default 'USD' check (base_currency ~ '^[A-Z]{3}$');
grant select (base_currency), update (base_currency) on public.users to stratafolio_web;

-- What a trade was paid in; null: the ticker's own currency. fx_rate: what one of it was worth in fx_currency, the person's
-- base currency when they said so; null: the day's rate.
alter table bronze.transactions
  add column currency text check (currency ~ '^[A-Z]{3}$'),
  add column fx_rate numeric check (fx_rate > 0 and fx_rate < 1e12),
  add column fx_currency text check (fx_currency ~ '^[A-Z]{3}$'),
  add constraint transactions_fx_rate_has_currency check ((fx_rate is null) = (fx_currency is null));

-- From one currency to the next, not from trade to trade: asked whenever a rate may be missing.
create index transactions_currency_idx on bronze.transactions (currency);

alter table bronze.transactions_audit
  add column currency text,
  add column fx_rate numeric,
  add column fx_currency text;

create or replace function bronze.audit_transactions()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op in ('DELETE', 'UPDATE') then
    insert into bronze.transactions_audit (
      operation, transaction_id, user_id, ticker, transaction_type, quantity, price, fee, currency, fx_rate, fx_currency,
      transaction_date, created_at
    )
    select
      lower(tg_op), transaction_id, user_id, ticker, transaction_type, quantity, price, fee, currency, fx_rate, fx_currency,
      transaction_date, created_at
    from old_rows;
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into bronze.transactions_audit (
      operation, transaction_id, user_id, ticker, transaction_type, quantity, price, fee, currency, fx_rate, fx_currency,
      transaction_date, created_at
    )
    select
      lower(tg_op), transaction_id, user_id, ticker, transaction_type, quantity, price, fee, currency, fx_rate, fx_currency,
      transaction_date, created_at
    from new_rows;
  end if;
  return null;
end
$$;

-- A position in two currencies at once: what it cost in the person's, and in the ticker's own. Both are removed in the same
-- proportion; of each what is removed and what stays add up to what was paid, to the last digit.
create type public.position_in_two as (
  units numeric,
  cost numeric,
  local_cost numeric,
  removed_cost numeric,
  removed_local_cost numeric,
  fifo_cost numeric,
  fifo_local_cost numeric
);

-- One trade, as in 022_position_folds.sql. local_amount null: the two currencies are one, and only `amount` is followed.
create function public.apply_trade(
  state public.position_in_two, units numeric, amount numeric, local_amount numeric, fifo_cost numeric, fifo_local_cost numeric
)
returns public.position_in_two
language plpgsql
immutable
parallel safe
as $$
declare
  is_exit boolean := state.units + units <= 0;
begin
  state.removed_cost := 0;
  state.removed_local_cost := 0;
  if units > 0 then
    state.cost := state.cost + amount;
    state.local_cost := state.local_cost + local_amount;
  elsif is_exit then
    state.removed_cost := state.cost;
    state.removed_local_cost := state.local_cost;
    state.cost := 0;
    state.local_cost := 0;
  elsif fifo_cost is null then
    state.removed_cost := round(state.cost * -units / state.units, 12);
    state.removed_local_cost := round(state.local_cost * -units / state.units, 12);
    state.cost := state.cost - state.removed_cost;
    state.local_cost := state.local_cost - state.removed_local_cost;
  else
    state.removed_cost := fifo_cost - state.fifo_cost;
    state.removed_local_cost := fifo_local_cost - state.fifo_local_cost;
    state.cost := state.cost - state.removed_cost;
    state.local_cost := state.local_cost - state.removed_local_cost;
  end if;
  if units <= 0 then
    state.fifo_cost := fifo_cost;
    state.fifo_local_cost := fifo_local_cost;
  end if;
  state.units := state.units + units;
  return state;
end
$$;

create aggregate public.position_after(
  units numeric, amount numeric, local_amount numeric, fifo_cost numeric, fifo_local_cost numeric
) (
  sfunc = public.apply_trade,
  stype = public.position_in_two,
  initcond = '(0,0,0,0,0,0,0)',
  parallel = safe
);

-- Whoever may call the fold before it reads the models that now call this one.
do $$
declare
  reader name;
begin
  for reader in
    select distinct rolname
    from pg_catalog.pg_proc
    cross join aclexplode(proacl)
    join pg_catalog.pg_roles on pg_roles.oid = grantee
    where pg_proc.oid = 'public.position_after(numeric, numeric, numeric)'::regprocedure
      and grantee <> proowner
  loop
    execute format(
      'grant execute on function
         public.position_after(numeric, numeric, numeric, numeric, numeric),
         public.apply_trade(public.position_in_two, numeric, numeric, numeric, numeric, numeric)
       to %I',
      reader
    );
  end loop;
end
$$;
