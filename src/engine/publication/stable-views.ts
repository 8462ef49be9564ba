import { setTimeout as delay } from "node:timers/promises";
import type { ClientBase, Pool } from "pg";
import { type Graph, stableName } from "../definition/index.ts";
import { EngineError, quoteIdentifier, sqlState } from "../postgres/index.ts";
import type { CurrentVersion } from "../records/index.ts";
import { viewBody } from "./build.ts";
import { carryAccess } from "./carry-access.ts";

/** Something that the engine does not keep depends on a view whose columns change. */
export class ForeignDependentError extends EngineError {
  readonly code = "foreign_dependent";
  readonly asset: string;
  readonly dependents: readonly string[];

  constructor(asset: string, dependents: readonly string[]) {
    super(
      `${asset} changes columns, so its view must be dropped and made again: expected nothing to depend on it but assets, ` +
        `got: ${dependents.join(", ")}; drop that, or append columns and change none`,
    );
    this.asset = asset;
    this.dependents = dependents;
  }
}

/** Readers held a view that was to be replaced for longer than publication waits. */
export class PublicationBlockedError extends EngineError {
  readonly code = "publication_blocked";

  constructor(seconds: number) {
    super(
      `expected the views to be free for a moment within ${seconds} s, got: readers holding them all the time; end long transactions that read them, and run again`,
    );
  }
}

/** Shorter than deadlock_timeout: whoever queues behind us waits no longer than this, and we are never a deadlock's victim. */
const lockTimeoutMilliseconds = 200;
const pauseMilliseconds = 300;
const attempts = 120;

/**
 * Makes the stable views of `changed` say what the versions say, within the caller's transaction. A view is replaced
 * in place where its columns allow, else dropped and made again together with the views of other assets on top of it.
 * Who may read the tables before may read the new ones.
 * Throws ForeignDependentError, or PublicationBlockedError when readers do not let go for a minute.
 */
export async function replaceViews(
  client: ClientBase,
  graph: Graph,
  versions: ReadonlyMap<string, CurrentVersion>,
  changed: readonly string[],
  readerRole: string,
): Promise<void> {
  const tables = changed.flatMap((name) => {
    const { relation } = versions.get(name)!;
    return relation === null ? [] : [[name, relation] as const];
  });
  await carryAccess(client, graph.schemas.tables, Object.fromEntries(tables));
  const stored = await storedColumns(client, graph.schemas.models, changed);
  const dropped = await viewsToDrop(client, graph, versions, changed, stored);
  const made = graph.inOrder([...dropped, ...changed]);
  const grants = await grantsOn(client, graph.schemas.models, [...dropped]);
  const standing = graph.inOrder(stored.keys()).reverse();
  const statements = [
    // Locks each view as a statement that reads it does: a view before those it reads. The other way round, a reader
    // that has the upper view waits for us at the lower one while we wait for it (a reader in a loop held us up 10 s).
    ...standing.map((name) => `alter view ${stableName(graph.schemas, name)} set (security_invoker = true)`),
    // In one statement: what is published stands on one another as it did then, which the graph of today need not say.
    ...(dropped.size === 0
      ? []
      : [`drop view ${[...dropped].map((name) => stableName(graph.schemas, name)).join(", ")}`]),
    ...made.flatMap((name) => [
      `create or replace view ${stableName(graph.schemas, name)} with (security_invoker = true) as ${viewBody(versions.get(name)!)}`,
      `grant select on ${stableName(graph.schemas, name)} to ${quoteIdentifier(readerRole)}`,
    ]),
    ...grants,
  ];
  for (let attempt = 1; ; attempt++) {
    await client.query(`savepoint publication; set local lock_timeout = ${lockTimeoutMilliseconds}`);
    try {
      for (const statement of statements) await client.query(statement);
      await client.query("release savepoint publication; set local lock_timeout = 0");
      return;
    } catch (error) {
      if (sqlState(error) !== "55P03") throw error; // lock_not_available
      await client.query("rollback to savepoint publication");
      if (attempt === attempts) {
        throw new PublicationBlockedError((attempts * (lockTimeoutMilliseconds + pauseMilliseconds)) / 1000);
      }
      await delay(pauseMilliseconds);
    }
  }
}

