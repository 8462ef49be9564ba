-- Who else may see a person's figures: whoever holds a link, and other people of this installation. Neither may change anything.

-- A link is shown once; what is kept is its SHA-256. It holds 256 random bits, so it needs no slow hash.
create table public.shared_links (
  link_id uuid primary key default gen_random_uuid(),
  user_id bigint not null references public.users on delete cascade,
  name text not null check (name <> '' and length(name) <= 100),
  token_hash bytea not null unique,
  -- Of the page: holdings, performance, risk, income.
  parts text[] not null check (cardinality(parts) between 1 and 10),
  -- false: percentages only.
  shows_amounts boolean not null,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at and expires_at <= created_at + interval '366 days'),
  last_used_at timestamptz,
  uses bigint not null default 0
);

-- Names tell links apart, and a form that is sent twice makes one link.
create unique index shared_links_name_key on public.shared_links (user_id, name);

alter table public.shared_links enable row level security;

create policy own_rows on public.shared_links to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));

grant
  select (link_id, user_id, name, parts, shows_amounts, created_at, expires_at, last_used_at, uses),
  insert (user_id, name, token_hash, parts, shows_amounts, created_at, expires_at),
  delete
on public.shared_links to stratafolio_web;

-- Whose figures a link shows, and which; counts the use. No row: there is no such link, or it has ended, or its person's account is
-- disabled.
create function public.use_shared_link(given_hash bytea, at timestamptz)
returns table (link_id uuid, user_id bigint, name text, parts text[], shows_amounts boolean, expires_at timestamptz, uses bigint)
language sql
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  update public.shared_links
  set
    uses = shared_links.uses + 1,
    last_used_at = at
  from public.users
  where shared_links.token_hash = given_hash
    and shared_links.expires_at > at
    and users.user_id = shared_links.user_id
    and users.disabled_at is null
  returning
    shared_links.link_id,
    shared_links.user_id,
    shared_links.name,
    shared_links.parts,
    shared_links.shows_amounts,
    shared_links.expires_at,
    shared_links.uses;
end;

-- One person reads for another. `user_id`: whose portfolio it is; `reader_id`: whose account had the email when it was granted, null:
-- nobody's. The web's role may not read that, since only who accepts tells that they are there; and whoever takes the email later
-- reads nothing by it.
create table public.reading_grants (
  grant_id uuid primary key default gen_random_uuid(),
  user_id bigint not null references public.users on delete cascade,
  reader_email text not null check (reader_email = lower(btrim(reader_email)) and length(reader_email) <= 254),
  reader_id bigint references public.users on delete cascade,
  created_at timestamptz not null,
  accepted_at timestamptz,
  -- null: until one of them ends it.
  expires_at timestamptz check (expires_at > created_at)
);

create unique index reading_grants_reader_key on public.reading_grants (user_id, reader_email);
create index reading_grants_reader_id_idx on public.reading_grants (reader_id);

alter table public.reading_grants enable row level security;

create policy own_rows on public.reading_grants for select to stratafolio_web
  using (user_id = (select public.current_person()));

grant select (grant_id, user_id, reader_email, created_at, accepted_at, expires_at) on public.reading_grants to stratafolio_web;

-- No row: the person has granted this email already. The same is done whether or not somebody has it.
-- What has ended makes room.
create function public.grant_reading(given_email text, at timestamptz, until timestamptz)
returns table (grant_id uuid, reader_id bigint)
language sql
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  delete from public.reading_grants
  where reading_grants.user_id = public.current_person()
    and reading_grants.expires_at <= at;
  insert into public.reading_grants (user_id, reader_email, reader_id, created_at, expires_at)
  values (
    public.current_person(),
    given_email,
    (select users.user_id from public.users where lower(users.email) = given_email),
    at,
    until
  )
  on conflict (user_id, reader_email) do nothing
  returning reading_grants.grant_id, reading_grants.reader_id;
end;

