/** What people granted on the table that stands behind a view, given to the one that takes its place. */
import type { ClientBase } from "pg";
import { EngineError, messageOf } from "../postgres/index.ts";

/** A policy that somebody made says something that cannot be said of the new table. */
export class PolicyNotCarriedError extends EngineError {
  readonly code = "policy_not_carried";

  constructor(statement: string, cause: unknown) {
    super(
      `expected to give a policy that somebody made to the new table, got: ${messageOf(cause)} (${statement}); change the policy, or drop it`,
      { cause },
    );
  }
}

/**
 * Views are read with the rights of who reads, so that a grant or a row-level policy on the table behind one counts. Gives
 * those of the published tables to the new ones, where they are not there already. relations: asset -> its new table.
 * Throws PolicyNotCarriedError.
 */
export async function carryAccess(
  client: ClientBase,
  schema: string,
  relations: Readonly<Record<string, string>>,
): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `with pair as (
       select before.oid as before, after.oid as after, before.relowner as owner, before.relacl as grants,
         before.relrowsecurity and not after.relrowsecurity as secures
       from orchestrator.assets
       join jsonb_each_text($2) as next (asset, relation) on next.asset = assets.asset
       join pg_class as before on before.relnamespace = to_regnamespace(quote_ident($1)) and before.relname = assets.relation
       join pg_class as after on after.relnamespace = before.relnamespace and after.relname = next.relation
       where before.oid <> after.oid
     ),
     granted as (
       select after, privilege_type as privilege, grantee, is_grantable
       from pair, aclexplode(grants)
       where grantee <> owner
       union all
       select after, format('%s (%I)', privilege_type, held.attname), grantee, is_grantable
       from pair
       join pg_attribute as held on held.attrelid = before and held.attacl is not null
       join pg_attribute as kept on kept.attrelid = after and kept.attname = held.attname and not kept.attisdropped
       cross join aclexplode(held.attacl)
     ),
     policy as (
       select
         after, polname, polpermissive, polcmd,
         (
           select string_agg(case when role = 0 then 'public' else quote_ident(pg_get_userbyid(role)) end, ', ')
           from unnest(polroles) as role
         ) as roles,
         pg_get_expr(polqual, polrelid) as visible,
         pg_get_expr(polwithcheck, polrelid) as writable
       from pair
       join pg_policy as held on held.polrelid = before
       where not exists (select from pg_policy where polrelid = after and polname = held.polname)
     )
     select format('alter table %s enable row level security', after::regclass) as statement
     from pair
     where secures
     union all
     select format(
       'grant %s on %s to %s%s',
       privilege,
       after::regclass,
       case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
       case when is_grantable then ' with grant option' else '' end
     )
     from granted
     union all
     select concat(
       format('create policy %I on %s as ', polname, after::regclass),
       case when polpermissive then 'permissive' else 'restrictive' end,
       ' for ',
       case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
       ' to ' || roles,
       ' using (' || visible || ')',
       ' with check (' || writable || ')'
     )
     from policy`,
    [schema, JSON.stringify(relations)],
  );
  for (const { statement } of rows) {
    await client.query(statement).catch((error: unknown) => {
      throw new PolicyNotCarriedError(statement, error);
    });
  }
}
