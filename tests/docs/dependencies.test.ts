import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nameOf, readLock, readManifest } from "../../docs/dependencies.ts";

const { packages } = readLock();
const { "": _, ...installed } = packages;
const { dependencies, devDependencies, allowScripts } = readManifest();

test("every package of the lockfile has the SHA-512 of what is installed, and comes from the registry", () => {
  const wrong = Object.entries(installed).filter(
    ([, { integrity, resolved, link }]) =>
      !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? "") || resolved !== undefined || link !== undefined,
  );
  expect(wrong).toEqual([]);
});

test("no package runs a script when it is installed but those that package.json allows, which need it", () => {
  const scripted = Object.entries(installed).filter(([, { hasInstallScript }]) => hasInstallScript);
  expect(new Set(scripted.map(([path]) => nameOf(path)))).toEqual(new Set(Object.keys(allowScripts)));
});

test("versions are pinned, and docs/dependencies.md is of these (npm run list-dependencies writes it again)", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/dependencies.md"), "utf8");
  const listed = [...page.matchAll(/^\| `(\S+)` +\| (\S+) /gm)].map(([, name, version]) => [name, version]);
  const wanted = Object.entries({ ...dependencies, ...devDependencies });
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(wanted));
  expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});