-- What others have granted to the person for whom the transaction runs, accepted or not.
create function public.readable_portfolios(at timestamptz)
returns table (
  grant_id uuid,
  owner_id bigint,
  owner_email text,
  created_at timestamptz,
  accepted_at timestamptz,
  expires_at timestamptz
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select
    reading_grants.grant_id,
    users.user_id,
    users.email,
    reading_grants.created_at,
    reading_grants.accepted_at,
    reading_grants.expires_at
  from public.reading_grants
  join public.users on users.user_id = reading_grants.user_id
  where reading_grants.reader_id = public.current_person()
    and (reading_grants.expires_at is null or reading_grants.expires_at > at)
    and users.disabled_at is null;
end;

-- With the session: whose portfolios its person may read, so that it is asked with every request.
drop function public.use_session(uuid, timestamptz);
create function public.use_session(given_id uuid, used_at timestamptz)
returns table (user_id bigint, email text, role text, proved_at timestamptz, reads json)
language sql
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  with used as (
    update public.sessions
    set last_used_at = used_at
    where session_id = given_id
      and revoked_at is null
      and expires_at > used_at
      and last_used_at <= used_at - interval '1 minute'
  )
  select
    users.user_id,
    users.email,
    users.role,
    sessions.proved_at,
    (
      select
        coalesce(
          json_agg(
            json_build_object(
              'grantId', reading_grants.grant_id,
              'userId', owners.user_id,
              'email', owners.email,
              'expiresAt', reading_grants.expires_at
            )
            order by owners.email
          ),
          '[]'
        )
      from public.reading_grants
      join public.users as owners on owners.user_id = reading_grants.user_id
      where reading_grants.reader_id = users.user_id
        and reading_grants.accepted_at is not null
        and (reading_grants.expires_at is null or reading_grants.expires_at > used_at)
        and owners.disabled_at is null
    )
  from public.sessions
  join public.users on users.user_id = sessions.user_id
  where session_id = given_id
    and revoked_at is null
    and expires_at > used_at
    and users.disabled_at is null;
end;

-- By who was granted it; returns whose portfolio it is. No row: there is none to accept.
create function public.accept_reading(given_id uuid, at timestamptz)
returns table (owner_id bigint)
language sql
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  update public.reading_grants
  set accepted_at = at
  where reading_grants.grant_id = given_id
    and reading_grants.reader_id = public.current_person()
    and reading_grants.accepted_at is null
    and (reading_grants.expires_at is null or reading_grants.expires_at > at)
  returning reading_grants.user_id;
end;

-- By either of the two; whose log it belongs in. An offer that is declined stays with who made it, as one to nobody does: that it
-- went would tell that the email has an account. No row: there is none of theirs.
create function public.end_reading(given_id uuid)
returns table (owner_id bigint, reader_id bigint)
language sql
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  with declined as (
    update public.reading_grants
    set reader_id = null
    where reading_grants.grant_id = given_id
      and reading_grants.reader_id = public.current_person()
      and reading_grants.accepted_at is null
    returning reading_grants.grant_id
  ),
  ended as (
    delete from public.reading_grants
    where reading_grants.grant_id = given_id
      and (
        reading_grants.user_id = public.current_person()
        or (reading_grants.reader_id = public.current_person() and reading_grants.accepted_at is not null)
      )
    returning reading_grants.user_id, reading_grants.reader_id, reading_grants.accepted_at
  )
  select ended.user_id, case when ended.accepted_at is not null then ended.reader_id end
  from ended
  union all
  select null, public.current_person()
  from declined;
end;

-- The same of an offer to an account that is deleted.
create function public.keep_offers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.reading_grants
  set reader_id = null
  where reader_id = old.user_id
    and accepted_at is null;
  return old;
end
$$;

revoke execute on function public.keep_offers from public;

create trigger keep_offers before delete on public.users
  for each row execute function public.keep_offers();

revoke execute on function
  public.use_session,
  public.use_shared_link,
  public.grant_reading,
  public.readable_portfolios,
  public.accept_reading,
  public.end_reading
from public;
grant execute on function
  public.use_session,
  public.use_shared_link,
  public.grant_reading,
  public.readable_portfolios,
  public.accept_reading,
  public.end_reading
to stratafolio_web;

-- Neither comes back by the restore of an older backup.
create trigger remember_end after delete on public.shared_links
  for each row execute function public.remember_end('shared_link', 'link_id');
create trigger remember_end after delete on public.reading_grants
  for each row execute function public.remember_end('reading_grant', 'grant_id');

-- Whatever ends the right to read ends the event streams that were opened by it: the grant itself, with whichever account, and that
-- its owner is disabled.
create function public.end_reading_streams()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_table_name = 'reading_grants' then
    perform pg_notify('web_credentials_revoked', old.grant_id::text);
  else
    perform pg_notify('web_credentials_revoked', grant_id::text)
    from public.reading_grants
    where user_id = new.user_id;
  end if;
  return null;
end
$$;

revoke execute on function public.end_reading_streams from public;

create trigger end_reading_streams after delete on public.reading_grants
  for each row execute function public.end_reading_streams();
create trigger end_reading_streams after update of disabled_at on public.users
  for each row
  when (old.disabled_at is null and new.disabled_at is not null)
  execute function public.end_reading_streams();
