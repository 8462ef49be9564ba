-- A log of what is done with accounts, and what it asks first: who is disabled, and who is an operator.

-- Set: nobody signs in, and what is open speaks for nobody.
alter table public.users add column disabled_at timestamptz;

-- Whether the transaction runs on behalf of an operator. Asked by policies, which must not depend on what users may read.
create function public.is_operator()
returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from public.users
    where user_id = public.current_person()
      and role = 'operator'
      and disabled_at is null
  )
$$;

revoke execute on function public.is_operator from public;
grant execute on function public.is_operator to stratafolio_web;

-- The security log. user_id: whom it is about (null: nobody who is known, or no longer); actor_id: who did it (null: a
-- stranger, or the command line), by number alone, so that nothing personal outlives an account. No secret is in it.
create table public.security_events (
  event_id bigint generated always as identity primary key,
  occurred_at timestamptz not null default clock_timestamp(),
  kind text not null check (kind ~ '^[a-z_]{1,40}$'),
  outcome text not null check (outcome in ('done', 'refused')),
  user_id bigint references public.users on delete cascade,
  actor_id bigint,
  via text not null check (via in ('web', 'command line')),
  address text check (length(address) <= 100),
  agent text check (length(agent) <= 300),
  detail text check (length(detail) <= 200)
);

create index security_events_user_id_idx on public.security_events (user_id, event_id desc);
create index security_events_kind_idx on public.security_events (kind, event_id desc);
create index security_events_occurred_at_idx on public.security_events (occurred_at);

-- Append-only: rows leave with their account, or a year later.
create function public.refuse_security_event_change()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'the security log is append-only: expected insert, got %', lower(tg_op);
end
$$;

create function public.refuse_security_event_deletion()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  kept bigint;
begin
  select min(old_rows.event_id)
  into kept
  from old_rows
  left join public.users on users.user_id = old_rows.user_id
  where old_rows.occurred_at >= now() - interval '1 year'
    and (old_rows.user_id is null or users.user_id is not null);
  if kept is not null then
    raise exception 'the security log is append-only: expected rows of deleted accounts or of over a year ago, got row %', kept;
  end if;
  return null;
end
$$;

-- Each new row removes up to ten that are too old, so that no job is needed and nobody may delete.
create function public.prune_security_events()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from public.security_events
  where event_id = any (array(
    select event_id
    from public.security_events
    where occurred_at < now() - interval '1 year'
    order by occurred_at
    limit 10
    for update skip locked
  ));
  return null;
end
$$;

create trigger security_events_append_only before update or truncate on public.security_events
  for each statement execute function public.refuse_security_event_change();
create trigger security_events_erasure after delete on public.security_events referencing old table as old_rows
  for each statement execute function public.refuse_security_event_deletion();
create trigger security_events_retention after insert on public.security_events
  for each statement execute function public.prune_security_events();

revoke execute on function
  public.refuse_security_event_change, public.refuse_security_event_deletion, public.prune_security_events
from public;

alter table public.security_events enable row level security;

create policy own_rows on public.security_events for select to stratafolio_web
  using (user_id = (select public.current_person()));
create policy operators on public.security_events for select to stratafolio_web
  using ((select public.is_operator()));
-- A failed sign-in is written on behalf of nobody; nobody writes in another's name.
create policy appended on public.security_events for insert to stratafolio_web
  with check (actor_id is null or actor_id = (select public.current_person()));

grant select on public.security_events to stratafolio_web;
grant insert (kind, outcome, user_id, actor_id, via, address, agent, detail) on public.security_events to stratafolio_web;
