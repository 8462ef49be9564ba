-- What people expect of an account: operators who help, tokens that end, a way back in, and the way out.

-- null: never, which is what tokens made until now were told.
alter table public.api_tokens add column expires_at timestamptz;

-- Operators see accounts, and end sessions and tokens; what people own stays out of their sight.
create policy operators on public.users for select to stratafolio_web
  using ((select public.is_operator()));
create policy operators on public.sessions to stratafolio_web
  using ((select public.is_operator()));
create policy operators on public.api_tokens to stratafolio_web
  using ((select public.is_operator()));

grant select (disabled_at) on public.users to stratafolio_web;
grant select (expires_at) on public.api_tokens to stratafolio_web;

-- Is this the only operator who can sign in? Holds off what could make the answer wrong until the end of the transaction.
create function public.is_last_operator(person bigint)
returns boolean
language sql
set search_path = pg_catalog, pg_temp
as $$
  lock table public.users in share row exclusive mode;
  select coalesce(bool_or(user_id = person) and not bool_or(user_id <> person), false)
  from public.users
  where role = 'operator' and disabled_at is null
$$;

-- Sets the role, or whether the account is disabled; null leaves it as it is. Answers with the role before; null: no such
-- account. For the owner's use alone; operators have the function below.
create function public.alter_account(person bigint, new_role text, disabled boolean)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  former_role text;
begin
  if (new_role <> 'operator' or disabled) and public.is_last_operator(person) then
    raise exception 'account % is the only operator', person using errcode = 'restrict_violation', constraint = 'last_operator';
  end if;
  select role into former_role from public.users where user_id = person for update;
  update public.users
  set
    role = coalesce(new_role, role),
    disabled_at = case
      when disabled is null then disabled_at
      when disabled then coalesce(disabled_at, clock_timestamp())
    end
  where user_id = person;
  return former_role;
end
$$;

create function public.alter_account_as_operator(person bigint, new_role text, disabled boolean)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not public.is_operator() then
    raise exception 'expected an operator, to alter account %', person using errcode = 'insufficient_privilege';
  end if;
  return public.alter_account(person, new_role, disabled);
end
$$;

revoke execute on function
  public.is_last_operator, public.alter_account, public.alter_account_as_operator
from public;
grant execute on function public.alter_account_as_operator to stratafolio_web;

-- Whose token this is, at a time when nobody is known yet: of what has expired or is disabled, nobody's.
create or replace function public.use_api_token(given_hash bytea, used_at timestamptz)
returns table (token_id uuid, scope text, user_id bigint, email text, role text)
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with used as (
    update public.api_tokens
    set last_used_at = used_at
    where token_hash = given_hash
      and (last_used_at is null or last_used_at <= used_at - interval '1 minute')
      and (expires_at is null or expires_at > used_at)
  )
  select api_tokens.token_id, api_tokens.scope, users.user_id, users.email, users.role
  from public.api_tokens
  join public.users on users.user_id = api_tokens.user_id
  where api_tokens.token_hash = given_hash
    and (api_tokens.expires_at is null or api_tokens.expires_at > used_at)
    and users.disabled_at is null
$$;

