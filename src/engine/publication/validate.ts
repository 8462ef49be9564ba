/** What PostgreSQL finds wrong with definitions, asked before anything is built, without any data. */
import { type ClientBase, DatabaseError, type Pool } from "pg";
import {
  type AnyAsset,
  clockLiterals,
  type DefinitionError,
  declarationPlace,
  type Graph,
  locateCall,
  locateCast,
  locateOutput,
  type Node,
  type Place,
  placeOfText,
  positionIn,
  problem,
  type Registry,
  type SourceAsset,
  withFindings,
} from "../definition/index.ts";
import { quoteIdentifier, quoteRelation, transaction } from "../postgres/index.ts";
import { checkName, failureCondition } from "../refresh/index.ts";
import { findImpurities, type Impurity } from "./purity.ts";

/** A body as PostgreSQL understood it. */
interface Prepared {
  readonly node: Node & { readonly body: string };
  readonly view: string;
}

/**
 * The registry, and in it what PostgreSQL says of it: bodies that it does not take, that give other columns than
 * declared or other rows another time, and checks that cannot be run. Every body is prepared over empty relations with
 * the columns that its dependencies declare, in temporary views of a transaction that is rolled back. Bodies that the
 * parser refused are left out.
 */
export async function validate(pool: Pool, registry: Registry): Promise<Registry> {
  const found = await transaction(pool, (client) => findProblems(client, registry.graph), {
    end: "rollback",
  });
  return withFindings(registry, found);
}

async function findProblems(client: ClientBase, graph: Graph): Promise<DefinitionError[]> {
  const nodes = [...graph.nodes.values()];
  const sources = nodes.flatMap(({ asset }) => (asset.kind === "source" ? [asset] : []));
  const found = await standInSources(client, sources);
  // Temporary relations come before any other by the same name.
  await client.query(nodes.map(({ asset }) => standIn(asset)).join(";\n"));
  const candidates = nodes.filter(isPreparable).map((node, index) => ({ node, view: `prepared_${index}` }));
  const refused = await refusedBodies(client, candidates);
  const prepared = candidates.filter(({ view }) => !refused.has(view));
  found.push(...refused.values());
  found.push(...(await checkProblems(client, nodes)));
  found.push(...(await contractProblems(client, prepared)));
  found.push(...(await impurityProblems(client, prepared)));
  for (const { node } of prepared) found.push(...(await clockProblems(client, node)));
  return found;
}

/** What is merely below something broken is prepared as well: it may be broken by itself. */
function isPreparable(node: Node): node is Prepared["node"] {
  return node.body !== null && node.problems.every(({ code }) => code === "below_broken");
}

/** An empty relation with the declared columns. */
function standIn({ name, columns }: AnyAsset): string {
  const nulls = Object.entries(columns).map(
    ([column, { type }]) => `null::${type} as ${quoteIdentifier(column)}`,
  );
  return `create temporary view ${quoteIdentifier(name)} as select ${nulls.join(", ")}`;
}

/** Bodies may name a source with its schema: its own table stands for it, or an empty one where there is none yet. */
async function standInSources(
  client: ClientBase,
  sources: readonly SourceAsset[],
): Promise<DefinitionError[]> {
  const { rows } = await client.query<{ source: string; columns: Record<string, string> | null }>(
    `select source, (
       select jsonb_object_agg(attname, format_type(atttypid, null))
       from pg_attribute
       where attrelid = to_regclass(relation)
         and attnum > 0
         and not attisdropped
     ) as columns
     from unnest($1::text[], $2::text[]) as declared (source, relation)`,
    [sources.map(({ name }) => name), sources.map(({ schema, name }) => quoteRelation(schema, name))],
  );
  const standing = new Map(rows.map(({ source, columns }) => [source, columns]));
  const found: DefinitionError[] = [];
  for (const source of sources) {
    const { schema, name, columns } = source;
    const given = standing.get(name);
    if (!given) {
      const declared = Object.entries(columns).map(
        ([column, { type }]) => `${quoteIdentifier(column)} ${type}`,
      );
      await client.query(
        `create schema if not exists ${quoteIdentifier(schema)};
         create table ${quoteRelation(schema, name)} (${declared.join(", ")})`,
      );
      continue;
    }
    const place = declarationPlace(source, name);
    for (const [column, { type }] of Object.entries(columns)) {
      const got = given[column] ?? "no such column";
      if (got !== type) found.push(problem.sourceColumn(place, column, type, got));
    }
  }
  return found;
}

/** Runs a statement that may be refused, and lets the transaction go on. before: what of it is not the author's text. */
async function attempt(
  client: ClientBase,
  before: string,
  text: string,
  after = "",
  values: unknown[] = [],
): Promise<DatabaseError | null> {
  await client.query("savepoint attempt");
  try {
    await client.query(`${before}${text}${after}`, values);
    await client.query("release savepoint attempt");
    return null;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    await client.query("rollback to savepoint attempt");
    return error;
  }
}

/** Where in the author's text PostgreSQL points at; null: nowhere in it. */
function indexOf({ position }: DatabaseError, before: string, text: string): number | null {
  if (position === undefined) return null;
  const characters = Number(position) - 1 - [...before].length;
  const index = [...text].slice(0, characters).join("").length;
  return characters < 0 || index >= text.length ? null : index;
}

function placeInBody({ asset, file, body }: Prepared["node"], index: number | null): Place {
  const place: Place = { asset: asset.name, file, line: null };
  return index === null ? place : { ...place, ...positionIn(body, index) };
}

