-- As in 031_corporate_actions.sql, and HIFO takes what is the dearest now: a split of one's own, a return of capital or a spin-off changes
-- what each open share costs, so the heap is made anew. By the cost on the day of purchase it would take another. Of purchases that cost the
-- same the oldest goes first, as of a money market fund at 1.00; what differs after ten digits differs by how parts of it were rounded.
create or replace function public.match_lots(
  method text, ids bigint[], types text[], dates date[], acquired date[], units numeric[], quantities numeric[], amounts numeric[],
  local_amounts numeric[], chosen jsonb[]
)
returns table (
  lot_id bigint, lot_date date, taker_id bigint, taker_date date, taker_type text, taken_units numeric, taken_cost numeric,
  taken_local_cost numeric, proceeds numeric
)
language plpgsql
immutable
parallel safe
rows 5000
set search_path = pg_catalog, pg_temp
as $$
declare
  lots integer := 0;
  lot_ids bigint[] := '{}';
  lot_dates date[] := '{}';
  lot_size numeric[] := '{}';
  lot_taken numeric[] := '{}';
  lot_cost numeric[] := '{}';
  lot_local numeric[] := '{}';
  -- The heap: keys in order, and whose they are.
  heap numeric[] := '{}';
  heap_lots integer[] := '{}';
  heap_size integer := 0;
  places jsonb := '{}';
  wanted numeric;
  lot integer;
  part numeric;
  key numeric;
  place integer;
  child integer;
  name text;
  share numeric;
  open_units numeric;
  open_cost numeric;
  open_local_cost numeric;
  left_amount numeric;
  left_local_amount numeric;
