import type { Pool } from "pg";
import { readAutomations, setAutomationEnabled, UnknownAutomationError } from "./automation.ts";
import { allChecks, type CheckResult, runChecks } from "./checks.ts";
import type { Context, EngineOptions } from "./context.ts";
import { deploy, ensureAssets } from "./deploy.ts";
import { executeRun } from "./execute.ts";
import { beginRun } from "./held-run.ts";
import { Orchestrator, type OrchestratorStatus } from "./orchestrator.ts";
import type { Registry } from "./registry.ts";
import { rollback } from "./rollback.ts";
import type { RunDetail, RunRequestInput } from "./runs.ts";
import type { Scope } from "./scope.ts";
import { type SensorResult, sense } from "./sensor.ts";
import { transaction } from "./transaction.ts";
import { type Verification, type VerifyRequest, verify } from "./verify.ts";

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

  /** Runs every check of the assets, declared and built in, on what is published, in one snapshot. */
  async check(assets: readonly string[], scope?: Scope): Promise<CheckResult[]> {
    const nodes = assets.map((name) => this.registry.graph.get(name));
    return await transaction(
      this.#context.pool,
      async (client) => {
        const results: CheckResult[] = [];
        for (const { asset } of nodes) {
          results.push(...(await runChecks(client, asset, allChecks(asset), scope)));
        }
        return results;
      },
      "begin isolation level repeatable read, read only",
    );
  }

  /** Computes stored rows anew and compares them to the bit. */
  async verify(request: VerifyRequest): Promise<Verification[]> {
    return await verify(this.#context, request);
  }

  /** Publishes the version before the present one again, then builds the tables below it. */
  async rollback(asset: string): Promise<RunDetail> {
    const run = await rollback(this.#context, asset);
    const { graph } = this.registry;
    const tables = [...graph.downstream(asset)].filter((name) => {
      const below = graph.get(name);
      return (
        below.asset.kind === "model" && below.asset.materialized !== "view" && below.problems.length === 0
      );
    });
    if (tables.length > 0) {
      await this.run({ triggerKind: "manual", triggerName: "rollback", selection: tables.join(" ") });
    }
    return run;
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
