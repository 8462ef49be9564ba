/**
 * What PostgreSQL itself says of a body: the functions, operators and casts it comes to, each with its volatility. Names
 * in a list of ours would always lack some: `date('now')`, `array_shuffle`, an operator, a function that people made.
 */
import type { ClientBase } from "pg";
import { sqlState } from "../postgres/index.ts";

/** What a view's rule refers to, by number. */
interface References {
  readonly functions: readonly number[];
  readonly operators: readonly number[];
  /** Types whose input function reads text while the body runs. */
  readonly inputs: readonly number[];
  /** Types of all values that the body makes. */
  readonly types: readonly number[];
}

/** Something of a body that may give other rows another time. */
export interface Impurity {
  readonly kind: "call" | "cast";
  /** The function's or the type's name in PostgreSQL's catalog. */
  readonly name: string;
  /** As it is told: `array_shuffle()`, `text to date`. */
  readonly what: string;
  readonly why: string;
  readonly hint: string | null;
}

/**
 * Reads a rule as `pg_rewrite.ev_action` has it. Every name and text in it has its blanks escaped, so that these patterns
 * match the fields of nodes and nothing else.
 */
function referencesOf(rule: string): References {
  const numbers = (pattern: RegExp): number[] => [
    ...new Set(
      [...rule.matchAll(pattern)].flatMap((match) =>
        (match.slice(1).find(Boolean) ?? "").split(" ").map(Number),
      ),
    ),
  ];
  return {
    functions: numbers(/ :(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)/g),
    operators: numbers(/ :opno (\d+)/g),
    // Of all nodes with a result type, only a conversion by way of text has these two fields behind it. Then columns
    // defined in the body (json_to_record, JSON_TABLE, XMLTABLE) and the results of JSON_VALUE and its like.
    inputs: numbers(
      / :resulttype (\d+) :resultcollid \d+ :coerceformat| :funccoltypes \(o ([\d ]+)\)| :coltypes \(o ([\d ]+)\) :coltypmods \(i [-\d ]+\) :colcollations \(o [\d ]+\) :colexprs| :typid (\d+) :typmod/g,
    ),
    types: numbers(/ :(?:consttype|resulttype|funcresulttype|opresulttype) (\d+)/g),
  };
}

const timeTypes = "date|timestamp|timestamptz";

/**
 * Functions that PostgreSQL calls stable only because of settings that every session of the engine has pinned
 * (`sessionSettings`): with those they are as good as immutable.
 */
const settled = new RegExp(
  `^(?:${[
    timeTypes,
    `(?:${timeTypes})_(?:cmp|eq|ne|lt|le|gt|ge)_(?:${timeTypes})`,
    "time|timezone|make_timestamptz|date_trunc|date_part|extract|date_add|date_subtract|generate_series|in_range|overlaps",
    "interval_pl_timestamptz|timestamptz_(?:pl|mi)_interval",
    "to_char|to_date|to_timestamp|to_number|money|numeric",
    "concat|concat_ws|format|textanycat|anytextcat|array_to_string|quote_literal|quote_nullable",
    "(?:array|row)_to_json|to_jsonb?|jsonb?_build_(?:array|object)|jsonb?_(?:object_)?agg\\w*|jsonb?_to_record(?:set)?",
    "jsonb_path_\\w+_tz|convert|convert_to|convert_from|length",
    "(?:json|jsonb)_to_tsvector|to_tsvector|(?:|plain|phrase|websearch_)to_tsquery|enum_(?:first|last|range)",
  ].join("|")})$`,
);

/** Input functions that are stable for the same reason, or only as much as those of the types they are made of. */
const settledInput = /^(?:interval|cash|array|record|range|multirange|domain|enum|xml)_in$/;

interface FunctionRow {
  readonly oid: number;
  readonly name: string;
  readonly volatility: "i" | "s" | "v";
  readonly is_ours: boolean;
  readonly has_time_zone: boolean;
  readonly used: readonly number[];
}

interface TypeRow {
  readonly oid: number;
  readonly type: string;
  readonly input: string;
  readonly volatility: "i" | "s" | "v";
}

/** A function that people made in SQL, as PostgreSQL reads its body. */
interface OwnFunction {
  readonly oid: number;
  readonly name: string;
  readonly references: References;
}

