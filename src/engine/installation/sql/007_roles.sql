-- The record names partition values. Which sessions of the reader see it is said by install(); here is what it needs of it beside,
-- and functions that take no name from whoever calls them: unnamed, the schema of temporary relations would come first.
alter function orchestrator.capture_changes() set search_path = pg_catalog, pg_temp;
alter function orchestrator.capture_truncate() set search_path = pg_catalog, pg_temp;
alter function orchestrator.code_stamp() set search_path = pg_catalog, pg_temp;
alter function orchestrator.data_stamp(text, text, text[]) set search_path = pg_catalog, pg_temp;

-- As it was, but with its names resolved here and now: it is put in place of its call, which a setting of its own would forbid.
create or replace function orchestrator.makes_good(done orchestrator.steps, failed orchestrator.steps)
returns boolean
language sql
immutable
return
  (failed.action = 'refresh' and failed.scope is null)
  or (
    (done.action <> 'refresh' or done.scope is not null)
    and (
      coalesce(done.scope -> 'partitions', 'null') = 'null'
      or done.scope -> 'partitions' @> coalesce(failed.scope -> 'partitions', 'null')
    )
  );

-- Queues a run. While one with the same key is open: that one. Says which.
create function orchestrator.request_run(
  operation text, trigger_kind text, trigger_name text, selection text, options jsonb, request_key text
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  requested bigint;
begin
  loop
    insert into orchestrator.runs (operation, trigger_kind, trigger_name, selection, options, request_key)
    values (request_run.operation, request_run.trigger_kind, request_run.trigger_name, request_run.selection,
      request_run.options, request_run.request_key)
    on conflict (request_key) where status in ('queued', 'running') do nothing
    returning run_id into requested;
    if requested is not null then
      perform pg_notify('orchestrator_runs', requested::text);
      return requested;
    end if;
    select run_id
    into requested
    from orchestrator.runs
    where runs.request_key = request_run.request_key
      and status in ('queued', 'running');
    if requested is not null then
      return requested;
    end if; -- else it ended between the two statements: ours can be queued now
  end loop;
end
$$;

-- Asks for a run to be stopped; whoever executes it does. false: it had ended, or was asked to already. null: there is none.
create function orchestrator.cancel_run(of_run bigint)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  update orchestrator.runs
  set cancel_requested_at = clock_timestamp()
  where run_id = of_run
    and status in ('queued', 'running')
    and cancel_requested_at is null;
  if found then
    perform pg_notify('orchestrator_runs', of_run::text);
    return true;
  end if;
  return (select false from orchestrator.runs where run_id = of_run);
end
$$;

-- Of the newest run that succeeded; 0: none has.
create function orchestrator.last_success()
returns bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(max(run_id), 0)
  from orchestrator.runs
  where status = 'succeeded';
end;

-- Of these partition values, those that a queued or running run was asked to ingest, and how far it is; null: it has not begun. What
-- it is at just now is told where it is one of them.
create function orchestrator.ingestions(partitions text[])
returns table (partition_value text, progress jsonb)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select
    asked.value,
    case
      when steps.progress ->> 'label' = any (partitions) then steps.progress
      else steps.progress || '{"label": ""}'
    end
  from orchestrator.runs
  cross join lateral jsonb_array_elements_text(nullif(runs.options -> 'partitions', 'null')) as asked (value)
  left join orchestrator.steps
    on steps.run_id = runs.run_id
    and steps.status = 'running'
    and steps.action = 'ingest'
  where runs.status in ('queued', 'running')
    and asked.value = any (partitions)
  order by runs.run_id desc;
end;

-- The last run that wrote rows of the partition value in one of the assets; none: its steps are kept no longer.
create function orchestrator.last_write(assets text[], partition_value text)
returns table (run_id bigint, finished_at timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select steps.run_id, steps.finished_at
  from orchestrator.steps
  where steps.asset = any (assets)
    and steps.status = 'succeeded'
    and steps.action in ('refresh', 'rebuild')
    and (coalesce(steps.scope -> 'partitions', 'null') = 'null' or steps.scope -> 'partitions' ? partition_value)
  order by steps.run_id desc
  limit 1;
end;

revoke execute on all functions in schema orchestrator from public;
