-- What the web's role may read, write and call: what it needs for the person it acts for, and nothing of anybody else's. A
-- web that is broken is then as far as that from the rest.

-- A name that is not qualified means PostgreSQL's own, whatever temporary relations the caller has made: unnamed, pg_temp would
-- come first. What is written as an expression or begin atomic was resolved when it was made, and can be put in place of its call.
-- What aggregates call for each row stays as it is: it has the caller's rights, reads no relation, and a setting costs a fifth of it.
do $$
declare
  own regprocedure;
begin
  for own in
    select oid
    from pg_catalog.pg_proc
    where pronamespace in ('public'::regnamespace, 'bronze'::regnamespace)
      and proowner = current_user::regrole
      and prokind = 'f'
      and prosqlbody is null
      and oid not in (select aggtransfn from pg_catalog.pg_aggregate)
      or proname in ('keep_defects', 'judge_dividends') and pronamespace = 'bronze'::regnamespace
  loop
    execute format('alter function %s set search_path = pg_catalog, pg_temp', own);
  end loop;
end
$$;

-- Whoever reads our relations, the web's role among them, may call what they are computed with: functions without power of their own,
-- which until now everybody could.
do $$
declare
  reader name;
  harmless regprocedure;
begin
  for reader in
    select distinct rolname
    from pg_catalog.pg_class
    cross join aclexplode(relacl)
    join pg_catalog.pg_roles on pg_roles.oid = grantee
    where relnamespace in ('"default"'::regnamespace, 'materialized'::regnamespace, 'bronze'::regnamespace)
      and privilege_type = 'SELECT'
      and grantee <> relowner
  loop
    for harmless in
      select oid
      from pg_catalog.pg_proc
      where pronamespace = 'public'::regnamespace
        and proowner = current_user::regrole
        and not prosecdef
        and has_function_privilege('public', oid, 'execute')
    loop
      execute format('grant execute on function %s to %I', harmless, reader);
    end loop;
  end loop;
end
$$;

revoke execute on all functions in schema public, bronze from public;
-- And of those that are made from now on, by whoever made these.
alter default privileges revoke execute on functions from public;
revoke create on schema public, bronze, "default", materialized, orchestrator from public;

-- Somebody to whom the program's own metrics are shown, which nobody need be signed in to scrape; null: there is no operator.
create function public.first_operator()
returns bigint
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select min(user_id)
  from public.users
  where role = 'operator'
    and disabled_at is null;
end;

-- Accounts. Emails and hashes of others cannot be read: who signs in names the email, and only then is the hash given.

revoke all on public.users, public.sessions, public.idempotency_keys, public.api_tokens from stratafolio_web;
grant select (user_id, email, role, cost_basis_method, created_at, disabled_at), update (password_hash, cost_basis_method)
  on public.users to stratafolio_web;
alter table public.users enable row level security;
create policy own_row on public.users to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));

create function public.count_accounts()
returns bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select count(*) from public.users;
end;

-- Until the end of the transaction nobody else makes an account: of two first ones made at once neither would see the other.
-- Writers wait here; readers do not.
create function public.lock_accounts()
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  lock table public.users in share row exclusive mode
$$;

-- The first account is an operator's; else it is what its invitation says, or an investor's. No row: the email has an account.
create function public.create_account(given_email text, given_password_hash text, invitation_hash bytea, at timestamptz)
returns table (user_id bigint, email text, role text)
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  lock table public.users in share row exclusive mode;
  insert into public.users (email, password_hash, role)
  select
    given_email,
    given_password_hash,
    case
      when not exists (select from public.users) then 'operator'
      else coalesce(
        (
          select invitations.role
          from public.invitations
          where token_hash = invitation_hash
            and expires_at > at
            and invitations.email = lower(given_email)
        ),
        'investor'
      )
    end
  on conflict (lower(email)) do nothing
  returning user_id, email, role
$$;

create function public.sign_in_hash(given_email text)
returns table (user_id bigint, email text, role text, password_hash text, is_disabled boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select users.user_id, users.email, users.role, users.password_hash, users.disabled_at is not null
  from public.users
  where lower(users.email) = given_email;
end;

create function public.own_password_hash()
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select password_hash
  from public.users
  where user_id = public.current_person();
end;

-- Could nobody run the installation without the person? Holds off, until the end of the transaction, what could make the
-- answer wrong: a new account, another operator who leaves.
create function public.is_needed_operator()
returns boolean
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select public.is_last_operator(public.current_person())
    and exists (select from public.users where user_id <> public.current_person())
$$;

-- Sessions and tokens.

-- When the session's person last proved who they are: what changes the account asks for it anew after ten minutes.
alter table public.sessions add column proved_at timestamptz;
update public.sessions set proved_at = created_at;
alter table public.sessions
  alter column proved_at set not null,
  alter column proved_at set default now();
grant select, insert, update (revoked_at, proved_at), delete on public.sessions to stratafolio_web;
alter table public.sessions enable row level security;
create policy own_rows on public.sessions to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));

