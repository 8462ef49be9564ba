import { Cron } from "croner";
import type { Context } from "../context.ts";
import type { Schedule } from "../definition/index.ts";
import { messageOf, transaction } from "../postgres/index.ts";
import { attachRun, type RunRequestInput, recordTick, requestRun } from "../records/index.ts";

/** The planned time next after `after`, in the schedule's time zone; null: never again. */
export function nextTick(schedule: Schedule, after: Date): Date | null {
  return cronOf(schedule).nextRun(after);
}

/** The last planned time up to `now` that is later than `after`; null: there is none. */
export function lastTick(schedule: Schedule, after: Date, now: Date): Date | null {
  // croner's past is exclusive, and the present moment may itself be planned.
  const [last] = cronOf(schedule).previousRuns(1, new Date(now.getTime() + 1));
  return last && last > after && last <= now ? last : null;
}

function cronOf({ cron, timeZone }: Schedule): Cron {
  return new Cron(cron, { timezone: timeZone, paused: true });
}

/** What a schedule asks for at a moment, from which it follows what a verification looks at. */
export function requestOf(
  { selection, verifies }: Schedule,
  moment: Date,
): Pick<RunRequestInput, "operation" | "selection" | "sample"> {
  if (!verifies) return { operation: "materialize", selection };
  return {
    operation: "verify",
    selection,
    sample: { values: verifies.valuesPerColumn, seed: moment.toISOString() },
  };
}

/** Waits no longer than this before it looks at the clock again: clocks are set, and laptops sleep. */
const longestWaitMilliseconds = 60_000;

/**
 * Requests the runs of schedules. The process's clock says what is due; the database says whether somebody has had it
 * already: a tick is one row, and who inserts it requests the run in the same transaction. After a downtime only the
 * last missed tick runs, and none from before the schedule was first seen or was last switched on.
 */
export class Scheduler {
  readonly #context: Context;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Looks at once, and then whenever something is due. */
  start(): void {
    this.#checking = this.check()
      .then(
        () => {},
        (error: unknown) => this.#context.log.error({ error }, `schedules: ${messageOf(error)}`),
      )
      .then(() => this.#wait());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#checking;
  }

  /** Requests a run for each schedule that is due. Returns the runs requested. */
  async check(): Promise<number[]> {
    const runIds: number[] = [];
    for (const schedule of this.#context.registry.schedules) {
      const runId = await this.#checkSchedule(schedule);
      if (runId !== null) runIds.push(runId);
    }
    return runIds;
  }

  #wait(): void {
    if (this.#stopped) return;
    const now = this.#context.clock();
    const next = this.#context.registry.schedules.map((schedule) => nextTick(schedule, now)?.getTime());
    const until = Math.min(...next.map((time) => (time ?? Number.POSITIVE_INFINITY) - now.getTime()));
    this.#timer = setTimeout(() => this.start(), Math.max(1, Math.min(until, longestWaitMilliseconds)));
  }

  async #checkSchedule(schedule: Schedule): Promise<number | null> {
    const { pool, clock } = this.#context;
    const now = clock();
    return await transaction(pool, async (client) => {
      const { rows } = await client.query<{ enabled: boolean; after: Date }>(
        `with seen as (
           insert into orchestrator.automations (automation, kind, updated_at)
           values ($1, 'schedule', $2)
           on conflict (automation) do nothing
         )
         select enabled, greatest(updated_at, (select max(planned_at) from orchestrator.ticks where automation = $1)) as after
         from orchestrator.automations
         where automation = $1`,
        [schedule.name, now],
      );
      const planned = rows[0]?.enabled ? lastTick(schedule, rows[0].after, now) : null;
      if (planned === null) return null;
      const tick = { automation: schedule.name, plannedAt: planned };
      if (!(await recordTick(client, { ...tick, status: "started" }))) return null;
      const runId = await requestRun(client, {
        triggerKind: "schedule",
        triggerName: schedule.name,
        ...requestOf(schedule, planned),
        requestKey: `schedule ${schedule.name}`,
      });
      // The run of the tick before may be running still: then this tick is that run's too.
      await attachRun(client, tick, runId);
      return runId;
    });
  }
}
