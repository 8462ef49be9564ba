import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { type Node, parse } from "acorn";
import { beforeAll, describe, expect, test } from "vitest";
import { sayKept } from "../../src/web/kept-words.ts";
import { speaking } from "../../src/web/messages/index.ts";
import { bracketMessages } from "../support/unspoken.ts";

// What is kept of price files is English from many places: each of those is known where it is said in the reader's language.

const root = join(import.meta.dirname, "../..");
const files = [
  ...["days", "place", "price-urls", "read", "read-aside", "records", "rows", "splits", "store"].map(
    (name) => `src/price-files/${name}.ts`,
  ),
  "src/market/guarded-fetch.ts",
  "assets/ingest/fx-verdicts.ts",
];

/** Parts of longer texts, which are read as a whole below; and what no report has in it. */
const others: readonly string[] = [
  ", and far from the rows beside it",
  "which no later day bears out yet",
  "$ in line $",
  "and $ on $",
  "a rate of $ US dollars, after $ on $",
  // A name of a file.
  "$ from $",
  // Said when an address is entered, and to programs.
  "expected an address, with {ticker}, {code}, {from} or {to} after its host at most",
];

/** Of the input of a form and of the API; a fault of ours; SQL; or words already. */
const passedOver = new Set(["describe", "regex", "refine", "plain", "query", "compile"]);
const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

/** Texts of some words that stand in the code, their places as "$". */
function sentencesOf(file: string): string[] {
  const code = stripTypeScriptTypes(readFileSync(join(root, file), "utf8"));
  const found: string[] = [];
  const visit = (node: Node): void => {
    if (node.type === "ImportDeclaration") return;
    if (node.type === "CallExpression" || node.type === "NewExpression") {
      const { callee } = node as Node & { callee: Node & { name?: string; property?: { name?: string } } };
      const name = callee.name ?? callee.property?.name ?? "";
      if (passedOver.has(name) || (node.type === "NewExpression" && name === "Error")) return;
    }
    const literal = node as Node & { value?: unknown; quasis?: { value: { cooked: string } }[] };
    if (node.type === "Literal" && typeof literal.value === "string") found.push(literal.value);
    if (node.type === "TemplateLiteral")
      found.push(literal.quasis!.map(({ value }) => value.cooked).join("$"));
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child);
  };
  visit(parse(code, { ecmaVersion: "latest", sourceType: "module" }));
  return found.filter(
    (text) =>
      /\S \S+ \S/.test(text) && /[a-z]{3}/.test(text) && !/\bselect\b|, asked_at|text\/csv/.test(text),
  );
}

const values = ["", "7", "2024-01-06", "Saturday", "open", "x"];

/** With every choice of values in its places: which of them a text has, its code does not say here. */
function* filledIn(text: string): Generator<string> {
  if (!text.includes("$")) return yield text;
  for (const value of values) yield* filledIn(text.replace("$", value));
}

const inBrackets = (text: string): string =>
  speaking(
    () => ({ language: "de", locale: "de-DE" }),
    () => sayKept(text),
  );
const isKnown = (text: string): boolean => /^⟦.*⟧$/s.test(inBrackets(text));

describe("every refusal and doubt of a price file is said in the reader's language", () => {
  beforeAll(bracketMessages);

  const sentences = files.flatMap((file) => sentencesOf(file).map((text) => ({ file, text })));

  test.each(sentences.filter(({ text }) => !others.includes(text)))("$file: $text", ({ text }) => {
    expect([...filledIn(text)].some(isKnown)).toBe(true);
  });

  test("those are nearly all of the code's texts", () => {
    expect(sentences.length).toBeGreaterThan(50);
    expect(others.filter((text) => !sentences.some((one) => one.text === text))).toEqual([]);
  });

  test.each([
    "2024-01-06 is a Saturday, on which the exchange rests, and far from the rows beside it",
    `SCOM of 2024-01-03 stands more than once, with other figures: ${Array.from({ length: 90 }, (_, line) => `14.${line} in line ${line}`).join(", ")}`,
    "a rate of 0.0063694267515923566879 US dollars, after 0.0064 on 2024-01-02 and 0.0064 on 2024-01-04",
    "a rate of 0.0063 US dollars, after 0.0064 on 2024-01-02 which no later day bears out yet",
    "expected comma-separated text: Quote Not Closed: the parsing is finished with an opening quote at line 3",
    "expected JSON, got: ",
    "expected a column close, got: ",
    "connect ECONNREFUSED 127.0.0.1:80",
    "The operation was aborted due to timeout",
    "expected a price, got: a line\nand another one; ops@example.org says: no",
  ])("%s", (text) => {
    expect(isKnown(text)).toBe(true);
  });

  test("what is kept of a rate says its day, too", () => {
    expect(inBrackets("2024-01-02: a rate of 0")).toMatch(/^\S+2024-01-02\S+: ⟦.*⟧$/);
  });

  test("what nobody says any more stays as it is", () => {
    expect(inBrackets("expected something else, got: 3")).toBe("expected something else, got: 3");
  });
});
