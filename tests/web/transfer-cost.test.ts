/** What shares that are transferred had cost, as the models say it: it arrives as it left, in both currencies. */
import { beforeAll, expect, test } from "vitest";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { deployModels } from "../support/models.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  const { pool } = server.database;
  await startIngestion(server.database, resourcesOf(server.market));
  await deployModels(pool);
  await pool.query(
    `grant usage on schema "default" to stratafolio_web; grant select on all tables in schema "default" to stratafolio_web`,
  );
});

const methods = ["average", "fifo"] as const;
const cases = methods.flatMap((method) => ["USD", "EUR"].map((base) => [method, base] as const));

test.each(cases)("by %s, in %s, what leaves is what arrives", async (method, base) => {
  const { token, id } = await server.register(`${method}-${base}@example.org`.toLowerCase());
  const { pool } = server.database;
  const call = (path: string, body: unknown) => server.call("POST", path, { token, body });
  const trade = { ticker: "ACME", type: "BUY", currency: "USD" };
  await call("/api/transactions", { ...trade, quantity: "3", price: "10.07", fee: "1", date: "2024-01-02" });
  await call("/api/transactions", {
    ...trade,
    quantity: "7",
    price: "31.01",
    fee: "0.33",
    date: "2024-02-01",
  });
  await call("/api/accounts", { name: "New" });
  await pool.query("update users set base_currency = $2, cost_basis_method = $3 where user_id = $1", [
    id,
    base,
    method,
  ]);
  // A currency that is new here is fetched before anything is written in it.
  await call("/api/transactions", { type: "DEPOSIT", amount: "1", currency: "EUR", date: "2024-02-02" });
  const moved = await call("/api/transfers", {
    to: "New",
    ticker: "ACME",
    quantity: "4",
    date: "2024-03-01",
  });
  expect([moved.status, moved.body.error]).toEqual([201, undefined]);
  const [out, ...arrived] = moved.body.transactions;
  const days = arrived.map(({ acquired_on }: { acquired_on: string }) => acquired_on);
  expect(days).toEqual(method === "average" ? ["2024-01-02"] : ["2024-01-02", "2024-02-01"]);
  const { rows } = await pool.query(
    `select
       (select round(sold_cost, 12) from "default".int_positions where transaction_id = $1) as left,
       (
         select round(sum(gross_amount), 12)
         from "default".int_transactions
         where user_id = $2 and transaction_type = 'TRANSFER_IN'
       ) as arrived,
       (select trim_scale(sum(quantity)) from bronze.transactions where user_id = $2 and transaction_type = 'TRANSFER_IN') as quantity,
       (
         select trim_scale(sum(local_cost_basis))
         from (
           select distinct on (account_id) local_cost_basis
           from "default".int_positions
           where user_id = $2
           order by account_id, transaction_date desc, day_order desc, transaction_id desc
         ) as last
       ) as local_cost`,
    [out.transaction_id, id],
  );
  expect(Number(rows[0].left)).toBeGreaterThan(0);
  expect(rows[0].arrived).toBe(rows[0].left);
  expect([rows[0].quantity, rows[0].local_cost]).toEqual(["4", "248.61"]);
});
