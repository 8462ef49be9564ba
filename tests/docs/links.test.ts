import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test("every link and every path that a page names leads to a file", () => {
  const pages = ["README.md", ...globSync(["docs/*.md", "src/**/*.md", "tests/**/*.md"], { cwd: root })];
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link]) =>
      join(dirname(page), link!),
    );
    const paths = [...text.matchAll(/`((?:src|assets|docs|tests|ui|bench|sql-models)\/[\w./-]+)`/g)].map(
      ([, path]) => path!,
    );
    return [...links, ...paths]
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${page}: ${path}`);
  });
  expect(broken).toEqual([]);
});
