import type { Pool } from "pg";
import { AssetCheckError, BodyError } from "./checks.ts";
import type { Context } from "./context.ts";
import { EngineError } from "./errors.ts";
import { finishRun, recordFailedCheck } from "./finish-run.ts";
import type { Graph } from "./graph.ts";
import { type HeldRun, letGo } from "./held-run.ts";
import { ingest, PartialIngestError } from "./ingest.ts";
import { inParallel } from "./parallel.ts";
import { type PlanStep, plan } from "./plan.ts";
import { rebuild } from "./rebuild.ts";
import { refresh } from "./refresh.ts";
import { appendLog, startLine } from "./run-log.ts";
import { type LogLevel, type RunDetail, type RunStatus, readRun } from "./runs.ts";
import { everything, type Scope } from "./scope.ts";
import { select } from "./selection.ts";
import { readStates } from "./state.ts";
import { Steps } from "./steps.ts";
import { messageOf } from "./transaction.ts";

/** Somebody asked for the run to be stopped. */
export class RunCancelledError extends EngineError {
  readonly code = "run_cancelled";

  constructor(runId: number) {
    super(`run ${runId} was cancelled`);
  }
}

/** The connection that vouches for the run broke: others take the run for dead, so it must end. */
export class RunLockLostError extends EngineError {
  readonly code = "run_lock_lost";

  constructor(runId: number, cause: unknown) {
    super(`run ${runId} lost the connection that holds its lock: ${messageOf(cause)}`, { cause });
  }
}

/** As many sources are ingested at once; each may be working on several partitions itself. */
const ingestConcurrency = 4;

/** Executes a run to its end, whatever that is: a failure is in what is returned, not thrown. */
export async function executeRun(context: Context, held: HeldRun, stop?: AbortSignal): Promise<RunDetail> {
  const execution = new Execution(context, held);
  stop?.addEventListener("abort", () => execution.cancel(), { once: true });
  if (stop?.aborted) execution.cancel();
  return await execution.execute();
}

class Execution {
  readonly #context: Context;
  readonly #held: HeldRun;
  readonly #runId: number;
  readonly #graph: Graph;
  readonly #steps: Steps;
  readonly #controller = new AbortController();
  /** Server processes at work for this run. */
  readonly #backends = new Set<number>();
  /** Sources of which some partitions came: what depends on them goes on. */
  readonly #partial = new Set<string>();
  #plan: readonly PlanStep[] = [];

  constructor(context: Context, held: HeldRun) {
    this.#context = { ...context };
    this.#held = held;
    this.#runId = held.runId;
    this.#graph = context.registry.graph;
    this.#steps = new Steps(context.pool, held.runId);
  }

  cancel(): void {
    this.#abort(new RunCancelledError(this.#runId));
  }

  async execute(): Promise<RunDetail> {
    const { client } = this.#held;
    const onError = (error: Error): void => this.#abort(new RunLockLostError(this.#runId, error));
    const onNotification = (): void => void this.#cancelIfAsked().catch(onError);
    client.on("error", onError).on("notification", onNotification);
    let failure: unknown = null;
    try {
      await client.query("listen orchestrator_runs");
      await this.#cancelIfAsked();
      await this.#work();
    } catch (error) {
      failure = this.#controller.signal.reason ?? error;
    }
    try {
      await this.#finish(failure);
    } finally {
      client.off("error", onError).off("notification", onNotification);
      await letGo(this.#held);
    }
    return await readRun(this.#context.pool, this.#runId);
  }

  async #cancelIfAsked(): Promise<void> {
    const { rows } = await this.#context.pool.query<{ asked: boolean }>(
      `select cancel_requested_at is not null as asked
       from orchestrator.runs
       where run_id = $1`,
      [this.#runId],
    );
    if (rows[0]?.asked) this.cancel();
  }

  #abort(reason: Error): void {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    for (const processId of this.#backends) this.#cancelBackend(processId);
  }

