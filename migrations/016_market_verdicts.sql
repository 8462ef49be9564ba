-- Verdicts on bars and dividends: made by triggers, whoever writes the rows, and kept in bronze.market_defects.

-- A ticker's defects of some kinds from a day on become those given; rows that stay as they are are not touched.
create function bronze.keep_defects(of_ticker text, kinds text[], since date, found bronze.market_defects[])
returns void
language sql
set search_path = pg_catalog
begin atomic
  with wanted as (
    select defect_date, defect, is_kept_out, detail
    from unnest(found)
  ),
  gone as (
    delete from bronze.market_defects
    where ticker = of_ticker
      and defect = any (kinds)
      and defect_date >= since
      and not exists (
        select
        from wanted
        where wanted.defect_date = market_defects.defect_date
          and wanted.defect = market_defects.defect
      )
  )
  insert into bronze.market_defects as stands (ticker, defect_date, defect, is_kept_out, detail)
  select of_ticker, defect_date, defect, is_kept_out, detail
  from wanted
  on conflict (ticker, defect_date, defect) do update
  set is_kept_out = excluded.is_kept_out, detail = excluded.detail
  where (stands.is_kept_out, stands.detail) is distinct from (excluded.is_kept_out, excluded.detail);
end;

-- Judges a ticker's bars from a day on, each against the last good close before it and what comes after:
--   hundredfold   about 100 times the last good close, or a hundredth of it: the unit was another. Kept out until the
--                 closes are back, or have stayed there for 20 bars and so must be believed.
--   lone_spike    more than twice or less than half the last good close, and back at it (within 15 % of the way) on the next
--                 bar; kept out beyond a factor of 4, and from 1.85 on where one of the ticker's splits has that factor: it
--                 was applied to this bar too often, or not. Else only marked: prices do that, and no mark is needed
--                 where the day's own range reaches the last good close.
--   outside_range the close is not between the day's own low and high; kept out when by more than a quarter.
--   not_positive  0 or below.
-- A verdict depends on 21 bars before and after at the most, so it is the same in whatever order bars are written; and on the
-- ticker's splits, so a split has the whole history judged again.
create function bronze.judge_bars(of_ticker text, since date)
returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
  longest constant integer := 20;
  first_date date;
  good double precision;
  dates date[];
  closes double precision[];
  lows double precision[];
  highs double precision[];
  jump double precision;
  reach integer;
  back integer;
  here integer := 1;
  beyond double precision;
  is_of_split boolean;
  split_jumps constant double precision[] := array(
    select abs(ln(ratio::double precision))
    from bronze.raw_corporate_actions
    where ticker = of_ticker
      and action_type = 'split'
      and abs(ln(ratio)) > ln(1.9)
  );
  found bronze.market_defects[] := '{}';
  kind text;
