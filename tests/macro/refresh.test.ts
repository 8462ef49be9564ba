/** What is refreshed from a change on is what all would be if it were built anew. */
import { beforeAll, expect, test } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { createTestDatabase } from "../support/database.ts";
import { deployedEngine } from "../support/engine.ts";
import { cycle, insertObservations } from "./economy.ts";

const database = await createTestDatabase();
const { pool } = database;
let engine: Engine;

beforeAll(async () => {
  engine = await deployedEngine(database);
  await insertObservations(pool, cycle());
  await pool.query(
    `insert into users (user_id, email, password_hash) values (1, 'ann@example.org', 'x');
     insert into bronze.raw_prices (ticker, price_date, close) values ('SPY', '2001-01-02', 1), ('SPY', '2003-09-30', 2);`,
  );
  await engine.refresh("transaction_sensor");
});

async function writtenRegimes(): Promise<number> {
  const { rows } = await pool.query<{ written: number }>(
    `select coalesce(sum(rows_inserted + rows_updated + rows_deleted), 0)::bigint as written
     from orchestrator.steps
     where asset = 'fct_macro_regimes' and run_id = (select max(run_id) from orchestrator.runs)`,
  );
  return rows[0]!.written;
}

const ofMonth = (series: string, date: string): string =>
  `where series_id = '${series}' and observation_date = '${date}'`;

test.each([
  ["all of it, the first time", null, 904],
  ["a revision", `update bronze.raw_fred set value = 4.6 ${ofMonth("UNRATE", "2001-06-01")}`, null],
  ["a revision that changes nothing", "update bronze.raw_fred set value = value", 0],
  ["a month withdrawn", `delete from bronze.raw_fred ${ofMonth("INDPRO", "2002-03-01")}`, null],
  [
    "a month that came late",
    `insert into bronze.raw_fred (series_id, observation_date, value, realtime_start)
     values ('INDPRO', '2002-03-01', 98, '2002-06-03')`,
    null,
  ],
  [
    "a newer month",
    "insert into bronze.raw_fred (series_id, observation_date, value) values ('UNRATE', '2003-09-01', 4.4)",
    null,
  ],
  [
    "a new day of prices",
    "insert into bronze.raw_prices (ticker, price_date, close) values ('SPY', '2003-10-20', 3)",
    10,
  ],
  [
    "a trade on a day that was known",
    `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     values (1, 'SPY', 'BUY', 1, 1, '2002-01-02')`,
    0,
  ],
] as const)("%s", async (_what, statement, written) => {
  if (statement !== null) {
    await pool.query(statement);
    await engine.refresh("transaction_sensor");
  }
  if (written === null) expect(await writtenRegimes()).toBeGreaterThan(0);
  else expect(await writtenRegimes()).toBe(written);
  const verified = await engine.verify({ assets: ["int_macro_signals", "fct_macro_regimes"] });
  expect(verified.map(({ asset, differing }) => ({ asset, differing }))).toEqual([
    { asset: "int_macro_signals", differing: 0 },
    { asset: "fct_macro_regimes", differing: 0 },
  ]);
});
