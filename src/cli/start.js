#!/usr/bin/env -S node --liftoff-only --max-semi-space-size=4
// The first flag is worth 40 MB: the SQL parser and Node's stripping of types are WebAssembly that is used for milliseconds,
// and optimizing it took 450 MB at its peak. It cannot be set from here: by then Node may have compiled the first of them.
// The second is worth 28 MB while nothing happens, and 75 MB when something does: what V8 takes for what is young it keeps.
//
// JavaScript, so that a start whose modules are all kept compiled needs not even what strips types (85 ms).
// @ts-check
import { existsSync, lstatSync, mkdirSync, statSync } from "node:fs";
import { constants, enableCompileCache, getCompileCacheDir } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const othersWrite = 0o022; // a group is of others, too: who is in it is decided elsewhere, and later
const othersDoAnything = 0o077;

/**
 * Where Node keeps modules as it has compiled them; null: nowhere. Whoever can write there has us run what they like. So it is
 * not Node's own choice below /tmp, where everybody writes; not the data folder, which may be that of the server's user, or
 * lie in somebody's project; and not the home of who became root by sudo. It is below one's own home, for oneself alone.
 */
function ownFolder() {
  const own = process.getuid?.(); // Windows: homes are their owners'
  /** @param {import("node:fs").Stats} stats @param {number} refused what others must not be allowed */
  const isOwn = ({ uid, mode }, refused) => own === undefined || (uid === own && (mode & refused) === 0);
  try {
    const home = homedir();
    if (!isOwn(statSync(home), othersWrite)) return null;
    const caches = join(home, ".cache");
    const folder = join(caches, "stratafolio");
    // One by one: where the system says that no file can be there, as in /proc, Node's `recursive` never ends.
    for (const path of [caches, folder]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    const kept = lstatSync(folder); // not what a link leads to
    return isOwn(statSync(caches), othersWrite) && kept.isDirectory() && isOwn(kept, othersDoAnything)
      ? folder
      : null;
  } catch {
    return null; // no home, or one that cannot be written: without, a start is only slower
  }
}

// NODE_COMPILE_CACHE names another folder, and NODE_DISABLE_COMPILE_CACHE none: Node has seen to these.
const folder = getCompileCacheDir() === undefined ? ownFolder() : null;
// Never throws. What Node does not use itself, threads are not told of.
if (folder !== null && enableCompileCache(folder).status === constants.compileCacheStatus.ENABLED) {
  // biome-ignore lint/style/noProcessEnv: nothing is read; threads that are started know the folder by it
  process.env.NODE_COMPILE_CACHE = folder;
}

await import("./main.ts");