/** By view: what makes it impure. `rules` are theirs, as `pg_rewrite.ev_action` has them. */
export async function findImpurities(
  client: ClientBase,
  rules: ReadonlyMap<string, string>,
): Promise<Map<string, Impurity[]>> {
  const references = new Map([...rules].map(([view, rule]) => [view, referencesOf(rule)]));
  const own = await readOwnFunctions(client, [...references.values()]);
  const judge = await readJudge(client, [
    ...references.values(),
    ...own.map((function_) => function_.references),
  ]);
  const within = (found: References): Impurity[] =>
    reachedFrom(found, own).flatMap(({ name, references: inner }) =>
      judge(inner).map(({ what, why, hint }) => ({
        kind: "call",
        name,
        what: `${what} within ${name}()`,
        why,
        hint,
      })),
    );
  return new Map([...references].map(([view, found]) => [view, [...judge(found), ...within(found)]]));
}

/** The functions of people's that these lead to, at any distance. */
function reachedFrom(found: References, own: readonly OwnFunction[]): OwnFunction[] {
  const reached = new Set(own.filter(({ oid }) => found.functions.includes(oid)));
  for (const { references } of reached)
    for (const function_ of own) if (references.functions.includes(function_.oid)) reached.add(function_);
  return [...reached];
}

/** What PostgreSQL's catalog says of all that is referred to, asked once. */
async function readJudge(
  client: ClientBase,
  references: readonly References[],
): Promise<(found: References) => Impurity[]> {
  const all = (pick: (found: References) => readonly number[]): number[] => [
    ...new Set(references.flatMap(pick)),
  ];
  const functions = await readFunctions(
    client,
    all((found) => found.functions),
    all((found) => found.operators),
  );
  const inputs = await readInputs(
    client,
    all((found) => found.inputs),
  );
  const catalogTypes = await readCatalogTypes(
    client,
    all((found) => found.types),
  );
  return (found) => [
    ...functions
      .filter(({ used }) =>
        used.some((oid) => found.functions.includes(oid) || found.operators.includes(oid)),
      )
      .flatMap(impurityOfFunction),
    ...inputs.filter(({ oid }) => found.inputs.includes(oid)).flatMap(impurityOfInput),
    ...catalogTypes.filter(({ oid }) => found.types.includes(oid)).map(impurityOfCatalogType),
  ];
}

interface OwnRow {
  readonly oid: number;
  readonly name: string;
  readonly source: string;
  readonly rule: string | null;
  readonly parameters: string;
  readonly result: string;
}

/** Functions in SQL that people made and that these lead to. What they declare themselves to be nobody has verified. */
async function readOwnFunctions(
  client: ClientBase,
  references: readonly References[],
): Promise<OwnFunction[]> {
  const found: OwnFunction[] = [];
  let wanted = references.flatMap(({ functions }) => functions);
  while (wanted.length > 0) {
    const { rows } = await client.query<OwnRow>(
      `select
         pg_proc.oid,
         proname as name,
         prosrc as source,
         prosqlbody::text as rule,
         pg_get_function_arguments(pg_proc.oid) as parameters,
         pg_get_function_result(pg_proc.oid) as result
       from pg_proc
       join pg_language on pg_language.oid = prolang
       where pg_proc.oid = any($1)
         and pg_proc.oid <> all($2)
         and lanname = 'sql'
         and prokind = 'f'
         and pronamespace <> 'pg_catalog'::regnamespace
       order by pg_proc.oid`,
      [[...new Set(wanted)], found.map(({ oid }) => oid)],
    );
    const read: OwnFunction[] = [];
    for (const row of rows) {
      const rule = row.rule ?? (await ruleOf(client, row));
      read.push({ oid: row.oid, name: row.name, references: referencesOf(rule ?? "") });
    }
    found.push(...read);
    wanted = read.flatMap(({ references: inner }) => inner.functions);
  }
  return found;
}

/** A body that is kept as text is read by making the function once more, in the form in which it is kept as it was read. */
async function ruleOf(client: ClientBase, { source, parameters, result }: OwnRow): Promise<string | null> {
  const body = source.trim().replace(/;$/, "");
  await client.query("savepoint reading");
  try {
    await client.query(
      `create function pg_temp.reading(${parameters}) returns ${result} language sql begin atomic ${body}; end`,
    );
    const { rows } = await client.query<{ rule: string }>(
      `select prosqlbody::text as rule
       from pg_proc
       where proname = 'reading'
         and pronamespace = pg_my_temp_schema()`,
    );
    return rows[0]?.rule ?? null;
  } catch (error) {
    if (sqlState(error) === null) throw error;
    return null; // what cannot be said in that form is taken on its author's word
  } finally {
    await client.query("rollback to savepoint reading");
  }
}

