-- How often what is stored of one partition value has changed, whatever the asset: what is computed from one person's rows
-- may be kept until this number grows. A value that never changed has no row.
create table orchestrator.partition_versions (
  partition_column text not null,
  partition_value text,                 -- null: every value, or more than are told one by one
  version bigint not null,
  unique nulls not distinct (partition_column, partition_value)
);

grant select on orchestrator.partition_versions to stratafolio_web;
alter table orchestrator.partition_versions enable row level security;

-- When somebody else traded is nobody's business.
create policy own_versions on orchestrator.partition_versions for select to stratafolio_web
  using (
    partition_column <> 'user_id'
    or partition_value is null
    or partition_value = (select public.current_person())::text
  );
