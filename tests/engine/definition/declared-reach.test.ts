import { expect, test } from "vitest";
import { type AnyAsset, type Registry, type SqlAsset, select } from "../../../src/engine/definition/index.ts";
import { plan } from "../../../src/engine/planning/index.ts";
import { int_charges, int_loan_periods, library, loadLibrary, stg_loans } from "./library.ts";

/** The library with a model declared, or written, otherwise. */
async function loadWith(changed: SqlAsset, sql?: string): Promise<Registry> {
  const assets = library.map((asset): AnyAsset => (asset.name === changed.name ? changed : asset));
  const file = `${changed.layer}/${changed.name}.sql`;
  return await loadLibrary({ assets, ...(sql !== undefined && { files: { [file]: sql } }) });
}

const reachOf = ({ graph }: Registry, model: string, dependency: string) =>
  graph.get(model).reaches.get(dependency);

const latest = `select distinct on (member_id, book) member_id, book, loaned_on from bronze.loans order by member_id, book, loaned_on desc`;

test("nothing declared: what the body proves, and everything where it proves nothing", async () => {
  const registry = await loadWith(stg_loans, latest);
  expect(registry.problems.map(String)).toEqual([]);
  expect(reachOf(registry, "stg_loans", "loans")).toMatchObject({ time: "everything", partitions: "same" });
  expect(reachOf(await loadLibrary(), "stg_loans", "loans")).toMatchObject({
    time: "day",
    partitions: "same",
  });
  expect(reachOf(await loadLibrary(), "int_charges", "stg_fees")).toMatchObject({
    time: "day",
    partitions: "mapped",
  });
});

test("less than the body proves needs a reason", async () => {
  const { problems } = await loadWith(
    { ...stg_loans, deps: [{ asset: stg_loans.deps[0]!.asset, time: "carry" }] },
    latest,
  );
  expect(problems.map(({ asset, code, message }) => [asset, code, message])).toEqual([
    [
      "stg_loans",
      "unproven_scope",
      "dependency loans: expected a reason for a scope that the body does not prove (DISTINCT ON chooses among rows of several days), got none; give one, or declare no scope",
    ],
  ]);
});

test("with a reason it is believed, and a plan says so; so does it where a scope is wide", async () => {
  const [loans] = stg_loans.deps;
  const reason = "loans are only ever added";
  const registry = await loadWith(
    { ...stg_loans, deps: [{ asset: loans!.asset, time: "carry", reason }] },
    latest,
  );
  expect(registry.problems.map(String)).toEqual([]);
  expect(reachOf(registry, "stg_loans", "loans")).toMatchObject({
    time: "onward",
    proven: { time: "everything" },
    overrides: { time: true, partitions: false },
    reason,
  });
  const selected = select(registry.graph, {
    select: ["stg_loans", "int_charges"],
    exclude: [],
    stale: new Set(),
  });
  const steps = plan(registry.graph, new Map(), { selected, scope: null, fullRefresh: false });
  expect(steps.map(({ asset, notes }) => [asset, notes])).toEqual([
    ["stg_loans", [`a change of loans reaches that day and later ones, as declared: ${reason}`]],
    [
      "int_charges",
      ["a change of int_loan_periods reaches any day: fee_date is not bound to int_loan_periods.valid_to"],
    ],
  ]);
});

test("a reason where all is proven changes nothing, and everything may be declared without one", async () => {
  const [, fees] = int_charges.deps;
  const registry = await loadWith({
    ...int_charges,
    deps: [
      int_charges.deps[0]!,
      { ...fees!, time: "everything", reason: "fees are corrected for years back" },
    ],
  });
  expect(registry.problems.map(String)).toEqual([]);
  expect(reachOf(registry, "int_charges", "stg_fees")).toMatchObject({ time: "everything", reason: null });
});

test("a stored row that may lack its day is in no scope that begins on one", async () => {
  const columns = { ...int_charges.columns, fee_date: { ...int_charges.columns.fee_date, nullable: true } };
  const registry = await loadWith({ ...int_charges, columns });
  expect(reachOf(registry, "int_charges", "stg_fees")).toMatchObject({ time: "everything" });
});

test("of a partition column with the same name, but of something else, all values are reached", async () => {
  const registry = await loadWith(
    { ...int_loan_periods, deps: [{ asset: stg_loans, time: "everything" }] },
    "select member_id % 10 as member_id, book, loaned_on as valid_from, null::date as valid_to from stg_loans",
  );
  expect(reachOf(registry, "int_loan_periods", "stg_loans")).toMatchObject({ partitions: "all" });
});
