import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { writeBodies } from "../../../bench/synthetic.ts";
import { type Definitions, loadRegistry, type Registry } from "../../../src/engine/index.ts";

/** Loads definitions with their bodies (file -> text) in a folder that is gone after the test. */
export async function loadDefinitions(
  definitions: Definitions,
  bodies: Readonly<Record<string, string>> | ReadonlyMap<string, string>,
): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), "synthetic-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = bodies instanceof Map ? bodies : new Map(Object.entries(bodies));
  writeBodies(folder, { definitions, bodies: files });
  const registry = await loadRegistry(definitions, { bodiesFolder: folder });
  if (registry.problems.length > 0) throw new Error(registry.problems.map(String).join("\n"));
  return registry;
}
