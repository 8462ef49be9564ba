-- As in 038_xirr_within_reason.sql, but the time is that between the first and the last day on which money moved, all of a day taken
-- together: what came on the last day and is there at its close moved nothing, and made the time longer that the return is of
-- (-68 % instead of -64 %, found by the oracle). What is less than a hundred-trillionth of the largest is what trades that cancel out
-- leave in their last digits.
create or replace function public.xirr(
  dates date[], amounts numeric[],
  out rate double precision, out period_return double precision, out days integer, out reason text
)
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  widest constant double precision := ln(1e12);
  -- of the largest flow
  least_flow constant numeric := 1e-14;
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
  select min(netted.day), max(netted.day) - min(netted.day)
  into first_date, days
  from (
    select flow.day, sum(flow.amount) as amount, max(abs(sum(flow.amount))) over () as largest
    from unnest(dates, amounts) as flow (day, amount)
    group by flow.day
  ) as netted
  where abs(netted.amount) > netted.largest * least_flow;

  select
    array_agg(netted.amount / netted.largest order by netted.day),
    array_agg((netted.day - first_date) / nullif(days, 0)::double precision order by netted.day)
  into flow_amounts, flow_times
  from (
    select flow.day, sum(flow.amount)::double precision as amount,
      max(abs(sum(flow.amount))) over ()::double precision as largest
    from unnest(dates, amounts) as flow (day, amount)
    group by flow.day
  ) as netted
  where abs(netted.amount) > netted.largest * least_flow::double precision;

  if not coalesce(0 > any(flow_amounts) and 0 < any(flow_amounts), false) then
    reason := 'money only went in, or only came out';
    return;
  end if;

  loop
    low := -width;
    high := width;
    sign_at_low := sign((public.net_present_value(flow_amounts, flow_times, low)).value);
    exit when sign_at_low <> sign((public.net_present_value(flow_amounts, flow_times, high)).value);
    if width >= widest then
      reason := case
        when sign((public.net_present_value(flow_amounts, flow_times, -512)).value)
          <> sign((public.net_present_value(flow_amounts, flow_times, 512)).value)
          then 'the rate that explains the flows is out of all bounds'
        else 'no single rate explains the flows'
      end;
      return;
    end if;
    width := least(width * 2, widest);
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
      select
        sum(amount * exp(-at * z)) over (order by at) as balance,
        lead(at) over (order by at) is null as is_last
      from unnest(flow_amounts, flow_times) as flow (amount, at)
    ) as running
    where not running.is_last
    having max(running.balance) > 0 and min(running.balance) < 0
  ) then
    select count(*)
    into roots
    from (
      select sign(net.value) <> lag(sign(net.value)) over (order by point) as is_crossing
      from generate_series(-200, 200) as point
      cross join lateral public.net_present_value(
        flow_amounts, flow_times, widest * sign(point) * power(abs(point) / 200.0, 3)
      ) as net
      where net.value <> 0
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
