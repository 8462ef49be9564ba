import { readFileSync } from "node:fs";
import type { Pool } from "pg";
import { definitions } from "../../assets/index.ts";
import type { AnyAsset, SqlAsset } from "../../src/engine/index.ts";
import { quoteIdentifier, quoteRelation } from "../../src/engine/sql.ts";

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
  const client = await pool.connect();
  try {
    await client.query(`create schema if not exists ${quoteIdentifier(schema)}`);
    await client.query(`set search_path = ${quoteIdentifier(schema)}, bronze, public`);
    for (const model of models) {
      await client.query(
        `create view ${quoteRelation(schema, model.name)} with (security_invoker = true) as\n${bodyOf(model)}`,
      );
    }
  } finally {
    client.release(true); // with its search_path
  }
}
