-- Holding a classification steady. What the classes are and when they change is a model's business, not this file's.

create type public.dwell as (
  value text,
  since date
);

create function public.dwell_step(held public.dwell, candidate text, on_date date, minimum_days integer)
returns public.dwell
language plpgsql
immutable
parallel safe
as $$
begin
  if held is null or (held.value <> candidate and on_date - held.since >= minimum_days) then
    return row(candidate, on_date)::public.dwell;
  end if;
  return held;
end
$$;

-- minimum_dwell(candidate, on_date, minimum_days) over (order by on_date): the value in force on that day and the day
-- it began. Another candidate takes over only once the value has been in force for minimum_days. A row never depends
-- on a later one.
create aggregate public.minimum_dwell(text, date, integer) (
  sfunc = public.dwell_step,
  stype = public.dwell
);
