-- A person may have the newest prices of what they traded, and the rates that these need, fetched now. What anybody asked for within
-- the last ten minutes is not asked for again: however many ask, a ticker is read once in that time.

-- Asks for those of `wanted` that nobody asked for: the run that fetches them, or the newest that was asked for any of them.
create function public.request_newest(of_asset text, wanted text[])
returns table (requested_at timestamptz, is_new boolean)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  keys constant text := 'newest:' || of_asset || ':';
  recent jsonb;
  missing text[];
begin
  perform pg_advisory_xact_lock(hashtextextended('request_newest', 0)); -- two at once would both find nothing
  select coalesce(jsonb_object_agg(partition_value, created_at), '{}')
  into recent
  from (
    select partition_value, max(created_at) as created_at
    from orchestrator.runs
    cross join lateral jsonb_array_elements_text(options -> 'partitions') as partition_value
    where runs.created_at > clock_timestamp() - interval '10 minutes'
      and starts_with(runs.request_key, keys)
      and runs.status in ('queued', 'running', 'succeeded')
    group by partition_value
  ) as asked;
  select array_agg(value order by value)
  into missing
  from unnest(wanted) as value
  where not recent ? value;
  if missing is null then
    return query
      select max((recent ->> value)::timestamptz), false
      from unnest(wanted) as value
      having count(*) > 0;
    return;
  end if;
  perform orchestrator.request_run('materialize', 'manual', 'newest prices', of_asset,
    jsonb_build_object('partitions', missing), keys || public.current_person() || ':' || md5(missing::text));
  return query select clock_timestamp(), true;
end
$$;
revoke execute on function public.request_newest(text, text[]) from public;

-- Of what this person traded and the market quotes. No row: there is nothing of that kind. is_new: false where all of it was
-- asked for already, at requested_at.
create function public.request_own_prices()
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
  ) as traded
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
revoke execute on function public.request_own_prices() from public;

-- Runs that this person asked for so and that are not over.
create function public.own_prices_under_way()
returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select exists (
    select
    from orchestrator.runs
    where (
        starts_with(request_key, 'newest:raw_prices:' || public.current_person() || ':')
        or starts_with(request_key, 'newest:raw_fx_rates:' || public.current_person() || ':')
      )
      and status in ('queued', 'running')
  );
end;
revoke execute on function public.own_prices_under_way() from public;

grant execute on function public.request_own_prices(), public.own_prices_under_way() to stratafolio_web;
