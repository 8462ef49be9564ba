-- What failed and has not been made good is looked up whenever states are: there is little of it among many steps.
create index steps_failed_idx on orchestrator.steps (asset, run_id) where status = 'failed';
create index steps_ingest_idx on orchestrator.steps (asset, finished_at) where action = 'ingest' and status = 'succeeded';
create index changes_failed_idx on orchestrator.changes (asset) where last_error is not null;

-- Troubles that somebody is to hear of: a row from when one is first seen until it is over. One open row for each subject is
-- what makes any number of orchestrators say it once.
create table orchestrator.alerts (
  alert_id bigint generated always as identity primary key,
  kind text not null check (kind in ('run', 'check', 'overdue')),
  subject text not null,                -- the same for the same trouble: what of it is failing
  message text not null,
  asset text,
  run_id bigint,
  since timestamptz not null,
  raised_at timestamptz not null default clock_timestamp(),
  recovered_at timestamptz
);

create unique index alerts_subject_key on orchestrator.alerts (kind, subject) where recovered_at is null;

-- What is to be sent of an alert, and by which of the application's senders. Who sends holds the row.
create table orchestrator.alert_messages (
  alert_id bigint not null references orchestrator.alerts on delete cascade,
  event text not null check (event in ('raised', 'recovered')),
  sender text not null,
  attempts integer not null default 0,
  not_before timestamptz not null default clock_timestamp(),
  last_error text,
  sent_at timestamptz,
  primary key (alert_id, event, sender)
);

create index alert_messages_open_idx on orchestrator.alert_messages (not_before) where sent_at is null;

-- The same for runs and checks; and what ended since the last look, for whoever counts.
create index runs_failed_idx on orchestrator.runs (run_id) where status = 'failed';
create index runs_finished_at_idx on orchestrator.runs (finished_at);
create index check_results_failing_idx on orchestrator.check_results (asset, check_name, run_id) where failing_rows > 0;

-- Does a step that succeeded make good one that failed? It must have done all that the other was to do. A refresh without a
-- scope was to carry on what changes above: that waits until it is carried on, and any later one that succeeds has.
create function orchestrator.makes_good(done orchestrator.steps, failed orchestrator.steps)
returns boolean
language sql
immutable
as $$
  select
    (failed.action = 'refresh' and failed.scope is null)
    or (
      (done.action <> 'refresh' or done.scope is not null)
      and (
        coalesce(done.scope -> 'partitions', 'null') = 'null'
        or done.scope -> 'partitions' @> coalesce(failed.scope -> 'partitions', 'null')
      )
    )
$$;