/** All at once, most often: only where that fails is each asked about by itself. By view. */
async function refusedBodies(
  client: ClientBase,
  candidates: readonly Prepared[],
): Promise<Map<string, DefinitionError>> {
  const creating = (view: string): string => `create temporary view ${view} as `;
  const all = candidates.map(({ node, view }) => creating(view) + node.body).join(";\n");
  const refused = new Map<string, DefinitionError>();
  if ((await attempt(client, "", all)) === null) return refused;
  for (const { node, view } of candidates) {
    const error = await attempt(client, creating(view), node.body);
    if (!error) continue;
    const place = placeInBody(node, indexOf(error, creating(view), node.body));
    refused.set(view, problem.bodyRefused(place, error.message, hintOf(error)));
  }
  return refused;
}

function hintOf({ hint, detail }: DatabaseError): string | null {
  return hint ?? detail ?? null;
}

async function checkProblems(client: ClientBase, nodes: readonly Node[]): Promise<DefinitionError[]> {
  const checked = nodes.flatMap(({ asset }) => {
    const checks = asset.checks.filter((check): check is RowCheck => check.kind !== "unique_key");
    // A check whose column is none was reported when the declarations were read.
    return checks.filter((check) => !namesUnknownColumn(check, asset)).map((check) => ({ asset, check }));
  });
  const ask = (all: typeof checked) => {
    const values: unknown[] = [];
    const failures = all.map(({ asset, check }) => {
      const condition = failureCondition(check, values);
      return `exists (select from ${quoteIdentifier(asset.name)} as checked where false and ${condition})`;
    });
    return attempt(client, "select ", failures.join(", "), "", values);
  };
  if (checked.length === 0 || (await ask(checked)) === null) return [];
  const found: DefinitionError[] = [];
  for (const { asset, check } of checked) {
    const values: unknown[] = [];
    const condition = failureCondition(check, values);
    const from = ` from ${quoteIdentifier(asset.name)} as checked where false`;
    const error = await attempt(client, "select ", condition, from, values);
    if (!error) continue;
    const place = placeOfCheck(asset, check, error, condition);
    found.push(problem.checkRefused(place, checkName(check), error.message, hintOf(error)));
  }
  return found;
}

type RowCheck = Exclude<AnyAsset["checks"][number], { kind: "unique_key" }>;

function namesUnknownColumn(check: RowCheck, { columns }: AnyAsset): boolean {
  if (check.kind === "expression") return false;
  const named = check.kind === "not_null" ? check.columns : [check.column];
  const isKnown = named.every((column) => column in columns);
  return !isKnown || (check.kind === "relationship" && !(check.toColumn in check.to.columns));
}

function placeOfCheck(asset: AnyAsset, check: RowCheck, error: DatabaseError, condition: string): Place {
  if (check.kind !== "expression") return declarationPlace(asset, asset.name);
  const before = `select ${condition.slice(0, condition.indexOf(check.expression))}`;
  const index = indexOf(error, before, check.expression) ?? 0;
  return placeOfText(asset, asset.name, check.expression, index);
}

/** The columns of each body, held against those declared. Names were compared when the body was parsed. */
async function contractProblems(
  client: ClientBase,
  prepared: readonly Prepared[],
): Promise<DefinitionError[]> {
  const { rows } = await client.query<{ view: string; column: string; type: string }>(
    `select relname as view, attname as "column", format_type(atttypid, null) as type
     from pg_class
     join pg_attribute on attrelid = pg_class.oid
     where relnamespace = pg_my_temp_schema()
       and relname = any($1)
     order by attnum`,
    [prepared.map(({ view }) => view)],
  );
  const nodes = new Map(prepared.map(({ view, node }) => [view, node]));
  return rows.flatMap(({ view, column, type }) => {
    const node = nodes.get(view)!;
    const expected = node.asset.columns[column]?.type;
    if (expected === undefined || expected === type) return [];
    return [problem.columnType(placeInBody(node, locateOutput(node.body, column)), column, expected, type)];
  });
}

async function impurityProblems(
  client: ClientBase,
  prepared: readonly Prepared[],
): Promise<DefinitionError[]> {
  const { rows } = await client.query<{ view: string; rule: string }>(
    `select relname as view, ev_action::text as rule
     from pg_class
     join pg_rewrite on ev_class = pg_class.oid
     where relnamespace = pg_my_temp_schema()
       and relname = any($1)`,
    [prepared.map(({ view }) => view)],
  );
  const impurities = await findImpurities(client, new Map(rows.map(({ view, rule }) => [view, rule])));
  return prepared.flatMap(({ node, view }) =>
    impurities.get(view)!.map((impurity) => {
      const { what, why, hint } = impurity;
      return problem.impureBody(placeInBody(node, locateImpurity(node.body, impurity)), what, why, hint);
    }),
  );
}

function locateImpurity(body: string, { kind, name }: Impurity): number | null {
  const [first, second] = kind === "call" ? [locateCall, locateCast] : [locateCast, locateCall];
  return first(body, name) ?? second(body, name);
}

/** `'now'` and the like: PostgreSQL reads such a text when it reads the statement, so that no trace of it is left. */
async function clockProblems(client: ClientBase, node: Prepared["node"]): Promise<DefinitionError[]> {
  const found: DefinitionError[] = [];
  for (const { index, text, probe } of clockLiterals(node.body)) {
    const error = await attempt(client, "create temporary view probe as ", probe);
    if (error?.code !== invalidDatetime) {
      if (!error) await client.query("drop view probe");
      continue;
    }
    const why = "a date or time is read from this text by the clock";
    found.push(problem.impureBody(placeInBody(node, index), `'${text}'`, why));
  }
  return found;
}

const invalidDatetime = "22007";
