import type { Pool } from "pg";
import { EngineError } from "./errors.ts";
import type { Registry } from "./registry.ts";
import { requestRun } from "./runs.ts";
import { nextTick } from "./schedule.ts";

export interface TickRecord {
  readonly plannedAt: Date;
  readonly status: "started" | "succeeded" | "failed" | "skipped";
  readonly runId: number | null;
  readonly detail: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

export interface AutomationRecord {
  readonly name: string;
  readonly kind: "schedule" | "sensor";
  readonly enabled: boolean;
  /** Of a schedule that is switched on. */
  readonly nextTickAt: Date | null;
  /** The newest first. */
  readonly ticks: readonly TickRecord[];
}

export class UnknownAutomationError extends EngineError {
  readonly code = "unknown_automation";

  constructor(name: string, known: readonly string[]) {
    super(`expected a schedule or sensor (${known.join(", ")}), got: ${name}`);
  }
}

/** Every schedule and sensor with its newest ticks. */
export async function readAutomations(
  pool: Pool,
  registry: Registry,
  now: Date,
  mostTicks = 20,
): Promise<AutomationRecord[]> {
  const { rows } = await pool.query<TickRecord & { automation: string }>(
    `select
       tick.automation,
       tick.planned_at as "plannedAt",
       tick.status,
       tick.run_id as "runId",
       tick.detail,
       tick.started_at as "startedAt",
       tick.finished_at as "finishedAt"
     from unnest($1::text[]) as wanted (automation),
     lateral (
       select *
       from orchestrator.ticks
       where ticks.automation = wanted.automation
       order by planned_at desc
       limit $2
     ) as tick
     order by tick.planned_at desc`,
    [namesOf(registry), mostTicks],
  );
  const off = await pool.query<{ automation: string }>(
    "select automation from orchestrator.automations where not enabled",
  );
  const disabled = new Set(off.rows.map(({ automation }) => automation));
  return [...registry.schedules, ...registry.sensors].map((automation) => {
    const { name, kind } = automation;
    const enabled = !disabled.has(name);
    const ticks = rows.filter((row) => row.automation === name).map(({ automation: _, ...tick }) => tick);
    const nextTickAt = automation.kind === "schedule" && enabled ? nextTick(automation, now) : null;
    return { name, kind, enabled, nextTickAt, ticks };
  });
}

/** Switches a schedule or sensor on or off, for all orchestrators. Throws UnknownAutomationError. */
export async function setAutomationEnabled(
  pool: Pool,
  registry: Registry,
  name: string,
  enabled: boolean,
): Promise<void> {
  const automation = [...registry.schedules, ...registry.sensors].find((other) => other.name === name);
  if (!automation) throw new UnknownAutomationError(name, namesOf(registry));
  await pool.query(
    `insert into orchestrator.automations (automation, kind, enabled)
     values ($1, $2, $3)
     on conflict (automation) do update
     set enabled = excluded.enabled, updated_at = now()`,
    [name, automation.kind, enabled],
  );
  // A sensor that is switched on has changes waiting.
  await pool.query("select pg_notify('orchestrator_changes', '')");
}

/**
 * Asks for what an automation does, now. Of a schedule: its run, whose id is returned (an open one's, if somebody has
 * asked already). Of a sensor: a look; null. Throws UnknownAutomationError.
 */
export async function runAutomation(
  pool: Pool,
  registry: Registry,
  name: string,
  triggerName: string,
): Promise<number | null> {
  const schedule = registry.schedules.find((other) => other.name === name);
  if (schedule) {
    const { selection } = schedule;
    return requestRun(pool, { triggerKind: "manual", triggerName, selection, requestKey: `now:${name}` });
  }
  if (!registry.sensors.some((other) => other.name === name))
    throw new UnknownAutomationError(name, namesOf(registry));
  await pool.query("select pg_notify('orchestrator_changes', '')");
  return null;
}

function namesOf({ schedules, sensors }: Registry): string[] {
  return [...schedules, ...sensors].map(({ name }) => name);
}
