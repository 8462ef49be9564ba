/**
 * Definitions in which nothing was found to mend are not read and validated again: a command takes longer for that than to
 * answer, and a start a third of its time. What was read of them is kept beside a key of all that it, and the verdict, depend on.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Pool } from "pg";
import {
  type AnyAsset,
  type Definitions,
  loadRegistry,
  type Reading,
  type Registry,
  type RegistryOptions,
} from "../definition/index.ts";
import { quoteRelation } from "../postgres/index.ts";
import { validate } from "./validate.ts";

/** A place for one text, where nobody but oneself can write. */
export interface Keep {
  /** null: nothing is kept. */
  read(): string | null;
  /** null: what is kept is removed. */
  write(text: string | null): void;
  /** Changes when the packages do that the engine reads bodies with, or the engine itself (see `ownText`). */
  readonly edition: string;
}

/** What is kept: a line with the key and a sum of the rest, then each model as it was read. */
type Kept = readonly {
  readonly asset: string;
  readonly body: Reading["body"];
  readonly reaches: readonly (readonly [
    string,
    Reading["reaches"] extends ReadonlyMap<string, infer R> ? R : never,
  ])[];
}[];

/**
 * As `loadRegistry` and `validate`. Where a mistake or a warning was found, nothing is kept, and all is asked anew; and whatever
 * is kept, or cannot be read of what it depends on, no command fails by it. `anew`: what is kept is not believed, but replaced.
 */
export async function validatedRegistry(
  pool: Pool,
  definitions: Definitions,
  options: RegistryOptions,
  keep: Keep,
  { anew = false }: { readonly anew?: boolean } = {},
): Promise<Registry> {
  const readKey = async (): Promise<string | null> => {
    try {
      return keyOf(definitions, options, keep, await readCatalog(pool, definitions.assets));
    } catch {
      return null;
    }
  };
  const key = await readKey();
  const known = anew || key === null ? null : await knownRegistry(definitions, options, keep, key);
  if (known !== null) return known;
  const readings = new Map<string, Reading>();
  const registry = await validate(pool, await loadRegistry(definitions, { ...options, readings }));
  const isSound = registry.problems.length === 0 && (registry.warnings ?? []).length === 0;
  // What was saved, or defined in the database, meanwhile would be kept under the key of what it was before.
  if (isSound && key !== null && (await readKey()) === key) keep.write(textOf(key, readings));
  else if (anew && !isSound) keep.write(null);
  return registry;
}

/** null: it is not kept. */
async function knownRegistry(
  definitions: Definitions,
  options: RegistryOptions,
  keep: Keep,
  key: string,
): Promise<Registry | null> {
  try {
    const [head = "", text = ""] = splitOnce(keep.read() ?? "");
    if (head !== headOf(key, text)) return null; // of other definitions, half written, or gone bad on its disk
    const models = JSON.parse(text) as Kept;
    const readings = new Map(
      models.map(({ asset, body, reaches }) => [asset, { body, reaches: new Map(reaches) }]),
    );
    return await loadRegistry(definitions, { ...options, readings });
  } catch {
    return null;
  }
}

function splitOnce(text: string): readonly string[] {
  const end = text.indexOf("\n");
  return end < 0 ? [] : [text.slice(0, end), text.slice(end + 1)];
}

const headOf = (key: string, text: string): string => `${key} ${hashOf([text])}`;

function textOf(key: string, readings: ReadonlyMap<string, Reading>): string {
  const models = [...readings].map(([asset, { body, reaches }]) => ({
    asset,
    body: { ...body, statement: null }, // what it proves is in `reaches`
    reaches: [...reaches],
  }));
  const text = JSON.stringify(models satisfies Kept);
  return `${headOf(key, text)}\n${text}`;
}

function keyOf(definitions: Definitions, options: RegistryOptions, keep: Keep, catalog: string): string {
  const isAsset = (value: unknown): value is AnyAsset =>
    typeof value === "object" && value !== null && "kind" in value && "columns" in value && "key" in value;
  const declared = definitions.assets.map((asset) =>
    // Assets that it names are declared by themselves.
    JSON.stringify(asset, (name, value) => (name !== "" && isAsset(value) ? value.name : value)),
  );
  const { bodiesFolder, layers, schemas } = options;
  // Bodies are read through links to folders, into which no listing goes.
  const bodies = definitions.assets.flatMap(({ kind, layer, name }) =>
    kind === "model" ? [join(layer, `${name}.sql`)] : [],
  );
  return hashOf([
    JSON.stringify([keep.edition, layers, schemas, bodiesFolder, catalog]),
    ...declared,
    ...textsIn(bodiesFolder, ".sql", bodies),
  ]);
}

