/** What the engine relies on and does not make itself, compared with what stands there. */
import type { ClientBase, Pool } from "pg";
import type { Context } from "../context.ts";
import { type Graph, type SourceAsset, stableName } from "../definition/index.ts";
import { quoteIdentifier, quoteRelation } from "../postgres/index.ts";
import { ownerColumn } from "./row-policies.ts";
import { sessionSettings } from "./session.ts";

/** Something that is not as it must be. The message says what was expected, what stands there, and the way out. */
export interface Finding {
  readonly code: string;
  /** null: it concerns all of them. */
  readonly asset: string | null;
  readonly message: string;
}

/** Looks at sources, published relations and the session's settings; changes nothing. Empty: all is as it must be. */
export async function inspect(context: Context): Promise<Finding[]> {
  const { pool, registry } = context;
  const { graph } = registry;
  const sources = [...graph.nodes.values()].flatMap(({ asset }) => (asset.kind === "source" ? [asset] : []));
  return [
    ...(await inspectSession(pool, graph)),
    ...(await inspectSources(pool, sources)),
    ...(await inspectReading(context, [
      ...sources.map(({ name, schema, columns, isShared = false }) => ({
        asset: name,
        relation: quoteRelation(schema, name),
        columns: isShared ? [] : Object.keys(columns),
        declared: Object.keys(columns),
      })),
      ...(await publishedRelations(pool, graph)),
    ])),
    ...(await inspectHiddenRows(context)),
  ];
}

async function inspectSession(pool: Pool, { schemas }: Graph): Promise<Finding[]> {
  const { rows } = await pool.query<{
    first: string | null;
    settings: Record<string, string>;
    collation: { readonly recorded: string | null; readonly actual: string | null };
  }>(
    `select
       (current_schemas(false))[1] as first,
       (
         select jsonb_build_object('recorded', datcollversion, 'actual', pg_database_collation_actual_version(oid))
         from pg_database
         where datname = current_database()
       ) as collation,
       (select jsonb_object_agg(name, current_setting(name)) from unnest($1::text[]) as name) as settings`,
    [Object.keys(sessionSettings)],
  );
  const { first, settings, collation } = rows[0]!;
  const findings: Finding[] = [];
  // The order of texts is the one thing that no setting of a session can pin: another library orders them otherwise.
  if (collation.recorded !== null && collation.actual !== collation.recorded) {
    const message = `collation: expected version ${collation.recorded} of this server's library, with which the database was made, got: ${collation.actual}; texts may be ordered otherwise: reindex, materialize with --full-refresh, then alter database ... refresh collation version`;
    findings.push({ code: "collation_version", asset: null, message });
  }
  if (first !== schemas.models) {
    const message = `search_path: expected ${schemas.models} in front, so that names mean models, got: ${first}; set it on the engine's pool`;
    findings.push({ code: "search_path", asset: null, message });
  }
  for (const [name, expected] of Object.entries(sessionSettings)) {
    if (settings[name]?.toLowerCase() === expected.toLowerCase()) continue;
    const message = `${name}: expected ${expected} in every session, since figures depend on it, got: ${settings[name]}; set it on the engine's pool`;
    findings.push({ code: "session_setting", asset: null, message });
  }
  return findings;
}

interface SourceRow {
  readonly source: string;
  readonly exists: boolean;
  /** Column -> its type. */
  readonly columns: Readonly<Record<string, string>>;
  /** The columns of each unique index. */
  readonly keys: readonly (readonly string[])[];
  /** The first column of each index. */
  readonly indexed: readonly string[];
}

async function inspectSources(pool: Pool, sources: readonly SourceAsset[]): Promise<Finding[]> {
  const { rows } = await pool.query<SourceRow>(
    `select
       source,
       to_regclass(relation) is not null as exists,
       coalesce(
         (
           select jsonb_object_agg(attname, format_type(atttypid, null))
           from pg_attribute
           where attrelid = to_regclass(relation) and attnum > 0 and not attisdropped
         ),
         '{}'
       ) as columns,
       coalesce(
         (
           select jsonb_agg(
             (
               select jsonb_agg(attname order by attname)
               from pg_attribute
               where attrelid = indrelid and attnum = any(indkey)
             )
           )
           from pg_index
           where indrelid = to_regclass(relation) and indisunique and indpred is null
         ),
         '[]'
       ) as keys,
       coalesce(
         (
           select jsonb_agg(distinct attname)
           from pg_index
           join pg_attribute on attrelid = indrelid and attnum = indkey[0]
           where indrelid = to_regclass(relation)
         ),
         '[]'
       ) as indexed
     from unnest($1::text[], $2::text[]) as declared (source, relation)`,
    [sources.map(({ name }) => name), sources.map(({ schema, name }) => quoteRelation(schema, name))],
  );
  const found = new Map(rows.map((row) => [row.source, row]));
  return sources.flatMap((source) => findingsOf(source, found.get(source.name)!));
}

