/** What a start loads, and where it keeps what was compiled. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";

const project = join(import.meta.dirname, "../..");
const top = mkdtempSync(join(tmpdir(), "stratafolio-start-"));
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** Runs `stratafolio --help` at home in `home`. */
function help(home: string, flags: readonly string[] = [], variables: Readonly<Record<string, string>> = {}) {
  const { PATH = "" } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--liftoff-only", "--max-semi-space-size=4", ...flags, join(project, "src/cli/start.js"), "--help"],
    { cwd: top, env: { PATH, HOME: home, ...variables }, encoding: "utf8", timeout: 20_000 },
  );
  expect(status, stderr).toBe(0);
  expect(stdout).toContain("Usage: stratafolio");
  return stderr;
}

function newHome(name: string): string {
  const home = join(top, name);
  mkdirSync(home, { mode: 0o755 });
  return home;
}

test("--help and --version load the declarations of verbs, and nothing of what verbs do", () => {
  // Told by the loader itself, of ES modules and of what `require` loads.
  const hooks = `
    import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) { process.stderr.write("loaded " + url + "\\n"); return next(url, context); } });
  `;
  const flags = ["--import", `data:text/javascript,${encodeURIComponent(hooks)}`];
  const loaded = help(newHome("loading"), flags)
    .split("\n")
    .filter((line) => line.startsWith(`loaded ${pathToFileURL(project)}`))
    .map((line) => line.slice(`loaded ${pathToFileURL(project)}/`.length));
  const packages = loaded.flatMap((path) => /^node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(["commander"]);
  expect(loaded.filter((path) => !path.startsWith("node_modules/")).sort()).toEqual([
    "src/cli/command.ts",
    "src/cli/exit.ts",
    "src/cli/main.ts",
    "src/cli/options.ts",
    "src/cli/output.ts",
    "src/cli/register.ts",
    "src/cli/start.js",
    "src/cli/verbs.ts",
    "src/snake-case.ts",
    "src/version.ts",
  ]);
});

test("what was compiled is kept below one's own home, for oneself alone", () => {
  const home = newHome("own");
  help(home);
  const folder = join(home, ".cache/stratafolio");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const [version] = readdirSync(folder);
  expect(readdirSync(join(folder, version!)).length).toBeGreaterThan(5);
});

test("nothing is kept where others could write, and nothing is made in a home that is another's", () => {
  const open = newHome("open");
  mkdirSync(join(open, ".cache/stratafolio"), { recursive: true });
  chmodSync(join(open, ".cache/stratafolio"), 0o777);
  help(open);
  expect(readdirSync(join(open, ".cache/stratafolio"))).toEqual([]);

  const shared = newHome("shared");
  chmodSync(shared, 0o1777);
  help(shared);
  expect(readdirSync(shared)).toEqual([]);

  // Of a group, too: the home itself, and what is on the way.
  const joint = newHome("joint");
  chmodSync(joint, 0o775);
  help(joint);
  expect(readdirSync(joint)).toEqual([]);
  const jointCaches = newHome("joint-caches");
  mkdirSync(join(jointCaches, ".cache/stratafolio"), { recursive: true, mode: 0o700 });
  chmodSync(join(jointCaches, ".cache"), 0o775);
  help(jointCaches);
  expect(readdirSync(join(jointCaches, ".cache/stratafolio"))).toEqual([]);

  const linked = newHome("linked");
  const elsewhere = newHome("elsewhere");
  chmodSync(elsewhere, 0o700);
  mkdirSync(join(linked, ".cache"));
  symlinkSync(elsewhere, join(linked, ".cache/stratafolio"));
  help(linked);
  expect(readdirSync(elsewhere)).toEqual([]);
});

test("a start does without where there is no home, none that can be written, or none is wanted", () => {
  help(join(top, "missing"));
  expect(existsSync(join(top, "missing"))).toBe(false);
  help("/proc/self"); // nobody writes there, root neither
  const unwanted = newHome("unwanted");
  help(unwanted, [], { NODE_COMPILE_CACHE: join(top, "named") });
  expect(readdirSync(join(top, "named")).length).toBe(1);
  expect(readdirSync(unwanted)).toEqual([]);
  help(unwanted, [], { NODE_DISABLE_COMPILE_CACHE: "1" });
  expect(readdirSync(join(unwanted, ".cache/stratafolio"))).toEqual([]);
});
