-- Corporate actions that the price source does not tell of: spin-offs, mergers, renames, rights, cash for fractions.

-- market_value: of shares that one holding becomes another by, what they were worth on the day, in the ticker's own currency. It is
-- said once and stands on both sides, so that nothing seems to be put in or taken out, whatever the closes say later. Ordinary
-- transfers have none: they count at the close.
-- A TRANSFER_OUT without a quantity moves what shares had cost, and no shares: what a spin-off takes of its parent.
alter table bronze.transactions
  add column market_value numeric check (market_value >= 0 and market_value < 1e15),
  add constraint transactions_exchange_has_value check (
    market_value is null or transaction_type in ('TRANSFER_IN', 'TRANSFER_OUT') and ticker is not null and group_id is not null
  ),
  drop constraint transactions_type_has_its_columns,
  add constraint transactions_type_has_its_columns check (coalesce(
    case transaction_type
      when 'BUY' then ticker is not null and quantity is not null and price is not null and amount is null
      when 'SELL' then ticker is not null and quantity is not null and price is not null and amount is null
      when 'BONUS' then ticker is not null and quantity is not null and price is null and amount is null
      when 'SPLIT' then ticker is not null and quantity is null and price is null and amount is null
      when 'RETURN_OF_CAPITAL' then ticker is not null and quantity is null and price is null and amount > 0
      when 'DIVIDEND' then ticker is not null and quantity is null and price is null and amount <> 0
      when 'INTEREST' then quantity is null and price is null and amount <> 0
      when 'DEPOSIT' then ticker is null and quantity is null and price is null and amount > 0
      when 'WITHDRAWAL' then ticker is null and quantity is null and price is null and amount > 0
      when 'FEE' then quantity is null and price is null and amount <> 0
      when 'TAX' then quantity is null and price is null and amount <> 0
      when 'FX_IN' then ticker is null and quantity is null and price is null and amount > 0 and transfer_id is not null
      when 'FX_OUT' then ticker is null and quantity is null and price is null and amount > 0 and transfer_id is not null
      -- Of shares: the amount is what they cost; of cash: what was moved.
      when 'TRANSFER_IN' then price is null and (ticker is null) = (quantity is null) and amount >= 0 and (ticker is not null or amount > 0)
      when 'TRANSFER_OUT' then price is null and case
        when ticker is null then quantity is null and amount > 0
        when quantity is null then amount >= 0 and market_value is not null
        else amount is null
      end
      else false
    end,
    false -- an amount that is missing is none
  ));

-- Every audit row has what the row had.
alter table bronze.transactions_audit add column market_value numeric;

-- One line for each row: of an update the one that there was, and what became other.
create or replace function bronze.audit_transactions()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    insert into bronze.transactions_audit (
      operation, transaction_id, user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, tax, currency,
      fx_rate, fx_currency, numerator, denominator, acquired_on, lots, market_value, transfer_id, group_id, note, tags, external_id,
      transaction_date, created_at
    )
    select
      'insert', transaction_id, user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, tax, currency,
      fx_rate, fx_currency, numerator, denominator, acquired_on, lots, market_value, transfer_id, group_id, note, tags, external_id,
      transaction_date, created_at
    from new_rows;
    return null;
  end if;
  if tg_op = 'DELETE' then
    insert into bronze.transactions_audit (
      operation, transaction_id, user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, tax, currency,
      fx_rate, fx_currency, numerator, denominator, acquired_on, lots, market_value, transfer_id, group_id, note, tags, external_id,
      transaction_date, created_at
    )
    select
      'delete', transaction_id, user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, tax, currency,
      fx_rate, fx_currency, numerator, denominator, acquired_on, lots, market_value, transfer_id, group_id, note, tags, external_id,
      transaction_date, created_at
    from old_rows;
    return null;
  end if;
  insert into bronze.transactions_audit (
    operation, changes, transaction_id, user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, tax, currency,
    fx_rate, fx_currency, numerator, denominator, acquired_on, lots, market_value, transfer_id, group_id, note, tags, external_id,
    transaction_date, created_at
  )
  select
    'update', bronze.describe_changes(to_jsonb(o), to_jsonb(n)), o.transaction_id, o.user_id, o.account_id, o.ticker,
    o.transaction_type, o.quantity, o.price, o.amount, o.fee, o.tax, o.currency, o.fx_rate, o.fx_currency, o.numerator,
    o.denominator, o.acquired_on, o.lots, o.market_value, o.transfer_id, o.group_id, o.note, o.tags, o.external_id, o.transaction_date, o.created_at
  from old_rows as o
  join new_rows as n using (transaction_id);
  return null;
