import { WakeLoop } from "../concurrency/index.ts";
import type { Context } from "../context.ts";
import { dropOldRecords, ensureAssets, Queue, recoverRuns } from "../execution/index.ts";
import { inspect, prepareSources } from "../installation/index.ts";
import { Listener, messageOf } from "../postgres/index.ts";
import { AlertLoop } from "./alerts.ts";
import { modelWatcher, requestEdited } from "./model-watcher.ts";
import { Scheduler } from "./schedule.ts";
import { SensorLoop } from "./sensor.ts";

const recoveryMilliseconds = 30_000;
const retentionMilliseconds = 3_600_000;

export interface OrchestratorStatus {
  /** false: notifications do not arrive, and changes wait for the poll. */
  readonly listening: boolean;
  /** Sensor -> why its last look or refresh failed; null when it did not. */
  readonly sensors: ReadonlyMap<string, string | null>;
}

/** What runs as long as the program does: the queue, schedules, sensors, recovery, retention. Any number on any hosts. */
export class Orchestrator {
  readonly #context: Context;
  readonly #listener: Listener;
  readonly #queue: Queue;
  readonly #scheduler: Scheduler;
  readonly #recovery: WakeLoop;
  readonly #alerts: AlertLoop;
  readonly #watcher: WakeLoop;
  readonly #sensors = new Map<string, SensorLoop>();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(context: Context) {
    this.#context = context;
    this.#queue = new Queue(context);
    this.#scheduler = new Scheduler(context);
    this.#alerts = new AlertLoop(context);
    this.#recovery = new WakeLoop(
      async () => {
        if ((await recoverRuns(context)).length > 0) this.#wakeAll();
      },
      (error) => context.log.error({ error }, `recovery: ${messageOf(error)}`),
    );
    this.#watcher = new WakeLoop(
      async () => {
        await requestEdited(context);
      },
      (error) => context.log.error({ error }, `${modelWatcher.name}: ${messageOf(error)}`),
    );
    this.#listener = new Listener({
      ...context,
      channels: ["orchestrator_changes", "orchestrator_runs"],
      onNotification: (channel, payload) => {
        if (channel === "orchestrator_runs") {
          this.#queue.wake();
          this.#alerts.wake();
        } else if (payload === modelWatcher.name) this.#watcher.wake();
        else for (const sensor of this.#sensors.values()) sensor.wake();
      },
      onConnect: () => this.#wakeAll(),
    });
  }

  get status(): OrchestratorStatus {
    return {
      listening: this.#listener.listening,
      sensors: new Map([...this.#sensors].map(([name, sensor]) => [name, sensor.lastError])),
    };
  }

  async start(): Promise<void> {
    await prepareSources(this.#context);
    await ensureAssets(this.#context);
    await this.#inspect();
    this.#addSensors();
    await recoverRuns(this.#context);
    await this.#listener.start();
    this.#scheduler.start();
    const retain = (): void =>
      void dropOldRecords(this.#context).catch((error: unknown) =>
        this.#context.log.error({ error }, `retention: ${messageOf(error)}`),
      );
    retain();
    this.#timers.push(
      setInterval(() => {
        this.#recovery.wake();
        this.#queue.wake();
      }, recoveryMilliseconds),
      setInterval(retain, retentionMilliseconds),
    );
  }

  /** What is not as it must be is said at every start; it harms no more than it did before. */
  async #inspect(): Promise<void> {
    const { log } = this.#context;
    for (const { asset, code, message } of await inspect(this.#context)) log.warn({ asset, code }, message);
  }

  /** Begins no more work, waits for the refresh that is going on, and cancels runs. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#listener.stop();
    await Promise.all([
      this.#scheduler.stop(),
      this.#recovery.stop(),
      this.#alerts.stop(),
      this.#watcher.stop(),
      this.#queue.stop(),
      ...[...this.#sensors.values()].map((sensor) => sensor.stop()),
    ]);
  }

  /** The registry is another: takes up sensors that came with it, and what was edited. */
  reloaded(): void {
    this.#addSensors();
    this.#watcher.wake();
  }

  /** Those that went with the registry before find that out themselves. */
  #addSensors(): void {
    for (const { name } of this.#context.registry.sensors) {
      if (!this.#sensors.has(name)) this.#sensors.set(name, new SensorLoop(this.#context, name));
    }
  }

  #wakeAll(): void {
    this.#queue.wake();
    this.#alerts.wake();
    this.#watcher.wake();
    for (const sensor of this.#sensors.values()) sensor.wake();
  }
}
