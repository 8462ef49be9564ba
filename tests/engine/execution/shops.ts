/**
 * A toy domain: shops sell products. Sales (by shop and day) and products (with their prices) are sources; the revenue
 * of a shop and day is a table, so that a sale touches one shop, and a price all shops that ever sold the product.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { onTestFinished } from "vitest";
import { createPool } from "../../../src/database/pool.ts";
import {
  createEngine,
  type Definitions,
  type Engine,
  type EngineOptions,
  type IngestContext,
  type IngestResult,
  install,
  loadRegistry,
  type Registry,
  type Sensor,
  sensor,
  sourceAsset,
  sqlAsset,
} from "../../../src/engine/index.ts";
import type { TestDatabase } from "../../support/database.ts";

export const bodies = {
  "staging/stg_sales": "select sale_id, shop_id, sold_on, product, quantity from shops.sales",
  "intermediate/daily_revenue": `
    select s.shop_id, s.sold_on, sum(s.quantity * p.price) as revenue, count(*) as sales
    from stg_sales s
    join shops.products p using (product)
    group by s.shop_id, s.sold_on`,
  "intermediate/shop_ranks": `
    select shop_id, sum(revenue) as revenue
    from daily_revenue
    group by shop_id`,
  "gold/shop_totals": `
    select shop_id, sum(revenue) as revenue, max(sold_on) as last_sale_on
    from daily_revenue
    group by shop_id`,
};

export type Bodies = { [Model in keyof typeof bodies]: string };

export type IngestProducts = (context: IngestContext<unknown>) => Promise<IngestResult>;

const text = (description: string) => ({ type: "text", description }) as const;
const bigint = (description: string) => ({ type: "bigint", description }) as const;
const numeric = (description: string) => ({ type: "numeric", description }) as const;
const date = (description: string) => ({ type: "date", description }) as const;

export interface Shape {
  readonly ingest?: IngestProducts;
  readonly retry?: { readonly attempts: number; readonly backoffSeconds: number };
  readonly timeoutSeconds?: number;
  /** Of products. */
  readonly freshnessHours?: number;
  readonly requests?: NonNullable<Sensor["requests"]>;
  /** Columns that `shop_totals` has besides. */
  readonly moreTotals?: Record<string, { type: "text"; description: string; nullable?: boolean }>;
  readonly cron?: string;
  /** The schedule verifies as many values. */
  readonly verifies?: number;
}

export function shops(shape: Shape = {}): Definitions {
  const sales = sourceAsset({
    name: "sales",
    schema: "shops",
    description: "What was sold.",
    columns: {
      sale_id: bigint("Counts."),
      shop_id: bigint("Where."),
      sold_on: date("When."),
      product: text("What."),
      quantity: numeric("How much."),
    },
    key: ["sale_id"],
    partitionBy: "shop_id",
    timeColumn: "sold_on",
  });
  const products = sourceAsset({
    name: "products",
    schema: "shops",
    description: "What things cost.",
    columns: { product: text("What."), price: numeric("For each.") },
    key: ["product"],
    partitionBy: "product",
    ...(shape.ingest ? { ingest: shape.ingest } : {}),
    ...(shape.retry ? { retry: shape.retry } : {}),
    ...(shape.freshnessHours ? { freshness: { maximumAgeHours: shape.freshnessHours } } : {}),
    ...(shape.timeoutSeconds ? { timeoutSeconds: shape.timeoutSeconds } : {}),
  });
  const stg_sales = sqlAsset({
    name: "stg_sales",
    layer: "staging",
    description: "Sales, as they are.",
    materialized: "view",
    columns: sales.columns,
    key: ["sale_id"],
    partitionBy: "shop_id",
    timeColumn: "sold_on",
    deps: [sales],
  });
  const daily_revenue = sqlAsset({
    name: "daily_revenue",
    layer: "intermediate",
    description: "What a shop took on a day.",
    materialized: "incremental",
    columns: {
      shop_id: bigint("Where."),
      sold_on: date("When."),
      revenue: numeric("What it took."),
      sales: bigint("From how many sales."),
    },
    key: ["shop_id", "sold_on"],
    partitionBy: "shop_id",
    timeColumn: "sold_on",
    deps: [stg_sales, { asset: products, via: stg_sales }],
    indexes: [["sold_on"]],
    checks: [
      {
        kind: "expression",
        name: "revenue_not_negative",
        description: "Nobody pays people to take things.",
        expression: "revenue >= 0",
      },
    ],
  });
  const shop_ranks = sqlAsset({
    name: "shop_ranks",
    layer: "intermediate",
    description: "A small table below a table.",
    materialized: "incremental",
    columns: { shop_id: bigint("Where."), revenue: numeric("What it took in all.") },
    key: ["shop_id"],
    partitionBy: "shop_id",
    deps: [daily_revenue],
  });
  const shop_totals = sqlAsset({
    name: "shop_totals",
    layer: "gold",
    description: "What a shop took in all.",
    materialized: "view",
    columns: {
      shop_id: bigint("Where."),
      revenue: numeric("What it took in all."),
      last_sale_on: date("When last."),
      ...shape.moreTotals,
    },
    key: ["shop_id"],
    partitionBy: "shop_id",
    deps: [daily_revenue],
    checks: [{ kind: "unique_key" }],
  });
  return {
    assets: [sales, products, stg_sales, daily_revenue, shop_ranks, shop_totals],
    schedules: shape.cron
      ? [
          {
            kind: "schedule",
            name: "nightly",
            description: "",
            cron: shape.cron,
            timeZone: "UTC",
            selection: shape.verifies ? "*" : "products+",
            ...(shape.verifies && { verifies: { valuesPerColumn: shape.verifies } }),
          },
        ]
      : [],
    sensors: [
      sensor({
        name: "sales_sensor",
        description: "Carries on what is sold.",
        sources: [sales, products],
        ...(shape.requests ? { requests: shape.requests } : {}),
      }),
    ],
  };
}

