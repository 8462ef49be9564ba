-- Prices that do not come from Yahoo Finance: files of exchanges and of vendors, and what was made of each.

-- Who gives a ticker's prices. Yahoo Finance is asked for its own alone.
alter table bronze.raw_assets
  add column source text not null default 'yahoo' check (source in ('yahoo', 'file', 'manual', 'url'));

-- One row for each file that came, read or not.
create table bronze.price_files (
  file_id bigint generated always as identity primary key,
  name text not null check (length(name) between 1 and 300),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'), -- SHA-256 of its text
  origin text not null check (origin in ('upload', 'folder', 'command')),
  user_id bigint references public.users on delete set null, -- who uploaded it; null: nobody, or somebody who has left
  received_at timestamptz not null default clock_timestamp(),
  report jsonb not null
);

create index price_files_digest_idx on bronze.price_files (digest);
create index price_files_user_id_idx on bronze.price_files (user_id); -- an account that ends is looked up

alter table bronze.price_files enable row level security;
create policy operators_read on bronze.price_files for select to stratafolio_web using ((select public.is_operator()));
-- In the export of who is no operator any more.
create policy own_read on bronze.price_files for select to stratafolio_web using (user_id = (select public.current_person()));
grant select on bronze.price_files to stratafolio_web;

-- Why a whole series of a file is not written; null: it is. far: days on which a close is more than 15 % off the stored one.
create function bronze.series_refusal(source text, stored_unit text, file_unit text, far bigint, replaces boolean)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
return case
  when source <> 'file' then 'other_source'
  when stored_unit <> file_unit then 'other_unit'
  when far >= 5 and not replaces then 'other_scale'
end;

