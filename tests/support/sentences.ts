/** What code has to say: its texts as they stand there, for tests that each of them is known elsewhere. */
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { type Node, parse } from "acorn";

const root = join(import.meta.dirname, "../..");

/** Of the input of a form and of the API; a fault of ours; SQL; or words already. */
const passedOver = new Set(["describe", "regex", "refine", "plain", "query", "compile"]);
const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

/** Texts of so many words, or more, that stand in the code of a file, their places as "$". */
export function sentencesOf(file: string, words = 3): string[] {
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
      text.trim().split(/\s+/).length >= words &&
      /[a-z]{3}/.test(text) &&
      !/\bselect\b|, asked_at|text\/csv/.test(text),
  );
}

const values = ["", "7", "2024-01-06", "Saturday", "open", "changes", "2024-01-06 10:30", "x"];

/** With every choice of values in its places: which of them a text has, its code does not say here. */
export function* filledIn(text: string): Generator<string> {
  if (!text.includes("$")) return yield text;
  for (const value of values) yield* filledIn(text.replace("$", value));
}
