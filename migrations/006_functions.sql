-- The arithmetic that models need and PostgreSQL lacks, and the days that models join to.

-- Every day that a ledger may name: a calendar that an index can search, which generate_series() is not. Without
-- it a refresh from one day on would generate the 46,000 days since 1900 and throw all but that day away.
create table bronze.raw_calendar (
  calendar_date date primary key
);

insert into bronze.raw_calendar (calendar_date)
select date '1900-01-01' + day
from generate_series(0, date '2200-01-01' - date '1900-01-01') as day;

analyze bronze.raw_calendar;

grant select on bronze.raw_calendar to stratafolio_web;

-- The last day known to the system is the newest of all bars and trades: one probe of each index.
create index raw_prices_price_date_idx on bronze.raw_prices (price_date);
create index transactions_transaction_date_idx on bronze.transactions (transaction_date);

-- Another cost basis method changes all that a person ever realised.
create trigger capture_update after update on public.users
  referencing old table as old_rows new table as new_rows
  for each statement execute function orchestrator.capture_changes('users', 'user_id', '');

-- No combine function: partial products would be multiplied in an order that differs from run to run, and a
-- floating-point product with it.
create aggregate public.product(double precision) (
  sfunc = float8mul,
  stype = double precision,
  initcond = '1',
  parallel = safe
);

create aggregate public.product(numeric) (
  sfunc = numeric_mul,
  stype = numeric,
  initcond = '1',
  parallel = safe
);

-- What is held of one ticker after a trade. Units are exact (see stg_transactions), so a full exit is 0 and not
-- almost 0. Lots are kept for FIFO only: units and cost of every lot not used up, oldest first, and how many units
-- of the oldest one are gone.
create type public.holding as (
  units numeric,
  cost numeric,
  removed_cost numeric,
  lot_units numeric[],
  lot_costs numeric[],
  taken_units numeric
);

-- One trade: units above 0 bought for `amount` (fee included), or units below 0 sold. The cost that a sale removes
-- is rounded once, to 12 decimals, and subtracted: what is removed and what stays always add up to what was paid.
-- PL/pgSQL: 3 microseconds a trade, 4 under FIFO; a recursive CTE instead would keep a restriction to one person from being
-- pushed down.
create function public.apply_trade(state public.holding, cost_basis_method text, units numeric, amount numeric)
returns public.holding
language plpgsql
immutable
parallel safe
as $$
declare
  sold_units numeric := -units;
  lot_end numeric;
  removed numeric := 0;
begin
  if units > 0 then
    state.units := state.units + units;
    state.cost := state.cost + amount;
    state.removed_cost := 0;
    if cost_basis_method = 'fifo' then
      state.lot_units := state.lot_units || units;
      state.lot_costs := state.lot_costs || amount;
    end if;
    return state;
  end if;

  if sold_units >= state.units then
    state := (state.units - sold_units, 0, state.cost, '{}', '{}', 0)::public.holding;
    return state;
  end if;

  if cost_basis_method = 'fifo' then
    while sold_units > 0 loop
      lot_end := state.lot_units[1];
      removed := removed - coalesce(round(state.lot_costs[1] * state.taken_units / lot_end, 12), 0);
      if state.taken_units + sold_units >= lot_end then
        removed := removed + state.lot_costs[1];
        sold_units := sold_units - (lot_end - state.taken_units);
        state.lot_units := state.lot_units[2:];
        state.lot_costs := state.lot_costs[2:];
        state.taken_units := 0;
      else
        state.taken_units := state.taken_units + sold_units;
        removed := removed + round(state.lot_costs[1] * state.taken_units / lot_end, 12);
        sold_units := 0;
      end if;
    end loop;
  else
    removed := round(state.cost * sold_units / state.units, 12);
  end if;
  state.units := state.units + units;
  state.cost := state.cost - removed;
  state.removed_cost := removed;
  return state;
end
$$;

create aggregate public.holding_after(cost_basis_method text, units numeric, amount numeric) (
  sfunc = public.apply_trade,
  stype = public.holding,
  initcond = '(0,0,0,{},{},0)',
  parallel = safe
);

