-- Links by which an account can be made, once: invitations, and the one to the first account, which has no email. They are
-- shown when they are made; what is kept is their SHA-256. They hold 256 random bits, so they need no slow hash.

create table public.invitations (
  invitation_id uuid primary key default gen_random_uuid(),
  email text check (email = lower(btrim(email)) and length(email) <= 254),
  role text not null check (role in ('operator', 'investor')),
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

-- Whoever is invited again has the newer link alone.
create unique index invitations_email_key on public.invitations (email);

alter table public.invitations enable row level security;

-- The web invites investors, on behalf of operators. Operators are invited by the command line.
create policy invitations_of_operators on public.invitations to stratafolio_web
  using (
    exists (
      select from public.users where user_id = (select public.current_person()) and users.role = 'operator'
    )
  )
  with check (
    role = 'investor'
    and email is not null
    and exists (
      select from public.users where user_id = (select public.current_person()) and users.role = 'operator'
    )
  );

grant select, insert, delete on public.invitations to stratafolio_web;

-- What a link is good for, to whoever holds it, at a time when nobody is known yet.
create function public.find_invitation(given_hash bytea, at timestamptz)
returns table (email text, role text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select invitations.email, invitations.role
  from public.invitations
  where token_hash = given_hash and expires_at > at
$$;

-- A link to the first account, which is an operator's: only while there is none.
create function public.invite_first_operator(given_hash bytea, at timestamptz, until timestamptz)
returns boolean
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with expired as (
    delete from public.invitations where expires_at <= at
  ),
  made as (
    insert into public.invitations (role, token_hash, created_at, expires_at)
    select 'operator', given_hash, at, until
    where not exists (select from public.users)
    returning invitation_id
  )
  select exists (select from made)
$$;

revoke execute on function public.find_invitation, public.invite_first_operator from public;
grant execute on function public.find_invitation, public.invite_first_operator to stratafolio_web;

-- An account ends the links that led to it, in the transaction that makes it: so each is good once, whoever made the account.
create function public.end_invitations()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from public.invitations where email is null or email = lower(new.email);
  return null;
end
$$;

revoke execute on function public.end_invitations from public;

create trigger end_invitations after insert on public.users
  for each row execute function public.end_invitations();