/**
 * Of the engine's own files. To be asked for early: what is saved later is not what runs. null: something was saved since this
 * process began, which may run what was there before.
 */
export function ownText(): string | null {
  const folder = join(import.meta.dirname, "..");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const isNew = paths.some((path) => statSync(join(folder, path)).ctimeMs > performance.timeOrigin);
  return isNew ? null : hashOf(textsIn(folder, ".ts"));
}

function hashOf(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex");
}

/** Each file's path and text, in the order of their paths. */
function textsIn(folder: string, ending: string, others: readonly string[] = []): string[] {
  const listed = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return [...new Set([...listed.filter((path) => path.endsWith(ending)), ...others])]
    .sort()
    .flatMap((path) => [path, textOrCode(join(folder, path))]);
}

/** What lies beside bodies is nobody's mistake: links of editors that lead nowhere, folders, what is removed meanwhile. */
function textOrCode(path: string): string {
  try {
    return statSync(path).isFile() ? readFileSync(path, "utf8") : "no file";
  } catch (error) {
    return `no text: ${(error as NodeJS.ErrnoException).code}`;
  }
}

/**
 * What of the database PostgreSQL's verdict depends on, as one text: its version, who asks and where names are looked for, what
 * sessions have set (how texts are quoted, say), all that people have defined and a body can name, and the columns and keys
 * of sources.
 */
async function readCatalog(pool: Pool, assets: readonly AnyAsset[]): Promise<string> {
  const sources = assets.flatMap((asset) =>
    asset.kind === "source" ? [quoteRelation(asset.schema, asset.name)] : [],
  );
  const own = 16_384; // the first oid that is not PostgreSQL's own
  const rowsOf = (catalog: string, which = `of_catalog.oid >= ${own}`): string =>
    `(select md5(string_agg(of_catalog::text, '|' order by of_catalog.oid)) from ${catalog} as of_catalog where ${which})`;
  const { rows } = await pool.query<{ catalog: string }>(
    `select concat_ws(
       ' ',
       version(),
       current_user,
       current_setting('search_path'),
       (
         select string_agg(row(oid, nspname)::text, '|' order by place)
         from unnest(current_schemas(false)) with ordinality as searched (name, place)
         join pg_namespace on nspname = name
       ),
       (
         select md5(string_agg(row(name, setting)::text, '|' order by name))
         from pg_settings
         where context in ('user', 'superuser')
           and source <> 'default'
           and name <> 'application_name'
       ),
       ${rowsOf("pg_proc")},
       (select md5(string_agg(a::text, '|' order by a.aggfnoid)) from pg_aggregate a where a.aggfnoid::oid >= ${own}),
       ${rowsOf("pg_operator")},
       ${rowsOf("pg_opclass")},
       ${rowsOf("pg_amop")},
       ${rowsOf("pg_amproc")},
       ${rowsOf("pg_cast")},
       ${rowsOf("pg_collation")},
       ${rowsOf("pg_enum")},
       ${rowsOf("pg_extension")},
       ${rowsOf("pg_ts_config")},
       ${rowsOf("pg_ts_dict")},
       -- without those that come with relations, which every build makes anew
       ${rowsOf("pg_type", `of_catalog.oid >= ${own} and typtype in ('b', 'd', 'e', 'r', 'm') and typcategory <> 'A'`)},
       (
         select md5(string_agg(
           row(relnamespace, relname, attnum, attname, atttypid, atttypmod, attcollation, attisdropped)::text,
           '|' order by attrelid, attnum
         ))
         from pg_class
         join pg_attribute on attrelid = pg_class.oid and attnum > 0
         where relkind = 'c' and pg_class.oid >= ${own}
       ),
       (
         select md5(string_agg(
           row(relation, attname, format_type(atttypid, atttypmod), attcollation)::text,
           '|' order by relation, attnum
         ))
         from unnest($1::text[]) as relation
         join pg_attribute on attrelid = to_regclass(relation) and attnum > 0 and not attisdropped
       ),
       -- by what they say: a body may be grouped by one and select the rest
       (
         select md5(string_agg(row(relation, pg_get_constraintdef(pg_constraint.oid))::text, '|' order by relation))
         from unnest($1::text[]) as relation
         join pg_constraint on conrelid = to_regclass(relation) and contype = 'p'
       )
     ) as catalog`,
    [sources],
  );
  return rows[0]!.catalog;
}
