import type { Pool } from "pg";
import { beforeAll, expect, test } from "vitest";
import { enforceContract } from "../../src/engine/publication/index.ts";
import { createTestDatabase } from "../support/database.ts";
import { bodyOf, buildModels, deployModels, models } from "../support/models.ts";

// What is stored as a table: the bodies are planned over it as they are where they are published.
const { pool: built } = await createTestDatabase();
const { pool, connect } = await createTestDatabase();

beforeAll(() => Promise.all([buildModels(built), deployModels(pool)]));

async function withPerson<T>(web: Pool, userId: number, statement: string): Promise<T[]> {
  const client = await web.connect();
  try {
    await client.query(`begin; set local app.user_id = '${userId}'`);
    return (await client.query(statement)).rows as T[];
  } finally {
    await client.query("rollback");
    client.release();
  }
}

test.each(models.map((model) => [model.name, model] as const))(
  "%s has the columns it declares",
  async (_, model) => {
    const client = await built.connect();
    try {
      await enforceContract(client, model, bodyOf(model));
    } finally {
      client.release();
    }
  },
);

test("the web's role reads every gold model, and only the rows of the person it acts for", async () => {
  await pool.query(
    `insert into users (user_id, email, password_hash) values (1, 'a@example.org', ''), (2, 'b@example.org', '')`,
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values (1, 'ACME', 'BUY', 1, 10, '2024-01-02'), (2, 'ACME', 'BUY', 1, 10, '2024-01-02')`,
  );
  await pool.query(`insert into raw_prices (ticker, price_date, close) values ('ACME', '2024-01-02', 10)`);
  await pool.query(`grant select on all tables in schema "default" to stratafolio_web`);
  const web = connect({ role: "stratafolio_web" });
  for (const name of ["gold_p_timeseries", "gold__performance", "gold_ticker_kpis", "fct_daily_returns"]) {
    const rows = await withPerson<{ user_id: number }>(web, 2, `select user_id from ${name}`);
    expect(rows, name).toEqual([{ user_id: 2 }]);
  }
});
