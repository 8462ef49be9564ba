/** What nobody can buy, and a date before the first price: asked before it is recorded, and recorded all the same. */

import { beforeAll, describe, expect, test } from "vitest";
import { suspectAsset } from "../../src/ledger/asset-check.ts";
import { englishOf } from "../../src/plain.ts";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

test("an index, an exchange rate and an option are asked about; what people buy is not", () => {
  const said = (ticker: string, assetClass: string): string => englishOf(suspectAsset(ticker, assetClass)!);
  expect(said("^GSPC", "index")).toMatch(/^\^GSPC is an index/);
  expect(said("EURUSD=X", "currency")).toMatch(/currency conversion/);
  expect(said("AAPL261218C00200000", "other")).toMatch(/contracts times 100/);
  for (const assetClass of ["stock", "etf", "fund", "crypto", "future", "bond", "other"])
    expect(suspectAsset("AAPL", assetClass)).toBeNull();
});

describe("on the form", () => {
  let program: Program;
  let ada: Visitor;
  /** As typed, without the answer that `Visitor.post` keeps ready. */
  const enter = (ticker: string, date: string, more: Record<string, string> = {}) =>
    ada.postForm(
      "/transactions",
      new URLSearchParams({ ticker, type: "BUY", quantity: "1", price: "5000", fee: "0", date, ...more }),
    );
  const keepOf = (html: string): string => html.match(/name="keep"[^>]*value="([^"]*)"/)?.[1] ?? "";

  beforeAll(async () => {
    program = await startProgram();
    await program.database.pool.query(
      `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
       values ('^NRD', 'Nordic 50', 'index', 'USD', 'UTC');
       insert into raw_prices (ticker, price_date, open, high, low, close)
       select '^NRD', day::date, 5000, 5010, 4990, 5000
       from generate_series('2024-02-01'::date, '2026-11-20', '1 day') as day`,
    );
    ada = await register(program, "ada@example.org");
  });

  test("an index is asked about once: kept, the next trade of it is recorded at once", async () => {
    const asked = await enter("^NRD", "2024-03-01");
    expect(asked.html).toContain("^NRD is an index, and nobody can buy one itself.");
    const { status, location } = await enter("^NRD", "2024-03-01", { keep: keepOf(asked.html) });
    expect([status, location]).toEqual([303, expect.stringMatching(/recorded=\d+/)]);
    expect((await enter("^NRD", "2024-03-04")).status).toBe(303);
  });

  test("so is a date before the first price", async () => {
    const asked = await enter("^NRD", "2024-01-15");
    expect(asked.html).toContain("The first price of ^NRD is of Feb 1, 2024");
    expect((await enter("^NRD", "2024-01-15", { keep: keepOf(asked.html) })).status).toBe(303);
  });
});
