import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "../../src/engine");

/** What an engine that others could use has no word for, in code and comments alike. */
const foreign =
  /portfolio|ticker|\bprices?\b|dividend|\btrades?\b|user_id|yahoo|\bfred\b|\b(stg|gold|fct|dim)_\w+|stratafolio|\bAAPL\b/i;

test("the engine has no word of portfolios", () => {
  const lines = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const file = join(entry.parentPath, entry.name);
      return readFileSync(file, "utf8")
        .split("\n")
        .map((line, index) => `${file}:${index + 1} ${line}`);
    });
  expect(lines.filter((line) => foreign.test(line.slice(folder.length)))).toEqual([]);
});