const rowSecurity = { column: "shop_id", value: "(select public.current_person())" };

/** The sources' tables, watched as a migration would have them watched; the engine as a shop's application installs it. */
export async function createShops(pool: Pool): Promise<void> {
  await install(pool, { readerRole: "stratafolio_web", rowSecurity });
  await pool.query(`
    create schema shops;
    create table shops.sales (
      sale_id bigint generated by default as identity primary key,
      shop_id bigint not null,
      sold_on date not null,
      product text not null,
      quantity numeric not null
    );
    create index on shops.sales (shop_id, sold_on);
    create table shops.products (product text primary key, price numeric not null);
    insert into shops.products values ('tea', 2), ('cup', 5.50);
    grant usage on schema shops to stratafolio_web;
    grant select on shops.sales, shops.products to stratafolio_web;
    alter table shops.sales enable row level security;
    create policy own_rows on shops.sales to stratafolio_web using (shop_id = public.current_person());`);
  for (const [table, partition, time] of [
    ["sales", "shop_id", "sold_on"],
    ["products", "product", ""],
  ]) {
    await pool.query(`
      create trigger capture_insert after insert on shops.${table} referencing new table as new_rows
        for each statement execute function orchestrator.capture_changes('${table}', '${partition}', '${time}');
      create trigger capture_update after update on shops.${table} referencing old table as old_rows new table as new_rows
        for each statement execute function orchestrator.capture_changes('${table}', '${partition}', '${time}');
      create trigger capture_delete after delete on shops.${table} referencing old table as old_rows
        for each statement execute function orchestrator.capture_changes('${table}', '${partition}', '${time}');`);
  }
}

/** Loads the definitions with their bodies written to a folder of their own. */
export async function loadShops(
  shape: Shape = {},
  changed: Partial<Bodies> = {},
  folder?: string,
): Promise<Registry> {
  const bodiesFolder = folder ?? (await mkdtemp(join(tmpdir(), "shops-")));
  if (!folder) onTestFinished(() => rm(bodiesFolder, { recursive: true, force: true }));
  for (const [model, body] of Object.entries({ ...bodies, ...changed })) {
    await mkdir(join(bodiesFolder, model, ".."), { recursive: true });
    await writeFile(join(bodiesFolder, `${model}.sql`), body);
  }
  const registry = await loadRegistry(shops(shape), { bodiesFolder });
  if (registry.problems.length > 0 && Object.keys(changed).length === 0) {
    throw new Error(registry.problems.map(String).join("\n"));
  }
  return registry;
}

export const silent: EngineOptions["log"] = { info() {}, warn() {}, error() {} };

export function createShopsEngine(
  database: TestDatabase,
  registry: Registry,
  options: Partial<EngineOptions> = {},
): Engine {
  return createEngine({
    pool: database.pool,
    poolForRun: (runId) => createPool({ connectionString: database.url, applicationName: "test", runId }),
    registry,
    resources: null,
    clock: () => new Date(),
    log: silent,
    readerRole: "stratafolio_web",
    rowSecurity,
    ...options,
  });
}

export async function sell(
  pool: Pool,
  shop: number,
  day: string,
  quantity: number | string = 1,
  product = "tea",
): Promise<number> {
  const { rows } = await pool.query<{ sale_id: number }>(
    "insert into shops.sales (shop_id, sold_on, product, quantity) values ($1, $2, $3, $4) returning sale_id",
    [shop, day, product, quantity],
  );
  return rows[0]!.sale_id;
}

export async function revenues(pool: Pool): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ shop_id: number; sold_on: string; revenue: string }>(
    "select shop_id, sold_on, revenue from daily_revenue order by shop_id, sold_on",
  );
  return Object.fromEntries(rows.map((row) => [`${row.shop_id} ${row.sold_on}`, row.revenue]));
}

export async function changesWaiting(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ changes: number }>(
    "select count(*) as changes from orchestrator.changes",
  );
  return rows[0]!.changes;
}