-- Whose open session this is, at a time when nobody is known yet; when it was used is written down once a minute at most.
create function public.use_session(given_id uuid, used_at timestamptz)
returns table (user_id bigint, email text, role text, proved_at timestamptz)
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
  select users.user_id, users.email, users.role, sessions.proved_at
  from public.sessions
  join public.users on users.user_id = sessions.user_id
  where session_id = given_id
    and revoked_at is null
    and expires_at > used_at
    and users.disabled_at is null;
end;

grant select (token_id, user_id, name, scope, created_at, last_used_at, expires_at), insert, delete on public.api_tokens to stratafolio_web;

-- Answers to requests with an Idempotency-Key are kept for a day at least, then removed by those who come after: a few for each
-- that is added, so that few stand. Whose they are does not matter to that, so that the role cannot do it.

grant select, insert on public.idempotency_keys to stratafolio_web;
alter table public.idempotency_keys enable row level security;
create policy own_rows on public.idempotency_keys to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));

create function public.prune_idempotency_keys()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  with expired as materialized (
    select user_id, idempotency_key
    from public.idempotency_keys
    where created_at < now() - interval '1 day'
    order by created_at
    limit 10
    for update skip locked -- writers of other ledgers prune too
  )
  delete from public.idempotency_keys as stored
  using expired
  where stored.user_id = expired.user_id
    and stored.idempotency_key = expired.idempotency_key;
  return null;
end
$$;

create trigger prune after insert on public.idempotency_keys
  for each statement execute function public.prune_idempotency_keys();

-- What operators say of market data is read by all, also by roles that others made, and written by operators.
do $$
declare
  ruled text;
begin
  foreach ruled in array array['bronze.market_rulings', 'bronze.split_rulings', 'bronze.symbol_changes'] loop
    execute format('alter table %s enable row level security', ruled);
    execute format('create policy everybody_reads on %s for select using (true)', ruled);
    execute format('create policy operators_write on %s to stratafolio_web
      using ((select public.is_operator())) with check ((select public.is_operator()))', ruled);
  end loop;
end
$$;

-- The engine's record names partition values and tickers, so that the web's role sees it for operators alone (see install).
-- What investors need of it they ask for here, and learn only of what they could name themselves. In PL/pgSQL: what they call
-- is installed after this.

-- Asks for the histories of new tickers. since_log: what the run's log says before that is of an earlier attempt.
create function public.request_histories(tickers text[], request_key text)
returns table (run_id bigint, since_log bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not request_key like 'backfill:%' or coalesce(cardinality(tickers), 0) = 0 or array_position(tickers, null) is not null then
    raise exception 'expected tickers and a key that begins with backfill:, got % and %', tickers, request_key;
  end if;
  select coalesce(max(log_id), 0) into since_log from orchestrator.step_logs;
  run_id := orchestrator.request_run('materialize', 'manual', 'new ticker', 'raw_prices',
    jsonb_build_object('partitions', tickers), request_key);
  return next;
end
$$;

-- How that run is. Who knows the key knows the tickers. failure: what its log says of the first that failed.
create function public.histories_run(of_run bigint, of_key text, since_log bigint)
returns table (status text, failure text, ended text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select
      runs.status,
      (
        select message
        from orchestrator.step_logs
        where step_logs.run_id = runs.run_id
          and level = 'error'
          and log_id > histories_run.since_log
        order by log_id
        limit 1
      ),
      runs.error
    from orchestrator.runs
    where runs.run_id = of_run
      and runs.request_key = of_key
      and runs.request_key like 'backfill:%';
end
$$;

create function public.cancel_histories(of_run bigint, of_key text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform orchestrator.cancel_run(run_id)
  from orchestrator.runs
  where run_id = of_run
    and request_key = of_key
    and request_key like 'backfill:%';
end
$$;

-- The last run that wrote rows of the person's in one of the assets.
create function public.own_last_write(assets text[])
returns table (run_id bigint, finished_at timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select written.run_id, written.finished_at
    from orchestrator.last_write(assets, public.current_person()::text) as written;
end
$$;

-- Beside what every reader may call.
grant execute on function
  public.is_operator(), public.first_operator(), public.count_accounts(), public.lock_accounts(),
  public.create_account(text, text, bytea, timestamptz), public.sign_in_hash(text), public.own_password_hash(),
  public.is_needed_operator(),
  public.use_session(uuid, timestamptz), public.use_api_token(bytea, timestamptz), public.delete_own_account(),
  public.request_histories(text[], text), public.histories_run(bigint, text, bigint), public.cancel_histories(bigint, text),
  public.own_last_write(text[])
to stratafolio_web;
