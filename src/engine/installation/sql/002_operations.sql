-- What is installed: the number of the last of these files, and for which roles and schemas.
create table orchestrator.installation (
  is_only boolean primary key default true check (is_only),
  version integer not null,
  options text not null,
  installed_at timestamptz not null default clock_timestamp()
);

-- What a run does: a rollback that is taken up again after a death must not be executed as a materialization.
alter table orchestrator.runs
  add column operation text not null default 'materialize'
    check (operation in ('materialize', 'refresh', 'rollback'));

update orchestrator.runs
set operation = 'rollback'
where trigger_name = 'rollback'
  and options ? 'withdrawn';

-- What refreshes carried on, in the order in which they wrote it: append-only, written in the transaction that did it. A
-- rebuild brings its new tables up to date from what was appended after it began. Steps cannot serve for that: they are
-- for display, one for each run and asset, whatever the run did with it.
create table orchestrator.propagations (
  sequence bigint generated always as identity primary key,
  asset text not null,
  scope jsonb not null                  -- {"partitions": [...] | null, "since": date | null}: what of it changed
);

-- A source without a partition column is captured too: any change of it is one of all of it.
create or replace function orchestrator.capture_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  partition_expression text := case when tg_argv[1] = '' then 'null' else quote_ident(tg_argv[1]) end;
  since_expression text := case when tg_argv[2] = '' then 'null::date' else format('min(%I)', tg_argv[2]) end;
  touched_rows text := case tg_op
    when 'INSERT' then 'select * from new_rows'
    when 'DELETE' then 'select * from old_rows'
    else 'select * from new_rows union all select * from old_rows'
  end;
  changes integer;
begin
  execute format(
    'insert into orchestrator.changes (asset, partition_value, since, run_id)
     select $1, %1$s::text, %2$s, nullif(current_setting(''orchestrator.run_id'', true), '''')::bigint
     from (%3$s) touched
     group by %1$s::text
     order by %1$s::text',
    partition_expression, since_expression, touched_rows)
  using tg_argv[0];
  get diagnostics changes = row_count; -- execute does not set `found`
  if changes > 0 then
    perform pg_notify('orchestrator_changes', tg_argv[0]);
  end if;
  return null;
end
$$;
