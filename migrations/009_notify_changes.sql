-- The trigger asked FOUND, which EXECUTE does not set, so that nobody was notified and changes waited for the poll.

create or replace function orchestrator.capture_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  since_expression text := case when tg_argv[2] = '' then 'null::date' else format('min(%I)', tg_argv[2]) end;
  touched_rows text := case tg_op
    when 'INSERT' then 'select * from new_rows'
    when 'DELETE' then 'select * from old_rows'
    else 'select * from new_rows union all select * from old_rows'
  end;
  captured bigint;
begin
  execute format(
    'insert into orchestrator.changes (asset, partition_value, since, run_id)
     select $1, %1$I::text, %2$s, nullif(current_setting(''orchestrator.run_id'', true), '''')::bigint
     from (%3$s) touched
     group by %1$I
     order by %1$I',
    tg_argv[1], since_expression, touched_rows)
  using tg_argv[0];
  get diagnostics captured = row_count;
  if captured > 0 then
    perform pg_notify('orchestrator_changes', tg_argv[0]);
  end if;
  return null;
end
$$;
