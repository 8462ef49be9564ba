import fc from "fast-check";
import { expect, test } from "vitest";
import { EmptySelectionError, SelectionSyntaxError, select } from "../../../src/engine/definition/index.ts";
import { matchesWildcard } from "../../../src/engine/definition/selection.ts";
import { graphOf, library } from "./library.ts";

const graph = graphOf(library);
const stale = new Set(["int_charges", "gold_books"]);

function selected(...selections: string[]): string[] {
  return select(graph, { select: selections, stale });
}

test.each([
  ["int_charges", ["int_charges"]],
  ["+int_loan_periods", ["loans", "stg_loans", "int_loan_periods"]],
  ["int_charges+", ["int_charges", "gold_books", "gold_members"]],
  ["1+int_charges+0", ["stg_fees", "int_loan_periods", "int_charges"]],
  ["2+gold_members", ["stg_fees", "int_loan_periods", "int_charges", "gold_members"]],
  ["0+fees+1", ["fees", "stg_fees"]],
  [
    "@stg_loans",
    [
      "fees",
      "loans",
      "titles",
      "stg_fees",
      "stg_loans",
      "int_loan_periods",
      "int_charges",
      "gold_books",
      "gold_members",
    ],
  ],
  [
    "@gold_members",
    ["fees", "loans", "stg_fees", "stg_loans", "int_loan_periods", "int_charges", "gold_members"],
  ],
  ["stg_* *books", ["stg_fees", "stg_loans", "gold_books"]],
  ["*o*n*", ["loans", "stg_loans", "int_loan_periods"]],
  ["tag:catalogue", ["fees", "titles"]],
  ["tag:cat*+1", ["fees", "titles", "stg_fees", "gold_books"]],
  ["layer:gold", ["gold_books", "gold_members"]],
  ["owner:desk", ["int_loan_periods", "int_charges"]],
  ["source:bronze.*", ["fees", "loans", "titles"]],
  ["source:loans", ["loans"]],
  ["state:stale", ["int_charges", "gold_books"]],
  ["state:stale,layer:gold", ["gold_books"]],
  ["+gold_books,+gold_members,int_*", ["int_loan_periods", "int_charges"]],
  ["bronze.fees+1", ["fees", "stg_fees"]],
  ["default.gold_*", ["gold_books", "gold_members"]],
])("%s", (selection, expected) => {
  expect(selected(selection)).toEqual(expected);
});

test("several selections are one union, from which the excluded are taken", () => {
  expect(selected("loans", "fees stg_loans")).toEqual(["fees", "loans", "stg_loans"]);
  expect(
    select(graph, { select: ["+gold_members"], exclude: ["source:* stg_*", "gold_members"], stale }),
  ).toEqual(["int_loan_periods", "int_charges"]);
});

test("a selection that matches nothing names the nearest asset, also when its other terms match", () => {
  expect(() => selected("gold_boks")).toThrow(new EmptySelectionError("gold_boks", "gold_books"));
  expect(() => selected("loans +gold_boks+")).toThrow(
    "selection matches no asset: +gold_boks+; the nearest is gold_books",
  );
  expect(() => selected("tag:nothing")).toThrow(EmptySelectionError);
  expect(() => selected("loans,fees")).toThrow(EmptySelectionError);
  expect(() => selected("")).toThrow(EmptySelectionError);
  expect(() => selected("default.fees")).toThrow("the nearest is fees");
  expect(() => select(graph, { select: ["loans"], exclude: ["loans"], stale })).toThrow(
    "loans without loans",
  );
  expect(() => select(graph, { select: ["loans"], exclude: ["laons"], stale })).toThrow(
    "the nearest is loans",
  );
});

test("what asks for a state may match nothing: all is as it should be", () => {
  const inState = (...selections: string[]) => select(graph, { select: selections, stale: new Set() });
  expect(inState("state:stale")).toEqual([]);
  expect(inState("+state:stale+", "layer:gold,state:stale")).toEqual([]);
  expect(inState("loans", "state:stale")).toEqual(["loans"]);
  expect(() => inState("state:stale loan")).toThrow(EmptySelectionError);
});

test.each(["@loans+", "1+@loans", "+", "loans,", "state:modified", "colour:red", "a+b", "loans++", "a:b:c"])(
  "%s is not of the grammar",
  (selection) => {
    expect(() => selected(selection)).toThrow(SelectionSyntaxError);
  },
);

const term = fc.constantFrom(
  ...graph.nodes.keys(),
  "layer:staging",
  "tag:catalogue",
  "stg_*",
  "+int_charges",
  "@stg_fees",
);

test("the laws of sets hold: union, intersection, exclusion; a term with + at both ends holds the term", () => {
  const set = (selection: string, exclude: string[] = []): readonly string[] => {
    try {
      return select(graph, { select: [selection], exclude, stale });
    } catch (error) {
      if (error instanceof EmptySelectionError) return [];
      throw error;
    }
  };
  fc.assert(
    fc.property(term, term, (a, b) => {
      expect(set(`${a} ${b}`)).toEqual(set(`${b} ${a}`));
      expect(set(`${a} ${a}`)).toEqual(set(a));
      expect(set(`${a},${b}`)).toEqual(set(`${b},${a}`));
      expect([...set(`${a},${b}`), ...set(a, [b])].sort()).toEqual([...set(a)].sort());
      expect(set(`${a} ${b}`)).toEqual(expect.arrayContaining([...set(`${a},${b}`)]));
      if (!/^[+@]/.test(a)) expect(set(`+${a}+`)).toEqual(expect.arrayContaining([...set(a)]));
    }),
  );
});

test("a pattern means what it says, star by star", () => {
  const letters = fc.array(fc.constantFrom("a", "b", "*"), { maxLength: 8 }).map((all) => all.join(""));
  fc.assert(
    fc.property(letters, letters, (pattern, text) => {
      const plain = text.replaceAll("*", "");
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
      expect(matchesWildcard(pattern, plain)).toBe(expression.test(plain));
    }),
  );
});

test("a pattern of stars takes no longer than its length, and an endless term is refused", () => {
  const start = performance.now();
  expect(matchesWildcard(`${"*a".repeat(50_000)}*Z`, "a".repeat(100_000))).toBe(false);
  expect(() => selected(`${"*".repeat(20)}Z`)).toThrow(EmptySelectionError);
  expect(() => selected("*".repeat(401))).toThrow(SelectionSyntaxError);
  // An expression took 6 s for ten stars, and four times more for each further one.
  expect(performance.now() - start).toBeLessThan(1000);
});
