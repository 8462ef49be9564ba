-- What restoring an older backup must know: who has left since. A key tells an account from all others and nothing about
-- a person, so it may stay when all else is gone.
create table public.deleted_accounts (
  account_key text primary key,
  deleted_at timestamptz not null default clock_timestamp()
);

-- The same in every installation that a backup of this one was restored into. A number alone would not do: after a
-- restore, the numbers that came later are given out again.
create function public.account_key(user_id bigint, created_at timestamptz)
returns text
language sql
immutable
return encode(sha256((user_id::text || ' ' || extract(epoch from created_at)::text)::bytea), 'hex');

-- However an account ends. security definer: nobody else writes the table.
create function public.remember_deletion()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.deleted_accounts (account_key)
  select public.account_key(old_rows.user_id, old_rows.created_at)
  from old_rows
  on conflict (account_key) do nothing;
  perform pg_notify('account_deleted', '');
  return null;
end
$$;

revoke execute on function public.account_key, public.remember_deletion from public;

create trigger remember_deletion after delete on public.users referencing old table as old_rows
  for each statement execute function public.remember_deletion();

-- The files that scheduled backups have made and kept.
create table public.backups (
  file_name text primary key,
  created_at timestamptz not null,
  bytes bigint not null,
  sha256 text not null,
  is_encrypted boolean not null
);

grant select on public.backups to stratafolio_web;