end
$$;

-- As in 030_ledger_accounts.sql, and a TRANSFER_OUT without units, which takes of what all that is open had cost, each lot's share of
-- the cost: so parent and child of a spin-off have the same part of every purchase.
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
      key := case method
        when 'lifo' then -(acquired[i] - date '1800-01-01')::numeric * 1e9 - lots
        when 'hifo' then -amounts[i] / units[i]
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
            if child < heap_size and heap[child + 1] < heap[child] then
              child := child + 1;
            end if;
            exit when heap[child] >= key;
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
          taken_cost := case when open_cost = 0 then 0 when lot_cost[lot] = open_cost then left_amount else round(left_amount * lot_cost[lot] / open_cost, 12) end;
          taken_local_cost := case
            when open_local_cost = 0 then 0
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

-- What a person, or an operator for them, said has become of a holding. The rows that it wrote have its id as group_id and as transfer_id:
-- one of them is deleted, and comes back, with all others.
create table public.corporate_actions (
  user_id bigint not null references public.users on delete cascade,
  action_id uuid not null,
  kind text not null check (kind in ('spin_off', 'merger', 'rename', 'rights', 'cash_in_lieu')),
  ticker text not null check (ticker = upper(btrim(ticker)) and ticker <> ''),
  new_ticker text check (new_ticker = upper(btrim(new_ticker)) and new_ticker <> ''),
  action_date date not null check (action_date >= '1900-01-01' and action_date < '2200-01-01'),
  -- As they were said, with the prices that were found: who applies it again, to trades of before too, has the same.
  terms jsonb not null check (jsonb_typeof(terms) = 'object'),
  -- Of a rename, which writes no rows: the transactions that have the new symbol now.
  renamed bigint[],
  -- What an operator wrote for all holders at once has one; null: the person wrote it.
  announcement_id uuid,
  written_by text not null check (written_by <> '' and length(written_by) <= 320),
  written_at timestamptz not null default clock_timestamp(),
  undone_at timestamptz,
  primary key (user_id, action_id)
);

create index corporate_actions_announcement_idx on public.corporate_actions (announcement_id) where announcement_id is not null;

alter table public.corporate_actions enable row level security;
create policy own_rows on public.corporate_actions to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
grant select, insert, update (renamed, written_at, undone_at) on public.corporate_actions to stratafolio_web;

-- Who has transactions of a ticker up to a day: for an operator alone, who is told how many there are, and writes for each as that person.
-- Nothing of what they hold.
create function public.holders_of(of_ticker text, until date)
returns setof bigint
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not public.is_operator() then
    raise exception 'expected an operator, to count the holders of %', of_ticker using errcode = 'insufficient_privilege';
  end if;
  return query
    select transactions.user_id
    from bronze.transactions
    join public.users on users.user_id = transactions.user_id
    where upper(btrim(transactions.ticker)) = of_ticker
      and transactions.transaction_date <= until
      and transactions.transaction_type in ('BUY', 'BONUS', 'TRANSFER_IN')
      and users.disabled_at is null
    group by transactions.user_id
    order by transactions.user_id;
end
$$;

-- What operators wrote for all holders: how many have it, and how many of them have undone it for themselves.
create function public.announced_actions()
returns table (
  announcement_id uuid, kind text, ticker text, new_ticker text, action_date date, written_by text, written_at timestamptz,
  holders bigint, undone bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not public.is_operator() then
    raise exception 'expected an operator, to list what was written for all holders' using errcode = 'insufficient_privilege';
  end if;
  return query
    select a.announcement_id, min(a.kind), min(a.ticker), min(a.new_ticker), min(a.action_date), min(a.written_by), min(a.written_at),
      count(*), count(a.undone_at)
    from public.corporate_actions as a
    where a.announcement_id is not null
    group by a.announcement_id
    order by min(a.written_at) desc, a.announcement_id
    limit 100;
end
$$;

-- For whom it has not been undone yet.
create function public.holders_of_announcement(of_announcement uuid)
returns setof bigint
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not public.is_operator() then
    raise exception 'expected an operator, to withdraw %', of_announcement using errcode = 'insufficient_privilege';
  end if;
  return query
    select user_id
    from public.corporate_actions
    where announcement_id = of_announcement
      and undone_at is null
    order by user_id;
end
$$;

grant execute on function
  public.holders_of(text, date), public.announced_actions(), public.holders_of_announcement(uuid)
to stratafolio_web;
