-- Who is let in: how often signing in may fail, shared by all processes, and who may make an account.

-- What is counted is known by a keyed hash alone, so that nobody reads here who tried to sign in, or from where. Rows are
-- worth nothing after `ends_at`, and after a crash, which empties an unlogged table.
create unlogged table public.attempts (
  counter bytea primary key,
  attempts integer not null,
  -- When the next attempt may be made.
  free_at timestamptz not null,
  ends_at timestamptz not null
);

create index attempts_ends_at_idx on public.attempts (ends_at);

-- Counts an attempt and returns null; where it comes too soon, counts nothing and returns when the next may be made.
-- `allowed` attempts need no wait; then each one makes the next wait twice as long as the one before. Each takes away up to
-- ten rows that have ended, more than it can add, so that the table stays as small as what is going on.
create function public.count_attempt(
  given_counter bytea,
  at timestamptz,
  allowed integer,
  first_wait interval,
  longest_wait interval,
  counted_for interval
)
returns timestamptz
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  kept public.attempts;
begin
  delete from public.attempts
  where counter = any (array(
    select counter
    from public.attempts
    where ends_at <= at and counter <> given_counter
    order by ends_at
    limit 10
    for update skip locked
  ));

  -- The update changes nothing: it waits for who is counting the same, and reads what they left.
  insert into public.attempts as standing (counter, attempts, free_at, ends_at)
  values (given_counter, 0, at, at + counted_for)
  on conflict (counter) do update set attempts = standing.attempts
  returning * into kept;

  if kept.ends_at <= at then
    kept.attempts := 0;
    kept.free_at := at;
    kept.ends_at := at + counted_for;
  end if;
  if kept.free_at > at then
    return kept.free_at;
  end if;
  kept.attempts := kept.attempts + 1;
  if kept.attempts >= allowed then
    kept.free_at := at + least(first_wait * 2.0 ^ least(kept.attempts - allowed, 20), longest_wait);
    kept.ends_at := greatest(kept.ends_at, kept.free_at);
  end if;
  update public.attempts
  set attempts = kept.attempts, free_at = kept.free_at, ends_at = kept.ends_at
  where counter = given_counter;
  return null;
end
$$;

-- Takes an attempt back, with the wait that it brought: it was no failure.
create function public.forgive_attempt(given_counter bytea, at timestamptz)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update public.attempts
  set attempts = attempts - 1, free_at = at
  where counter = given_counter and attempts > 0
$$;

-- Counts anew.
create function public.forget_attempts(given_counter bytea)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from public.attempts where counter = given_counter
$$;

revoke execute on function public.count_attempt, public.forgive_attempt, public.forget_attempts from public;
grant execute on function public.count_attempt, public.forgive_attempt, public.forget_attempts to stratafolio_web;
