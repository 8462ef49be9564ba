import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Dependency } from "../../../src/engine/definition/index.ts";
import {
  describeScope,
  everything,
  mapScope,
  outgoingScope,
  type Scope,
  scopeFilter,
  unionScopes,
  ValueLookups,
} from "../../../src/engine/planning/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import {
  fees,
  gold_books,
  gold_members,
  int_charges,
  int_loan_periods,
  loans,
  stg_fees,
  stg_loans,
} from "./library.ts";

let pool: Awaited<ReturnType<typeof createTestDatabase>>["pool"];

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  await pool.query(`
    create table "default".int_loan_periods (member_id bigint, book text, valid_from date, valid_to date);
    insert into int_loan_periods
    values (1, 'emma', '2024-01-01', '2024-02-01'), (1, 'emma', '2024-02-01', null), (2, 'emma', '2024-01-05', null),
      (3, 'ulysses', '2024-01-01', null), (null, 'ulysses', '2024-01-01', null)`);
});

const anyScope: fc.Arbitrary<Scope> = fc.record({
  partitions: fc.option(
    fc.uniqueArray(fc.constantFrom("1", "2", "3", "10"), { maxLength: 4 }).map((values) => values.sort()),
  ),
  since: fc.option(fc.constantFrom("2023-12-31", "2024-01-01", "2024-02-01")),
});

function holds(scope: Scope, partition: string, day: string): boolean {
  return (scope.partitions?.includes(partition) ?? true) && (scope.since === null || day >= scope.since);
}

test("a union holds what either holds, is the same either way round, and everything absorbs", () => {
  fc.assert(
    fc.property(anyScope, anyScope, anyScope, (a, b, c) => {
      const union = unionScopes(a, b);
      for (const partition of ["1", "2", "3", "10", "4"]) {
        for (const day of ["2023-12-30", "2023-12-31", "2024-01-15", "2024-03-01"]) {
          if (holds(a, partition, day) || holds(b, partition, day))
            expect(holds(union, partition, day)).toBe(true);
        }
      }
      expect(unionScopes(b, a)).toEqual(union);
      expect(unionScopes(union, c)).toEqual(unionScopes(a, unionScopes(b, c)));
      expect(unionScopes(a, a)).toEqual(a);
      expect(unionScopes(a, everything)).toEqual(everything);
    }),
  );
});

const scope: Scope = { partitions: ["1", "2"], since: "2024-01-15" };

const same = { time: "day", partitions: "same" } as const;
const mapped = { time: "onward", partitions: "mapped" } as const;
const toAll = { time: "onward", partitions: "all" } as const;

test("the same partition column: the same values, from the same day on", async () => {
  expect(await mapScope(new ValueLookups(pool), { asset: loans }, same, stg_loans, scope)).toEqual(scope);
});

test("time stops where the dependency says that any day may be touched, and where rows have no day", async () => {
  const [dependency] = int_loan_periods.deps as readonly [Dependency];
  expect(
    await mapScope(
      new ValueLookups(pool),
      dependency,
      { time: "everything", partitions: "same" },
      int_loan_periods,
      scope,
    ),
  ).toEqual({
    partitions: ["1", "2"],
    since: null,
  });
  expect(outgoingScope(gold_members, scope)).toEqual({ partitions: ["1", "2"], since: null });
  expect(outgoingScope(stg_loans, scope)).toEqual(scope);
  expect(await mapScope(new ValueLookups(pool), { asset: gold_members }, same, stg_loans, scope)).toEqual({
    partitions: ["1", "2"],
    since: null,
  });
});

test("different partition columns: looked up through `via`", async () => {
  const dependency: Dependency = { asset: stg_fees, via: int_loan_periods };
  const since = "2024-01-15";
  expect(
    await mapScope(new ValueLookups(pool), dependency, mapped, int_charges, { partitions: ["emma"], since }),
  ).toEqual({
    partitions: ["1", "2"],
    since,
  });
  expect(
    await mapScope(new ValueLookups(pool), dependency, mapped, int_charges, {
      partitions: ["emma", "ulysses"],
      since: null,
    }),
  ).toEqual({
    partitions: ["1", "2", "3"],
    since: null,
  });
  expect(
    await mapScope(new ValueLookups(pool), dependency, mapped, int_charges, { partitions: null, since }),
  ).toEqual({
    partitions: null,
    since,
  });
});

test("nobody is touched by values that nobody has, or by none", async () => {
  const dependency: Dependency = { asset: stg_fees, via: int_loan_periods };
  expect(
    await mapScope(new ValueLookups(pool), dependency, mapped, int_charges, {
      partitions: ["dubliners"],
      since: null,
    }),
  ).toBeNull();
  expect(
    await mapScope(new ValueLookups(pool), { asset: loans }, same, stg_loans, {
      partitions: [],
      since: null,
    }),
  ).toBeNull();
});

test("where nothing maps, everything", async () => {
  expect(
    await mapScope(new ValueLookups(pool), { asset: fees }, toAll, int_charges, {
      partitions: ["emma"],
      since: "2024-01-15",
    }),
  ).toEqual({
    partitions: null,
    since: "2024-01-15",
  });
  expect(await mapScope(new ValueLookups(pool), { asset: int_charges }, toAll, gold_books, scope)).toEqual({
    partitions: null,
    since: "2024-01-15",
  });
});

test("a scope is a condition on the asset's own columns, with parameters of their declared types", () => {
  expect(scopeFilter(stg_loans, scope)).toEqual({
    condition: `"member_id" = any($1::bigint[]) and "loaned_on" >= $2::date`,
    values: [["1", "2"], "2024-01-15"],
  });
  expect(scopeFilter(stg_fees, { partitions: ["emma"], since: null }, 3)).toEqual({
    condition: `"book" = $3::text`,
    values: ["emma"],
  });
  expect(scopeFilter(gold_members, { partitions: null, since: "2024-01-15" })).toEqual({
    condition: "true",
    values: [],
  });
  expect(scopeFilter(gold_books, scope)).toEqual({ condition: "true", values: [] });
  expect(scopeFilter(stg_loans, everything, 2)).toEqual({ condition: "true", values: [] });
});

test("a period is in scope when it reaches into it, is open, or ends on its first day", async () => {
  const from = async (since: string): Promise<unknown[]> => {
    const { condition, values } = scopeFilter(int_loan_periods, { partitions: ["1"], since });
    const { rows } = await pool.query(
      `select valid_from from int_loan_periods where ${condition} order by 1`,
      values,
    );
    return rows.map((row) => row.valid_from);
  };
  expect(await from("2024-02-01")).toEqual(["2024-01-01", "2024-02-01"]);
  expect(await from("2024-02-02")).toEqual(["2024-02-01"]);
});

test("a scope reads well", () => {
  expect(describeScope(stg_loans, scope)).toBe("member_id 1, 2 from 2024-01-15");
  expect(describeScope(stg_loans, { partitions: ["1", "2", "3", "4", "5", "6"], since: null })).toBe(
    "member_id 1, 2, 3, 4 and 2 more",
  );
  expect(describeScope(stg_loans, { partitions: null, since: "2024-01-15" })).toBe("from 2024-01-15");
  expect(describeScope(gold_books, scope)).toBe("everything");
});
