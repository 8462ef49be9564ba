import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { migrate as runMigrations } from "postgres-migrations";
import { expect, onTestFinished, test } from "vitest";
import { raw_fx_rates } from "../../assets/bronze.ts";
import { migrate, migrationsFolder, pendingMigrations } from "../../src/database/migrate.ts";
import { readRun, readStates } from "../../src/engine/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { deployedEngine } from "../support/engine.ts";

// The last version whose migrations made the engine's tables: a folder that it left behind is opened by this one.

const lastMigration = 12;

/** As that version wrote it: two people's trades, prices, and what it had published of them. */
const left = `
  insert into public.users (user_id, email, password_hash, role)
  values (1, 'ann@example.org', 'x', 'operator'), (2, 'ben@example.org', 'x', 'investor');
  insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange_timezone)
  values ('ACME', 'Acme Corporation', 'stock', 'USD', 'America/New_York');
  insert into bronze.raw_prices (ticker, price_date, close)
  values ('ACME', '2024-01-05', 99), ('ACME', '2024-01-08', 102), ('ACME', '2024-01-09', 104);
  insert into bronze.raw_fred (series_id, observation_date, value) values ('DTB3', '2024-01-05', 5.2);
  insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
  values (1, 'ACME', 'BUY', 10, 100, 1, '2024-01-08'), (2, 'ACME', 'BUY', 3, 101, 0, '2024-01-08');
  delete from orchestrator.changes; -- by its sensor

  insert into orchestrator.runs
    (trigger_kind, trigger_name, selection, options, request_key, status, started_at, finished_at, error)
  values
    ('deploy', 'deploy', 'stg_raw_prices int_last_day', '{}', null, 'succeeded', now(), now(), null),
    ('sensor', 'transaction_sensor', 'raw_prices', '{"partitions": ["ACME"]}', 'backfill:ACME', 'succeeded', now(), now(), null),
    ('manual', 'rollback', 'int_last_day', '{"withdrawn": "0a0b0c0d"}', null, 'succeeded', now(), now(), null),
    ('schedule', 'daily_market_data_ingestion', 'raw_prices+', '{}', 'schedule daily_market_data_ingestion', 'failed',
     now(), now(), 'no network');
  insert into orchestrator.steps
    (run_id, asset, action, status, reason, scope, rows_inserted, code_version, started_at, filled_at, finished_at)
  values
    (1, 'int_last_day', 'rebuild', 'succeeded', 'never materialized', '{"since": null, "partitions": null}', 1, '210acd39',
     now(), now(), now()),
    (2, 'raw_prices', 'ingest', 'succeeded', 'asked for', '{"since": null, "partitions": ["ACME"]}', 3, null, now(), null, now());
  insert into orchestrator.step_logs (run_id, asset, level, message) values (1, 'int_last_day', 'info', 'rebuilt: 1 row');
  insert into orchestrator.check_results (run_id, asset, check_name, severity, failing_rows)
  values (1, 'int_last_day', 'unique_key', 'error', 0);
  insert into orchestrator.automations (automation, kind, enabled)
  values ('daily_market_data_ingestion', 'schedule', false), ('transaction_sensor', 'sensor', true);
  insert into orchestrator.ticks (automation, planned_at, status, run_id, detail)
  values ('transaction_sensor', now(), 'succeeded', 2, 'changes refreshed: 1, runs requested: 1');
  insert into orchestrator.partition_versions values ('user_id', '1', 4), ('user_id', null, 2);

  create view "default".stg_raw_prices with (security_invoker = true) as
    select ticker, price_date, close from bronze.raw_prices where close > 0;
  create table materialized.int_last_day__210acd39_1 (last_day date not null primary key);
  insert into materialized.int_last_day__210acd39_1 values ('2024-01-09');
  create view "default".int_last_day with (security_invoker = true) as
    select last_day from materialized.int_last_day__210acd39_1;
  grant select on materialized.int_last_day__210acd39_1, "default".int_last_day, "default".stg_raw_prices to stratafolio_web;
  insert into orchestrator.assets
    (asset, code_version, data_version, read_versions, relation, last_run_id, last_materialized_at)
  values
    ('raw_prices', null, 4, '{}', null, 2, now()),
    ('raw_fred', null, 1, '{}', null, 2, now()),
    ('transactions', null, 1, '{}', null, 2, now()),
    ('stg_raw_prices', '51c9a0de', 5, '{"raw_prices": 4}', null, 1, now()),
    ('int_last_day', '210acd39', 2, '{"raw_prices": 4, "transactions": 1, "stg_raw_prices": 5}',
     'int_last_day__210acd39_1', 1, now());
  insert into orchestrator.asset_versions (asset, code_version, relation, body, columns, run_id)
  values
    ('stg_raw_prices', '51c9a0de', '', 'select ticker, price_date, close from bronze.raw_prices where close > 0',
     '{"key": ["ticker", "price_date"], "columns": {"ticker": {"type": "text", "description": ""},
       "price_date": {"type": "date", "description": ""}, "close": {"type": "numeric", "description": ""}},
       "timeColumn": "price_date", "partitionBy": "ticker", "materialized": "view", "timeEndColumn": null}', 1),
    ('int_last_day', '210acd39', 'int_last_day__210acd39_1',
     'select greatest(date ''1899-12-31'', (select max(p.price_date) from stg_raw_prices p),
        (select max(t.transaction_date) from bronze.transactions t)) as last_day',
     '{"key": ["last_day"], "columns": {"last_day": {"type": "date", "description": "The day."}},
       "timeColumn": "last_day", "partitionBy": null, "materialized": "table", "timeEndColumn": null}', 1);

  -- A trade that was committed when nothing was left running to carry it on.
  insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
  values (1, 'ACME', 'SELL', 4, 104, 1, '2024-01-09');
`;

