import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/market-data.md", root), "utf8");
const rows = page
  .split("\n")
  .filter((line) => /^\|.*`tests\//.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()));

test("each row of the table names what happens, where it is shown, and a test that is there", () => {
  expect(rows.length).toBeGreaterThan(20);
  for (const [, defect, happens, shown, proof] of rows) {
    expect(
      [defect, happens, shown].every((cell) => cell !== ""),
      defect,
    ).toBe(true);
    expect(existsSync(new URL(proof!.replaceAll("`", ""), root)), proof).toBe(true);
  }
});

test("every kind of defect has a row", async () => {
  const { pool } = await createTestDatabase();
  const { rows: constraints } = await pool.query<{ definition: string }>(
    `select pg_get_constraintdef(oid) as definition
     from pg_constraint
     where conrelid = 'bronze.market_defects'::regclass and conname = 'market_defects_defect_check'`,
  );
  const kinds = [...constraints[0]!.definition.matchAll(/'(\w+)'/g)].map(([, kind]) => kind!);
  expect(kinds.length).toBeGreaterThan(8);
  expect(kinds.filter((kind) => !rows.some(([, defect]) => defect!.startsWith(`\`${kind}\``)))).toEqual([]);
});
