-- In which a person is spoken to; null: as their browser asks. Which languages there are is the program's to say.
alter table public.users add column language text check (language ~ '^[a-z]{2}$');
grant select (language), update (language) on public.users to stratafolio_web;

-- With the session, so that it is asked with every request.
drop function public.use_session(uuid, timestamptz);
create function public.use_session(given_id uuid, used_at timestamptz)
returns table (user_id bigint, email text, role text, language text, proved_at timestamptz, reads json)
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
    users.language,
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

revoke execute on function public.use_session from public;
grant execute on function public.use_session to stratafolio_web;

-- An email is written in the language of who has the account, whoever caused it; null: nobody has one, or chose none.
create function public.language_of_account(given_email text)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select language
  from public.users
  where lower(email) = lower(given_email);
end;

revoke execute on function public.language_of_account from public;
grant execute on function public.language_of_account to stratafolio_web;
