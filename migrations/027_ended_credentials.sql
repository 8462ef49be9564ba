-- What lets somebody in, and when it ends.

-- A link to a new password ends when the password is changed by other means, or the account is disabled: whoever asked for it knew less,
-- or was let in no more.
create function public.end_password_resets()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from public.password_resets where user_id = new.user_id;
  return null;
end
$$;

revoke execute on function public.end_password_resets from public;

create trigger end_password_resets after update of password_hash, disabled_at on public.users
  for each row
  when (old.password_hash is distinct from new.password_hash or old.disabled_at is distinct from new.disabled_at)
  execute function public.end_password_resets();

-- What let somebody in and has ended must not come back by the restore of an older backup: its key goes to the list of deleted accounts. A
-- key is a hash of what is random already, and says nothing. Arguments: what it is, and the column that tells it from all others.
create function public.remember_end()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.deleted_accounts (account_key)
  values (encode(sha256(convert_to(tg_argv[0] || ' ' || (to_jsonb(old) ->> tg_argv[1]), 'UTF8')), 'hex'))
  on conflict (account_key) do nothing;
  perform pg_notify('account_deleted', '');
  return null;
end
$$;

revoke execute on function public.remember_end from public;

create trigger remember_end after delete on public.api_tokens
  for each row execute function public.remember_end('api_token', 'token_id');
create trigger remember_end after delete on public.passkeys
  for each row execute function public.remember_end('passkey', 'passkey_id');
create trigger remember_end after delete on public.invitations
  for each row execute function public.remember_end('invitation', 'invitation_id');
create trigger remember_end after delete or update of used_at on public.recovery_codes
  for each row execute function public.remember_end('recovery_code', 'code_hash');
