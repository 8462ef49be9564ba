import { expect, test } from "vitest";
import { plain } from "../../src/plain.ts";
import { defineMessage, t } from "../../src/web/messages/index.ts";
import { isMarked, messagesOfCode } from "../../ui/messages/extract.ts";

// What is said is in the catalogues: it is written where it is said, or was marked.

const read = (script: string): string[] => messagesOfCode(script, isMarked);

test("texts are read from choices, sums and constants", () => {
  expect(read('t(isOne ? "One row" : "Rows")')).toEqual(["One row", "Rows"]);
  expect(read('const unit = "{count} rows"; plain(`Enter ${' + 'unit}` + ", please")')).toEqual([
    "Enter {count} rows, please",
  ]);
  expect(read('plain("Held: {held:number}", values)')).toEqual(["Held: {held}"]);
});

test("what was marked is read where it was", () => {
  expect(read('const label = defineMessage("Row"); t(label); t(labels[kind] ?? "Rows")')).toEqual([
    "Row",
    "Rows",
  ]);
});

test.each([
  "t(`Enter ${" + "name}`)",
  't(isOne ? "One row" : "Rows of " + name)',
  "defineMessage(row.reason)",
  'defineMessage(row.reason ?? "None")',
])("a message that cannot be read fails: %s", (script) => {
  expect(() => read(script)).toThrow(`line 1: expected a text, got: ${script}`);
});

test("a script of a page marks nothing", () => {
  expect(() => messagesOfCode("\nt(label)", () => false)).toThrow("line 2: expected a text, got: t(label)");
});

test("the compiler takes no text that was not marked", () => {
  const reason: string = "as the market says";
  // @ts-expect-error it may be in no catalogue
  expect(t(reason)).toBe(reason);
  // @ts-expect-error nor may this
  expect(plain(reason).text).toBe(reason);
  expect(t(defineMessage("Row"))).toBe("Row");
});
