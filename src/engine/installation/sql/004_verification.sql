-- A run may compare what is stored with what computing it anew gives, and write nothing.
alter table orchestrator.runs
  drop constraint runs_operation_check,
  add constraint runs_operation_check check (operation in ('materialize', 'refresh', 'rollback', 'verify'));

alter table orchestrator.steps
  drop constraint steps_action_check,
  add constraint steps_action_check check (action in ('ingest', 'refresh', 'rebuild', 'view', 'check', 'verify'));
