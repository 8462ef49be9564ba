-- What proves who somebody is beside a password: authenticator apps, passkeys, recovery codes, another provider.

-- Who signs in by way of a provider need not have a password.
alter table public.users alter column password_hash drop not null;

-- Sealed with a key that only the program has, so that a dump of the database holds no working secret.
create table public.totp_secrets (
  user_id bigint primary key references public.users on delete cascade,
  sealed_secret bytea not null,
  -- Steps are the half minutes that codes are made for: one up to this one is not good again.
  last_step bigint not null,
  created_at timestamptz not null
);

-- 80 random bits each: SHA-256 needs no salt and no slowness.
create table public.recovery_codes (
  user_id bigint not null references public.users on delete cascade,
  code_hash bytea not null,
  used_at timestamptz,
  primary key (user_id, code_hash)
);

create table public.passkeys (
  passkey_id uuid primary key default gen_random_uuid(),
  user_id bigint not null references public.users on delete cascade,
  -- As WebAuthn writes it: base64url.
  credential_id text not null unique,
  public_key bytea not null,
  sign_count bigint not null,
  transports text[] not null,
  name text not null check (name <> '' and length(name) <= 100),
  created_at timestamptz not null,
  last_used_at timestamptz,
  -- An answer to a challenge that was given before this is not good again.
  last_challenge_at timestamptz not null
);

create index passkeys_user_id_idx on public.passkeys (user_id);

-- Who somebody is to an OpenID provider.
create table public.identities (
  issuer text not null,
  subject text not null check (length(subject) <= 255),
  user_id bigint not null references public.users on delete cascade,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  primary key (issuer, subject),
  unique (user_id, issuer)
);

alter table public.totp_secrets enable row level security;
alter table public.recovery_codes enable row level security;
alter table public.passkeys enable row level security;
alter table public.identities enable row level security;

create policy own_rows on public.totp_secrets to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
create policy own_rows on public.recovery_codes to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
create policy own_rows on public.passkeys to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
create policy own_rows on public.identities to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));

grant select, insert, delete, update (sealed_secret, last_step) on public.totp_secrets to stratafolio_web;
-- The hashes are written and never read: use_recovery_code compares.
grant select (user_id, used_at), insert (user_id, code_hash), delete on public.recovery_codes to stratafolio_web;
grant select, insert, delete, update (name, sign_count, last_used_at, last_challenge_at)
  on public.passkeys to stratafolio_web;
grant select, insert, delete, update (last_used_at) on public.identities to stratafolio_web;

-- Uses up a code of the person on whose behalf the transaction runs. False: they have no such code, or no longer.
create function public.use_recovery_code(given_hash bytea, used timestamptz)
returns boolean
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with spent as (
    update public.recovery_codes
    set used_at = used
    where user_id = public.current_person()
      and code_hash = given_hash
      and used_at is null
    returning user_id
  )
  select exists (select from spent)
$$;

-- Whose passkey this is, at a time when nobody is known yet.
create function public.find_passkey(given_id text)
returns table (
  passkey_id uuid, public_key bytea, sign_count bigint, transports text[], user_id bigint, email text, role text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    passkeys.passkey_id, passkeys.public_key, passkeys.sign_count, passkeys.transports, users.user_id, users.email,
    users.role
  from public.passkeys
  join public.users on users.user_id = passkeys.user_id
  where passkeys.credential_id = given_id
$$;

-- Who somebody of a provider is here, at a time when nobody is known yet.
create function public.find_identity(given_issuer text, given_subject text)
returns table (user_id bigint, email text, role text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select users.user_id, users.email, users.role
  from public.identities
  join public.users on users.user_id = identities.user_id
  where identities.issuer = given_issuer
    and identities.subject = given_subject
$$;

-- For who has lost what they prove themselves with: the password stays. For the owner's use alone; operators have the function below.
create function public.reset_factors(person bigint)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  delete from public.totp_secrets where user_id = person;
  delete from public.passkeys where user_id = person;
  delete from public.recovery_codes where user_id = person;
$$;

create function public.reset_factors_as_operator(person bigint)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not public.is_operator() then
    raise exception 'expected an operator, to reset second factors of account %', person using errcode = 'insufficient_privilege';
  end if;
  perform public.reset_factors(person);
end
$$;

revoke execute on function
  public.use_recovery_code,
  public.find_passkey,
  public.find_identity,
  public.reset_factors,
  public.reset_factors_as_operator
from public;
grant execute on function
  public.use_recovery_code,
  public.find_passkey,
  public.find_identity,
  public.reset_factors_as_operator
to stratafolio_web;
