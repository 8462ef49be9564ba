/** The role for BI tools, made by the very lines of docs/operations.md. */
import { readFileSync } from "node:fs";
import pg from "pg";
import { expect, test } from "vitest";
import { startProgram } from "../support/program.ts";

const docs = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");

function recipe(): string {
  const [section] = /## A role for BI tools\n[\s\S]*?(?=\n## )/.exec(docs)!;
  return section
    .split("\n")
    .filter((line) => line.startsWith("    "))
    .join("\n");
}

test("reads everybody's rows, or one person's, and goes on doing so after a rebuild", async () => {
  const { database, engine } = await startProgram();
  const { pool } = database;
  await pool.query(`
    insert into public.users (user_id, email, password_hash, role) values (7, 'a@example.org', 'x', 'investor'), (8, 'b@example.org', 'x', 'investor');
    insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange, exchange_timezone)
    values ('T', 'T', 'stock', 'USD', 'NMS', 'America/New_York');
    insert into bronze.raw_prices (ticker, price_date, open, high, low, close, adj_close, volume)
    select 'T', day, 10, 10, 10, 10, 10, 1 from generate_series(date '2024-01-02', date '2024-01-05', '1 day') as day;
    insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
    values (7, 'T', 'BUY', 1, 10, 0, '2024-01-02'), (8, 'T', 'BUY', 2, 10, 0, '2024-01-02')`);
  await engine.refresh("transaction_sensor");
  const role = `analyst_${crypto.randomUUID().slice(0, 8)}`;
  const [all, one] = [role, `${role}_one`];
  await pool.query(recipe().replaceAll("analyst", all));
  await pool.query(recipe().replaceAll("analyst", one).replace("using (true)", "using (user_id = 7)"));
  const read = async (name: string) => {
    const url = new URL(database.url);
    [url.username, url.password] = [name, "choose one"];
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const { rows } = await client.query(
      "select user_id::integer, count(*)::integer as days from gold_p_timeseries group by user_id order by user_id",
    );
    const trades = await client.query("select count(*)::integer as trades from stg_transactions");
    await client.end();
    return [...rows.map(({ user_id }) => user_id), trades.rows[0].trades];
  };
  try {
    expect([await read(all), await read(one)]).toEqual([
      [7, 8, 2],
      [7, 1],
    ]);
    const run = await engine.run({
      triggerKind: "manual",
      triggerName: "test",
      selection: "*",
      exclude: "source:*",
      fullRefresh: true,
    });
    expect(run.status).toBe("succeeded");
    expect([await read(all), await read(one)]).toEqual([
      [7, 8, 2],
      [7, 1],
    ]);
  } finally {
    for (const name of [one, all]) await pool.query(`drop owned by ${name}; drop role ${name}`);
  }
});