  #cancelBackend(processId: number): void {
    void this.#context.pool.query("select pg_cancel_backend($1)", [processId]).catch((error: unknown) => {
      this.#context.log.warn({ error, processId }, "a statement could not be cancelled");
    });
  }

  readonly #onBackend = (processId: number, busy: boolean): void => {
    if (!busy) this.#backends.delete(processId);
    else {
      this.#controller.signal.throwIfAborted();
      this.#backends.add(processId);
    }
  };

  async #work(): Promise<void> {
    const { pool } = this.#context;
    const run = await readRun(pool, this.#runId);
    const states = await readStates(pool, this.#graph, this.#context.clock());
    const stale = new Set(
      [...states.values()].filter(({ status }) => status === "stale").map(({ asset }) => asset),
    );
    const exclude = run.exclude === null ? [] : [run.exclude];
    const selected = select(this.#graph, { select: [run.selection], exclude, stale });
    const scope: Scope | null =
      run.partitions === null && run.since === null ? null : { partitions: run.partitions, since: run.since };
    this.#plan = plan(this.#graph, states, { selected, scope, fullRefresh: run.fullRefresh });
    await this.#steps.plan(
      this.#plan.map((step) => ({ ...step, codeVersion: this.#graph.get(step.asset).codeVersion })),
    );
    const actions = this.#plan.map(({ action }) => action);
    await appendLog(pool, this.#runId, null, startLine(run.triggerKind, run.triggerName, actions));
    for (const { asset, problem } of this.#plan)
      if (problem !== null) await this.#steps.set(asset, "failed", { error: problem });
    await this.#ingestAll(run.fullRefresh);
    this.#controller.signal.throwIfAborted();
    await this.#refreshAll();
    this.#controller.signal.throwIfAborted();
    await this.#rebuildAll();
  }

  /** Steps of the action that are to be done now; those below a failure are marked as skipped. */
  async #ready(...actions: PlanStep["action"][]): Promise<PlanStep[]> {
    const ready: PlanStep[] = [];
    for (const step of this.#plan) {
      if (!actions.includes(step.action) || this.#steps.status(step.asset) !== "pending") continue;
      const blocking = this.#blocking(step);
      if (blocking === undefined) ready.push(step);
      else await this.#steps.set(step.asset, "skipped", { error: `${blocking} was not materialized` });
    }
    return ready;
  }

  #blocking({ after }: PlanStep): string | undefined {
    return after.find((name) => {
      const status = this.#steps.status(name);
      return (
        (status === "failed" && !this.#partial.has(name)) || status === "skipped" || status === "cancelled"
      );
    });
  }

  async #ingestAll(fullRefresh: boolean): Promise<void> {
    const steps = new Map(
      this.#plan
        .filter(({ action, asset }) => action === "ingest" && this.#steps.status(asset) === "pending")
        .map((step) => [step.asset, step]),
    );
    if (steps.size === 0) return;
    const before = new Map([...steps.values()].map(({ asset, after }) => [asset, after]));
    const pool = this.#context.poolForRun(this.#runId);
    try {
      await inParallel([...steps.keys()], before, ingestConcurrency, async (name) => {
        this.#controller.signal.throwIfAborted();
        const [step] = await this.#ready("ingest").then((ready) =>
          ready.filter(({ asset }) => asset === name),
        );
        if (step) await this.#ingest(step, pool, fullRefresh);
      });
    } finally {
      await pool.end();
    }
  }

  async #ingest(step: PlanStep, pool: Pool, fullRefresh: boolean): Promise<void> {
    const { asset } = this.#graph.get(step.asset);
    if (asset.kind !== "source") throw new TypeError(`expected a source, got: ${asset.name}`);
    // One after the other, so that they stand in the order in which they came.
    let written: Promise<void> = Promise.resolve();
    const write = (work: () => Promise<void>): void => {
      written = written.then(work).catch((error: unknown) => {
        this.#context.log.warn({ error, runId: this.#runId }, "a step's log could not be written");
      });
    };
    const log = (level: LogLevel, message: string): void =>
      write(() => appendLog(this.#context.pool, this.#runId, asset.name, { level, message }));
    try {
      const { failed, ...rows } = await ingest(this.#context, {
        asset,
        runId: this.#runId,
        pool,
        scope: step.scope ?? everything,
        fullRefresh,
        signal: this.#controller.signal,
        log,
        onAttempt: (attempt) => this.#steps.set(asset.name, "running", { attempt }),
        progress: (done, total, label) => write(() => this.#steps.progress(asset.name, done, total, label)),
      });
      await written; // before the outcome, which is the last line
      if (failed.size === 0) await this.#steps.set(asset.name, "succeeded", rows);
      else {
        this.#partial.add(asset.name);
        await this.#steps.set(asset.name, "failed", {
          ...rows,
          error: new PartialIngestError(asset.name, failed).message,
        });
      }
    } catch (error) {
      await written;
      this.#controller.signal.throwIfAborted();
      await this.#steps.set(asset.name, "failed", { error: messageOf(error) });
    }
  }

  /** Carries on what this run wrote, and computes anew the scopes asked for: one transaction. */
  async #refreshAll(): Promise<void> {
    const steps = await this.#ready("refresh");
    const { claimable, left } = await this.#ownChanges();
    const unclaimed = steps.filter(
      ({ asset, scope }) => scope === null && left.some((source) => this.#graph.upstream(asset).has(source)),
    );
    for (const { asset } of unclaimed) {
      const reason = `changes of ${left.join(", ")} are left to the sensor: not all that depends on them was selected`;
      await this.#steps.set(asset, "skipped", { error: reason });
    }
    const done = steps.filter((step) => !unclaimed.includes(step));
    for (const { asset } of done) await this.#steps.set(asset, "running");
    const recompute = new Map(done.flatMap(({ asset, scope }) => (scope ? [[asset, scope] as const] : [])));
    const tables = new Set([
      ...done.map(({ asset }) => asset),
      ...claimable.flatMap((source) => [...this.#graph.downstream(source)]),
    ]);
    try {
      const run = await readRun(this.#context.pool, this.#runId);
      const result = await refresh(this.#context, {
        trigger: { kind: run.triggerKind, name: run.triggerName },
        sources: claimable,
        runId: this.#runId,
        recompute,
        tables,
        onBackend: this.#onBackend,
      });
      for (const [name, step] of result?.reached ?? []) {
        if (step.done && step.difference) this.#steps.note(name, "succeeded");
      }
      const nothing = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0 };
      for (const { asset } of done)
        if (this.#steps.status(asset) === "running") await this.#steps.set(asset, "succeeded", nothing);
    } catch (error) {
      this.#controller.signal.throwIfAborted();
      await this.#failTogether(done, error);
    }
  }

  /** Of the sources that this run changed: those it propagates, as all that depends on them was selected, and the others. */
  async #ownChanges(): Promise<{ claimable: string[]; left: string[] }> {
    const { rows } = await this.#context.pool.query<{ asset: string }>(
      `select distinct asset
       from orchestrator.changes
       where run_id = $1`,
      [this.#runId],
    );
    const planned = new Set(this.#plan.map(({ asset }) => asset));
    const isClaimable = (source: string): boolean => {
      const { asset } = this.#graph.get(source);
      const writer = asset.kind === "source" ? (asset.producedBy?.name ?? source) : source;
      const failed = this.#steps.status(writer) === "failed" && !this.#partial.has(writer);
      const models = [...this.#graph.downstream(source)].filter(
        (name) => this.#graph.get(name).asset.kind === "model",
      );
      return !failed && models.every((name) => planned.has(name));
    };
    const changed = rows.map(({ asset }) => asset).filter((asset) => this.#graph.nodes.has(asset));
    return {
      claimable: changed.filter(isClaimable),
      left: changed.filter((source) => !isClaimable(source)),
    };
  }

  async #rebuildAll(): Promise<void> {
    const steps = await this.#ready("rebuild", "view");
    if (steps.length === 0) return;
    try {
      const result = await rebuild(this.#context, {
        runId: this.#runId,
        assets: new Set(steps.map(({ asset }) => asset)),
        signal: this.#controller.signal,
        onBackend: this.#onBackend,
        onStart: (asset) => this.#steps.set(asset, "running"),
        onFilled: (asset, rowsInserted) => this.#steps.filled(asset, rowsInserted),
      });
      for (const asset of result.published) await this.#steps.set(asset, "succeeded");
      for (const [asset, error] of result.refused)
        await this.#steps.set(asset, "failed", { error: error.message });
      for (const [asset, cause] of result.blocked)
        await this.#steps.set(asset, "skipped", { error: `${cause} was not materialized` });
    } catch (error) {
      this.#controller.signal.throwIfAborted();
      await this.#failTogether(steps, error);
    }
  }

  /** One asset is at fault, and none of them was published. */
  async #failTogether(steps: readonly PlanStep[], error: unknown): Promise<void> {
    const culprit =
      error instanceof AssetCheckError ? error.result.asset : error instanceof BodyError ? error.asset : null;
    const message = messageOf(error);
    const isKnown = steps.some(({ asset }) => asset === culprit);
    for (const { asset } of steps) {
      if (!isKnown || asset === culprit) await this.#steps.set(asset, "failed", { error: message });
      else await this.#steps.set(asset, "skipped", { error: `not published: ${message}` });
    }
    if (error instanceof AssetCheckError) await recordFailedCheck(this.#context.pool, this.#runId, error);
    if (steps.length === 0) throw error;
  }

  async #finish(failure: unknown): Promise<void> {
    const cancelled = failure instanceof RunCancelledError;
    const failed = this.#steps.withStatus("failed");
    const status: RunStatus = cancelled ? "cancelled" : failure || failed.length > 0 ? "failed" : "succeeded";
    const error = failure ? messageOf(failure) : failed.length > 0 ? `failed: ${failed.join(", ")}` : null;
    await finishRun(this.#context.pool, this.#runId, status, error);
  }
}
