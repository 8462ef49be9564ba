import type { ClientBase, Pool } from "pg";
import type { Context } from "../context.ts";
import { type Schemas, tableName } from "../definition/index.ts";
import { quoteIdentifier, quoteRelation, transaction } from "../postgres/index.ts";

/** With the engine's own word before it: `build_7` may well be a schema of somebody else's. */
const scratchPrefix = "orchestrator_build_";

/** The schema that a rebuild works in. */
export const scratchSchema = (runId: number): string => `${scratchPrefix}${runId}`;

/** Runs that have a scratch schema. */
const scratchRuns = `
  select substr(nspname, ${scratchPrefix.length + 1})::bigint as run_id
  from pg_namespace
  where nspname ~ '^${scratchPrefix}[0-9]{1,18}$'
    and has_schema_privilege(oid, 'create')`;

/** So many relations are dropped in one transaction: the lock table of the server is finite. */
const batchSize = 100;

/** Nobody reads what was not published: whoever holds it for longer is not to hold up a start. */
const dropMilliseconds = 2_000;

/**
 * Drops what a build made and did not publish: its scratch schema, and tables that no version is recorded for. The schema
 * goes last, so that whoever is killed half-way leaves a trace of what is left to do.
 */
async function dropUnpublished(pool: Pool, schemas: Schemas, runId: number): Promise<void> {
  const schema = scratchSchema(runId);
  const options = { begin: `begin; set local lock_timeout = ${dropMilliseconds}` };
  while (await transaction(pool, (client) => dropViews(client, schema), options));
  while (await transaction(pool, (client) => dropTables(client, schemas, runId), options));
  await pool.query(`drop schema if exists ${quoteIdentifier(schema)}`);
}

/** The same, by whoever has something else to do: what somebody holds is left to `dropOrphans`, which recovery calls. */
export async function dropBuild({ pool, registry, log }: Context, runId: number): Promise<void> {
  try {
    await dropUnpublished(pool, registry.graph.schemas, runId);
  } catch (error) {
    log.warn({ error, runId }, `what run ${runId} was building could not be dropped; it will be tried again`);
  }
}

/** Drops the builds of runs that are over. */
export async function dropOrphans(context: Context): Promise<void> {
  const { rows } = await context.pool.query<{ run_id: number }>(
    `select run_id
     from (${scratchRuns}) as scratch
     where not exists (
       select
       from orchestrator.runs
       where runs.run_id = scratch.run_id
         and status = 'running'
     )`,
  );
  for (const { run_id } of rows) await dropBuild(context, run_id);
}

/**
 * Drops what builds left behind whose processes are gone. Only for whoever holds the lock of rebuilds: all are then over.
 * One session that holds a view of a dead build must not keep everybody from building.
 */
export async function dropLeftovers(context: Context): Promise<void> {
  const { rows } = await context.pool.query<{ run_id: number }>(scratchRuns);
  for (const { run_id } of rows) await dropBuild(context, run_id);
}

/** The newest first, so that nothing needs CASCADE. false: there are none. */
async function dropViews(client: ClientBase, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ view: string }>(
    `select relname as view
     from pg_class
     where relnamespace = to_regnamespace($1)
       and relkind = 'v'
     order by oid desc
     limit ${batchSize}`,
    [quoteIdentifier(schema)],
  );
  for (const { view } of rows) await client.query(`drop view if exists ${quoteRelation(schema, view)}`);
  return rows.length > 0;
}

async function dropTables(client: ClientBase, schemas: Schemas, runId: number): Promise<boolean> {
  const { rows } = await client.query<{ relation: string }>(
    `select relname as relation
     from pg_class
     where relnamespace = to_regnamespace($1)
       and relkind = 'r'
       and relname ~ ('__[0-9a-f]{8}_' || $2 || '$')
       and not exists (
         select
         from orchestrator.asset_versions
         where asset_versions.relation = relname
       )
     limit ${batchSize}`,
    [quoteIdentifier(schemas.tables), String(runId)],
  );
  for (const { relation } of rows) await client.query(`drop table if exists ${tableName(schemas, relation)}`);
  return rows.length > 0;
}
