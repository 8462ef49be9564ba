/**
 * Writes the table of docs/dependencies.md from package.json, the lockfile and what npm's registry says, and puts the
 * checksums of the registry into the lockfile where npm left them out (packages for other systems): `npm run list-dependencies`.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { z } from "zod";

const root = join(import.meta.dirname, "..");
const lockedPackage = z.looseObject({
  version: z.string(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  hasInstallScript: z.boolean().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
const lockSchema = z.looseObject({ packages: z.record(z.string(), lockedPackage) });
const manifestSchema = z.looseObject({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.literal(true)),
});

export const readManifest = () =>
  manifestSchema.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

export function readLock(): z.infer<typeof lockSchema> {
  const lock: unknown = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  lockSchema.parse(lock);
  return lock as z.infer<typeof lockSchema>; // as npm wrote it: what zod returns has its keys in another order
}

type Packages = ReturnType<typeof readLock>["packages"];

/** "node_modules/a/node_modules/b" -> "b". */
export const nameOf = (path: string): string => path.split("node_modules/").at(-1)!;

function ask(specification: string, field: string): string {
  return execFileSync("npm", ["view", specification, field, "--json"], { encoding: "utf8" });
}

/** Where `name` is found from `path`, as Node looks for it. */
function locate(packages: Packages, path: string, name: string): string | null {
  const found = posix.join(path, "node_modules", name);
  if (packages[found]) return found;
  return path === ""
    ? null
    : locate(packages, path.slice(0, Math.max(0, path.lastIndexOf("node_modules/") - 1)), name);
}

/** How many packages come with it, itself left out. */
function countBelow(packages: Packages, name: string): number {
  const seen = new Set<string>();
  const waiting = [`node_modules/${name}`];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const { dependencies = {}, optionalDependencies = {} } = packages[path]!;
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = locate(packages, path, needed);
      if (found) waiting.push(found);
    }
  }
  return seen.size - 1;
}

function tableOf(
  names: readonly string[],
  packages: Packages,
  allowed: Readonly<Record<string, true>>,
): string[] {
  return [
    "| package | version | published | licence | packages below it | install script |",
    "| --- | --- | --- | --- | --- | --- |",
    ...names.toSorted().map((name) => {
      const { version, license = "", hasInstallScript = false } = packages[`node_modules/${name}`]!;
      const times = z.record(z.string(), z.string()).parse(JSON.parse(ask(name, "time")));
      const published = times[version]?.slice(0, 10) ?? "";
      const script = hasInstallScript ? (name in allowed ? "allowed" : "refused") : "";
      return `| \`${name}\` | ${version} | ${published} | ${license} | ${countBelow(packages, name)} | ${script} |`;
    }),
  ];
}

function main(): void {
  const lock = readLock();
  for (const [path, locked] of Object.entries(lock.packages))
    if (path !== "" && locked.integrity === undefined)
      locked.integrity = z
        .string()
        .parse(JSON.parse(ask(`${nameOf(path)}@${locked.version}`, "dist.integrity")));
  writeFileSync(join(root, "package-lock.json"), `${JSON.stringify(lock, null, 2)}\n`);
  const { dependencies, devDependencies, allowScripts } = readManifest();
  const page = join(root, "docs/dependencies.md");
  const [before] = readFileSync(page, "utf8").split("## What is delivered");
  const text = [
    `${before}## What is delivered\n`,
    ...tableOf(Object.keys(dependencies), lock.packages, allowScripts),
    "\n## What only developers install\n",
    ...tableOf(Object.keys(devDependencies), lock.packages, allowScripts),
  ];
  writeFileSync(page, `${text.join("\n")}\n`);
}

if (pathToFileURL(argv[1] ?? "").href === import.meta.url) main();