/** The views that `create or replace` would refuse to change, and all that stand on them. */
async function viewsToDrop(
  client: ClientBase,
  graph: Graph,
  versions: ReadonlyMap<string, CurrentVersion>,
  changed: readonly string[],
  stored: ReadonlyMap<string, readonly string[]>,
): Promise<Set<string>> {
  const dropped = new Set<string>();
  for (const name of changed) {
    const declared = Object.entries(versions.get(name)!.asset.columns).map(
      ([column, { type }]) => `${column} ${type}`,
    );
    const isReplaceable = (stored.get(name) ?? []).every((column, index) => column === declared[index]);
    if (isReplaceable) continue;
    dropped.add(name);
    const dependents = await dependentsOf(client, graph, [stableName(graph.schemas, name)]);
    const foreign = dependents.filter(({ asset }) => asset === null || !graph.nodes.has(asset));
    if (foreign.length > 0)
      throw new ForeignDependentError(
        name,
        foreign.map(({ asset, description }) =>
          asset === null ? description : `${description} (a model that is not declared any more)`,
        ),
      );
    for (const { asset } of dependents) dropped.add(asset!);
  }
  return dropped;
}

/** `name type` of each column of the stable views that exist. */
async function storedColumns(
  client: ClientBase,
  schema: string,
  names: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await client.query<{ asset: string; columns: string[] }>(
    `select
       relname as asset,
       array_agg(attname || ' ' || format_type(atttypid, null) order by attnum) as columns
     from pg_class
     join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
     where relnamespace = to_regnamespace($1)
       and relname = any($2)
     group by relname`,
    [quoteIdentifier(schema), names],
  );
  return new Map(rows.map(({ asset, columns }) => [asset, columns]));
}

/**
 * What stands on relations and is none of them, at any distance: the views of assets by name, anything else (asset null)
 * described. relations: quoted.
 */
export async function dependentsOf(
  client: ClientBase | Pool,
  graph: Graph,
  relations: readonly string[],
): Promise<{ asset: string | null; description: string }[]> {
  const { rows } = await client.query<{ asset: string | null; description: string }>(
    `with recursive dependent as (
       select 'pg_class'::regclass::oid as class, to_regclass(relation)::oid as object
       from unnest($1::text[]) as relation
       union
       select
         case when rule.ev_class is null then depend.classid else 'pg_class'::regclass::oid end,
         coalesce(rule.ev_class, depend.objid)
       from dependent
       join pg_depend as depend on depend.refclassid = dependent.class and depend.refobjid = dependent.object
       left join pg_rewrite as rule on depend.classid = 'pg_rewrite'::regclass and rule.oid = depend.objid
       where depend.deptype = 'n'
     )
     select distinct
       case when relation.relnamespace = to_regnamespace($2) and relation.relkind = 'v' then relation.relname end as asset,
       pg_describe_object(dependent.class, dependent.object, 0) as description
     from dependent
     left join pg_class as relation
       on dependent.class = 'pg_class'::regclass
       and relation.oid = dependent.object
     where dependent.object <> all(select to_regclass(relation)::oid from unnest($1::text[]) as relation)
       -- a table's own policies go with it
       and not exists (
         select
         from pg_policy
         where dependent.class = 'pg_policy'::regclass
           and pg_policy.oid = dependent.object
           and polrelid = any(select to_regclass(relation)::oid from unnest($1::text[]) as relation)
       )
     order by description`,
    [relations, quoteIdentifier(graph.schemas.models)],
  );
  return rows;
}

/** Statements that give back what others were granted on views that are dropped. */
async function grantsOn(client: ClientBase, schema: string, names: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>(
    `select format(
       'grant %s on %I.%I to %s%s',
       privilege_type, $1::text, relname,
       case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
       case when is_grantable then ' with grant option' else '' end
     ) as statement
     from pg_class, aclexplode(relacl)
     where relnamespace = to_regnamespace(quote_ident($1))
       and relname = any($2)
       and grantee <> relowner`,
    [schema, names],
  );
  return rows.map(({ statement }) => statement);
}
