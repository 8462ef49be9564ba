import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { drawn } from "../../docs/architecture.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/architecture.md"), "utf8");

test("the drawings of docs/architecture.md show who imports whom (npm run architecture draws them again)", () => {
  expect(page).toContain("```mermaid");
  expect(drawn(page)).toBe(page);
});

test("docs/architecture.md has a line for each folder of src, and for none that is gone", () => {
  const listed = [...page.matchAll(/^\| \[(\S+)\/\]/gm)].map(([, folder]) => folder!);
  const found = globSync(["src/*/", "src/engine/*/", "src/web/*/"], { cwd: root });
  expect(
    found.map((folder) => folder.replace(/\/$/, "")).filter((folder) => !listed.includes(folder)),
  ).toEqual([]);
  expect(listed.filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
});
