import { WakeLoop } from "../concurrency/index.ts";
import type { Context } from "../context.ts";
import type { RunRequest, Sensor } from "../definition/index.ts";
import { messageOf } from "../postgres/index.ts";
import { recordTick, requestKeyOf, requestRun, type Tick } from "../records/index.ts";
import {
  mostLockedValues,
  type Portion,
  type RefreshOutcome,
  refreshIsolating,
  usualPortion,
} from "../refresh/index.ts";

/** A notification that is lost costs no more than this. */
const pollMilliseconds = 30_000;

export interface SensorResult {
  /** Runs that refreshed something, and runs that failed. */
  readonly succeeded: number;
  readonly failed: number;
  readonly changes: number;
}

/** A portion that took less is followed by a larger one, since each refresh has work that is of no value in particular. */
const quickMilliseconds = 500;

/**
 * Two workers for a sensor, which begin at either end of what waits: one takes a batch from its oldest change on, in large
 * portions; the other the newest in small ones, so that a single write overtakes a batch. None is left for ever.
 */
const portions: readonly Portion[] = [usualPortion, { values: 3, first: "newest" }];

interface Batch {
  /** How many partition values of what waits its workers have done, until nothing waits any more. */
  done: number;
  /** How many the first worker takes at once: what was quick in the last batch is where the next begins. */
  values: number;
}

