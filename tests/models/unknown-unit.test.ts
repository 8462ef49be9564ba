/** Before anybody has said what a ticker is quoted in, it is no figure of a person with other currencies than the dollar. */
import { beforeAll, expect, test } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { createTestDatabase } from "../support/database.ts";
import { deployedEngine } from "../support/engine.ts";

const database = await createTestDatabase();
const { pool } = database;
let engine: Engine;

beforeAll(async () => {
  engine = await deployedEngine(database);
});

async function carryOn(statement: string) {
  await pool.query(statement);
  await engine.refresh("transaction_sensor");
  const { rows } = await pool.query(
    `select price_date, round(market_value, 6) as market_value, round(income, 6) as income
     from gold_p_timeseries
     order by price_date`,
  );
  return rows;
}

test("prices, dividends and trades that are carried on before their unit", async () => {
  expect(
    await carryOn(
      `insert into users (user_id, email, password_hash, base_currency) values (1, 'ann@example.org', '', 'GBP');
       insert into bronze.raw_prices (ticker, price_date, close)
       values ('TRUST.L', '2024-03-14', 500), ('TRUST.L', '2024-03-15', 510);
       insert into bronze.raw_corporate_actions (ticker, action_type, action_date, cash_per_share)
       values ('TRUST.L', 'dividend', '2024-03-15', 12);
       insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values (1, 'TRUST.L', 'BUY', 10, 4.9, '2024-03-14');`,
    ),
  ).toEqual([]);
  expect(
    await carryOn(
      `insert into bronze.raw_assets (ticker, name, asset_class, quote_unit, currency, unit_factor, exchange_timezone)
       values ('TRUST.L', 'A trust', 'stock', 'GBp', 'GBP', 0.01, 'Europe/London')`,
    ),
  ).toEqual([
    { price_date: "2024-03-14", market_value: "50.000000", income: "0.000000" },
    { price_date: "2024-03-15", market_value: "51.000000", income: "1.200000" },
  ]);
  expect(await engine.verify({ assets: [...engine.registry.graph.nodes.keys()] })).not.toContainEqual(
    expect.objectContaining({ differing: expect.toSatisfy((n: number) => n > 0) }),
  );
});
