import type { Pool } from "pg";
import { beforeAll, expect, test } from "vitest";
import { quoteIdentifier } from "../../src/engine/index.ts";
import { createTestDatabase } from "../support/database.ts";
import { buildModels, models } from "../support/models.ts";

/** One bought once, the other traded every day: what is read of the other is seen by its number. */
const [asked, other] = [1, 2];
const views = models.filter(
  ({ materialized, partitionBy }) => materialized === "view" && partitionBy === "user_id",
);

let pool: Pool;

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  await pool.query(
    "insert into users (user_id, email, password_hash) select id, id || '@example.org', 'x' from unnest($1::bigint[]) id",
    [[asked, other]],
  );
  await pool.query(
    `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
     select ticker, ticker, 'stock', 'USD', 'UTC' from unnest(array['AAA', 'BBB', 'CCC']) ticker`,
  );
  await pool.query(
    `insert into raw_prices (ticker, price_date, close, adj_close)
     select ticker, '2022-01-03'::date + day, 10 + (day * 7) % 11, 10 + (day * 7) % 11
     from unnest(array['AAA', 'BBB', 'CCC']) ticker, generate_series(0, 399) day`,
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select 2, ticker, 'BUY', 1, 10, '2022-01-03'::date + day
     from unnest(array['AAA', 'BBB', 'CCC']) ticker, generate_series(0, 399) day
     union all
     select 1, 'AAA', 'BUY', 1, 10, '2023-01-20'`,
  );
  await buildModels(pool);
});

interface PlanNode {
  readonly "Relation Name"?: string;
  readonly "Node Type": string;
  readonly "Actual Rows": number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** A relation of a few rows is read whole: cheaper than its index. */
const few = 10;

/** Rows of the person in each relation that says whose its rows are. */
async function ownRows(): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ relation: string; schema: string }>(
    `select c.relname as relation, c.relnamespace::regnamespace::text as schema
     from pg_class c
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id'
     where c.relkind = 'r' and c.relnamespace in ('"default"'::regnamespace, 'bronze'::regnamespace, 'public'::regnamespace)`,
  );
  const counts = new Map<string, number>();
  for (const { relation, schema } of rows) {
    const counted = await pool.query<{ count: number }>(
      `select count(*) from ${schema}.${quoteIdentifier(relation)} where user_id = $1`,
      [asked],
    );
    counts.set(relation, counted.rows[0]!.count);
  }
  return counts;
}

test.each(views.map(({ name }) => name))("%s of one person reads of nobody else", async (name) => {
  const own = await ownRows();
  const { rows } = await pool.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
    `explain (analyze, timing off, format json) select * from "default".${quoteIdentifier(name)} where user_id = ${asked}`,
  );
  const read = nodesOf(rows[0]!["QUERY PLAN"][0].Plan).filter((node) => {
    const most = own.get(node["Relation Name"] ?? "");
    return most !== undefined && node["Actual Rows"] > most + few;
  });
  expect(read.map((node) => `${node["Actual Rows"]} rows of ${node["Relation Name"]}`)).toEqual([]);
});
