/** The floor: the same SELECTs by hand, without the engine. */
import type { Pool, PoolClient } from "pg";
import {
  createPool,
  type Graph,
  quoteColumns,
  quoteIdentifier,
  type Scope,
  type SqlAsset,
} from "../src/engine/index.ts";
import { timed } from "./table.ts";
import type { World } from "./world.ts";

const schema = "by_hand";

interface Model {
  readonly asset: SqlAsset;
  readonly body: string;
}

/** In topological order. */
function modelsOf(graph: Graph): Model[] {
  return [...graph.nodes.values()].flatMap(({ asset, body }) =>
    asset.kind === "model" && body !== null ? [{ asset, body }] : [],
  );
}

export const isTable = ({ asset }: Model): boolean => asset.materialized !== "view";

/** Names of all that is stored. */
export function tablesOf(graph: Graph): string[] {
  return modelsOf(graph)
    .filter(isTable)
    .map(({ asset }) => asset.name);
}

/**
 * Every table filled by its SELECT, in the order of dependencies and over so many connections: from empty tables of the
 * same columns, with the same keys and indexes made after, and statistics for those that read it. No checks, and nobody
 * reads meanwhile. Throws when a row is another one than what is published.
 */
export async function rebuildByHand(world: World, connections: number): Promise<number> {
  const { graph } = world.engine.registry;
  const pool = createPool({
    connectionString: world.connectionString,
    applicationName: "bench by hand",
    searchPath: [schema, "default", "bronze", "public"],
    max: connections,
  });
  try {
    await pool.query(`drop schema if exists ${schema} cascade; create schema ${schema}`);
    const models = modelsOf(graph);
    for (const model of models) await create(pool, model);
    const tables = models.filter(isTable);
    const names = new Set(tables.map(({ asset }) => asset.name));
    const above = graph.nearestAbove((name) => (names.has(name) ? name : null));
    const took = await timed(async () => {
      const filled = new Map<string, Promise<void>>();
      for (const table of tables) {
        const before = (above.get(table.asset.name) ?? []).map((name) => filled.get(name));
        filled.set(
          table.asset.name,
          Promise.all(before).then(() => fill(pool, table)),
        );
      }
      await Promise.all(filled.values());
    });
    for (const { asset } of tables) await requireSame(pool, asset);
    return took;
  } finally {
    await pool.query(`drop schema if exists ${schema} cascade`);
    await pool.end();
  }
}

const tableOf = ({ name }: SqlAsset): string => `${schema}.${quoteIdentifier(name)}`;

async function create(pool: Pool, model: Model): Promise<void> {
  const { asset, body } = model;
  if (!isTable(model)) {
    await pool.query(`create view ${tableOf(asset)} as ${body}`);
    return;
  }
  const columns = Object.entries(asset.columns).map(
    ([column, { type, nullable }]) => `${quoteIdentifier(column)} ${type}${nullable ? "" : " not null"}`,
  );
  await pool.query(`create table ${tableOf(asset)} (${columns.join(", ")})`);
}

async function fill(pool: Pool, { asset, body }: Model): Promise<void> {
  const columns = quoteColumns(Object.keys(asset.columns));
  const table = tableOf(asset);
  const indexes = asset.indexes.map((index) => `create index on ${table} (${quoteColumns(index)});`);
  await pool.query(
    `set local enable_memoize = off;
     insert into ${table} (${columns}) select ${columns} from (${body}\n) as body;
     alter table ${table} add primary key (${quoteColumns(asset.key)});
     ${indexes.join("\n")}
     analyze ${table}`,
  );
}

/** To the bit: the text of every row. */
async function requireSame(pool: Pool, asset: SqlAsset): Promise<void> {
  const columns = quoteColumns(Object.keys(asset.columns));
  const sum = (from: string): string =>
    `select count(*) as rows, sum(hashtextextended(row(${columns})::text, 0)::numeric) as sum from ${from}`;
  const published = `"default".${quoteIdentifier(asset.name)}`;
  const { rows } = await pool.query<{ same: boolean }>(
    `select (a.rows, a.sum) is not distinct from (b.rows, b.sum) as same
     from (${sum(tableOf(asset))}) as a, (${sum(published)}) as b`,
  );
  if (!rows[0]!.same) throw new Error(`${asset.name} by hand is not what is published`);
}

/** What a refresh computed: of which tables, and what of them. */
export type Scopes = ReadonlyMap<string, Scope>;