begin
  for i in 1 .. coalesce(cardinality(ids), 0) loop
    taker_id := ids[i];
    taker_date := dates[i];
    taker_type := types[i];
    if types[i] in ('BUY', 'BONUS', 'TRANSFER_IN') then
      lots := lots + 1;
      lot_ids[lots] := ids[i];
      lot_dates[lots] := acquired[i];
      lot_size[lots] := units[i];
      lot_taken[lots] := 0;
      lot_cost[lots] := amounts[i];
      lot_local[lots] := local_amounts[i];
      key := -amounts[i] / units[i];
      key := case method
        when 'lifo' then -(acquired[i] - date '1800-01-01')::numeric * 1e9 - lots
        when 'hifo' then case when key = 0 then 0 else round(key, 9 - floor(log(abs(key)::double precision))::integer) end
        else (acquired[i] - date '1800-01-01')::numeric * 1e9 + lots
      end;
      heap_size := heap_size + 1;
      place := heap_size;
      while place > 1 and heap[place / 2] > key loop
        heap[place] := heap[place / 2];
        heap_lots[place] := heap_lots[place / 2];
        place := place / 2;
      end loop;
      heap[place] := key;
      heap_lots[place] := lots;
    elsif types[i] in ('SELL', 'TRANSFER_OUT') and units[i] is not null then
      wanted := units[i];
      if chosen[i] is not null then
        for name, part in select c.key, c.value::numeric * units[i] / quantities[i] from jsonb_each_text(chosen[i]) as c loop
          lot := array_position(lot_ids, name::bigint);
          continue when lot is null;
          part := least(part, wanted, lot_size[lot] - lot_taken[lot]);
          continue when part <= 0;
          lot_id := lot_ids[lot];
          lot_date := lot_dates[lot];
          taken_units := part;
          proceeds := case when types[i] = 'SELL' then amounts[i] * part / units[i] end;
          taken_cost := case
            when lot_taken[lot] + part = lot_size[lot] then lot_cost[lot]
            else round(lot_cost[lot] * (lot_taken[lot] + part) / lot_size[lot], 12)
          end - round(lot_cost[lot] * lot_taken[lot] / lot_size[lot], 12);
          taken_local_cost := case
            when lot_taken[lot] + part = lot_size[lot] then lot_local[lot]
            else round(lot_local[lot] * (lot_taken[lot] + part) / lot_size[lot], 12)
          end - round(lot_local[lot] * lot_taken[lot] / lot_size[lot], 12);
          lot_taken[lot] := lot_taken[lot] + part;
          wanted := wanted - part;
          return next;
        end loop;
      end if;
      while wanted > 0 and heap_size > 0 loop
        lot := heap_lots[1];
        part := least(wanted, lot_size[lot] - lot_taken[lot]);
        if part > 0 then
          lot_id := lot_ids[lot];
          lot_date := lot_dates[lot];
          taken_units := part;
          proceeds := case when types[i] = 'SELL' then amounts[i] * part / units[i] end;
          taken_cost := case
            when lot_taken[lot] + part = lot_size[lot] then lot_cost[lot]
            else round(lot_cost[lot] * (lot_taken[lot] + part) / lot_size[lot], 12)
          end - round(lot_cost[lot] * lot_taken[lot] / lot_size[lot], 12);
          taken_local_cost := case
            when lot_taken[lot] + part = lot_size[lot] then lot_local[lot]
            else round(lot_local[lot] * (lot_taken[lot] + part) / lot_size[lot], 12)
          end - round(lot_local[lot] * lot_taken[lot] / lot_size[lot], 12);
          lot_taken[lot] := lot_taken[lot] + part;
          wanted := wanted - part;
          return next;
        end if;
        if lot_taken[lot] = lot_size[lot] then
          -- The last one of the heap sinks from its top to its place.
          key := heap[heap_size];
          lot := heap_lots[heap_size];
          heap_size := heap_size - 1;
          place := 1;
          child := 2;
          while child <= heap_size loop
            -- Of the same key the oldest: of what costs the same a heap alone says nothing.
            if child < heap_size and (heap[child + 1], heap_lots[child + 1]) < (heap[child], heap_lots[child]) then
              child := child + 1;
            end if;
            exit when (heap[child], heap_lots[child]) >= (key, lot);
            heap[place] := heap[child];
            heap_lots[place] := heap_lots[child];
            place := child;
            child := place * 2;
          end loop;
          heap[place] := key;
          heap_lots[place] := lot;
        end if;
      end loop;
    else
      open_units := 0;
      open_cost := 0;
      open_local_cost := 0;
      for lot in 1 .. lots loop
        open_units := open_units + lot_size[lot] - lot_taken[lot];
        open_cost := open_cost + lot_cost[lot] - round(lot_cost[lot] * lot_taken[lot] / lot_size[lot], 12);
        open_local_cost := open_local_cost + lot_local[lot] - round(lot_local[lot] * lot_taken[lot] / lot_size[lot], 12);
      end loop;
      left_amount := least(amounts[i], open_cost);
      left_local_amount := least(local_amounts[i], open_local_cost);
      for lot in 1 .. lots loop
        continue when lot_taken[lot] = lot_size[lot];
        -- What is left of it becomes the whole of it.
        lot_cost[lot] := lot_cost[lot] - round(lot_cost[lot] * lot_taken[lot] / lot_size[lot], 12);
        lot_local[lot] := lot_local[lot] - round(lot_local[lot] * lot_taken[lot] / lot_size[lot], 12);
        lot_size[lot] := lot_size[lot] - lot_taken[lot];
        lot_taken[lot] := 0;
        if types[i] = 'SPLIT' then
          lot_size[lot] := round(lot_size[lot] * units[i], 12);
        elsif types[i] = 'TRANSFER_OUT' then
          -- By cost, each part rounded as a share of what is left to take: the last one takes the rest.
          lot_id := lot_ids[lot];
          lot_date := lot_dates[lot];
          taken_units := 0;
          proceeds := null;
          taken_cost := case when open_cost = 0 then 0 when left_amount = open_cost then lot_cost[lot] when lot_cost[lot] = open_cost then left_amount else round(left_amount * lot_cost[lot] / open_cost, 12) end;
          taken_local_cost := case
            when open_local_cost = 0 then 0
            when left_local_amount = open_local_cost then lot_local[lot]
            when lot_local[lot] = open_local_cost then left_local_amount
            else round(left_local_amount * lot_local[lot] / open_local_cost, 12)
          end;
          open_cost := open_cost - lot_cost[lot];
          open_local_cost := open_local_cost - lot_local[lot];
          left_amount := left_amount - taken_cost;
          left_local_amount := left_local_amount - taken_local_cost;
          lot_cost[lot] := lot_cost[lot] - taken_cost;
          lot_local[lot] := lot_local[lot] - taken_local_cost;
          return next;
        else
          share := lot_size[lot] / open_units;
          lot_id := lot_ids[lot];
          lot_date := lot_dates[lot];
          taken_units := 0;
          proceeds := null;
          taken_cost := least(lot_cost[lot], round(amounts[i] * share, 12));
          taken_local_cost := least(lot_local[lot], round(local_amounts[i] * share, 12));
          lot_cost[lot] := lot_cost[lot] - taken_cost;
          lot_local[lot] := lot_local[lot] - taken_local_cost;
          return next;
        end if;
      end loop;
      if method = 'hifo' then
        heap_size := 0;
        for lot in 1 .. lots loop
          continue when lot_taken[lot] = lot_size[lot];
          key := -lot_cost[lot] / lot_size[lot];
          key := case when key = 0 then 0 else round(key, 9 - floor(log(abs(key)::double precision))::integer) end;
          heap_size := heap_size + 1;
          place := heap_size;
          while place > 1 and heap[place / 2] > key loop
            heap[place] := heap[place / 2];
            heap_lots[place] := heap_lots[place / 2];
            place := place / 2;
          end loop;
          heap[place] := key;
          heap_lots[place] := lot;
        end loop;
      end if;
    end if;
  end loop;
  for lot in 1 .. lots loop
    continue when lot_taken[lot] = lot_size[lot];
    lot_id := lot_ids[lot];
    lot_date := lot_dates[lot];
    taker_id := null;
    taker_date := null;
    taker_type := null;
    proceeds := null;
    taken_units := lot_size[lot] - lot_taken[lot];
    taken_cost := lot_cost[lot] - round(lot_cost[lot] * lot_taken[lot] / lot_size[lot], 12);
    taken_local_cost := lot_local[lot] - round(lot_local[lot] * lot_taken[lot] / lot_size[lot], 12);
    return next;
  end loop;
end
$$;

-- As in 013_figure_functions.sql, and what sums that cancel out leave in their last digits was not invested: shares that came and were
-- sold on one day, at a price that is rounded when it is brought to today's shares, had lost everything of nothing.
create or replace function public.daily_growth(market_value numeric, prev_market_value numeric, net_flow numeric, income numeric)
returns numeric
language sql
immutable
parallel safe
return case
  when abs(prev_market_value + greatest(net_flow, 0)) > 1e-15
    then (market_value + greatest(-net_flow, 0) + income) / (prev_market_value + greatest(net_flow, 0))
end;