function findingsOf(source: SourceAsset, found: SourceRow): Finding[] {
  const { name: asset, schema, columns, key, partitionBy } = source;
  const table = `${schema}.${asset}`;
  if (!found.exists) {
    const message = `expected table ${table}, got none; make it with a migration`;
    return [{ code: "missing_source", asset, message }];
  }
  const findings: Finding[] = Object.entries(columns)
    .filter(([column, { type }]) => found.columns[column] !== type)
    .map(([column, { type }]) => {
      const got = found.columns[column] ?? "no such column";
      const message = `${table}.${column}: expected ${type}, as declared, got: ${got}; change the table or the declaration`;
      return { code: "source_column", asset, message };
    });
  if (!found.keys.some((columnsOfKey) => columnsOfKey.join() === [...key].sort().join())) {
    const message = `${table}: expected a unique index on its key (${key.join(", ")}), got none; a row that comes twice would be counted twice`;
    findings.push({ code: "source_key", asset, message });
  }
  if (partitionBy && !found.indexed.includes(partitionBy)) {
    const message = `${table}: expected an index that begins with ${partitionBy}, got none; each refresh of one value reads the whole table`;
    findings.push({ code: "scope_index", asset, message });
  }
  return findings;
}

interface ReadRelation {
  readonly asset: string;
  /** Quoted, with its schema. */
  readonly relation: string;
  readonly columns: readonly string[];
  /** Of a source: a grant of these columns is enough. */
  readonly declared?: readonly string[];
}

/** The stable view of each published model, and the table behind it. */
async function publishedRelations(pool: Pool | ClientBase, graph: Graph): Promise<ReadRelation[]> {
  const { rows } = await pool.query<{ asset: string; relation: string | null }>(
    "select asset, relation from orchestrator.assets where code_version is not null",
  );
  return rows
    .filter(({ asset }) => graph.nodes.get(asset)?.asset.kind === "model")
    .flatMap(({ asset, relation }) => {
      const columns = Object.keys(graph.get(asset).asset.columns);
      const view = { asset, relation: stableName(graph.schemas, asset), columns: [] };
      if (relation === null) return [view];
      return [view, { asset, relation: quoteRelation(graph.schemas.tables, relation), columns }];
    });
}

/** May the reader read them, and of tables with people's rows only their own? */
async function inspectReading(
  { pool, readerRole, rowSecurity }: Context,
  relations: readonly ReadRelation[],
): Promise<Finding[]> {
  const { rows } = await pool.query<{ asset: string; relation: string; readable: boolean; secured: boolean }>(
    `select
       asset,
       relation,
       has_schema_privilege($4, relnamespace, 'usage') and (
         has_table_privilege($4, class.oid, 'select')
         or declared <> '[]' and not exists (
           select
           from jsonb_array_elements_text(declared) as name
           where not has_column_privilege($4, class.oid, name, 'select')
         )
       ) as readable,
       not is_personal or (
         relrowsecurity and exists (
           select
           from pg_policy
           where polrelid = class.oid
             and polcmd in ('r', '*')
             and polroles && array[0::oid, to_regrole($4)::oid]
         )
       ) as secured
     from unnest($1::text[], $2::text[], $3::boolean[], $5::jsonb[]) as wanted (asset, relation, is_personal, declared)
     join pg_class as class on class.oid = to_regclass(relation)`,
    [
      relations.map(({ asset }) => asset),
      relations.map(({ relation }) => relation),
      relations.map(({ columns }) => rowSecurity !== null && ownerColumn(rowSecurity, columns) !== null),
      readerRole,
      relations.map(({ declared = [] }) => JSON.stringify(declared)),
    ],
  );
  return rows.flatMap(({ asset, relation, readable, secured }): Finding[] => {
    const findings: Finding[] = [];
    const role = quoteIdentifier(readerRole);
    if (!readable) {
      const message = `${relation}: expected ${readerRole} to be allowed to read it, got no such grant; grant select on ${relation} to ${role}`;
      findings.push({ code: "reader_grant", asset, message });
    }
    if (!secured) {
      const message = `${relation}: expected row-level security with a policy for ${readerRole}, got none; everybody's rows can be read`;
      findings.push({ code: "row_security", asset, message });
    }
    return findings;
  });
}

/** Roles that may read a table with row-level security and that no policy speaks of: they read no row, without a word. */
async function inspectHiddenRows({ pool, registry: { graph } }: Context): Promise<Finding[]> {
  const { rows } = await pool.query<{ relation: string; role: string }>(
    `select class.oid::regclass::text as relation, grantee::regrole::text as role
     from pg_class as class
     cross join aclexplode(relacl)
     join pg_roles as role on role.oid = grantee
     where relrowsecurity
       and relnamespace = to_regnamespace(quote_ident($1))
       and relname in (select relation from orchestrator.assets where relation is not null)
       and privilege_type = 'SELECT'
       and grantee <> relowner
       and not role.rolbypassrls
       and not role.rolsuper
       and not exists (
         select
         from pg_policy
         where polrelid = class.oid
           and exists (
             select
             from unnest(polroles) as named
             where named = 0 or pg_has_role(grantee, nullif(named, 0), 'member')
           )
       )`,
    [graph.schemas.tables],
  );
  return rows.map(({ relation, role }) => {
    const message = `${relation}: expected a row-level policy for ${role}, who may read it, got none, so that it reads no row; create a policy for it, or revoke the grant`;
    return { code: "hidden_rows", asset: null, message };
  });
}
