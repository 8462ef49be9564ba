import type { ClientBase } from "pg";
import type { Context } from "./context.ts";
import { tableSchema } from "./published.ts";
import { quoteRelation } from "./sql.ts";
import { transaction } from "./transaction.ts";

export interface PublishedVersion {
  readonly asset: string;
  readonly code_version: string;
  readonly relation: string | null;
  readonly body: string;
  readonly columns: unknown;
  readonly read: readonly string[];
}

/** Writes down that versions are published now, in place of those before, and announces it. */
export async function recordVersions(
  client: ClientBase,
  runId: number,
  versions: readonly PublishedVersion[],
): Promise<void> {
  const listed = JSON.stringify(versions);
  const recordset = `jsonb_to_recordset($2) as version (
    asset text, code_version text, relation text, body text, columns jsonb, read text[]
  )`;
  await client.query(
    `update orchestrator.asset_versions as before
     set retired_at = clock_timestamp()
     from ${recordset}
     where before.asset = version.asset
       and before.retired_at is null
       and $1::bigint is not null`,
    [runId, listed],
  );
  await client.query(
    `insert into orchestrator.asset_versions (asset, code_version, relation, body, columns, run_id)
     select asset, code_version, coalesce(relation, ''), body, columns, $1
     from ${recordset}
     on conflict (asset, code_version, relation) do update
     set
       run_id = excluded.run_id,
       body = excluded.body,
       columns = excluded.columns,
       published_at = clock_timestamp(),
       retired_at = null`,
    [runId, listed],
  );
  await client.query(
    `insert into orchestrator.assets as stored
       (asset, code_version, data_version, relation, last_run_id, last_materialized_at)
     select asset, code_version, 1, relation, $1, clock_timestamp()
     from ${recordset}
     order by asset
     on conflict (asset) do update
     set
       -- A view that is published again as it was says nothing new.
       data_version = stored.data_version
         + (excluded.relation is not null or stored.code_version is distinct from excluded.code_version)::integer,
       code_version = excluded.code_version,
       relation = excluded.relation,
       last_run_id = excluded.last_run_id,
       last_materialized_at = excluded.last_materialized_at`,
    [runId, listed],
  );
  // After all of them have their new data versions: these are what the new rows were made from.
  await client.query(
    `update orchestrator.assets as stored
     set read_versions = coalesce(
       (
         select jsonb_object_agg(upstream.asset, upstream.data_version)
         from orchestrator.assets as upstream
         where upstream.asset = any(version.read)
       ),
       '{}'
     )
     from ${recordset}
     where stored.asset = version.asset
       and $1::bigint is not null`,
    [runId, listed],
  );
  await client.query(
    `select
       pg_notify('orchestrator_runs', $1::text),
       pg_notify(
         'orchestrator_published',
         jsonb_build_object('run_id', $1::bigint, 'assets', $2::jsonb, 'partition_column', null, 'partitions', null)::text
       )`,
    [runId, JSON.stringify(versions.map(({ asset }) => asset))],
  );
}

/** Keeps of each asset what is published and the version before it, for rollback; a table in use is left to the next time. */
export async function dropOldVersions({ pool, log }: Context, assets: readonly string[]): Promise<void> {
  const { rows } = await pool.query<{ asset: string; code_version: string; relation: string }>(
    `select asset, code_version, relation
     from (
       select
         asset, code_version, relation, retired_at,
         row_number() over (partition by asset order by retired_at is null desc, published_at desc) as position
       from orchestrator.asset_versions
       where asset = any($1)
     ) as ranked
     where position > 2
       and retired_at is not null`,
    [assets],
  );
  for (const version of rows) {
    try {
      await transaction(
        pool,
        async (client) => {
          if (version.relation !== "") {
            await client.query(`drop table if exists ${quoteRelation(tableSchema, version.relation)}`);
          }
          await client.query(
            `delete from orchestrator.asset_versions
             where asset = $1
               and code_version = $2
               and relation = $3`,
            [version.asset, version.code_version, version.relation],
          );
        },
        "begin; set local lock_timeout = '2s'",
      );
    } catch (error) {
      log.warn(
        { error, relation: version.relation },
        "an old version could not be dropped; it will be tried again",
      );
    }
  }
}
