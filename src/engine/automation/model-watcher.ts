import type { Context } from "../context.ts";
import { modelsToBuild } from "../execution/index.ts";
import { transaction } from "../postgres/index.ts";
import { recordTick, requestKeyOf, requestRun } from "../records/index.ts";

/** What is done with an edited model beside loading it. Switched on and off as schedules and sensors are; off at first. */
export interface Watcher {
  readonly kind: "watcher";
  readonly name: string;
  readonly description: string;
}

export const modelWatcher: Watcher = {
  kind: "watcher",
  name: "model_watcher",
  description:
    "Materializes a model when its file is saved, and the tables below it. Off: the model is shown as stale, with what changed.",
};

/**
 * Asks for a run of the models whose code is not the published one, if the watcher is on. Each edit is asked for once,
 * whoever notices it first: one that fails waits for the next edit, or for a person. null: nothing was asked for.
 */
export async function requestEdited(context: Context): Promise<number | null> {
  const { pool, registry, clock } = context;
  const { rows } = await pool.query<{ enabled: boolean }>(
    "select enabled from orchestrator.automations where automation = $1",
    [modelWatcher.name],
  );
  if (!rows[0]?.enabled) return null;
  const names = await modelsToBuild(context);
  if (names.length === 0) return null;
  const versions = names.map((name) => `${name}@${registry.graph.get(name).codeVersion}`);
  const requestKey = requestKeyOf(`edited ${versions.join(" ")}`);
  return await transaction(pool, async (client) => {
    const asked = await client.query("select from orchestrator.runs where request_key = $1 limit 1", [
      requestKey,
    ]);
    if (asked.rowCount !== 0) return null;
    const runId = await requestRun(client, {
      triggerKind: "watcher",
      triggerName: modelWatcher.name,
      selection: names.join(" "),
      requestKey,
    });
    // Another process may have noticed it in the same millisecond.
    await recordTick(client, {
      automation: modelWatcher.name,
      plannedAt: clock(),
      status: "started",
      runId,
      detail: `edited: ${names.join(", ")}`,
    });
    return runId;
  });
}
