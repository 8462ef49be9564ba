-- What people do with their account: tokens for their programs, and the way out.

-- A token is shown once; what is kept is its SHA-256. It holds 256 random bits, so it needs no slow hash.
create table public.api_tokens (
  token_id uuid primary key default gen_random_uuid(),
  user_id bigint not null references public.users on delete cascade,
  name text not null check (name <> '' and length(name) <= 100),
  scope text not null check (scope in ('read', 'write')),
  token_hash bytea not null unique,
  created_at timestamptz not null,
  last_used_at timestamptz
);

-- Names tell tokens apart, and a form that is sent twice makes one token.
create unique index api_tokens_name_key on public.api_tokens (user_id, name);

alter table public.api_tokens enable row level security;

create policy own_rows on public.api_tokens to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));

grant select, insert, delete on public.api_tokens to stratafolio_web;

-- Whose token this is, at a time when nobody is known yet; when it was used is written down once a minute at most.
create function public.use_api_token(given_hash bytea, used_at timestamptz)
returns table (token_id uuid, scope text, user_id bigint, email text, role text)
language sql
security definer
set search_path = pg_catalog
as $$
  with used as (
    update public.api_tokens
    set last_used_at = used_at
    where token_hash = given_hash
      and (last_used_at is null or last_used_at <= used_at - interval '1 minute')
  )
  select api_tokens.token_id, api_tokens.scope, users.user_id, users.email, users.role
  from public.api_tokens
  join public.users on users.user_id = api_tokens.user_id
  where api_tokens.token_hash = given_hash
$$;

revoke execute on function public.use_api_token from public;
grant execute on function public.use_api_token to stratafolio_web;

-- The audit is append-only for as long as the account stands; then it may be erased, and nothing else may be done
-- with it. No switch to forget: whether the account stands is all that is asked.
create function bronze.refuse_audit_deletion()
returns trigger
language plpgsql
as $$
declare
  standing bigint;
begin
  select min(users.user_id)
  into standing
  from old_rows
  join public.users on users.user_id = old_rows.user_id;
  if standing is not null then
    raise exception 'the ledger audit is append-only: expected rows of deleted accounts, got rows of account %', standing;
  end if;
  return null;
end
$$;

drop trigger audit_append_only on bronze.transactions_audit;

create trigger audit_append_only before update or truncate on bronze.transactions_audit
  for each statement execute function bronze.refuse_audit_change();
create trigger audit_erasure after delete on bronze.transactions_audit referencing old table as old_rows
  for each statement execute function bronze.refuse_audit_deletion();

-- Erases the person on whose behalf the transaction runs, and nobody else. The ledger, sessions, tokens and kept
-- answers go with the account; what models derived goes when the sensor refreshes the person, whose change row the
-- ledger's deletion leaves. Retired versions of models are refreshed by nobody, so their rows go here.
create function public.delete_own_account()
returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  person bigint := public.current_person();
  retired regclass;
begin
  update orchestrator.runs
  set trigger_name = 'deleted account'
  where trigger_kind = 'manual'
    and trigger_name = (select email from public.users where user_id = person);

  delete from public.users where user_id = person;
  -- After it: deleting the ledger has just written its last audit rows.
  delete from bronze.transactions_audit where user_id = person;

  for retired in
    select attrelid::regclass
    from orchestrator.asset_versions
    join pg_attribute on attrelid = to_regclass('materialized.' || quote_ident(nullif(relation, ''))) and attname = 'user_id'
    where retired_at is not null
  loop
    execute format('delete from %s where user_id = $1', retired) using person;
  end loop;
end
$$;

revoke execute on function public.delete_own_account from public;
grant execute on function public.delete_own_account to stratafolio_web;

-- From here on the only way is the one above.
revoke delete on public.users from stratafolio_web;
