import type { Command } from "commander";
import type { Pool } from "pg";
import {
  type AutomationRecord,
  type Registry,
  readAutomations,
  setAutomationEnabled,
} from "../engine/index.ts";
import { type CommandContext, withRegistry } from "./context.ts";
import type { Outcome } from "./exit.ts";
import type { Register } from "./register.ts";

interface Switches {
  readonly on?: string;
  readonly off?: string;
}

/** Switches on or off what the options name, then tells how all of them stand. */
async function readSwitched(
  pool: Pool,
  registry: Registry,
  now: Date,
  { on, off }: Switches,
): Promise<Map<string, AutomationRecord>> {
  if (on !== undefined) await setAutomationEnabled(pool, registry, on, true);
  if (off !== undefined) await setAutomationEnabled(pool, registry, off, false);
  const records = await readAutomations(pool, registry, now, 1);
  return new Map(records.map((record) => [record.name, record]));
}

/** The parts of a record that both lists show. */
function standing(record: AutomationRecord | undefined) {
  const [tick] = record?.ticks ?? [];
  return {
    enabled: record?.enabled ?? true,
    last_tick: tick?.plannedAt ?? null,
    last_status: tick?.status ?? null,
    last_detail: tick?.detail ?? null,
  };
}

function schedules({ output }: CommandContext, options: Switches): Promise<Outcome> {
  return withRegistry(async (registry, pool, { clock }) => {
    const records = await readSwitched(pool, registry, clock(), options);
    const rows = registry.schedules.map(({ name, description, cron, timeZone, selection }) => ({
      schedule: name,
      description,
      cron,
      time_zone: timeZone,
      selection,
      ...standing(records.get(name)),
      next_tick: records.get(name)?.nextTickAt ?? null,
    }));
    output.list(rows, {
      schedule: (row) => row.schedule,
      cron: (row) => row.cron,
      zone: (row) => row.time_zone,
      selection: (row) => row.selection,
      enabled: (row) => (row.enabled ? "on" : "off"),
      "last tick": (row) => row.last_tick?.toISOString(),
      status: (row) => row.last_status,
      "next tick": (row) => row.next_tick?.toISOString(),
    });
    return "done";
  });
}

function sensors({ output }: CommandContext, options: Switches): Promise<Outcome> {
  return withRegistry(async (registry, pool, { clock }) => {
    const records = await readSwitched(pool, registry, clock(), options);
    const rows = registry.sensors.map(({ name, description, sources }) => ({
      sensor: name,
      description,
      sources: sources.map((source) => source.name),
      ...standing(records.get(name)),
    }));
    output.list(rows, {
      sensor: (row) => row.sensor,
      sources: (row) => row.sources.join(", "),
      enabled: (row) => (row.enabled ? "on" : "off"),
      "last tick": (row) => row.last_tick?.toISOString(),
      status: (row) => row.last_status,
      detail: (row) => row.last_detail,
    });
    return "done";
  });
}

function withSwitches(command: Command): Command {
  return command.option("--on <name>", "switch it on").option("--off <name>", "switch it off");
}

export function automationCommands(program: Command, register: Register): void {
  register(withSwitches(program.command("schedules").description("when what runs; on or off")), schedules);
  register(withSwitches(program.command("sensors").description("what watches what; on or off")), sensors);
}