-- Value, and slope, at log return z, of flows at times 0 to 1.
create function public.net_present_value(
  amounts double precision[], times double precision[], z double precision,
  out value double precision, out slope double precision
)
language sql
immutable
parallel safe
begin atomic
  select sum(flow.discounted), -sum(flow.at * flow.discounted)
  from (
    select at, amount * exp(-at * z) as discounted
    from unnest(amounts, times) as given (amount, at)
  ) as flow;
end;

-- The rate at which flows (money in negative, money out positive) are worth nothing at the start: `rate` a year,
-- actual/365, and `period_return` over the whole span of `days`. Null with a reason where no rate, or more than one,
-- solves it.
--
-- Solved for z, the log of the growth over the whole span, with times scaled to 0..1: |z| <= 512 is growth by
-- e^512, which no portfolio has seen, and exp() neither over- nor underflows there, as power(1 + rate, years) does
-- over 56 years. The bracket grows from z = 0 outwards; inside it Newton steps, bisected wherever they would leave
-- it or shrink it too slowly. A root is the only one if the balance at that rate never changes sign before the
-- end; else the bracket is searched for others.
create function public.xirr(
  dates date[], amounts numeric[],
  out rate double precision, out period_return double precision, out days integer, out reason text
)
language plpgsql
immutable
parallel safe
as $$
declare
  flow_amounts double precision[];
  flow_times double precision[];
  first_date date;
  width double precision := 1;
  low double precision;
  high double precision;
  z double precision;
  step double precision;
  last_step double precision;
  sign_at_low double precision;
  at_z record;
  roots integer;
begin
  select min(flow.day), max(flow.day) - min(flow.day)
  into first_date, days
  from unnest(dates, amounts) as flow (day, amount)
  where flow.amount <> 0;

  select
    array_agg(netted.amount / netted.largest order by netted.day),
    array_agg((netted.day - first_date) / nullif(days, 0)::double precision order by netted.day)
  into flow_amounts, flow_times
  from (
    select flow.day, sum(flow.amount)::double precision as amount,
      max(abs(sum(flow.amount))) over ()::double precision as largest
    from unnest(dates, amounts) as flow (day, amount)
    group by flow.day
    having sum(flow.amount) <> 0
  ) as netted;

  if not coalesce(0 > any(flow_amounts) and 0 < any(flow_amounts), false) then
    reason := 'money only went in, or only came out';
    return;
  end if;

  loop
    low := -width;
    high := width;
    sign_at_low := sign((public.net_present_value(flow_amounts, flow_times, low)).value);
    exit when sign_at_low <> sign((public.net_present_value(flow_amounts, flow_times, high)).value);
    if width >= 512 then
      reason := 'no single rate explains the flows';
      return;
    end if;
    width := width * 2;
  end loop;

  z := 0;
  step := high - low;
  last_step := step;
  for attempt in 1..200 loop
    at_z := public.net_present_value(flow_amounts, flow_times, z);
    exit when at_z.value = 0;
    if sign(at_z.value) = sign_at_low then
      low := z;
    else
      high := z;
    end if;
    if at_z.slope = 0 or z - at_z.value / at_z.slope not between low and high
      or abs(2 * at_z.value) > abs(last_step * at_z.slope)
    then
      last_step := step;
      step := (high - low) / 2;
      exit when low + step = low or low + step = high;
      z := low + step;
    else
      last_step := step;
      step := at_z.value / at_z.slope;
      exit when z - step = z;
      z := z - step;
    end if;
    exit when abs(step) < 1e-15;
  end loop;

  if exists (
    select
    from (
      select sum(amount * exp(-at * z)) over (order by at) as balance
      from unnest(flow_amounts, flow_times) as flow (amount, at)
    ) as running
    having max(running.balance) > 1e-9 and min(running.balance) < -1e-9
  ) then
    select count(*)
    into roots
    from (
      select sign(net.value) <> lag(sign(net.value)) over (order by point) as is_crossing
      from generate_series(-200, 200) as point
      cross join lateral public.net_present_value(
        flow_amounts, flow_times, 512 * sign(point) * power(abs(point) / 200.0, 4)
      ) as net
    ) as scanned
    where is_crossing;
    if roots > 1 then
      reason := 'more than one rate explains the flows';
      return;
    end if;
  end if;

  rate := exp(greatest(-700, least(700, z * 365 / days))) - 1; -- a few days' growth, annualised, may exceed any number
  period_return := exp(z) - 1;
end
$$;