begin
  -- Decisions further back cannot change: they look at most 20 bars ahead.
  select min(recent.price_date)
  into first_date
  from (
    select price_date
    from bronze.raw_prices
    where ticker = of_ticker
      and price_date <= since
      and close > 0
    order by price_date desc
    limit longest + 2
  ) as recent;
  first_date := least(coalesce(first_date, since), since);
  select close
  into good
  from bronze.raw_prices
  where ticker = of_ticker
    and price_date < first_date
    and close > 0
    and close < 'infinity'
    and not exists (
      select
      from bronze.market_defects
      where market_defects.ticker = of_ticker
        and defect_date = price_date
        and defect in ('hundredfold', 'lone_spike', 'outside_range', 'ruled_out')
        and is_kept_out
    )
  order by price_date desc
  limit 1;
  select array_agg(price_date order by price_date), array_agg(close order by price_date),
    array_agg(low order by price_date), array_agg(high order by price_date)
  into dates, closes, lows, highs
  from bronze.raw_prices
  where ticker = of_ticker
    and price_date >= first_date
    and close > 0
    and close < 'infinity';

  while here <= coalesce(cardinality(closes), 0) loop
    beyond := greatest(
      closes[here] / nullif(greatest(highs[here], lows[here]), 0),
      least(highs[here], lows[here]) / closes[here], 1);
    jump := ln(closes[here] / coalesce(good, closes[here]));
    kind := case when abs(abs(jump) - ln(100::double precision)) < ln(1.25::double precision) then 'hundredfold' else 'lone_spike' end;
    is_of_split := exists (select from unnest(split_jumps) as size where abs(abs(jump) - size) < ln(1.08::double precision));
    back := null;
    if beyond > 1.25 then
      found := found || (of_ticker, dates[here], 'outside_range', true,
        format('its close %s is not between its low %s and high %s', closes[here], lows[here], highs[here]), now())::bronze.market_defects;
      here := here + 1;
      continue;
    elsif abs(jump) > ln(4::double precision)
      or (is_of_split or abs(jump) > ln(2.05::double precision)) and not coalesce(good between lows[here] and highs[here], false)
    then
      reach := least(here + case kind when 'hundredfold' then longest else 1 end, cardinality(closes));
      for later in here + 1 .. reach loop
        if abs(ln(closes[later] / good)) <= 0.15 * abs(jump) then
          back := later;
          exit;
        end if;
      end loop;
      -- At the end of what is known nobody can tell yet; a split of that size would explain it.
      if back is null and kind = 'hundredfold' and here + longest > cardinality(closes) and not exists (
        select
        from bronze.raw_corporate_actions
        where ticker = of_ticker
          and action_type = 'split'
          and action_date between dates[here] - 7 and dates[here] + 7
          and abs(ln(ratio)) >= ln(2.0)
      ) then
        back := cardinality(closes) + 1;
      end if;
    end if;
    if back is null then
      if beyond > 1.0001 then
        found := found || (of_ticker, dates[here], 'outside_range', false,
          format('its close %s is not between its low %s and high %s', closes[here], lows[here], highs[here]), now())::bronze.market_defects;
      end if;
      good := closes[here];
      here := here + 1;
      continue;
    end if;
    for bad in here .. back - 1 loop
      found := found || (of_ticker, dates[bad], kind, kind = 'hundredfold' or is_of_split or abs(jump) > ln(4::double precision) + 1e-9,
        format('its close %s is %s times the last good one, %s', closes[bad], trim_scale(round((closes[bad] / good)::numeric, 4)), good), now())::bronze.market_defects;
    end loop;
    here := back;
  end loop;

  found := found || array(
    select (of_ticker, price_date, 'not_positive', true, format('its close is %s', trim_scale(close)), now())::bronze.market_defects
    from bronze.raw_prices
    where ticker = of_ticker
      and price_date >= first_date
      and (close <= 0 or close >= 'infinity')
  );
  perform bronze.keep_defects(
    of_ticker,
    array['hundredfold', 'lone_spike', 'outside_range', 'not_positive', 'ruled_out'],
    first_date,
    array(
      select (judged.ticker, judged.defect_date, judged.defect, coalesce(ruling.is_kept_out, judged.is_kept_out),
        judged.detail || coalesce('; ' || ruling.ruled_by || ' ruled: ' || ruling.reason, ''), judged.found_at)::bronze.market_defects
      from unnest(found) as judged
      left join bronze.market_rulings as ruling
        on ruling.ticker = of_ticker
        and ruling.ruled_date = judged.defect_date
        and ruling.subject = 'price'
        and judged.defect <> 'not_positive' -- which can be no price
    ) || array(
      select (ruling.ticker, ruling.ruled_date, 'ruled_out', true, ruling.ruled_by || ' ruled: ' || ruling.reason, now())::bronze.market_defects
      from bronze.market_rulings as ruling
      where ruling.ticker = of_ticker
        and ruling.ruled_date >= first_date
        and ruling.subject = 'price'
        and ruling.is_kept_out
        and ruling.ruled_date <> all (array(select judged.defect_date from unnest(found) as judged))
    )
  );
end
$$;

