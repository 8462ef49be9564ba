import { describe, expect, test } from "vitest";
import { int_holding_periods } from "../../assets/positions.ts";
import { sqlAsset } from "../../src/engine/index.ts";
import { rowsMade, SliceColumnsError, slices } from "../../src/portfolio/slices.ts";

const column = { type: "numeric", description: "" } as const;

const lots = (columns: readonly string[]) =>
  sqlAsset({
    name: "lots",
    layer: "intermediate",
    description: "",
    columns: Object.fromEntries(columns.map((name) => [name, column])),
    key: ["a"],
    materialized: "table",
    deps: [],
  });

describe("a slice", () => {
  const slice = rowsMade(lots(["a", "b"]), ["from lots", "from others"], { b: ["b", "0"], a: "a" });

  test("has the model's columns, in the model's order, in every part", () => {
    expect(slice.select(lots(["a", "b"]).columns)).toBe(
      'select a as "a", b as "b" from lots\nunion all\nselect a as "a", 0 as "b" from others',
    );
  });

  test("follows the order of the version that is published", () => {
    expect(slice.select(lots(["b", "a"]).columns)).toMatch(/^select b as "b", a as "a" from lots/);
    expect(slice.select(lots(["a"]).columns)).not.toContain('"b"');
  });

  test("of a model that has got a column names it, when it is made", () => {
    expect(() => rowsMade(lots(["a", "b", "gift"]), ["from lots"], { a: "a", b: "b" })).toThrow(
      "the slice of lots: expected an expression for each of its columns, got none for gift; " +
        "say in src/portfolio/slices.ts what becomes of it over a range",
    );
  });

  test("of a model that has lost a column names it, when it is made", () => {
    expect(() => rowsMade(lots(["a"]), ["from lots"], { a: "a", b: "b" })).toThrow(
      /got one for b, which it has not;/,
    );
  });

  test("of a published version with a column that nobody has thought of is refused", () => {
    const { columns } = int_holding_periods;
    const { select } = slices.get("int_holding_periods")!;
    expect(select(columns)).toContain('"prev_trade_price"');
    expect(() => select({ ...columns, gift: column })).toThrow(SliceColumnsError);
  });
});
