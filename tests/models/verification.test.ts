import { expect, test } from "vitest";
import { schedules } from "../../assets/schedules.ts";
import { createTestDatabase } from "../support/database.ts";
import { deployedEngine } from "../support/engine.ts";

test("the nightly verification compares every stored model, and finds the trades of a person that are missing", async () => {
  const database = await createTestDatabase();
  const { pool } = database;
  await pool.query(`
    insert into users (user_id, email, password_hash) values (1, 'ann@example.org', 'x'), (2, 'ben@example.org', 'x');
    insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
    values ('ACME', 'Acme', 'stock', 'USD', 'UTC');
    insert into raw_prices (ticker, price_date, close)
    select 'ACME', date '2024-01-01' + day, 100 + day from generate_series(0, 20) as day;
    insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
    select user_id, 'ACME', 'BUY', 1, 100, date '2024-01-02' from users`);
  const engine = await deployedEngine(database);
  await engine.refresh("transaction_sensor");
  const nightly = schedules.find(({ verifies }) => verifies !== undefined)!;
  const verify = (seed: string) =>
    engine.run({
      operation: "verify",
      triggerKind: "schedule",
      triggerName: nightly.name,
      selection: nightly.selection,
      sample: { values: nightly.verifies!.valuesPerColumn, seed },
    });
  const first = await verify("one night");
  expect(first).toMatchObject({ status: "succeeded", error: null });
  const stored = [...engine.registry.graph.nodes.values()].flatMap(({ asset }) =>
    asset.kind === "model" && asset.materialized !== "view" ? [asset.name] : [],
  );
  expect(first.steps.map(({ asset }) => asset).sort()).toEqual(stored.sort());
  expect(first.steps.find(({ asset }) => asset === "int_portfolio_daily")).toMatchObject({
    scope: { partitions: ["1", "2"], since: null },
    reason:
      "sampled; scopes as declared: int_portfolio_daily, int_calendar, int_cash_daily, int_quiet_days, int_daily_holdings",
  });
  const { rows } = await pool.query<{ relation: string }>(
    "select relation from orchestrator.assets where asset = 'int_holding_periods'",
  );
  await pool.query(`delete from materialized."${rows[0]!.relation}" where user_id = 2`);
  const second = await verify("another night");
  expect(second).toMatchObject({ status: "failed" });
  expect(second.error).toContain("int_holding_periods");
});
