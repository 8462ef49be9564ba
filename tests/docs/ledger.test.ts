/** The table of what the ledger can is held against the tests that it names. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const rows = readFileSync(join(root, "docs/ledger.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (Feature|---)/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, feature, , , , own, proof]) => ({ feature: feature!, own: own!, proof: proof! }));

test("each row says yes, what is missing, or why not", () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const { feature, own, proof } of rows) {
    const [answer] = /^(Yes|Partly|No)(?=[.,]|$)/.exec(own) ?? [];
    expect(answer, feature).toBeDefined();
    if (answer === "Partly") expect(own, feature).toMatch(/\. Missing: .{10,}/);
    if (answer === "No") expect(own, feature).toMatch(/^No\. .{20,}/);
    expect(proof === "", feature).toBe(answer === "No");
  }
});

test("each test that a row names is there, by its file and its name", () => {
  const broken = rows.flatMap(({ feature, proof }) =>
    proof === ""
      ? []
      : proof
          .split("; `")
          .filter((one) => !isThere(one.replace(/^`/, "")))
          .map((one) => `${feature}: ${one}`),
  );
  expect(broken).toEqual([]);
});

/** `path` alone: a case that is played. `path "name"`: a test or a table of tests of that name. */
function isThere(proof: string): boolean {
  const [, path = "", name] = /^([\w./-]+)`(?: "(.+)")?$/.exec(proof) ?? [];
  if (!existsSync(join(root, path))) return false;
  if (name === undefined) return /^tests\/models\/cases\/\w+\.txt$/.test(path);
  const text = readFileSync(join(root, path), "utf8");
  return (
    text.includes(`test(${JSON.stringify(name)}`) ||
    text.includes(`)(${JSON.stringify(name)}`) ||
    isOnALineOfItsOwn(text, name)
  );
}

/** A test or a table whose name the formatter has moved to the next line. */
const isOnALineOfItsOwn = (text: string, name: string): boolean =>
  text.split("\n").some((line) => line.trim() === `${JSON.stringify(name)},`);
