import type { Pool } from "pg";
import {
  type AutomationRecord,
  modelWatcher,
  type Registry,
  readAutomations,
  runAutomation,
  setAutomationEnabled,
} from "../engine/index.ts";
import { type CommandContext, withRegistry } from "./context.ts";
import type { Outcome } from "./exit.ts";
import type { Switches } from "./options.ts";
import type { Output } from "./output.ts";

/** Does what the options ask of the automations they name, then tells how all of them stand. */
function withRecords(
  output: Output,
  { on, off, now }: Switches,
  list: (registry: Registry, records: ReadonlyMap<string, AutomationRecord>) => void,
): Promise<Outcome> {
  return withRegistry(async (registry, pool, { clock }) => {
    if (on !== undefined) await setAutomationEnabled(pool, registry, on, true);
    if (off !== undefined) await setAutomationEnabled(pool, registry, off, false);
    if (now !== undefined) await askNow(output, registry, pool, clock, now);
    const records = await readAutomations(pool, registry, clock(), 1);
    list(registry, new Map(records.map((record) => [record.name, record])));
    return "done";
  });
}

async function askNow(
  output: Output,
  registry: Registry,
  pool: Pool,
  clock: () => Date,
  name: string,
): Promise<void> {
  const { runId, hastened } = await runAutomation({ registry, pool, clock }, name, "stratafolio command");
  if (runId !== null) output.say(`Run ${runId} was asked for; see stratafolio logs ${runId}.`);
  else if (name === modelWatcher.name) output.say("No model was edited: nothing is to be done.");
  else output.say(`${name} was woken; changes that it had put off and that are due now: ${hastened}.`);
}

/** The parts of a record that every list shows. */
function standing(record: AutomationRecord | undefined) {
  const [tick] = record?.ticks ?? [];
  return {
    enabled: record?.enabled ?? true,
    last_tick: tick?.plannedAt ?? null,
    last_status: tick?.status ?? null,
    last_detail: tick?.detail ?? null,
    last_run: tick?.runId ?? null,
  };
}

const columns = {
  enabled: (row: ReturnType<typeof standing>) => (row.enabled ? "on" : "off"),
  "last tick": (row: ReturnType<typeof standing>) => row.last_tick?.toISOString(),
  status: (row: ReturnType<typeof standing>) => row.last_status,
};

export function schedules({ output }: CommandContext, options: Switches): Promise<Outcome> {
  return withRecords(output, options, (registry, records) => {
    const rows = registry.schedules.map(({ name, description, cron, timeZone, selection, verifies }) => ({
      schedule: name,
      description,
      cron,
      time_zone: timeZone,
      selection,
      operation: verifies ? "verify" : "materialize",
      ...standing(records.get(name)),
      next_tick: records.get(name)?.nextTickAt ?? null,
    }));
    output.list(rows, {
      schedule: (row) => row.schedule,
      cron: (row) => row.cron,
      zone: (row) => row.time_zone,
      does: (row) => row.operation,
      selection: (row) => row.selection,
      ...columns,
      "next tick": (row) => row.next_tick?.toISOString(),
    });
  });
}

export function sensors({ output }: CommandContext, options: Switches): Promise<Outcome> {
  return withRecords(output, options, (registry, records) => {
    const rows = registry.sensors.map(({ name, description, sources }) => ({
      sensor: name,
      description,
      sources: sources.map((source) => source.name),
      ...standing(records.get(name)),
    }));
    output.list(rows, {
      sensor: (row) => row.sensor,
      sources: (row) => row.sources.join(", "),
      ...columns,
      detail: (row) => row.last_detail,
    });
  });
}

export function watchers({ output }: CommandContext, options: Switches): Promise<Outcome> {
  return withRecords(output, options, (_registry, records) => {
    const { name, description } = modelWatcher;
    output.list([{ watcher: name, description, ...standing(records.get(name)) }], {
      watcher: (row) => row.watcher,
      ...columns,
      detail: (row) => row.last_detail,
    });
  });
}