-- The same payment under two dates: within four days of one another, and about as much. The later one is kept out.
create function bronze.judge_dividends(of_ticker text)
returns void
language sql
set search_path = pg_catalog
begin atomic
  select bronze.keep_defects(of_ticker, array['doubled_dividend'], '-infinity', array(
    select (of_ticker, later.action_date, 'doubled_dividend', coalesce(ruling.is_kept_out, true),
      format('%s a share, %s days after one of %s', trim_scale(later.cash_per_share),
        later.action_date - earlier.action_date, trim_scale(earlier.cash_per_share))
        || coalesce('; ' || ruling.ruled_by || ' ruled: ' || ruling.reason, ''), now())::bronze.market_defects
    from bronze.raw_corporate_actions as later
    join lateral (
      select action_date, cash_per_share
      from bronze.raw_corporate_actions
      where ticker = of_ticker
        and action_type = 'dividend'
        and action_date between later.action_date - 4 and later.action_date - 1
        and abs(cash_per_share - later.cash_per_share) <= 0.15 * cash_per_share
      order by action_date
      limit 1
    ) as earlier on true
    left join bronze.market_rulings as ruling
      on ruling.ticker = of_ticker
      and ruling.ruled_date = later.action_date
      and ruling.subject = 'dividend'
    where later.ticker = of_ticker
      and later.action_type = 'dividend'
  ));
end;

-- Whoever writes the rows: a fetch, a file, a correction by hand. A verdict begins with a jump beside a written bar, a range
-- that leaves it out, or a verdict that stands; a ticker with nothing of it, which on most days is every ticker, is passed over.
create function bronze.judge_touched_bars()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  touched record;
begin
  if tg_op = 'DELETE' then
    for touched in
      select ticker, min(price_date) as since from old_rows group by ticker order by ticker
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

create function bronze.judge_touched_actions()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  touched record;
begin
  for touched in execute
    'select ticker, bool_or(action_type = ''split'') as has_split from ('
    || case tg_op
      when 'INSERT' then 'select ticker, action_type, action_date from new_rows'
      when 'DELETE' then 'select ticker, action_type, action_date from old_rows'
      else 'select ticker, action_type, action_date from new_rows union all select ticker, action_type, action_date from old_rows'
    end || ') as rows group by ticker order by ticker'
  loop
    perform bronze.judge_dividends(touched.ticker);
    if touched.has_split then
      perform bronze.judge_bars(touched.ticker, '-infinity');
    end if;
  end loop;
  return null;
end
$$;

create function bronze.judge_ruled()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  ruled record := coalesce(new, old);
begin
  if ruled.subject = 'dividend' then
    perform bronze.judge_dividends(ruled.ticker);
  else
    perform bronze.judge_bars(ruled.ticker, ruled.ruled_date);
  end if;
  return null;
end
$$;

create trigger judge_insert after insert on bronze.raw_prices referencing new table as new_rows
  for each statement execute function bronze.judge_touched_bars();
create trigger judge_update after update on bronze.raw_prices referencing old table as old_rows new table as new_rows
  for each statement execute function bronze.judge_touched_bars();
create trigger judge_delete after delete on bronze.raw_prices referencing old table as old_rows
  for each statement execute function bronze.judge_touched_bars();
create trigger judge_insert after insert on bronze.raw_corporate_actions referencing new table as new_rows
  for each statement execute function bronze.judge_touched_actions();
create trigger judge_update after update on bronze.raw_corporate_actions referencing old table as old_rows new table as new_rows
  for each statement execute function bronze.judge_touched_actions();
create trigger judge_delete after delete on bronze.raw_corporate_actions referencing old table as old_rows
  for each statement execute function bronze.judge_touched_actions();
create function bronze.forget_defects()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
  delete from bronze.market_defects
  where (defect = 'doubled_dividend') = (tg_table_name = 'raw_corporate_actions');
  return null;
end
$$;

create trigger forget_truncated after truncate on bronze.raw_prices
  for each statement execute function bronze.forget_defects();
create trigger forget_truncated after truncate on bronze.raw_corporate_actions
  for each statement execute function bronze.forget_defects();
create trigger judge_ruled after insert or update or delete on bronze.market_rulings
  for each row execute function bronze.judge_ruled();

-- What is there already.
select bronze.judge_bars(ticker, '-infinity'), bronze.judge_dividends(ticker)
from (select distinct ticker from bronze.raw_prices union select ticker from bronze.raw_corporate_actions) as stored;
