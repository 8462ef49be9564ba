import type { Pool } from "pg";
import { beforeAll, expect, test } from "vitest";
import { quoteIdentifier } from "../../src/engine/index.ts";
import { createTestDatabase } from "../support/database.ts";
import { buildModels, models } from "../support/models.ts";

/** One bought once, the other did of everything something every day: what is read of the other is seen by its number. */
const [asked, other] = [1, 2];
const days = 400;
const views = models.filter(
  ({ materialized, partitionBy }) => materialized === "view" && partitionBy === "user_id",
);

let pool: Pool;
/** By relation that says whose its rows are: how many the one has, and the other. */
const rowsOf = new Map<string, { asked: number; other: number }>();

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  await pool.query(
    `insert into users (user_id, email, password_hash, cost_basis_method)
     values ($1, '1@example.org', 'x', 'average'), ($2, '2@example.org', 'x', 'fifo')`,
    [asked, other],
  );
  await pool.query("update accounts set tracks_cash = true, income = 'ledger' where user_id = $1", [other]);
  await pool.query(
    `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
     select ticker, ticker, 'stock', 'USD', 'UTC' from unnest(array['AAA', 'BBB', 'CCC']) ticker`,
  );
  await pool.query(
    `insert into raw_prices (ticker, price_date, close, adj_close)
     select ticker, '2022-01-03'::date + day, 10 + (day * 7) % 11, 10 + (day * 7) % 11
     from unnest(array['AAA', 'BBB', 'CCC']) ticker, generate_series(0, $1 - 1) day`,
    [days],
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, amount, tax, currency, transaction_date)
     select $2::bigint, ticker, type, quantity, price, amount, tax, currency, '2022-01-03'::date + day
     from
       generate_series(0, $3 - 1) day,
       (
         values
           ('AAA', 'BUY', 2, 10, null, 0, null), ('BBB', 'BUY', 1, 10, null, 0, null), ('AAA', 'SELL', 1, 10, null, 0, null),
           ('AAA', 'DIVIDEND', null, null, 1, 0.1, null), (null, 'DEPOSIT', null, null, 50, 0, 'USD'),
           (null, 'INTEREST', null, null, 1, 0.1, 'USD'), (null, 'FEE', null, null, 1, 0, 'USD')
       ) as row (ticker, type, quantity, price, amount, tax, currency)
     union all
     select $1::bigint, 'AAA', 'BUY', 1, 10, null, 0, null, '2023-01-20'`,
    [asked, other, days],
  );
  await buildModels(pool);
  await pool.query("analyze");
  const { rows } = await pool.query<{ relation: string; schema: string }>(
    `select c.relname as relation, quote_ident(nspname) as schema
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace and nspname in ('default', 'bronze', 'public')
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id'
     where c.relkind = 'r'`,
  );
  for (const { relation, schema } of rows) {
    const counted = await pool.query<{ asked: number; other: number }>(
      `select count(*) filter (where user_id = $1) as asked, count(*) filter (where user_id = $2) as other
       from ${schema}.${quoteIdentifier(relation)}`,
      [asked, other],
    );
    rowsOf.set(relation, counted.rows[0]!);
  }
});

interface PlanNode {
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

const rowsRead = (node: PlanNode): number =>
  (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];

test.each(views.map(({ name }) => name))("%s of one person reads of nobody else", async (name) => {
  const client = await pool.connect();
  // A small relation is else read whole, and the others' rows left out: cheaper than its index.
  await client.query("set enable_seqscan = off");
  const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
    `explain (analyze, timing off, format json) select * from "default".${quoteIdentifier(name)} where user_id = ${asked}`,
  );
  client.release(true);
  const read = nodesOf(rows[0]!["QUERY PLAN"][0].Plan).filter((node) => {
    const known = rowsOf.get(node["Relation Name"] ?? "");
    return known !== undefined && known.other >= days / 2 && rowsRead(node) >= known.other;
  });
  expect(read.map((node) => `${rowsRead(node)} rows of ${node["Relation Name"]}`)).toEqual([]);
});

test("the tables of persons hold enough of the other for it to be seen", () => {
  const seen = [...rowsOf].filter(([, { other: count }]) => count >= days / 2).map(([relation]) => relation);
  expect(seen).toEqual(
    expect.arrayContaining([
      "transactions",
      "int_holding_periods",
      "int_portfolio_daily",
      "int_account_flows",
      "int_booked_income",
    ]),
  );
});
