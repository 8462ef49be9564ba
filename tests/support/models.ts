import { readFileSync } from "node:fs";
import type { Pool, PoolClient } from "pg";
import { definitions } from "../../assets/index.ts";
import type { AnyAsset, SqlAsset } from "../../src/engine/index.ts";
import { quoteColumns, quoteIdentifier, quoteRelation } from "../../src/engine/postgres/index.ts";

/** Every model, each after all that it reads. */
export const models: readonly SqlAsset[] = topologicalOrder();

function topologicalOrder(): SqlAsset[] {
  const ordered = new Set<SqlAsset>();
  const visit = (asset: AnyAsset): void => {
    for (const { asset: dependency } of asset.deps) visit(dependency);
    if (asset.kind === "model") ordered.add(asset);
  };
  for (const asset of definitions.assets) visit(asset);
  return [...ordered];
}

/** The SELECT of a model. */
export function bodyOf({ layer, name }: SqlAsset): string {
  return readFileSync(new URL(`../../sql-models/${layer}/${name}.sql`, import.meta.url), "utf8");
}

/**
 * Makes every model a plain view, without the engine: whatever is read is computed there and then from bronze. This is
 * what anything incremental must agree with.
 */
export async function deployModels(pool: Pool, schema = "default"): Promise<void> {
  await createModels(pool, schema, () => "view");
}

/**
 * Builds every model from what bronze holds now, as the view or the table that it is declared to be: for tests that
 * read much and change nothing. (1,000 ledgers are read in 8 s; through views only, in 200 s.)
 */
export async function buildModels(pool: Pool, schema = "default"): Promise<void> {
  await pool.query("analyze");
  await createModels(pool, schema, kindOf);
}

/**
 * Makes every model the view or the empty table that it is declared to be, for `fillModels`: a tower of views is planned
 * anew for every question, which takes 100 times as long as the answer.
 */
export async function prepareModels(pool: Pool, schema = "default"): Promise<void> {
  await createModels(pool, schema, kindOf, false);
}

/** Fills the tables of `prepareModels` with what follows from bronze as `client` sees it now. */
export async function fillModels(client: Pick<PoolClient, "query">, schema = "default"): Promise<void> {
  for (const model of models.filter((one) => kindOf(one) === "table")) {
    const relation = quoteRelation(schema, model.name);
    await client.query(`delete from ${relation}`);
    await client.query(`insert into ${relation}\n${bodyOf(model)}`);
  }
}

const kindOf = ({ materialized }: SqlAsset): "view" | "table" => (materialized === "view" ? "view" : "table");

async function createModels(
  pool: Pool,
  schema: string,
  kindFor: (model: SqlAsset) => "view" | "table",
  isFilled = true,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`create schema if not exists ${quoteIdentifier(schema)}`);
    await client.query(`set search_path = ${quoteIdentifier(schema)}, bronze, public`);
    for (const model of models) {
      const relation = quoteRelation(schema, model.name);
      const kind = kindFor(model);
      const options = kind === "view" ? "with (security_invoker = true)" : "";
      await client.query(
        `create ${kind} ${relation} ${options} as\n${bodyOf(model)}${
          kind === "table" && !isFilled ? "\nwith no data" : ""
        }`,
      );
      if (kind === "view") continue;
      await client.query(`create unique index on ${relation} (${quoteColumns(model.key)})`);
      await client.query(`analyze ${relation}`);
    }
  } finally {
    client.release(true); // with its search_path
  }
}
