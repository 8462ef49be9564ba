import type { Pool } from "pg";
import {
  alert,
  Orchestrator,
  type OrchestratorStatus,
  readAutomations,
  type SensorResult,
  sense,
  setAutomationEnabled,
  UnknownAutomationError,
} from "./automation/index.ts";
import type { Context, EngineOptions } from "./context.ts";
import type { Registry } from "./definition/index.ts";
import { deploy, ensureAssets, executeRun, recoverRuns } from "./execution/index.ts";
import { type Finding, inspect } from "./installation/index.ts";
import type { Scope } from "./planning/index.ts";
import { sqlState, transaction } from "./postgres/index.ts";
import { belowRollback, dropUndeclared, type Remains, readWithdrawable } from "./publication/index.ts";
import {
  type Alert,
  beginRun,
  type CheckResult,
  openRun,
  type RunDetail,
  type RunRequestInput,
  takeRun,
} from "./records/index.ts";
import {
  allChecks,
  CheckRefusedError,
  runChecks,
  type Verification,
  type VerifyRequest,
  verify,
} from "./refresh/index.ts";

/** One process's hold on the assets of a database. */
export class Engine {
  readonly #context: Context;
  #orchestrator: Orchestrator | null = null;

  constructor(options: EngineOptions) {
    this.#context = { ...options };
  }

  get registry(): Registry {
    return this.#context.registry;
  }

  get pool(): Pool {
    return this.#context.pool;
  }

  /** null: not started. */
  get status(): OrchestratorStatus | null {
    return this.#orchestrator?.status ?? null;
  }

  /** Builds what was never built or whose code changed, and what is below it; null: nothing was to be done. */
  async deploy(): Promise<RunDetail | null> {
    await recoverRuns(this.#context); // what a dead process left at work holds what is to be replaced
    return await deploy(this.#context);
  }

  /** Executes a run here and now. A failure is in what is returned; `signal` cancels. */
  async run(request: RunRequestInput, signal?: AbortSignal): Promise<RunDetail> {
    await ensureAssets(this.#context);
    return await executeRun(this.#context, await beginRun(this.#context.pool, request), signal);
  }

  /** One look of a sensor, as its worker takes it. Throws UnknownAutomationError. */
  async refresh(sensorName: string): Promise<SensorResult> {
    const { sensors } = this.registry;
    const sensor = sensors.find(({ name }) => name === sensorName);
    if (!sensor)
      throw new UnknownAutomationError(
        sensorName,
        sensors.map(({ name }) => name),
      );
    return await sense(this.#context, sensor);
  }

  /**
   * Runs every check of the assets, declared and built in, on what is published, in one snapshot. Throws CheckRefusedError
   * for one that PostgreSQL does not take.
   */
  async check(assets: readonly string[], scope?: Scope): Promise<CheckResult[]> {
    const nodes = assets.map((name) => this.registry.graph.get(name));
    return await transaction(
      this.#context.pool,
      async (client) => {
        const results: CheckResult[] = [];
        for (const { asset } of nodes) {
          try {
            results.push(...(await runChecks(client, asset, allChecks(asset), scope)));
          } catch (error) {
            throw sqlState(error)?.startsWith("42") ? new CheckRefusedError(asset.name, error) : error;
          }
        }
        return results;
      },
      { begin: "begin isolation level repeatable read, read only" },
    );
  }

  /** What the engine relies on and does not make itself, where it is not as it must be. */
  async inspect(): Promise<Finding[]> {
    return await inspect(this.#context);
  }

  /** Computes stored rows anew and compares them to the bit. */
  async verify(request: VerifyRequest): Promise<Verification[]> {
    return await verify(this.#context, request);
  }

  /** Publishes the version before the present one again, then builds the tables below it. Throws NoPreviousVersionError. */
  async rollback(asset: string): Promise<RunDetail> {
    const { pool } = this.#context;
    const run = await this.run({
      operation: "rollback",
      triggerKind: "manual",
      triggerName: "rollback",
      selection: asset,
      withdrawn: await readWithdrawable(this.#context, asset),
    });
    const below = await openRun(pool, belowRollback(run.runId));
    const lease = below === null ? null : await takeRun(pool, below); // null: an orchestrator was quicker
    if (lease) await executeRun(this.#context, lease);
    return run;
  }

  /** Drops what is left of a model that is not declared any more. Throws where something else stands on it. */
  async drop(asset: string): Promise<Remains> {
    return await dropUndeclared(this.#context, asset);
  }

  /** One look for what is wrong or well again, as an orchestrator takes it: returns what is new of it. */
  async alert(): Promise<Alert[]> {
    return await alert(this.#context);
  }

  /** Schedules, sensors and the watcher with their newest ticks. */
  async automations(): Promise<Awaited<ReturnType<typeof readAutomations>>> {
    return await readAutomations(this.pool, this.registry, this.#context.clock());
  }

  async setAutomationEnabled(name: string, enabled: boolean): Promise<void> {
    await setAutomationEnabled(this.pool, this.registry, name, enabled);
  }

  /** Goes on with other definitions: the next look of each loop takes them. Builds nothing unless the watcher is on. */
  async reload(registry: Registry): Promise<void> {
    this.#context.registry = registry;
    await ensureAssets(this.#context);
    this.#orchestrator?.reloaded();
  }

  /** Starts queue, schedules, sensors and recovery. Returns once it listens for changes. */
  async start(): Promise<void> {
    this.#orchestrator ??= new Orchestrator(this.#context);
    await this.#orchestrator.start();
  }

  /** Waits for the refresh that is going on; runs are cancelled. */
  async stop(): Promise<void> {
    await this.#orchestrator?.stop();
    this.#orchestrator = null;
  }
}

export function createEngine(options: EngineOptions): Engine {
  return new Engine(options);
}
