/** The table of what the ledger can is held against the tests that it names. */
import { expect, test } from "vitest";
import { lackOf, missingTests, readFeatureRows } from "./feature-rows.ts";

const rows = readFeatureRows("docs/ledger.md");

test("each row says yes, what is missing, or why not", () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) expect(lackOf(row), row.feature).toBe("");
});

test("each test that a row names is there, by its file and its name", () => {
  expect(rows.flatMap((row) => missingTests(row).map((one) => `${row.feature}: ${one}`))).toEqual([]);
});
