import { WakeLoop } from "../concurrency/index.ts";
import { type Log, messageOf } from "../postgres/index.ts";
import type { Registry } from "./registry.ts";

export interface WatchOptions {
  /** Holds the bodies. */
  readonly folder: string;
  /** Reads all definitions anew. */
  readonly load: () => Promise<Registry>;
  /** The registry now in force. */
  readonly current: () => Registry;
  /** Called with a registry in which something differs, and the names of the assets whose code is new, changed or gone. */
  readonly onReload: (registry: Registry, changed: readonly string[]) => void | Promise<void>;
  readonly log: Log;
  /** An editor saves in several steps: the folder must be quiet for this long. Default 200. */
  readonly quietMilliseconds?: number;
}

export interface BodyWatch {
  close(): Promise<void>;
}

/** Loads the registry again whenever a body is saved. A broken body is a problem in the registry, never an error here. */
export async function watchBodies(options: WatchOptions): Promise<BodyWatch> {
  const { folder, log, quietMilliseconds = 200 } = options;
  const { watch } = await import("chokidar"); // loaded by whoever watches
  const worker = new WakeLoop(
    () => reload(options),
    (error) => log.error({ error }, `the models could not be loaded again: ${messageOf(error)}`),
  );
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { ignoreInitial: true });
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(() => worker.wake(), quietMilliseconds);
  });
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  return {
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
      await worker.stop();
    },
  };
}

async function reload({ load, current, onReload, log }: WatchOptions): Promise<void> {
  const before = current();
  const registry = await load();
  const changed = changedAssets(before, registry);
  if (changed.length === 0 && problemsOf(before) === problemsOf(registry)) return;
  log.info(
    { changed, problems: registry.problems.length },
    `models loaded again, changed: ${changed.join(", ") || "none"}`,
  );
  await onReload(registry, changed);
}

function changedAssets(before: Registry, after: Registry): string[] {
  const names = new Set([...before.graph.nodes.keys(), ...after.graph.nodes.keys()]);
  return [...names].filter(
    (name) => before.graph.nodes.get(name)?.codeVersion !== after.graph.nodes.get(name)?.codeVersion,
  );
}

function problemsOf({ problems }: Registry): string {
  return problems.map(String).join("\n");
}
