import { once } from "node:events";
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";

test("a ledger write leaves a change row for the person, from the earliest day, and an audit row", async () => {
  const { pool } = await createTestDatabase();
  const { rows } = await pool.query<{ user_id: number }>(
    "insert into users (email, password_hash) values ('a@example.org', 'x') returning user_id",
  );
  const userId = rows[0]?.user_id;
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values ($1, 'AAPL', 'BUY', 2, 10, '2024-01-03'), ($1, 'AAPL', 'BUY', 1, 11, '2024-01-02')`,
    [userId],
  );
  const changes = await pool.query("select asset, partition_value, since from orchestrator.changes");
  expect(changes.rows).toEqual([
    { asset: "transactions", partition_value: String(userId), since: "2024-01-02" },
  ]);
  const audit = await pool.query(
    "select count(*) as rows from bronze.transactions_audit where operation = 'insert'",
  );
  expect(audit.rows).toEqual([{ rows: 2 }]);
});

test("the web's role sees the rows of the person it acts for, and none without a person", async () => {
  const database = await createTestDatabase();
  await database.pool.query(
    `insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x'), (2, 'b@example.org', 'x')`,
  );
  await database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values (1, 'AAPL', 'BUY', 1, 1, '2024-01-02'), (2, 'MSFT', 'BUY', 1, 1, '2024-01-02')`,
  );
  const web = database.connect({ role: "stratafolio_web" });
  expect((await web.query("select ticker from transactions")).rows).toEqual([]);
  const client = await web.connect();
  await client.query("begin; set local app.user_id = '2'");
  expect((await client.query("select ticker from transactions")).rows).toEqual([{ ticker: "MSFT" }]);
  await client.query("commit");
  client.release();
});

test.each(["'NaN'", "'Infinity'", "0", "-1"])(
  "the table itself refuses a quantity of %s",
  async (quantity) => {
    const { pool } = await createTestDatabase();
    await pool.query("insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x')");
    await expect(
      pool.query(
        `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values (1, 'AAPL', 'BUY', ${quantity}, 1, '2024-01-02')`,
      ),
    ).rejects.toThrow(/transactions_quantity_check/);
  },
);

test("a ledger write tells whoever listens that the source changed", async () => {
  const { pool } = await createTestDatabase();
  await pool.query("insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x')");
  const listener = await pool.connect();
  await listener.query("listen orchestrator_changes");
  const notified = once(listener, "notification");
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values (1, 'AAPL', 'BUY', 1, 10, '2024-01-02')`,
  );
  expect((await notified)[0]).toMatchObject({ channel: "orchestrator_changes", payload: "transactions" });
  listener.release(true);
});
