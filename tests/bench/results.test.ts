import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { writeResults } from "../../bench/results.ts";
import { median, percentile, printTable, takeTables } from "../../bench/table.ts";
import { type Figure, printYardsticks } from "../../bench/yardsticks.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "results-"));
  path = join(folder, "results.md");
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
  takeTables();
});

/** The lines of the page below the heading, without blank ones. */
function part(heading: string): string[] {
  const text = readFileSync(path, "utf8").split(`## ${heading}\n`)[1] ?? "";
  return text
    .split(/^## /m)[0]!
    .split("\n")
    .filter((line) => line !== "");
}

function write(heading: string, figures: readonly Figure[], taken = "one day"): void {
  printYardsticks("Yardsticks", figures);
  writeResults(path, heading, taken);
}

test("the middle of a sample, and what a share of it is below", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3);
  expect(percentile([1, 2, 3], 0.99)).toBe(3);
});

test("a figure stands beside its aim and its floor", () => {
  write("100 people", [
    { measure: "first start on a loaded database", ours: [300, 100, 200], floor: [220, 180, 200] },
    { measure: "overviews a second over the API", ours: [80], unit: "/ s" },
  ]);
  expect(part("100 people")).toEqual([
    "_one day_",
    "**Yardsticks**",
    "|                                  |           aim |   ours | min–max (n) |  floor | min–max (n) | ratio | kept |",
    "| -------------------------------- | ------------: | -----: | ----------: | -----: | ----------: | ----: | ---: |",
    "| first start on a loaded database | ≤ 1.1 × floor | 200 ms | 100–300 (3) | 200 ms | 180–220 (3) |  1.00 |  yes |",
    "| overviews a second over the API  |     ≥ 400 / s | 80 / s |         (1) |      – |             |       |   no |",
  ]);
});

test("a part that is taken anew leaves the others as they were", () => {
  write("100 people", [{ measure: "idle, memory", ours: [200], unit: "MB" }], "Monday");
  printTable("Another", ["", "time"], [["it", "1 ms"]]);
  writeResults(path, "Other", "Monday");
  write("100 people", [{ measure: "idle, memory", ours: [300], unit: "MB" }], "Tuesday");
  expect(part("Other")).toEqual([
    "_Monday_",
    "**Another**",
    "|     | time |",
    "| --- | ---: |",
    "| it  | 1 ms |",
  ]);
  expect(part("100 people")[0]).toBe("_Tuesday_");
  expect(readFileSync(path, "utf8").match(/^## /gm)).toHaveLength(2);
});

test("what several sizes measure stands side by side", () => {
  write("100 people", [{ measure: "new trading day, to all gold", ours: [100], floor: [50] }]);
  write("1,000 people", [
    { measure: "new trading day, to all gold", ours: [900], floor: [300] },
    { measure: "idle, memory", ours: [300], unit: "MB" },
  ]);
  expect(part("Growth").slice(1)).toEqual([
    "|                              |    100 people |  1,000 people |",
    "| ---------------------------- | ------------: | ------------: |",
    "| new trading day, to all gold | 100 ms (2.00) | 900 ms (3.00) |",
  ]);
});
