/** Where commands keep what they read of definitions: beside what Node keeps compiled. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const project = join(import.meta.dirname, "../..");
const top = mkdtempSync(join(tmpdir(), "stratafolio-kept-"));
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** What `work` prints, which has `keep` and `folder`, where Node keeps modules in `folder`. */
function withKeep(work: string): string {
  const script = `
    import { getCompileCacheDir } from "node:module";
    import { keptDefinitions } from "${project}/src/kept-definitions.ts";
    const [keep, folder] = [keptDefinitions(), getCompileCacheDir()];
    ${work}
  `;
  const { PATH = "" } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: top,
    env: { PATH, NODE_COMPILE_CACHE: top },
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(status, stderr).toBe(0);
  return stdout.trim();
}

/** Without the modules. */
const keptIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("definitions"));

test("what is kept is read by the next command, under the same edition, until it is removed", () => {
  const edition = withKeep('keep.write("first"); keep.write("second"); console.log(keep.edition)');
  expect(withKeep("console.log(keep.edition, keep.read())")).toBe(`${edition} second`);
  const folder = withKeep("keep.write(null); console.log(folder); if (keep.read() !== null) process.exit(1)");
  expect(keptIn(folder)).toEqual([]);
});

test("of what cannot be put in its place, no draft is left", () => {
  const folder = withKeep("console.log(folder)");
  mkdirSync(join(folder, "definitions.json/occupied"), { recursive: true });
  expect(withKeep('keep.write("text"); keep.write(null); console.log(keep.read())')).toBe("null");
  expect(keptIn(folder)).toEqual(["definitions.json"]);
});
