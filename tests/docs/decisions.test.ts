import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../../docs/decisions.md"), "utf8");

test("every decision begins with what was decided, and the day", () => {
  const decisions = page.split("\n\n").filter((paragraph) => paragraph.startsWith("**"));
  expect(decisions.length).toBeGreaterThan(70);
  const undated = decisions.filter((decision) => {
    const [bold] = /^\*\*.+?\*\*/s.exec(decision)!;
    return !/^ \(\d{4}-\d{2}-\d{2}\)/.test(decision.slice(bold.length));
  });
  expect(undated).toEqual([]);
});

test("the index leads to every section", () => {
  const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect([...page.matchAll(/^- \[(.+?)\]\(#/gm)].map(([, heading]) => heading)).toEqual(sections);
});
