-- The engine's own tables. They know assets by name and nothing of what the assets mean. Who may read them is said by
-- install(), from the roles that the application names.

-- What changed in a source and has not reached its dependents yet. A row stands until the transaction that
-- did the work deletes it: a crash anywhere leaves it standing. NOTIFY is only a hint to look.
create table orchestrator.changes (
  change_id bigint generated always as identity primary key,
  asset text not null,
  partition_value text,                 -- null: every partition
  since date,                           -- null: from the beginning
  run_id bigint,                        -- the run that wrote the rows; it propagates them itself while it lives
  attempts integer not null default 0,
  not_before timestamptz,               -- after a failure: when to try again
  last_error text,
  created_at timestamptz not null default clock_timestamp()
);

create index changes_asset_idx on orchestrator.changes (asset, change_id);

create table orchestrator.runs (
  run_id bigint generated always as identity primary key,
  trigger_kind text not null check (trigger_kind in ('manual', 'schedule', 'sensor', 'watcher', 'deploy')),
  trigger_name text not null,           -- the schedule, the sensor, or who asked
  selection text not null,
  options jsonb not null default '{}',  -- partitions, since, full_refresh, exclude
  request_key text,                     -- one queued or running run for each key
  status text not null default 'queued'
    check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  attempt integer not null default 1,
  retry_of bigint references orchestrator.runs on delete set null,
  cancel_requested_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  error text
);

create unique index runs_request_key_key on orchestrator.runs (request_key) where status in ('queued', 'running');
-- How often what a sensor asks for has failed is looked up by key, among all runs there ever were.
create index runs_request_key_idx on orchestrator.runs (request_key, run_id) where request_key is not null;
create index runs_open_idx on orchestrator.runs (status, run_id) where status in ('queued', 'running');
create index runs_created_at_idx on orchestrator.runs (created_at);

create table orchestrator.steps (
  run_id bigint not null references orchestrator.runs on delete cascade,
  asset text not null,
  action text not null check (action in ('ingest', 'refresh', 'rebuild', 'view', 'check')),
  status text not null check (status in ('pending', 'running', 'succeeded', 'failed', 'skipped', 'cancelled')),
  reason text not null,
  scope jsonb,                          -- {"partitions": [...] | null, "since": date | null}; null: everything
  attempt integer not null default 1,
  rows_inserted bigint,
  rows_updated bigint,
  rows_deleted bigint,
  progress jsonb,                       -- {"done": 3, "total": 12, "label": "north"}
  code_version text,
  started_at timestamptz,
  filled_at timestamptz,                -- of a rebuild: its rows are there, and wait to be published with the others
  finished_at timestamptz,
  error text,
  primary key (run_id, asset)
);

create index steps_asset_idx on orchestrator.steps (asset, run_id desc);

create table orchestrator.step_logs (
  log_id bigint generated always as identity primary key,
  run_id bigint not null references orchestrator.runs on delete cascade,
  asset text,
  level text not null check (level in ('debug', 'info', 'warn', 'error')),
  message text not null,
  logged_at timestamptz not null default clock_timestamp()
);

create index step_logs_run_id_idx on orchestrator.step_logs (run_id, log_id);

create table orchestrator.check_results (
  run_id bigint not null references orchestrator.runs on delete cascade,
  asset text not null,
  check_name text not null,
  severity text not null check (severity in ('warn', 'error')),
  failing_rows bigint not null,         -- 0: passed
  sample jsonb,                         -- a few of the failing rows' keys
  checked_at timestamptz not null default clock_timestamp(),
  primary key (run_id, asset, check_name)
);

create index check_results_asset_idx on orchestrator.check_results (asset, run_id desc);

-- What is published now, one row an asset.
create table orchestrator.assets (
  asset text primary key,
  code_version text,                    -- fingerprint of what made the rows that stand there
  data_version bigint not null default 0, -- grows when the content changes
  read_versions jsonb not null default '{}', -- dependency -> its data_version when it was last read
  relation text,                        -- the physical table in schema materialized; null for views and sources
  last_run_id bigint,
  last_materialized_at timestamptz
);

-- Every version ever published and not yet dropped: what rollback goes back to.
create table orchestrator.asset_versions (
  asset text not null,
  code_version text not null,
  relation text not null default '',    -- physical table; '' for a view
  body text not null,
  columns jsonb not null,
  run_id bigint,
  published_at timestamptz not null default clock_timestamp(),
  retired_at timestamptz,
  primary key (asset, code_version, relation)
);

create table orchestrator.automations (
  automation text primary key,
  kind text not null check (kind in ('schedule', 'sensor', 'watcher')),
  enabled boolean not null default true,
  updated_at timestamptz not null default now()
);

-- One row a planned time: the primary key is what keeps two orchestrators from running a tick twice.
create table orchestrator.ticks (
  automation text not null,
  planned_at timestamptz not null,
  status text not null check (status in ('started', 'succeeded', 'failed', 'skipped')),
  run_id bigint,
  detail text,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  primary key (automation, planned_at)
);

-- How often what is stored of one partition value has changed, whatever the asset: what is computed from one person's rows
-- may be kept until this number grows. A value that never changed has no row.
create table orchestrator.partition_versions (
  partition_column text not null,
  partition_value text,                 -- null: every value, or more than are announced one by one
  version bigint not null,
  unique nulls not distinct (partition_column, partition_value)
);

alter table orchestrator.partition_versions enable row level security;

-- Change capture: the engine makes statement-level triggers on every source (see capture.ts) that call this with the
-- asset's name, its partition column and its time column ('' for none). A change row is written in the
-- same transaction as the rows, one for each partition value touched, from the earliest day touched.
-- security definer: whoever may write the table need not be able to write the change table.
create function orchestrator.capture_changes()
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
  changes integer;
begin
  execute format(
    'insert into orchestrator.changes (asset, partition_value, since, run_id)
     select $1, %1$I::text, %2$s, nullif(current_setting(''orchestrator.run_id'', true), '''')::bigint
     from (%3$s) touched
     group by %1$I
     order by %1$I',
    tg_argv[1], since_expression, touched_rows)
  using tg_argv[0];
  get diagnostics changes = row_count; -- execute does not set `found`
  if changes > 0 then
    perform pg_notify('orchestrator_changes', tg_argv[0]);
  end if;
  return null;
end
$$;

-- A truncated table changed everywhere.
create function orchestrator.capture_truncate()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
  insert into orchestrator.changes (asset) values (tg_argv[0]);
  perform pg_notify('orchestrator_changes', tg_argv[0]);
  return null;
end
$$;
