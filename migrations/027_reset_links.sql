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
