import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** A place for a day in a text, not in a template of JavaScript's. */
const bareDay = /(?<!\$)\{(?:date|day|month|since|first|boughtOn)\}/;

test("what says a day to people marks it as one, so that it is written as its reader writes days", () => {
  const bare = globSync("src/**/*.ts", { cwd: root })
    .filter((path) => !path.startsWith("src/web/")) // there values are written already
    .flatMap((path) =>
      readFileSync(join(root, path), "utf8")
        .split("\n")
        .filter((line) => /"/.test(line) && bareDay.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
  expect(bare).toEqual([]);
});
