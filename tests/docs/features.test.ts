/** The tables of features beyond the ledger are held against the tests that they name. */
import { expect, test } from "vitest";
import { lackOf, missingTests, readFeatureRows } from "./feature-rows.ts";

const rows = readFeatureRows("docs/features.md");

test("each row says yes, what is missing, or why not", () => {
  expect(rows.length).toBeGreaterThan(50);
  for (const row of rows) expect(lackOf(row), row.feature).toBe("");
});

test("each test that a row names is there, by its file and its name", () => {
  expect(rows.flatMap((row) => missingTests(row).map((one) => `${row.feature}: ${one}`))).toEqual([]);
});

test("a row that lacks its reason, its test or what is missing is found", () => {
  const row = { feature: "Any", own: "Yes", proof: "" };
  expect(lackOf(row)).not.toBe("");
  expect(lackOf({ ...row, own: "No" })).not.toBe("");
  expect(lackOf({ ...row, own: "Partly. Most", proof: "x" })).not.toBe("");
  expect(missingTests({ ...row, proof: '`tests/docs/features.test.ts` "no such test"' })).toHaveLength(1);
  expect(missingTests({ ...row, proof: "`tests/models/cases/no_such_case.txt`" })).toHaveLength(1);
});