-- Bars of a file, and splits seen in them. What is stored stands where the file contradicts it, unless the file replaces it.
create function bronze.store_file_prices(file jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  replaces constant boolean := coalesce((file ->> 'replaces')::boolean, false);
  started_at constant timestamptz := clock_timestamp();
  turned_down jsonb;
  refused text[];
  contradictions jsonb;
  counts jsonb;
  kept_splits jsonb;
begin
  perform pg_advisory_xact_lock(hashtextextended('raw_prices ' || ticker, 0))
  from (select asset ->> 'ticker' as ticker from jsonb_array_elements(file -> 'assets') as asset order by 1) as locked;

  insert into bronze.raw_assets
    (ticker, name, asset_class, quote_unit, currency, unit_factor, exchange, exchange_timezone, source)
  select ticker, name, asset_class, quote_unit, currency, unit_factor, exchange, exchange_timezone, 'file'
  from jsonb_to_recordset(file -> 'assets') as asset (
    ticker text, name text, asset_class text, quote_unit text, currency text, unit_factor numeric, exchange text, exchange_timezone text
  )
  on conflict (ticker) do nothing;

  with compared as (
    select
      bar.ticker,
      stored.close is not null as is_stored,
      bar.close > stored.close * 1.15 or stored.close > bar.close * 1.15 as is_far,
      bar.close / nullif(stored.close, 0) as ratio
    from jsonb_to_recordset(file -> 'bars') as bar (ticker text, price_date date, close numeric)
    left join bronze.raw_prices as stored using (ticker, price_date)
  ),
  series as (
    select
      compared.ticker,
      count(*) as rows,
      count(*) filter (where is_stored) as common,
      count(*) filter (where is_far) as far,
      percentile_disc(0.5) within group (order by ratio) filter (where is_far) as ratio
    from compared
    group by compared.ticker
  ),
  judged as (
    select
      series.*,
      known.source,
      known.quote_unit,
      asset ->> 'quote_unit' as file_unit,
      bronze.series_refusal(known.source, coalesce(known.quote_unit, known.currency), asset ->> 'quote_unit', far, replaces) as reason
    from series
    join bronze.raw_assets as known using (ticker)
    join jsonb_array_elements(file -> 'assets') as asset on asset ->> 'ticker' = series.ticker
  )
  select
    coalesce(array_agg(ticker), '{}'),
    coalesce(jsonb_agg(jsonb_build_object('ticker', ticker, 'reason', reason, 'rows', rows, 'detail', case reason
      when 'other_source' then 'its prices come from ' || source || ': these were compared with them and not written; switch its source to files first, if they are to take their place'
      when 'other_unit' then format('the stored prices are in %s, and these in %s', quote_unit, file_unit)
      else format('on %s of %s days that are stored these are other prices, about %s times the stored ones: adjusted otherwise, or another share''s',
        far, common, round(ratio, 4))
    end) order by ticker), '[]')
  into refused, turned_down
  from judged
  where reason is not null;

  with compared as (
    select bar.ticker, bar.price_date, bar.close, stored.close as stored_close
    from jsonb_to_recordset(file -> 'bars') as bar (ticker text, price_date date, close numeric)
    join bronze.raw_prices as stored using (ticker, price_date)
    where not exists (
      select
      from jsonb_array_elements(turned_down) as series
      where series ->> 'ticker' = bar.ticker
        and series ->> 'reason' <> 'other_source'
    )
  ),
  contradicting as (
    select *, row_number() over (order by ticker, price_date) as place
    from compared
    where stored_close is null or abs(close - stored_close) > 1e-6 * abs(stored_close)
  )
  select jsonb_build_object(
    'unchanged', (select count(*) from compared where ticker <> all (refused)) - count(*) filter (where ticker <> all (refused)),
    'contradicting', count(*) filter (where ticker <> all (refused)),
    'contradictions', coalesce(jsonb_agg(
      jsonb_build_object('ticker', ticker, 'date', price_date, 'stored', trim_scale(stored_close)::text, 'file', trim_scale(close)::text)
      order by place) filter (where place <= 1000), '[]'))
  into contradictions
  from contradicting;

  with written as (
    insert into bronze.raw_prices as stored (ticker, price_date, open, high, low, close, adj_close, volume)
    select distinct on (ticker, price_date) ticker, price_date, open, high, low, close, adj_close, volume
    from jsonb_to_recordset(file -> 'bars') as bar (
      ticker text, price_date date, open numeric, high numeric, low numeric, close numeric, adj_close numeric, volume numeric
    )
    where ticker <> all (refused)
    order by ticker, price_date
    on conflict (ticker, price_date) do update
    set
      open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
      adj_close = excluded.adj_close, volume = excluded.volume, is_final = true, fetched_at = excluded.fetched_at
    where replaces
      and (stored.open, stored.high, stored.low, stored.close, stored.adj_close, stored.volume)
        is distinct from (excluded.open, excluded.high, excluded.low, excluded.close, excluded.adj_close, excluded.volume)
    returning old.ticker is null as is_inserted
  )
  select jsonb_build_object('inserted', count(*) filter (where is_inserted), 'replaced', count(*) filter (where not is_inserted))
  into counts
  from written;

  with found as (
    select ticker, action_date, numerator, denominator, detail
    from jsonb_to_recordset(file -> 'splits') as split (ticker text, action_date date, numerator numeric, denominator numeric, detail text)
    where ticker <> all (refused)
  ),
  actions as (
    insert into bronze.raw_corporate_actions (ticker, action_date, action_type, ratio, numerator, denominator)
    select ticker, action_date, 'split', numerator / denominator, numerator, denominator
    from found
    on conflict (ticker, action_date, action_type) do nothing
    returning ticker, action_date
  ),
  -- The prices are as they were traded: that is not left to be guessed by a jump, which a small ratio does not tell from a day's move.
  rulings as (
    insert into bronze.split_rulings (ticker, action_date, changes_quantity, is_history_scaled, reason, ruled_by)
    select ticker, action_date, true, false, left(detail, 500), left('the file ' || (file ->> 'name'), 200)
    from found
    join actions using (ticker, action_date)
    on conflict (ticker, action_date) do nothing
  )
  select coalesce(jsonb_agg(jsonb_build_object('ticker', ticker, 'date', action_date, 'detail', detail) order by ticker, action_date), '[]')
  into kept_splits
  from found;

  -- A table just filled is taken for empty until its statistics are gathered.
  if (counts ->> 'inserted')::integer >= 1000 then
    analyze bronze.raw_prices;
  end if;
  return contradictions || counts || jsonb_build_object(
    'series_refused', turned_down,
    'splits', kept_splits,
    'kept_out', (
      select coalesce(jsonb_agg(jsonb_build_object('ticker', ticker, 'date', defect_date, 'defect', defect, 'detail', detail) order by ticker, defect_date), '[]')
      from (
        select ticker, defect_date, defect, detail
        from bronze.market_defects
        where ticker in (select asset ->> 'ticker' from jsonb_array_elements(file -> 'assets') as asset)
          and is_kept_out
          and found_at >= started_at
        order by ticker, defect_date
        limit 500
      ) as newly
    ));
end
$$;

-- Exchange rates of a file: only of days that have none.
create function bronze.store_file_rates(file jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  of_currency constant text := file ->> 'currency';
  answer jsonb;
  added bigint := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('raw_fx_rates ' || of_currency, 0));
  with compared as (
    select
      rate.rate_date,
      rate.usd_per_unit,
      stored.usd_per_unit as stored_rate,
      stored.source,
      row_number() over (order by rate.rate_date) as place,
      abs(rate.usd_per_unit - stored.usd_per_unit) > 1e-6 * stored.usd_per_unit as differs,
      rate.usd_per_unit > stored.usd_per_unit * 1.15 or stored.usd_per_unit > rate.usd_per_unit * 1.15 as is_far
    from jsonb_to_recordset(file -> 'rates') as rate (rate_date date, usd_per_unit numeric)
    left join bronze.raw_fx_rates as stored on stored.currency = of_currency and stored.rate_date = rate.rate_date
  )
  select jsonb_build_object(
    'unchanged', count(*) filter (where stored_rate is not null and not differs),
    'contradicting', count(*) filter (where differs),
    'contradictions', coalesce(jsonb_agg(
      jsonb_build_object('ticker', of_currency, 'date', rate_date, 'stored', trim_scale(stored_rate)::text, 'file', trim_scale(usd_per_unit)::text)
      order by place) filter (where differs and place <= 10000), '[]'),
    'series_refused', case when count(*) filter (where is_far) >= 5 then jsonb_build_array(jsonb_build_object(
      'ticker', of_currency, 'reason', 'other_scale', 'rows', count(*),
      'detail', format('on %s days that are stored these are other rates: of another currency, or the other way round', count(*) filter (where is_far))))
      else '[]' end)
  into answer
  from compared;
  if jsonb_array_length(answer -> 'series_refused') = 0 then
    insert into bronze.raw_fx_rates (currency, rate_date, usd_per_unit, source)
    select of_currency, rate_date, usd_per_unit, 'file'
    from jsonb_to_recordset(file -> 'rates') as rate (rate_date date, usd_per_unit numeric)
    on conflict (currency, rate_date) do nothing;
    get diagnostics added = row_count;
    if added >= 1000 then
      analyze bronze.raw_fx_rates;
    end if;
  else
    answer := answer || '{"unchanged": 0, "contradicting": 0, "contradictions": []}';
  end if;
  return answer || jsonb_build_object('inserted', added, 'replaced', 0, 'splits', '[]'::jsonb, 'kept_out', '[]'::jsonb);
end
$$;

-- All that a file brings, and its report, at once. `report`: what reading it found; what storing it found is added.
create function bronze.store_price_file(file jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  stored constant jsonb := case
    when file ? 'bars' then bronze.store_file_prices(file)
    when file ? 'rates' then bronze.store_file_rates(file)
    else '{}'
  end;
  answer jsonb;
begin
  insert into bronze.price_files (name, digest, origin, user_id, report)
  values (file ->> 'name', file ->> 'digest', file ->> 'origin', (file ->> 'user_id')::bigint, (file -> 'report') || stored)
  returning report || jsonb_build_object('file_id', file_id, 'received_at', received_at)
  into answer;
  return answer;
end
$$;

-- The same for an operator of the web, whose role writes no prices otherwise.
create function public.store_price_file(file jsonb)
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not public.is_operator() then
    raise exception 'price files are for operators' using errcode = 'insufficient_privilege';
  end if;
  return bronze.store_price_file(file || jsonb_build_object('origin', 'upload', 'user_id', public.current_person()));
end
$$;

-- Prices of one source are adjusted otherwise than another's, so that a ticker has those of one alone. What the other one gave is set
-- aside when the source is switched, as a whole, and comes back with it.
create table bronze.set_aside_prices (
  ticker text not null,
  source text not null check (source in ('yahoo', 'file', 'manual', 'url')),
  set_aside_at timestamptz not null default clock_timestamp(),
  bars jsonb not null,
  actions jsonb not null,
  rulings jsonb not null, -- on splits that were read from files
  primary key (ticker, source)
);

alter table bronze.set_aside_prices enable row level security;

-- What was set aside and what came back, in bars; null: there is no such ticker, or it has this source.
create function bronze.switch_price_source(of_ticker text, to_source text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  from_source text;
  own bronze.set_aside_prices;
  former bronze.set_aside_prices;
begin
  perform pg_advisory_xact_lock(hashtextextended('raw_prices ' || of_ticker, 0));
  select source into from_source from bronze.raw_assets where ticker = of_ticker for update;
  if from_source is null or from_source = to_source then
    return null;
  end if;

  with bars as (
    delete from bronze.raw_prices as stored where ticker = of_ticker returning to_jsonb(stored) as bar
  ),
  actions as (
    delete from bronze.raw_corporate_actions as stored where ticker = of_ticker returning to_jsonb(stored) as action
  ),
  rulings as (
    delete from bronze.split_rulings as stored
    where ticker = of_ticker
      and from_source = 'file'
      and ruled_by like 'the file %'
    returning to_jsonb(stored) as ruling
  )
  insert into bronze.set_aside_prices as aside (ticker, source, bars, actions, rulings)
  values (of_ticker, from_source,
    (select coalesce(jsonb_agg(bar), '[]') from bars),
    (select coalesce(jsonb_agg(action), '[]') from actions),
    (select coalesce(jsonb_agg(ruling), '[]') from rulings))
  on conflict (ticker, source) do update
  set bars = excluded.bars, actions = excluded.actions, rulings = excluded.rulings, set_aside_at = excluded.set_aside_at
  returning aside.* into own;

  delete from bronze.set_aside_prices
  where ticker = of_ticker
    and source = to_source
  returning * into former;
  insert into bronze.raw_prices
  select (jsonb_populate_recordset(null::bronze.raw_prices, former.bars)).*;
  insert into bronze.raw_corporate_actions
  select (jsonb_populate_recordset(null::bronze.raw_corporate_actions, former.actions)).*;
  insert into bronze.split_rulings
  select (jsonb_populate_recordset(null::bronze.split_rulings, former.rulings)).*
  on conflict (ticker, action_date) do nothing;
  delete from bronze.history_reads where ticker = of_ticker;
  update bronze.raw_assets set source = to_source, is_active = true, last_error = null where ticker = of_ticker;
  return jsonb_build_object(
    'set_aside', jsonb_array_length(own.bars),
    'brought_back', coalesce(jsonb_array_length(former.bars), 0));
end
$$;

create function public.switch_price_source(of_ticker text, to_source text)
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not public.is_operator() then
    raise exception 'sources of prices are for operators' using errcode = 'insufficient_privilege';
  end if;
  return bronze.switch_price_source(of_ticker, to_source);
end
$$;

revoke execute on function
  bronze.switch_price_source(text, text), public.switch_price_source(text, text), bronze.series_refusal(text, text, text, bigint, boolean), bronze.store_file_prices(jsonb), bronze.store_file_rates(jsonb),
  bronze.store_price_file(jsonb), public.store_price_file(jsonb)
from public;
grant execute on function public.store_price_file(jsonb), public.switch_price_source(text, text) to stratafolio_web;