async function leftDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase("template0");
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-upgrade-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of readdirSync(migrationsFolder))
    if (Number.parseInt(file, 10) <= lastMigration) cpSync(join(migrationsFolder, file), join(folder, file));
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await runMigrations({ client }, folder);
  await client.end();
  await database.pool.query(left);
  return database;
}

const records = ["runs", "steps", "step_logs", "check_results", "automations", "ticks", "partition_versions"];
const kept = [
  "public.users",
  "bronze.transactions",
  "bronze.transactions_audit",
  "bronze.raw_assets",
  "bronze.raw_prices",
  "bronze.raw_fred",
  ...records.map((table) => `orchestrator.${table}`),
];

/** Every row of these tables, as JSON. */
async function readRows({ pool }: TestDatabase): Promise<Record<string, Record<string, unknown>[]>> {
  const read = async (table: string): Promise<[string, Record<string, unknown>[]]> => {
    const { rows } = await pool.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(stored) as row from ${table} as stored order by 1`,
    );
    return [table, rows.map(({ row }) => row)];
  };
  return Object.fromEntries(await Promise.all(kept.map(read)));
}

interface Trigger {
  readonly oid: number;
  readonly tgrelid: string;
  readonly tgname: string;
}

async function triggers({ pool }: TestDatabase): Promise<Trigger[]> {
  const { rows } = await pool.query<Trigger>(
    "select oid, tgrelid::regclass, tgname from pg_trigger where tgname like 'capture%' order by oid",
  );
  return rows;
}

test("a database of the version before is taken over: every row kept, nothing captured twice, everything fresh", async () => {
  const database = await leftDatabase();
  const { pool, url } = database;
  const before = await readRows(database);
  const triggersBefore = await triggers(database);

  const applied = await migrate(url);
  expect(applied).toContain("013_figure_functions.sql");
  expect(applied).toContain("engine 002_operations.sql");
  expect(applied).not.toContain("engine 001_tables.sql");
  expect(await pendingMigrations(pool)).toEqual([]);
  const migratedTriggers = await triggers(database);
  expect(migratedTriggers).toEqual(expect.arrayContaining(triggersBefore));
  expect(await migrate(url)).toEqual([]);
  const after = await readRows(database);
  for (const table of kept) {
    expect(after[table], table).toHaveLength(before[table]!.length);
    for (const [index, row] of before[table]!.entries())
      expect(after[table]![index], table).toMatchObject(row);
  }
  const operations = await pool.query("select operation from orchestrator.runs order by run_id");
  expect(operations.rows.map(({ operation }) => operation)).toEqual([
    "materialize",
    "materialize",
    "rollback",
    "materialize",
  ]);
  expect(await readRun(pool, 1)).toMatchObject({ status: "succeeded", operation: "materialize" });

  // The triggers that migrations made are those that are declared: none is made anew, nothing counts as missed.
  const engine = await deployedEngine(database);
  const deployed = await triggers(database);
  const isMade = ({ oid }: Trigger): boolean => !migratedTriggers.some((before) => before.oid === oid);
  expect(deployed.filter((trigger) => !isMade(trigger))).toEqual(migratedTriggers);
  // Sources that are new since have theirs from their declarations alone.
  expect(new Set(deployed.filter(isMade).map(({ tgrelid }) => tgrelid))).toEqual(
    new Set(["accounts", "market_defects", "split_rulings"]),
  );
  const waiting = await pool.query("select asset, partition_value, since from orchestrator.changes");
  expect(waiting.rows).toEqual([{ asset: "transactions", partition_value: "1", since: "2024-01-09" }]);
  const switches = await pool.query("select enabled from orchestrator.automations where kind = 'schedule'");
  expect(switches.rows).toContainEqual({ enabled: false });

  expect(await engine.refresh("transaction_sensor")).toMatchObject({ succeeded: 1, failed: 0 });
  // A source that the version before did not have: the next daily run asks for it, and nobody here needs a rate.
  await engine.run({ triggerKind: "manual", triggerName: "test", selection: raw_fx_rates.name });
  const states = await readStates(pool, engine.registry.graph, new Date());
  expect([...states.values()].filter(({ status }) => status !== "fresh")).toEqual([]);
  const verified = await engine.verify({ assets: [...engine.registry.graph.nodes.keys()] });
  expect(verified.filter(({ differing }) => differing > 0)).toEqual([]);
  const quantities = await pool.query("select user_id, quantity from gold_ticker_kpis order by user_id");
  expect(quantities.rows).toEqual([
    { user_id: 1, quantity: expect.stringMatching(/^6(\.0*)?$/) },
    { user_id: 2, quantity: expect.stringMatching(/^3(\.0*)?$/) },
  ]);
});

test("what the version before had published can be gone back to", async () => {
  const database = await leftDatabase();
  await migrate(database.url);
  const engine = await deployedEngine(database);
  expect((await engine.rollback("int_last_day")).status).toBe("succeeded");
  const { rows } = await database.pool.query(
    "select relation from orchestrator.assets where asset = 'int_last_day'",
  );
  expect(rows).toEqual([{ relation: "int_last_day__210acd39_1" }]);
});
