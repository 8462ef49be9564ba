import { expect, test } from "vitest";
import { type ColumnTree, columnTree, lineageOf } from "../../../src/engine/definition/index.ts";
import { loadLibrary } from "./library.ts";

/** One line a column, indented by depth; ^ where its own stand elsewhere. */
function draw({ asset, column, repeated, columns }: ColumnTree, depth = 0): string[] {
  const line = `${"  ".repeat(depth)}${asset}.${column}${repeated ? " ^" : ""}`;
  return [line, ...columns.flatMap((below) => draw(below, depth + 1))];
}

test("the graph, for drawing", async () => {
  const { graph } = await loadLibrary();
  const { nodes, edges } = lineageOf(graph);
  expect(nodes.find(({ asset }) => asset === "int_charges")).toEqual({
    asset: "int_charges",
    layer: "intermediate",
    kind: "model",
    materialized: "incremental",
    tags: [],
    broken: false,
  });
  expect(nodes.find(({ asset }) => asset === "fees")).toMatchObject({ kind: "source", materialized: null });
  expect(edges.map(({ from, to }) => `${from} > ${to}`)).toEqual([
    "fees > stg_fees",
    "loans > stg_loans",
    "stg_loans > int_loan_periods",
    "int_loan_periods > int_charges",
    "stg_fees > int_charges",
    "int_charges > gold_books",
    "titles > gold_books",
    "int_charges > gold_members",
  ]);
});

test("a column's whole way up, and down", async () => {
  const { graph } = await loadLibrary();
  expect(draw(columnTree(graph, "gold_books", "earned", "upstream"))).toEqual([
    "gold_books.earned",
    "  int_charges.charge",
    "    stg_fees.fee",
    "      fees.fee",
  ]);
  expect(draw(columnTree(graph, "int_loan_periods", "valid_to", "upstream"))).toEqual([
    "int_loan_periods.valid_to",
    "  stg_loans.book",
    "    loans.book",
    "  stg_loans.loaned_on",
    "    loans.loaned_on",
    "  stg_loans.member_id",
    "    loans.member_id",
  ]);
  expect(draw(columnTree(graph, "loans", "book", "downstream"))).toEqual([
    "loans.book",
    "  stg_loans.book",
    "    int_loan_periods.book",
    "      int_charges.book",
    "        gold_books.book",
    "    int_loan_periods.valid_to",
  ]);
});

test("what was drawn once is pointed to, not drawn again", async () => {
  const { graph } = await loadLibrary({
    files: {
      "gold/gold_members.sql":
        "select member_id, sum(charge) as charged, max(fee_date) filter (where charge > 0) as last_day from int_charges group by 1",
      "intermediate/int_charges.sql":
        "select member_id, p.book, fee_date, fee + fee as charge from int_loan_periods p join stg_fees f on f.book = p.book",
      "staging/stg_fees.sql": "select book, (fee * 0)::text::date as fee_date, fee from fees",
    },
  });
  expect(draw(columnTree(graph, "gold_members", "last_day", "upstream"))).toEqual([
    "gold_members.last_day",
    "  int_charges.charge",
    "    stg_fees.fee",
    "      fees.fee",
    "  int_charges.fee_date",
    "    stg_fees.fee_date",
    "      fees.fee ^",
  ]);
});

test("an unknown asset or column is answered with the nearest", async () => {
  const { graph } = await loadLibrary();
  expect(() => columnTree(graph, "gold_book", "book", "upstream")).toThrow("the nearest is gold_books");
  expect(() => columnTree(graph, "gold_books", "earnd", "upstream")).toThrow(
    "expected a column of gold_books, got: earnd; the nearest is earned",
  );
});
