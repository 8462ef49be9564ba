-- The schemas and the one extra role. What is a model is not here: the engine publishes models itself.

create schema if not exists bronze;
create schema if not exists "default";
create schema if not exists materialized;
create schema if not exists orchestrator;

-- People write `select * from gold_p_timeseries`, unqualified, in any client.
do $$
begin
  execute format('alter database %I set search_path = "default", bronze, public', current_database());
end
$$;

-- The web process takes this role on every connection, so row-level security holds for it even where a
-- WHERE clause is forgotten. The orchestrator keeps the owner's role, which security does not bind.
-- Roles belong to the whole server: another database of the same server may have made it already.
do $$
begin
  create role stratafolio_web nologin;
exception
  when duplicate_object or unique_violation then null;
end
$$;

do $$
begin
  execute format('grant stratafolio_web to %I', current_user);
end
$$;

grant usage on schema bronze, "default", materialized, orchestrator, public to stratafolio_web;

-- The person on whose behalf a transaction runs: set by a literal `set local app.user_id = '7'`, because
-- set_config() does not reach the workers of a distributed database. Unset means nobody: no rows.
create function public.current_person()
returns bigint
language sql
stable
parallel safe
return nullif(current_setting('app.user_id', true), '')::bigint;
