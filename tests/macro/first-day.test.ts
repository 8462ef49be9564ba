/** Interest is known before anybody has traded: the days before the first trade come into being with it. */
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { deployedEngine } from "../support/engine.ts";

const database = await createTestDatabase();
const { pool } = database;
const engine = await deployedEngine(database);

/** The first and last day of the stored interest, and whether every row is what a rebuild would give. */
async function interest() {
  const { rows } = await pool.query(
    "select min(calendar_date) as first, max(calendar_date) as last from int_risk_free",
  );
  const verified = await engine.verify({ assets: ["int_last_day", "int_risk_free"] });
  return { ...rows[0], differing: verified.reduce((sum, { differing }) => sum + differing, 0) };
}

test("interest of the days before the first trade is stored with it, and goes with it", async () => {
  await pool.query(
    `insert into users (user_id, email, password_hash) values (1, 'ann@example.org', 'x');
     insert into raw_fred (series_id, observation_date, value) values ('DTB3', '2020-01-02', 1.5)`,
  );
  await engine.refresh("transaction_sensor");
  expect(await interest()).toEqual({ first: null, last: null, differing: 0 });
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values (1, 'AAA', 'BUY', 1, 1, '2020-02-03')`,
  );
  await engine.refresh("transaction_sensor");
  expect(await interest()).toEqual({ first: "2020-01-03", last: "2020-02-03", differing: 0 });
  await pool.query("delete from transactions");
  await engine.refresh("transaction_sensor");
  expect(await interest()).toEqual({ first: null, last: null, differing: 0 });
});
