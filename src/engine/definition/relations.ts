import { quoteIdentifier, quoteRelation } from "../postgres/index.ts";
import type { AnyAsset } from "./declare.ts";
import type { FindRelation } from "./sql/index.ts";

/** Where an application keeps what the engine publishes. The engine's own tables are in schema `orchestrator`, always. */
export interface Schemas {
  /** Where the names that people query live, each a view. */
  readonly models: string;
  /** Where the tables behind them live, one for each version of an asset. */
  readonly tables: string;
}

export const defaultSchemas: Schemas = { models: "default", tables: "materialized" };

/** The name that people query a model by, quoted. */
export function stableName(schemas: Schemas, asset: string): string {
  return quoteRelation(schemas.models, asset);
}

/** The table behind a version, quoted. relation: its name alone, as it is recorded. */
export function tableName(schemas: Schemas, relation: string): string {
  return quoteRelation(schemas.tables, relation);
}

/** The name to read an asset by: a source's table, or what the search path says of a model (being built, or published). */
export function readableName(asset: AnyAsset): string {
  return asset.kind === "source" ? quoteRelation(asset.schema, asset.name) : quoteIdentifier(asset.name);
}

/** Unqualified: a model or else a source, as the search path decides. Qualified: the source in that schema. */
export function findRelation(assets: ReadonlyMap<string, AnyAsset>): FindRelation {
  return (schema, name) => {
    const asset = assets.get(name);
    if (!asset || (schema !== null && !(asset.kind === "source" && asset.schema === schema))) return null;
    return {
      asset: name,
      columns: Object.keys(asset.columns),
      isExact: asset.kind === "model",
      key: asset.key,
    };
  };
}
