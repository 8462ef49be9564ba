import type { Pool } from "pg";
import type { Context } from "../context.ts";
import type { Registry, Schedule, Sensor } from "../definition/index.ts";
import { modelsToBuild } from "../execution/index.ts";
import { EngineError } from "../postgres/index.ts";
import { requestRun } from "../records/index.ts";
import { modelWatcher, type Watcher } from "./model-watcher.ts";
import { nextTick, requestOf } from "./schedule.ts";

/** What starts runs by itself. */
export type Automation = Schedule | Sensor | Watcher;

/** In the order in which they are listed. */
export function automationsOf({ schedules, sensors }: Registry): Automation[] {
  return [...schedules, ...sensors, modelWatcher];
}

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
  readonly kind: Automation["kind"];
  readonly enabled: boolean;
  /** Of a schedule that is switched on. */
  readonly nextTickAt: Date | null;
  /** The newest first. */
  readonly ticks: readonly TickRecord[];
}

export class UnknownAutomationError extends EngineError {
  readonly code = "unknown_automation";

  constructor(name: string, known: readonly string[]) {
    super(`expected a schedule, a sensor or the watcher (${known.join(", ")}), got: ${name}`);
  }
}

/** A sensor that is off looks at nothing, whoever asks. */
export class AutomationOffError extends EngineError {
  readonly code = "automation_off";

  constructor(name: string) {
    super(`expected a sensor that is on, got: ${name}, which is off; switch it on, and it looks at once`);
  }
}

/** Every schedule and sensor, and the watcher, with their newest ticks. */
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
  const switched = await pool.query<{ automation: string; enabled: boolean }>(
    "select automation, enabled from orchestrator.automations",
  );
  const switches = new Map(switched.rows.map(({ automation, enabled }) => [automation, enabled]));
  return automationsOf(registry).map((automation) => {
    const { name, kind } = automation;
    const enabled = switches.get(name) ?? isOnAtFirst(automation);
    const ticks = rows.filter((row) => row.automation === name).map(({ automation: _, ...tick }) => tick);
    const nextTickAt = automation.kind === "schedule" && enabled ? nextTick(automation, now) : null;
    return { name, kind, enabled, nextTickAt, ticks };
  });
}

/** Whether an automation is on that nobody has ever switched: a model is edited far more often than it is ready. */
export function isOnAtFirst({ kind }: Automation): boolean {
  return kind !== "watcher";
}

/** Switches an automation on or off, for all orchestrators. Throws UnknownAutomationError. */
export async function setAutomationEnabled(
  pool: Pool,
  registry: Registry,
  name: string,
  enabled: boolean,
): Promise<void> {
  const automation = automationsOf(registry).find((other) => other.name === name);
  if (!automation) throw new UnknownAutomationError(name, namesOf(registry));
  await pool.query(
    `insert into orchestrator.automations (automation, kind, enabled)
     values ($1, $2, $3)
     on conflict (automation) do update
     set enabled = excluded.enabled, updated_at = now()`,
    [name, automation.kind, enabled],
  );
  // A sensor that is switched on has changes waiting, the watcher edited models.
  await pool.query("select pg_notify('orchestrator_changes', $1)", [
    automation.kind === "watcher" ? name : "",
  ]);
}

/** What came of asking an automation to do now what it does by itself. */
export interface Asked {
  /** The run that does it (an open one's, if somebody has asked already); null: no run was needed. */
  readonly runId: number | null;
  /** Changes that were put off after a failure, and are due now. */
  readonly hastened: number;
}

/**
 * Asks for what an automation does, now. Of a schedule: its run. Of a sensor: a look, for which the changes that were
 * put off are due, else it would find nothing of what an operator has just mended. Of the watcher: a run of the models
 * that were edited, even while it is off. Throws UnknownAutomationError and AutomationOffError.
 */
export async function runAutomation(
  context: Pick<Context, "pool" | "registry" | "clock">,
  name: string,
  triggerName: string,
): Promise<Asked> {
  const { pool, registry } = context;
  const automation = automationsOf(registry).find((other) => other.name === name);
  if (!automation) throw new UnknownAutomationError(name, namesOf(registry));
  if (automation.kind === "sensor") return { runId: null, hastened: await lookNow(pool, automation) };
  const request =
    automation.kind === "schedule"
      ? requestOf(automation, context.clock())
      : { selection: (await modelsToBuild(context)).join(" ") };
  if (request.selection === "") return { runId: null, hastened: 0 };
  const requestKey = `now:${automation.kind === "schedule" ? name : request.selection}`;
  const runId = await requestRun(pool, { triggerKind: "manual", triggerName, ...request, requestKey });
  return { runId, hastened: 0 };
}

async function lookNow(pool: Pool, { name, sources }: Sensor): Promise<number> {
  const { rows } = await pool.query<{ enabled: boolean }>(
    "select enabled from orchestrator.automations where automation = $1",
    [name],
  );
  if (rows[0]?.enabled === false) throw new AutomationOffError(name);
  const { rowCount } = await pool.query(
    `update orchestrator.changes
     set not_before = null
     where asset = any($1)
       and not_before > now()`,
    [sources.map((source) => source.name)],
  );
  await pool.query("select pg_notify('orchestrator_changes', '')");
  return rowCount ?? 0;
}

function namesOf(registry: Registry): string[] {
  return automationsOf(registry).map(({ name }) => name);
}
