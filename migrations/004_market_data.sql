-- Bronze: what Yahoo Finance and FRED said, as they said it.

create table bronze.raw_assets (
  ticker text primary key,
  name text not null,
  asset_class text not null
    check (asset_class in ('stock', 'etf', 'fund', 'index', 'crypto', 'currency', 'future', 'other')),
  sector text,
  industry text,
  currency text not null,
  exchange text,
  exchange_timezone text not null,
  is_active boolean not null default true,  -- false: Yahoo no longer knows it; stored bars stay
  last_error text,                          -- why the last fetch failed; null when it did not
  fetched_at timestamptz not null default clock_timestamp()
);

-- close is adjusted for splits as of the fetch, not for dividends. A bar of a session that is still open has
-- is_final = false and is replaced by the next fetch.
create table bronze.raw_prices (
  ticker text not null,
  price_date date not null,
  open numeric,
  high numeric,
  low numeric,
  close numeric,
  adj_close numeric,
  volume numeric,
  is_final boolean not null default true,
  fetched_at timestamptz not null default clock_timestamp(),
  primary key (ticker, price_date)
);

create table bronze.raw_corporate_actions (
  ticker text not null,
  action_date date not null,
  action_type text not null check (action_type in ('split', 'dividend')),
  ratio numeric,            -- new shares for each old share: numerator / denominator
  numerator numeric,        -- kept apart: 1/3 has no exact decimal
  denominator numeric,
  cash_per_share numeric,   -- split-adjusted as of the fetch, like close
  fetched_at timestamptz not null default clock_timestamp(),
  primary key (ticker, action_date, action_type),
  check (action_type <> 'split' or (numerator > 0 and denominator > 0 and ratio > 0)),
  check (action_type <> 'dividend' or cash_per_share is not null)
);

create table bronze.raw_fred (
  series_id text not null,
  observation_date date not null,
  value numeric,            -- null: FRED says the observation is missing
  realtime_start date,      -- the day FRED first published it; null without an API key
  fetched_at timestamptz not null default clock_timestamp(),
  primary key (series_id, observation_date)
);

grant select on bronze.raw_assets, bronze.raw_prices, bronze.raw_corporate_actions, bronze.raw_fred to stratafolio_web;
-- The web stores what it has just learnt of a ticker while validating it; prices come from the orchestrator.
grant insert, update on bronze.raw_assets to stratafolio_web;

do $$
declare
  captured record;
begin
  for captured in
    select *
    from (values
      ('raw_assets', 'ticker', ''),
      ('raw_prices', 'ticker', 'price_date'),
      ('raw_corporate_actions', 'ticker', 'action_date'),
      ('raw_fred', 'series_id', 'observation_date')
    ) as source (name, partition_column, time_column)
  loop
    execute format(
      'create trigger capture_insert after insert on bronze.%1$I referencing new table as new_rows
         for each statement execute function orchestrator.capture_changes(%1$L, %2$L, %3$L);
       create trigger capture_update after update on bronze.%1$I referencing old table as old_rows new table as new_rows
         for each statement execute function orchestrator.capture_changes(%1$L, %2$L, %3$L);
       create trigger capture_delete after delete on bronze.%1$I referencing old table as old_rows
         for each statement execute function orchestrator.capture_changes(%1$L, %2$L, %3$L);
       create trigger capture_truncate after truncate on bronze.%1$I
         for each statement execute function orchestrator.capture_truncate(%1$L);',
      captured.name, captured.partition_column, captured.time_column);
  end loop;
end
$$;
