/**
 * docs/errors.md, executed: each section's edit is made to a copy of the project, its commands are run there, and what
 * they print must be what the page shows. `UPDATE_DOCS=1 npx vitest run tests/errors.test.ts` writes it anew.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCli } from "./cli/run-cli.ts";
import { createTestDatabase } from "./support/database.ts";

const root = join(import.meta.dirname, "..");
const page = join(root, "docs/errors.md");

interface Section {
  readonly heading: string;
  readonly file: string | null;
  /** The lines that are replaced, and those that take their place. */
  readonly before: string;
  readonly after: string;
  /** What is typed and what comes of it. */
  readonly console: string;
}

function sectionsOf(text: string): Section[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const diff = /```diff\n([\s\S]*?)```/.exec(section)?.[1]?.split("\n") ?? [];
      const lines = (sign: string) => diff.filter((line) => line[0] === sign).map((line) => line.slice(1));
      const [file, ...after] = lines("+");
      return {
        heading: section.split("\n", 1)[0]!,
        file: file?.replace(/^\+\+ /, "") ?? null,
        before: lines("-").slice(1).join("\n"),
        after: after.join("\n"),
        console: /```console\n([\s\S]*?)```/.exec(section)![1]!,
      };
    });
}

/** The project as a stranger has it, to be broken. */
function copyProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-errors-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ["src", "assets", "sql-models", "migrations", "package.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

async function perform(section: Section, folder: string, variables: Record<string, string>): Promise<string> {
  const { file, before, after, console } = section;
  const path = join(folder, file ?? "");
  const original = file === null ? null : readFileSync(path, "utf8");
  if (original !== null) {
    expect(original, `${file} has what is replaced`).toContain(before);
    writeFileSync(
      path,
      original.replace(before, () => after),
    );
  }
  let shown = "";
  for (const [line, command] of console.matchAll(/^\$ stratafolio (.*)$/gm)) {
    const { stdout, stderr, code } = await runCli(command!.split(" "), variables, folder);
    shown += `${line}\n${stdout}${stderr}$ echo $?\n${code}\n`;
  }
  if (original !== null) writeFileSync(path, original);
  return shown;
}

/** Without what other changes move: how many assets there are, and on which line of its file a declaration stands. */
function steady(shown: string): string {
  return shown
    .replaceAll(/\d+ assets, \d+ declared checks/g, "n assets, n declared checks")
    .replaceAll(/^(assets\/\w+\.ts):\d+/gm, "$1:n")
    .replaceAll(/^ +\d* \|/gm, "  |");
}

test("every error of docs/errors.md is what one sees", { timeout: 600_000 }, async () => {
  const folder = copyProject();
  const { url } = await createTestDatabase();
  const variables = { DATABASE_URL: url, JWT_SECRET: "a secret of at least thirty-two characters" };
  let text = readFileSync(page, "utf8");
  const sections = sectionsOf(text);
  expect(sections.length).toBeGreaterThan(8);
  for (const section of sections) {
    const shown = await perform(section, folder, variables);
    if (process.env.UPDATE_DOCS) text = text.replace(section.console, () => shown);
    else expect(steady(shown), section.heading).toBe(steady(section.console));
  }
  if (process.env.UPDATE_DOCS) writeFileSync(page, text);
});
