import { execFile } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { deployedEngine } from "../support/engine.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/recipes.md"), "utf8");

interface Step {
  /** write, append or change a file; null: commands. */
  readonly what: string | null;
  readonly file: string | null;
  readonly code: string;
}

/** The blocks of a recipe, each with what the comment above it says is done with it. */
function stepsOf(heading: string): Step[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))!;
  const blocks = section.matchAll(/(?:<!-- (\w+) (\S+) -->\s+)?^( *)```\w+\n(.*?)^ *```/gms);
  return [...blocks].map(([, what, file, indent, code]) => ({
    what: what ?? null,
    file: file ?? null,
    code: code!.replaceAll(RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** A copy of what the program is made of, to follow a recipe in. */
function copyTree(): string {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-recipe-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const entry of [
    "assets",
    "docs/metrics.md",
    "migrations",
    "sql-models",
    "src",
    "ui",
    "package.json",
    "tsconfig.json",
  ])
    cpSync(join(root, entry), join(folder, entry), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Replaces the lines that a diff takes away by those it adds, where they stand with its context. Indentation is the file's. */
function change(text: string, diff: string): string {
  const lines = diff.trimEnd().split("\n");
  const side = (sign: string): string[] =>
    lines.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1));
  const trimmed = (line: string): string => line.trim();
  const [before, after] = [side("+").map(trimmed), side("-")];
  const all = text.split("\n");
  const at = all.findIndex((_, index) =>
    before.every((line, offset) => all[index + offset]?.trim() === line),
  );
  expect(at, `the lines of the diff:\n${diff}`).toBeGreaterThanOrEqual(0);
  return [...all.slice(0, at), ...after, ...all.slice(at + before.length)].join("\n");
}

/** Does what the recipe says in the copy. Returns what its commands printed. */
async function follow(heading: string, folder: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const last = Math.max(...readdirSync(join(folder, "migrations")).map((file) => Number.parseInt(file, 10)));
  const printed: string[] = [];
  for (const { what, file, code } of stepsOf(heading)) {
    const path = file && join(folder, file.replace("NNN", String(last + 1).padStart(3, "0")));
    if (path === null) {
      for (const command of code.trim().split("\n")) {
        const parameters = ["src/cli/start.js", ...command.split(" ").slice(2)];
        printed.push((await run(process.execPath, parameters, { cwd: folder, env })).stdout);
      }
    } else if (what === "write") writeFileSync(path, code);
    else if (what === "append") appendFileSync(path, `\n${code}`);
    else writeFileSync(path, change(readFileSync(path, "utf8"), code));
  }
  return printed;
}

/** Throws with what the compiler says. */
async function compile(folder: string): Promise<void> {
  const options = JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...options, include: ["src", "assets"] }));
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--noEmit"], { cwd: folder });
}

test("the recipes give a model that is published, a source that is known, a figure on a page; all of it compiles", async () => {
  const folder = copyTree();
  const database = await createTestDatabase();
  await deployedEngine(database);
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: database.url,
    JWT_SECRET: "x".repeat(32),
    LOG_LEVEL: "warn",
  };
  const [listed, planned, published, checked] = await follow("Add a model", folder, env);
  expect(listed).toContain("gold_currency_values");
  expect(planned).toContain("never materialized");
  expect(published).toContain("ERROR=0");
  expect(checked).toContain("ERROR=0");
  const [migrated, known] = await follow("Add a source", folder, env);
  expect(migrated).toContain("own_sectors.sql");
  expect(known).toContain("own_sectors");
  await follow("Add a figure to a page", folder, env);
  await compile(folder);
}, 300_000);

test("the recipe for a figure names files that have one", () => {
  const section = page.split(/^## /m).find((text) => text.startsWith("Add a figure"))!;
  const files = [...section.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => join(root, "docs", file!));
  expect(files.length).toBeGreaterThan(4);
  expect(files.filter((file) => !readFileSync(file, "utf8").includes("calmar"))).toEqual([]);
});
