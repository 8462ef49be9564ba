/** Where a ticker's prices come from, from the command line. */
import { beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { runCli } from "./run-cli.ts";

let database: TestDatabase;
const stratafolio = (...parameters: string[]) =>
  runCli([...parameters, "--output", "json"], {
    DATABASE_URL: database.url,
    JWT_SECRET: "a secret of at least thirty-two characters",
  });

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`
    insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange, exchange_timezone)
    values ('NPN.JO', 'Naspers', 'stock', 'ZAR', 'Johannesburg', 'Africa/Johannesburg');
    insert into bronze.raw_prices (ticker, price_date, close) values ('NPN.JO', '2024-01-02', 3000), ('NPN.JO', '2024-01-03', 3010)`);
});

const counted = async (): Promise<number> =>
  (await database.pool.query("select from bronze.raw_prices")).rowCount!;

test("a ticker is switched from one source to the next and back, with its bars", async () => {
  const toFiles = await stratafolio("price-source", "npn.jo", "file");
  expect([toFiles.code, JSON.parse(toFiles.stdout)]).toEqual([
    0,
    [{ ticker: "NPN.JO", source: "file", set_aside: 2, brought_back: 0 }],
  ]);
  expect(await counted()).toBe(0);
  const again = await stratafolio("price-source", "NPN.JO", "file");
  expect([again.code, again.stderr]).toEqual([
    2,
    expect.stringContaining("expected a ticker whose prices come from elsewhere, got: NPN.JO"),
  ]);
  const without = await stratafolio("price-source", "NPN.JO", "url");
  expect(without.stderr).toContain("expected a ticker that has an address, got: NPN.JO");
  const back = await stratafolio("price-source", "NPN.JO", "yahoo");
  expect(JSON.parse(back.stdout)).toMatchObject([{ source: "yahoo", brought_back: 2 }]);
  expect(await counted()).toBe(2);
  expect((await stratafolio("price-source", "SCOM.XNAI", "yahoo")).stderr).toContain(
    "Yahoo Finance does not have the exchange of SCOM.XNAI",
  );
  expect((await stratafolio("price-source", "NPN.JO", "manual")).stderr).toContain(
    "expected yahoo, file, url",
  );
});

test("an address is entered, listed and removed; one that can be none is refused", async () => {
  const wrong = await stratafolio("price-url", "NPN.JO", "--url", "file:///etc/passwd", "--unit", "ZAc");
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/expected an address/)]);
  const entered = await stratafolio(
    "price-url",
    "NPN.JO",
    "--url",
    "https://example.org/{code}.csv",
    "--unit",
    "ZAc",
  );
  expect(JSON.parse(entered.stdout)).toMatchObject([
    { ticker: "NPN.JO", url: "https://example.org/{code}.csv", every: "day", unit: "ZAc", failure: null },
  ]);
  expect((await stratafolio("price-source", "NPN.JO", "url")).code).toBe(0);
  const removed = await stratafolio("price-url", "NPN.JO", "--remove");
  expect([removed.code, JSON.parse(removed.stdout)]).toEqual([0, []]);
});
