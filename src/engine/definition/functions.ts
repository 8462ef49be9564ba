import type { Pool } from "pg";

/**
 * For `loadRegistry`: reads the definitions of functions and aggregates that people made, each with those of the
 * functions it calls in turn, found by their names standing in its text. Several with one name are taken together.
 */
export function readFunctionDefinitions(pool: Pool): (names: string[]) => Promise<Map<string, string>> {
  return async (names) => {
    if (names.length === 0) return new Map();
    const { rows } = await pool.query<{ name: string; definition: string }>(
      `with made_by_people as (
         select
           p.oid,
           p.proname as name,
           p.prokind,
           n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as signature
         from pg_proc p
         join pg_namespace n on n.oid = p.pronamespace
         where n.nspname not in ('pg_catalog', 'information_schema')
           and p.prokind in ('f', 'w', 'a')
           and not exists (
             select
             from pg_depend d
             where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
           )
       )
       select
         f.name,
         string_agg(
           -- pg_get_functiondef refuses aggregates
           case
             when f.prokind = 'a' then concat_ws(' ', f.signature, a.aggtransfn, a.aggfinalfn, a.aggtranstype::regtype, a.agginitval)
             else pg_get_functiondef(f.oid)
           end,
           E'\\n' order by f.signature
         ) as definition
       from made_by_people f
       left join pg_aggregate a on a.aggfnoid = f.oid
       group by f.name`,
    );
    const own = new Map(rows.map(({ name, definition }) => [name, definition]));
    const called = new Map([...own].map(([name, definition]) => [name, namesIn(definition, own)]));
    return new Map(names.filter((name) => own.has(name)).map((name) => [name, textOf(name, own, called)]));
  };
}

function namesIn(definition: string, own: ReadonlyMap<string, string>): string[] {
  const words = new Set(definition.match(/\w+/g));
  return [...own.keys()].filter((name) => words.has(name));
}

function textOf(
  name: string,
  own: ReadonlyMap<string, string>,
  called: ReadonlyMap<string, readonly string[]>,
): string {
  const reached = new Set([name]);
  for (const function_ of reached) for (const next of called.get(function_) ?? []) reached.add(next);
  return [...reached]
    .sort()
    .map((function_) => own.get(function_))
    .join("\n");
}
