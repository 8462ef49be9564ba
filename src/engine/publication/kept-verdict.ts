/**
 * Definitions in which nothing was found to mend are not read and validated again, for a command that would take longer to
 * do that than to answer. What was read of them is kept beside a key of all that it, and the verdict, depend on.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
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
  write(text: string): void;
  /** Changes when the packages do that the engine reads bodies with. */
  readonly edition: string;
}

interface Kept {
  readonly key: string;
  readonly models: readonly {
    readonly asset: string;
    readonly body: Reading["body"];
    readonly reaches: readonly (readonly [
      string,
      Reading["reaches"] extends ReadonlyMap<string, infer R> ? R : never,
    ])[];
  }[];
}

/** As `loadRegistry` and `validate`. Where a mistake or a warning was found, nothing is kept, and all is asked anew. */
export async function validatedRegistry(
  pool: Pool,
  definitions: Definitions,
  options: RegistryOptions,
  keep: Keep,
): Promise<Registry> {
  const catalog = await readCatalog(pool, definitions.assets);
  const key = keyOf(definitions, options, keep, catalog);
  const kept = parse(keep.read());
  if (kept?.key === key) {
    const readings = new Map(
      kept.models.map(({ asset, body, reaches }) => [asset, { body, reaches: new Map(reaches) }]),
    );
    return await loadRegistry(definitions, { ...options, readings });
  }
  const readings = new Map<string, Reading>();
  const registry = await validate(pool, await loadRegistry(definitions, { ...options, readings }));
  const isSound = registry.problems.length === 0 && (registry.warnings ?? []).length === 0;
  // A body that was saved meanwhile would be kept under the key of what it was before.
  if (isSound && keyOf(definitions, options, keep, catalog) === key) {
    const models = [...readings].map(([asset, { body, reaches }]) => ({
      asset,
      body: { ...body, statement: null }, // what it proves is in `reaches`
      reaches: [...reaches],
    }));
    keep.write(JSON.stringify({ key, models } satisfies Kept));
  }
  return registry;
}

function parse(text: string | null): Kept | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as Kept;
  } catch {
    return null; // half written
  }
}

function keyOf(definitions: Definitions, options: RegistryOptions, keep: Keep, catalog: string): string {
  const isAsset = (value: unknown): value is AnyAsset =>
    typeof value === "object" && value !== null && "kind" in value && "columns" in value && "key" in value;
  const declared = definitions.assets.map((asset) =>
    // Assets that it names are declared by themselves.
    JSON.stringify(asset, (name, value) => (name !== "" && isAsset(value) ? value.name : value)),
  );
  const { bodiesFolder, layers, schemas } = options;
  const hash = createHash("sha256");
  for (const part of [
    JSON.stringify([keep.edition, layers, schemas, bodiesFolder, catalog]),
    ...declared,
    ...textsIn(bodiesFolder, ".sql"),
    ...textsIn(join(import.meta.dirname, ".."), ".ts"), // by what they were read
  ])
    hash.update(`${part.length}:${part}`);
  return hash.digest("hex");
}

/** Each file's path and text, in the order of their paths. */
function textsIn(folder: string, ending: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths
    .filter((path) => path.endsWith(ending))
    .sort()
    .flatMap((path) => [path, readFileSync(join(folder, path), "utf8")]);
}

/**
 * What of the database PostgreSQL's verdict depends on, as one text: its version, all that people have defined and a body can
 * name, and the columns of sources.
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
       ${rowsOf("pg_proc")},
       (select md5(string_agg(a::text, '|' order by a.aggfnoid)) from pg_aggregate a where a.aggfnoid::oid >= ${own}),
       ${rowsOf("pg_operator")},
       ${rowsOf("pg_cast")},
       ${rowsOf("pg_collation")},
       ${rowsOf("pg_enum")},
       ${rowsOf("pg_extension")},
       -- without those that come with relations, which every build makes anew
       ${rowsOf("pg_type", `of_catalog.oid >= ${own} and typtype in ('b', 'd', 'e', 'r', 'm') and typcategory <> 'A'`)},
       (
         select md5(string_agg(concat_ws(' ', relation, attname, format_type(atttypid, atttypmod)), '|' order by relation, attnum))
         from unnest($1::text[]) as relation
         join pg_attribute on attrelid = to_regclass(relation) and attnum > 0 and not attisdropped
       )
     ) as catalog`,
    [sources],
  );
  return rows[0]!.catalog;
}