/** Claims the changes of a sensor's sources whenever it is woken, until there are none left. */
export class SensorLoop {
  readonly #context: Context;
  readonly #name: string;
  readonly #workers: readonly WakeLoop[];
  readonly #batch: Batch = { done: 0, values: usualPortion.values };
  /** The first worker is about to claim: what is told meanwhile is most often what it claims. */
  #isClaiming = false;
  #isToldMeanwhile = false;
  readonly #timer: NodeJS.Timeout;
  readonly #errors = new Map<Portion, string>();
  #retry: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(context: Context, name: string) {
    this.#context = context;
    this.#name = name;
    this.#workers = portions.map(
      (portion) =>
        new WakeLoop(
          () => this.#sense(portion),
          (error) => {
            this.#errors.set(portion, messageOf(error));
            context.log.error({ error, sensor: name }, `${name}: ${messageOf(error)}`);
          },
        ),
    );
    this.#timer = setInterval(() => this.wake(), pollMilliseconds);
  }

  /** Why the last look failed, or the last refresh; null when it did not. */
  get lastError(): string | null {
    return [...this.#errors.values()][0] ?? null;
  }

  /**
   * The second worker is for what comes while the first is busy: a single write is not looked for by two. Nor are several tables that were
   * written in one transaction, each of which is told: the second had taken three of a new day's bars, and with them the day of everybody.
   */
  wake(): void {
    const [first, second] = this.#workers;
    if (this.#isClaiming) this.#isToldMeanwhile = true;
    else if (first!.isBusy) second!.wake();
    first!.wake();
  }

  #onClaimed(): void {
    this.#isClaiming = false;
    if (this.#isToldMeanwhile) this.#workers[1]!.wake();
    this.#isToldMeanwhile = false;
  }

  /** Waits for the refreshes that are going on. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  async #sense(portion: Portion): Promise<void> {
    // The registry may have been reloaded, and the sensor with it, or without it.
    const sensor = this.#context.registry.sensors.find(({ name }) => name === this.#name);
    if (!sensor) return;
    this.#errors.delete(portion);
    const isStopping = (): boolean => this.#stopping;
    const isFirst = portion.first === "oldest";
    const result = await sense(this.#context, sensor, {
      portion,
      isStopping,
      batch: this.#batch,
      onBatch: () => this.#workers[1]!.wake(),
      ...(isFirst && { onClaim: () => (this.#isClaiming = true), onClaimed: () => this.#onClaimed() }),
    });
    if (result.failed === 0) return;
    this.#errors.set(portion, result.error ?? "");
    const seconds = await secondsToRetry(this.#context, sensor);
    if (this.#stopping) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.wake(), seconds * 1000);
  }
}

interface Look {
  readonly portion: Portion;
  readonly batch: Batch;
  readonly isStopping: () => boolean;
  /** Called when more waits than was claimed at once. */
  readonly onBatch: () => void;
  /** Called before each claim, and when it is done or has failed. */
  readonly onClaim: () => void;
  readonly onClaimed: () => void;
}

/**
 * One look of a sensor: requests the runs it wants; and claims and refreshes, portion by portion, until nothing is left to
 * claim. A tick is written down if there was work or an error. Does nothing while the sensor is switched off.
 */
export async function sense(
  context: Context,
  sensor: Sensor,
  given: Partial<Look> = {},
): Promise<SensorResult & { error: string | null }> {
  const look: Look = {
    portion: usualPortion,
    batch: { done: 0, values: usualPortion.values },
    isStopping: () => false,
    onBatch: () => {},
    onClaim: () => {},
    onClaimed: () => {},
    ...given,
  };
  const startedAt = context.clock();
  const outcomes: RefreshOutcome[] = [];
  // Side by side: what has changed neither waits for what is to be asked for, nor fails with it. It comes first, for the connection that
  // was used last, which has its statements planned.
  const [carried, asked] = await Promise.allSettled([
    carryOn(context, sensor, look, outcomes),
    look.portion.first === "oldest" ? requestRuns(context, sensor) : 0,
  ]);
  const requested = asked.status === "fulfilled" ? asked.value : 0;
  const error: unknown =
    carried.status === "rejected" ? carried.reason : asked.status === "rejected" ? asked.reason : null;
  const succeeded = outcomes.flatMap((outcome) => outcome.succeeded);
  const failed = outcomes.flatMap((outcome) => outcome.failed);
  const message = error ? messageOf(error) : (failed.at(-1)?.error ?? null);
  const changes = succeeded.reduce((sum, result) => sum + result.changes, 0);
  if (message !== null || succeeded.length + requested > 0) {
    await recordLook(context, startedAt, {
      automation: sensor.name,
      status: message === null ? "succeeded" : "failed",
      runId: failed.at(-1)?.runId ?? succeeded.at(-1)?.runId ?? null,
      detail: message ?? `changes refreshed: ${changes}, runs requested: ${requested}`,
    });
  }
  if (error) throw error;
  return { succeeded: succeeded.length, failed: failed.length, changes, error: message };
}

/** Portion by portion; `outcomes` has those that are done also when one throws. */
async function carryOn(
  context: Context,
  sensor: Sensor,
  look: Look,
  outcomes: RefreshOutcome[],
): Promise<void> {
  const { batch, isStopping, onBatch, onClaimed } = look;
  const isGrowing = look.portion.first === "oldest"; // what the other is there for are single writes
  const trigger = { kind: "sensor", name: sensor.name } as const;
  const sources = sensor.sources.map(({ name }) => name);
  while (!isStopping()) {
    const failures = outcomes.reduce((sum, { failed }) => sum + failed.length, 0);
    const portion = isGrowing ? { ...look.portion, values: batch.values } : look.portion;
    const began = performance.now();
    look.onClaim();
    const request = { trigger, sources, portion, done: batch.done, onClaimed };
    const outcome = await refreshIsolating(context, request, failures).finally(onClaimed);
    if (outcome.succeeded.length + outcome.failed.length === 0) break;
    outcomes.push(outcome);
    const hasFailed = outcome.failed.length > 0;
    const progress = outcome.succeeded.at(-1)?.progress;
    if (isGrowing) {
      const values = nextValues(look.portion, batch.values, performance.now() - began);
      // What fails may hold up no more than a portion; of less than a portion it is only known that it was slow.
      if (hasFailed) batch.values = look.portion.values;
      else if (progress || values < batch.values) batch.values = values;
    }
    if (!progress) continue;
    const isMore = progress.done < progress.total;
    batch.done = isMore ? Math.max(batch.done, progress.done) : 0;
    if (isMore) onBatch();
  }
}

/** No more than are locked one by one: what is of others goes on beside it. */
function nextValues(first: Portion, values: number, milliseconds: number): number {
  return milliseconds < quickMilliseconds
    ? Math.min(mostLockedValues, values * 2)
    : Math.max(first.values, Math.floor(values / 2));
}

/** The two workers of a sensor may begin in the same millisecond, and each has its tick. */
async function recordLook({ pool }: Context, startedAt: Date, tick: Omit<Tick, "plannedAt">): Promise<void> {
  for (let plannedAt = startedAt; ; plannedAt = new Date(plannedAt.getTime() + 1))
    if (await recordTick(pool, { ...tick, plannedAt })) return;
}

/** Until the first of the changes that failed may be tried again. */
async function secondsToRetry({ pool }: Context, sensor: Sensor): Promise<number> {
  const { rows } = await pool.query<{ seconds: number | null }>(
    `select extract(epoch from min(not_before) - now())::float8 as seconds
     from orchestrator.changes
     where asset = any($1)
       and not_before > now()`,
    [sensor.sources.map(({ name }) => name)],
  );
  return rows[0]?.seconds ?? pollMilliseconds / 1000;
}

async function isEnabled({ pool }: Context, sensor: Sensor): Promise<boolean> {
  const { rows } = await pool.query<{ enabled: boolean }>({
    name: "sensor_enabled",
    text: "select enabled from orchestrator.automations where automation = $1",
    values: [sensor.name],
  });
  return rows[0]?.enabled ?? true;
}

async function requestRuns(context: Context, sensor: Sensor): Promise<number> {
  if (!sensor.requests || !(await isEnabled(context, sensor))) return 0;
  const requests = await sensor.requests(context.pool);
  let requested = 0;
  for (const request of requests) {
    if (await mustWait(context, request)) continue;
    await requestRun(context.pool, {
      triggerKind: "sensor",
      triggerName: sensor.name,
      selection: request.selection,
      partitions: request.partitions,
      requestKey: request.requestKey,
    });
    requested++;
  }
  return requested;
}

/** True while a run with this key is open, and for a while after one failed: 30 s, doubled each time, up to an hour. */
async function mustWait({ pool }: Context, { requestKey }: RunRequest): Promise<boolean> {
  const { rows } = await pool.query<{ must_wait: boolean }>(
    `with ended as (
       select status, finished_at, run_id
       from orchestrator.runs
       where request_key = $1
     ),
     failure as (
       select count(*) as failures, max(finished_at) as last_at
       from ended
       where status in ('failed', 'cancelled')
         and run_id > coalesce((select max(run_id) from ended where status = 'succeeded'), 0)
     )
     select
       exists (select from ended where status in ('queued', 'running'))
       or coalesce(last_at + make_interval(secs => least(3600, 30 * 2 ^ least(failures - 1, 10))) > now(), false) as must_wait
     from failure`,
    [requestKeyOf(requestKey)],
  );
  return rows[0]!.must_wait;
}
