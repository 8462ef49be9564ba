/** The data folder when root runs the program: whatever its owner puts there, nothing is written as root for them. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startEmbedded } from "../../src/database/embedded.ts";
import { ServerStartError } from "../../src/database/errors.ts";
import { folderUser, keeperOf } from "../../src/folder-keeper.ts";
import { keptDataKind } from "../../src/kept-market.ts";
import { keptJwtSecrets } from "../../src/kept-secrets.ts";

const top = mkdtempSync(join(tmpdir(), "stratafolio-folder-"));
chmodSync(top, 0o755);
afterAll(() => rmSync(top, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const number = (flag: string, name: string): number => Number(execFileSync("id", [flag, name]));

/** A folder of somebody else's, and one of root's that they cannot enter. */
function folders(): { theirs: string; ours: string; uid: number } {
  const own = mkdtempSync(join(top, "case-"));
  chmodSync(own, 0o755);
  const [theirs, ours] = [join(own, "theirs"), join(own, "ours")];
  const [uid, gid] = [number("-u", "nobody"), number("-g", "nobody")];
  mkdirSync(theirs);
  chownSync(theirs, uid, gid);
  mkdirSync(ours, { mode: 0o700 });
  return { theirs, ours, uid };
}

/** Everything below, with whom it belongs to. */
function ownersBelow(folder: string): Set<number> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return new Set(paths.map((path) => lstatSync(path).uid));
}

const start = (dataDirectory: string) => startEmbedded({ dataDirectory, durable: false });

describe.runIf(isRoot)("for root", () => {
  test("a folder is whose who could put something else in its place", () => {
    const { theirs, ours, uid } = folders();
    mkdirSync(join(theirs, "made-by-root"));
    expect(folderUser(ours)).toBeNull();
    expect(folderUser(join(ours, "not", "there", "yet"))).toBeNull();
    expect(folderUser(theirs)).toMatchObject({ uid });
    expect(folderUser(join(theirs, "made-by-root", "data"))).toMatchObject({ uid });
    symlinkSync(ours, join(theirs, "link"));
    expect(folderUser(join(theirs, "link"))).toMatchObject({ uid });
  });

  test("in another user's folder everything is that user's, the server too", async () => {
    const { theirs, uid } = folders();
    const data = join(theirs, "data");
    expect(keptDataKind(data, "real")).toBe("real");
    const secret = keptJwtSecrets(data);
    expect(keptJwtSecrets(data)).toEqual(secret);
    const server = await start(data);
    await server.stop();
    const again = await start(data);
    await again.stop();
    expect(ownersBelow(theirs)).toEqual(new Set([uid]));
    expect(lstatSync(join(data, "jwt-secret")).mode & 0o777).toBe(0o600);
  });

  test("a link to a file of root's is not followed with root's rights", () => {
    const { theirs, ours } = folders();
    const target = join(ours, "made");
    const keeper = keeperOf(theirs);
    for (const name of ["market", "jwt-secret"]) symlinkSync(target, join(theirs, name));
    expect(() => keeper.write(join(theirs, "market"), "demo")).toThrow(/ermission denied/);
    expect(() => keptJwtSecrets(theirs)).toThrow();
    expect(() => keptDataKind(theirs, "real")).toThrow();
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, "root's own", { mode: 0o600 });
    expect(() => keeper.read(join(theirs, "market"))).toThrow(/ermission denied/);
    expect(() => keeper.write(join(theirs, "market"), "demo")).toThrow(/ermission denied/);
    expect(readFileSync(target, "utf8")).toBe("root's own");
  });

  test.each(["server.log", "database-url"])(
    "a %s that the server's user made a link writes nothing elsewhere",
    async (name) => {
      const { ours } = folders();
      const data = join(top, `linked-${name}`);
      const first = await start(data);
      await first.stop();
      const file = join(data, "postgres", name);
      const [target, text] = [join(ours, "made"), readFileSync(file, "utf8")];
      rmSync(file);
      symlinkSync(target, file);
      if (name === "server.log") {
        await expect(start(data)).rejects.toThrow(ServerStartError);
        expect(existsSync(target)).toBe(false);
      } else {
        writeFileSync(target, text, { mode: 0o600 });
        await expect(start(data)).rejects.toThrow(/ermission denied/);
      }
    },
  );
});

test("what is kept is made once, by whichever process is first", () => {
  const data = mkdtempSync(join(top, "own-"));
  const keeper = keeperOf(data);
  keeper.writeOnce(join(data, "kept"), "first");
  keeper.writeOnce(join(data, "kept"), "second");
  expect(readFileSync(join(data, "kept"), "utf8")).toBe("first");
  expect(readdirSync(data)).toEqual(["kept"]);
});