-- The way back in for who forgot the password. A token holds 256 random bits; what is kept is its SHA-256.
create table public.password_resets (
  token_hash bytea primary key,
  user_id bigint not null references public.users on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create index password_resets_user_id_idx on public.password_resets (user_id);

alter table public.password_resets enable row level security;

-- Accounts that wait for their owner to open a link. The hash is of the password that was asked for.
create table public.pending_accounts (
  token_hash bytea primary key,
  email text not null check (length(email) <= 254),
  password_hash text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create index pending_accounts_expires_at_idx on public.pending_accounts (expires_at);

alter table public.pending_accounts enable row level security;

-- The web reaches neither table but by these. Links that have expired go when another is made.
create function public.start_password_reset(given_email text, given_hash bytea, made_at timestamptz, ends_at timestamptz)
returns table (user_id bigint, email text)
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with expired as (
    delete from public.password_resets
    where password_resets.expires_at <= made_at
  ),
  made as (
    insert into public.password_resets (token_hash, user_id, created_at, expires_at)
    select given_hash, users.user_id, made_at, ends_at
    from public.users
    where lower(users.email) = lower(given_email)
      and users.disabled_at is null
    returning password_resets.user_id
  )
  select users.user_id, users.email
  from made
  join public.users on users.user_id = made.user_id
$$;

create function public.find_password_reset(given_hash bytea, asked_at timestamptz)
returns table (user_id bigint, email text, password_hash text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select users.user_id, users.email, users.password_hash
  from public.password_resets
  join public.users on users.user_id = password_resets.user_id
  where password_resets.token_hash = given_hash
    and password_resets.expires_at > asked_at
    and users.disabled_at is null
$$;

-- Once, by whoever deletes the row; the person's other links end with it. null: there is no such link, or no longer.
create function public.use_password_reset(given_hash bytea, used_at timestamptz, new_password_hash text)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  person bigint;
begin
  delete from public.password_resets
  using public.users
  where password_resets.token_hash = given_hash
    and password_resets.expires_at > used_at
    and users.user_id = password_resets.user_id
    and users.disabled_at is null
  returning password_resets.user_id into person;

  delete from public.password_resets where user_id = person;
  update public.users set password_hash = new_password_hash where user_id = person;
  return person;
end
$$;

create function public.keep_pending_account(
  given_hash bytea, given_email text, given_password_hash text, made_at timestamptz, ends_at timestamptz
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from public.pending_accounts where expires_at <= made_at;
  insert into public.pending_accounts (token_hash, email, password_hash, created_at, expires_at)
  values (given_hash, given_email, given_password_hash, made_at, ends_at);
$$;

create function public.take_pending_account(given_hash bytea, taken_at timestamptz)
returns table (email text, password_hash text)
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from public.pending_accounts
  where token_hash = given_hash
    and expires_at > taken_at
  returning pending_accounts.email, pending_accounts.password_hash
$$;

revoke execute on function
  public.start_password_reset,
  public.find_password_reset,
  public.use_password_reset,
  public.keep_pending_account,
  public.take_pending_account
from public;
grant execute on function
  public.start_password_reset,
  public.find_password_reset,
  public.use_password_reset,
  public.keep_pending_account,
  public.take_pending_account
to stratafolio_web;

-- Erases a person: as delete_own_account did, and what waits under their email. For the owner's use alone; the
-- functions below say who else may, and of whom.
create function public.erase_account(person bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  person_email text;
  retired regclass;
begin
  select users.email into person_email from public.users where user_id = person;

  update orchestrator.runs
  set trigger_name = 'deleted account'
  where trigger_kind = 'manual'
    and trigger_name = person_email;

  delete from public.pending_accounts where lower(email) = lower(person_email);
  delete from public.users where user_id = person;
  -- After it: deleting the ledger has just written its last audit rows.
  delete from bronze.transactions_audit where user_id = person;

  for retired in
    select attrelid::regclass
    from orchestrator.asset_versions
    join pg_catalog.pg_attribute
      on attrelid = to_regclass('materialized.' || quote_ident(nullif(relation, '')))
      and attname = 'user_id'
    where retired_at is not null
  loop
    execute format('delete from %s where user_id = $1', retired) using person;
  end loop;
end
$$;

revoke execute on function public.erase_account from public;

create or replace function public.delete_own_account()
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select public.erase_account(public.current_person())
$$;

-- Of another one; the last operator stays.
create function public.delete_account(person bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if public.is_last_operator(person) then
    raise exception 'account % is the only operator', person using errcode = 'restrict_violation', constraint = 'last_operator';
  end if;
  perform public.erase_account(person);
end
$$;

create function public.delete_account_as_operator(person bigint)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not public.is_operator() then
    raise exception 'expected an operator, to delete account %', person using errcode = 'insufficient_privilege';
  end if;
  perform public.delete_account(person);
end
$$;

revoke execute on function public.delete_account, public.delete_account_as_operator from public;
grant execute on function public.delete_account_as_operator to stratafolio_web;