/** What is called: directly, by an operator, or by an aggregate for each row and at its end. */
async function readFunctions(
  client: ClientBase,
  functions: readonly number[],
  operators: readonly number[],
): Promise<FunctionRow[]> {
  const { rows } = await client.query<FunctionRow>(
    `with called as (
       select oid, oid as function
       from unnest($1::oid[]) as oid
       union
       select oid, oprcode
       from pg_operator
       where oid = any($2)
       union
       select aggfnoid, part
       from pg_aggregate
       cross join lateral unnest(array[aggtransfn, aggfinalfn, aggmtransfn, aggminvtransfn, aggmfinalfn]) as part
       where aggfnoid = any($1)
     )
     select
       pg_proc.oid,
       proname as name,
       provolatile as volatility,
       pronamespace <> 'pg_catalog'::regnamespace as is_ours,
       'timetz'::regtype = any(proargtypes::oid[] || prorettype) as has_time_zone,
       array_agg(called.oid) as used
     from called
     join pg_proc on pg_proc.oid = called.function
     where provolatile <> 'i'
     group by pg_proc.oid
     order by proname, pg_proc.oid`,
    [functions, operators],
  );
  return rows;
}

/** The input function of each type, and of the types that it is made of. */
async function readInputs(client: ClientBase, types: readonly number[]): Promise<TypeRow[]> {
  const { rows } = await client.query<TypeRow>(
    `with recursive part (oid, type) as (
       select oid, oid
       from unnest($1::oid[]) as oid
       union
       select part.oid, inner_type
       from part
       join pg_type on pg_type.oid = part.type
       left join pg_range on rngtypid = pg_type.oid or rngmultitypid = pg_type.oid
       cross join lateral (
         select unnest(array[typelem, typbasetype, rngsubtype])
         union
         select atttypid
         from pg_attribute
         where attrelid = typrelid
           and attnum > 0
           and not attisdropped
       ) as inside (inner_type)
       where inner_type <> 0
     )
     select part.oid, pg_type.typname as type, proname as input, provolatile as volatility
     from part
     join pg_type on pg_type.oid = part.type
     join pg_proc on pg_proc.oid = typinput
     where provolatile <> 'i'
     order by typname`,
    [types],
  );
  return rows;
}

/** Types whose values are numbers of what stands in this database's catalog just now. */
async function readCatalogTypes(
  client: ClientBase,
  types: readonly number[],
): Promise<{ oid: number; type: string }[]> {
  const { rows } = await client.query<{ oid: number; type: string }>(
    `select oid, typname as type
     from pg_type
     where oid = any($1)
       and typnamespace = 'pg_catalog'::regnamespace
       and typname ~ '^reg(proc|procedure|oper|operator|class|type|role|namespace|collation)$'
     order by typname`,
    [types],
  );
  return rows;
}

function impurityOfFunction(found: FunctionRow): Impurity[] {
  const { name, volatility, is_ours: isOurs, has_time_zone: hasTimeZone } = found;
  const call = { kind: "call" as const, name, what: `${name}()` };
  if (isOurs) {
    const why = `declared ${volatility === "v" ? "volatile" : "stable"}, so that it may give something else another time`;
    const hint = "declare it immutable if what it gives follows from its arguments alone";
    return [{ ...call, why, hint }];
  }
  if (volatility === "v")
    return [{ ...call, why: "PostgreSQL calls it volatile: it gives something else each time", hint: null }];
  if (hasTimeZone)
    return [
      { ...call, why: "a time of day with a time zone depends on the day on which it is read", hint: null },
    ];
  if (settled.test(name)) return [];
  return [
    {
      ...call,
      why: "PostgreSQL calls it stable: it depends on more than its arguments and pinned settings",
      hint: null,
    },
  ];
}

function impurityOfInput({ type, input }: TypeRow): Impurity[] {
  if (settledInput.test(input)) return [];
  const readsClock = /^(?:date|time|timetz|timestamp|timestamptz)_in$/.test(input);
  const why = readsClock
    ? "text such as 'now' would be read by the clock"
    : "how the text is read depends on more than the text";
  const hint = readsClock
    ? "to_date(text, 'YYYY-MM-DD') and to_timestamp(text, ...) read a format and no clock"
    : null;
  return [{ kind: "cast", name: type, what: `text to ${type}`, why, hint }];
}

function impurityOfCatalogType({ type }: { type: string }): Impurity {
  return {
    kind: "cast",
    name: type,
    what: type,
    why: "a number of something in this database, which another, or this one after a restore, has not",
    hint: null,
  };
}