/** As the engine recorded it of the refreshes between two runs; of several the smallest that holds all. */
export async function scopesOf({ pool, engine }: World, first: number, last = first): Promise<Scopes> {
  const { rows } = await pool.query<{ asset: string; scope: Scope }>(
    "select asset, scope from orchestrator.steps where run_id between $1 and $2 and action = 'refresh'",
    [first, last],
  );
  const scopes = Map.groupBy(rows, ({ asset }) => asset);
  return new Map(
    tablesOf(engine.registry.graph).flatMap((name): [string, Scope][] => {
      const each = scopes.get(name)?.map(({ scope }) => scope) ?? [];
      return each.length > 0 ? [[name, each.reduce(unionOf)]] : [];
    }),
  );
}

function unionOf(a: Scope, b: Scope): Scope {
  return {
    partitions: a.partitions && b.partitions && [...new Set([...a.partitions, ...b.partitions])],
    since: a.since !== null && b.since !== null && a.since < b.since ? a.since : a.since && b.since,
  };
}

/** A connection by hand, with the settings that suit small statements, as the engine's refresh has them. */
export class Hand {
  readonly #client: PoolClient;
  readonly #models: ReadonlyMap<string, Model>;

  private constructor(client: PoolClient, graph: Graph) {
    this.#client = client;
    this.#models = new Map(modelsOf(graph).map((model) => [model.asset.name, model]));
  }

  static async take({ pool, engine }: World): Promise<Hand> {
    return new Hand(await pool.connect(), engine.registry.graph);
  }

  /** The SELECTs of a refresh one after the other, prepared, in one transaction; their rows stay in the server. */
  async select(scopes: Scopes): Promise<number> {
    const took = await timed(async () => {
      await this.#client.query(
        `begin; set local jit = off; set local max_parallel_workers_per_gather = 0;
         set local random_page_cost = 1.1; set local plan_cache_mode = force_generic_plan; set local enable_memoize = off`,
      );
      for (const [name, scope] of scopes) await this.#selectOne(this.#models.get(name)!, scope);
    });
    await this.#client.query("rollback");
    return took;
  }

  /** The rows of the scope as its SELECT gives them are those that are stored. */
  async requireSame(scopes: Scopes): Promise<void> {
    for (const [name, scope] of scopes) {
      const { asset, body } = this.#models.get(name)!;
      const columns = quoteColumns(Object.keys(asset.columns));
      const { condition, values } = conditionOf(asset, scope);
      const where = condition === "" ? "" : `where ${condition}`;
      const [computed, stored] = [`(${body}\n)`, `"default".${quoteIdentifier(name)}`].map(
        (from) => `select row(${columns})::text from ${from} as rows ${where}`,
      );
      const { rowCount } = await this.#client.query(
        `(${computed} except all ${stored}) union all (${stored} except all ${computed}) limit 1`,
        values,
      );
      if (rowCount !== 0) throw new Error(`the SELECT of ${name} by hand gives other rows than are stored`);
    }
  }

  release(): void {
    this.#client.release(true);
  }

  async #selectOne({ asset, body }: Model, scope: Scope): Promise<void> {
    const { condition, values } = conditionOf(asset, scope);
    const columns = quoteColumns(Object.keys(asset.columns));
    // Whole rows are counted, so that every column is computed.
    const text = `select count(rows) from (select ${columns} from (${body}\n) as body ${condition === "" ? "" : `where ${condition}`} offset 0) as rows`;
    const partitions = scope.partitions?.length === 1 ? "one" : "several";
    const name = `${asset.name} ${partitions} ${values.length}`;
    await this.#client.query(isSmall(scope) ? { name, text, values } : { text, values });
  }
}

/** A plan that is good for any few values is not for thousands. */
const isSmall = ({ partitions }: Scope): boolean => partitions !== null && partitions.length <= 100;

function conditionOf(
  asset: SqlAsset,
  { partitions, since }: Scope,
): { condition: string; values: unknown[] } {
  if (asset.materialized === "table") return { condition: "", values: [] };
  const { partitionBy, timeColumn, timeEndColumn } = asset;
  const conditions: string[] = [];
  const values: unknown[] = [];
  if (partitionBy && partitions !== null) {
    const { type } = asset.columns[partitionBy]!;
    values.push(partitions.length === 1 ? partitions[0] : partitions);
    const value =
      partitions.length === 1 ? `$${values.length}::${type}` : `any($${values.length}::${type}[])`;
    conditions.push(`${quoteIdentifier(partitionBy)} = ${value}`);
  }
  if (since !== null && timeEndColumn) {
    values.push(since);
    const end = quoteIdentifier(timeEndColumn);
    conditions.push(`(${end} is null or ${end} >= $${values.length}::date)`);
  } else if (since !== null && timeColumn) {
    values.push(since);
    conditions.push(`${quoteIdentifier(timeColumn)} >= $${values.length}::date`);
  }
  return { condition: conditions.join(" and "), values };
}
