-- "Look now" counts what was put off after a failure as due: whoever asks from the web may say so, and nothing more.
grant update (not_before) on orchestrator.changes to stratafolio_web;

-- A rebuild fills its tables side by side and publishes them together: between the two a step still runs, but does
-- no work of its own.
alter table orchestrator.steps add column filled_at timestamptz;

-- Beside schedules and sensors: the watcher, which materializes edited models once somebody has switched it on.
alter table orchestrator.automations
  drop constraint automations_kind_check,
  add constraint automations_kind_check check (kind in ('schedule', 'sensor', 'watcher'));

alter table orchestrator.runs
  drop constraint runs_trigger_kind_check,
  add constraint runs_trigger_kind_check
    check (trigger_kind in ('manual', 'schedule', 'sensor', 'watcher', 'deploy'));
