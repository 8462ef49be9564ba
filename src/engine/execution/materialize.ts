import type { ClientBase, Pool } from "pg";
import { inParallel } from "../concurrency/index.ts";
import type { Context } from "../context.ts";
import { type Graph, select } from "../definition/index.ts";
import { everything, type PlanStep, plan, readStates, type Scope, selectable } from "../planning/index.ts";
import { messageOf, transaction } from "../postgres/index.ts";
import { type RebuildResult, rebuild } from "../publication/index.ts";
import { appendLog, type LogLevel, type RunDetail, recordCheckResults, startLine } from "../records/index.ts";
import { AssetCheckError, BodyError, type RefreshResult, refresh } from "../refresh/index.ts";
import type { Execution } from "./execution.ts";
import { ingest, PartialIngestError } from "./ingest.ts";
import { StepRecorder } from "./step-recorder.ts";

/** As many sources are ingested at once; each may be working on several partitions itself. */
const ingestConcurrency = 4;

/**
 * The operation `materialize`: plans, ingests, refreshes what came of that, then rebuilds. The run ends in the
 * transaction of its last effect: the publication of what is rebuilt or, where nothing is, the refresh.
 */
export class Materialization {
  readonly #execution: Execution;
  readonly #context: Context;
  readonly #run: RunDetail;
  readonly #graph: Graph;
  readonly #steps: StepRecorder;
  /** Sources of which some partitions came: what depends on them goes on. */
  readonly #partial = new Set<string>();
  #plan: readonly PlanStep[] = [];
  #hasEnded = false;

  constructor(execution: Execution) {
    const { context, run } = execution;
    this.#execution = execution;
    this.#context = context;
    this.#run = run;
    this.#graph = context.registry.graph;
    this.#steps = new StepRecorder(context.pool, run.runId);
  }

  async work(): Promise<void> {
    const { signal } = this.#execution;
    await this.#makePlan();
    await this.#ingestAll();
    signal.throwIfAborted();
    const isLast = (await this.#ready("rebuild", "view")).length === 0;
    await this.#refreshAll(isLast);
    signal.throwIfAborted();
    await this.#rebuildAll();
    if (!this.#hasEnded) await transaction(this.#context.pool, (client) => this.#end(client));
  }

  async #makePlan(): Promise<void> {
    const { pool } = this.#context;
    const { runId, selection, partitions, since, fullRefresh, triggerKind, triggerName } = this.#run;
    const states = await readStates(pool, this.#graph, this.#context.clock());
    const exclude = this.#run.exclude === null ? [] : [this.#run.exclude];
    const selected = select(this.#graph, { select: [selection], exclude, ...selectable(states) });
    const scope: Scope | null = partitions === null && since === null ? null : { partitions, since };
    this.#plan = plan(this.#graph, states, { selected, scope, fullRefresh });
    await this.#steps.plan(
      this.#plan.map((step) => ({ ...step, codeVersion: this.#graph.get(step.asset).codeVersion })),
    );
    const actions = this.#plan.map(({ action }) => action);
    await appendLog(pool, runId, null, startLine(triggerKind, triggerName, actions));
    for (const { asset, problem } of this.#plan)
      if (problem !== null) await this.#steps.set(asset, "failed", { error: problem });
  }

  /** Ends the run with what its steps came to. */
  async #end(client: ClientBase): Promise<void> {
    const failed = this.#steps.withStatus("failed");
    if (failed.length === 0) await this.#execution.end(client, "succeeded", null);
    else await this.#execution.end(client, "failed", `failed: ${failed.join(", ")}`);
    this.#hasEnded = true;
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

  async #ingestAll(): Promise<void> {
    const steps = new Map(
      this.#plan
        .filter(({ action, asset }) => action === "ingest" && this.#steps.status(asset) === "pending")
        .map((step) => [step.asset, step]),
    );
    if (steps.size === 0) return;
    const before = new Map([...steps.values()].map(({ asset, after }) => [asset, after]));
    const pool = this.#context.poolForRun(this.#run.runId);
    try {
      await inParallel([...steps.keys()], before, ingestConcurrency, async (name) => {
        this.#execution.signal.throwIfAborted();
        const [step] = await this.#ready("ingest").then((ready) =>
          ready.filter(({ asset }) => asset === name),
        );
        if (step) await this.#ingest(step, pool);
      });
    } finally {
      await pool.end();
    }
  }

  async #ingest(step: PlanStep, pool: Pool): Promise<void> {
    const { asset } = this.#graph.get(step.asset);
    const { runId, fullRefresh } = this.#run;
    const { signal } = this.#execution;
    if (asset.kind !== "source") throw new TypeError(`expected a source, got: ${asset.name}`);
    // One after the other, so that they stand in the order in which they came.
    let written: Promise<void> = Promise.resolve();
    const write = (work: () => Promise<void>): void => {
      written = written.then(work).catch((error: unknown) => {
        this.#context.log.warn({ error, runId }, "a step's log could not be written");
      });
    };
    const log = (level: LogLevel, message: string): void =>
      write(() => appendLog(this.#context.pool, runId, asset.name, { level, message }));
    try {
      const { failed, ...rows } = await ingest(this.#context, {
        asset,
        runId,
        pool,
        scope: step.scope ?? everything,
        fullRefresh,
        signal,
        log,
        onAttempt: (attempt) => this.#steps.set(asset.name, "running", { attempt }),
        progress: (done, total, label) => write(() => this.#steps.progress(asset.name, done, total, label)),
      });
      await written; // before the outcome, which is the last line
      if (failed.size === 0) await this.#steps.set(asset.name, "succeeded", rows);
      else {
        this.#partial.add(asset.name);
        const error = messageOf(new PartialIngestError(asset.name, failed));
        await this.#steps.set(asset.name, "failed", { ...rows, error });
      }
    } catch (error) {
      await written;
      signal.throwIfAborted();
      await this.#steps.set(asset.name, "failed", { error: messageOf(error) });
    }
  }

  /** Carries on what this run wrote, and computes anew the scopes asked for: one transaction. */
  async #refreshAll(isLast: boolean): Promise<void> {
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
    const { runId, triggerKind, triggerName } = this.#run;
    try {
      const result = await refresh(this.#context, {
        trigger: { kind: triggerKind, name: triggerName },
        sources: claimable,
        runId,
        recompute: new Map(done.flatMap(({ asset, scope }) => (scope ? [[asset, scope] as const] : []))),
        tables: new Set([
          ...done.map(({ asset }) => asset),
          ...claimable.flatMap((source) => [...this.#graph.downstream(source)]),
        ]),
        onBackend: this.#execution.onBackend,
        onRecord: async (client, refreshed) => {
          await this.#settleRefresh(client, done, refreshed);
          if (isLast) await this.#end(client);
        },
      });
      if (result === null) await this.#settleRefresh(this.#context.pool, done, null);
    } catch (error) {
      this.#hasEnded = false;
      this.#execution.signal.throwIfAborted();
      await this.#failTogether(done, error);
    }
  }

  /** The refresh has written down the steps of what it wrote; the others came to nothing. */
  async #settleRefresh(
    client: Pool | ClientBase,
    done: readonly PlanStep[],
    result: RefreshResult | null,
  ): Promise<void> {
    for (const [name, step] of result?.affected ?? []) {
      if (step.done && step.difference) this.#steps.note(name, "succeeded");
    }
    const nothing = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0 };
    for (const { asset } of done)
      if (this.#steps.status(asset) === "running") await this.#steps.set(asset, "succeeded", nothing, client);
  }

  /** Of the sources that this run changed: those it propagates, as all that depends on them was selected, and the others. */
  async #ownChanges(): Promise<{ claimable: string[]; left: string[] }> {
    const { rows } = await this.#context.pool.query<{ asset: string }>(
      `select distinct asset
       from orchestrator.changes
       where run_id = $1`,
      [this.#run.runId],
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
      await rebuild(this.#context, {
        runId: this.#run.runId,
        assets: new Set(steps.map(({ asset }) => asset)),
        signal: this.#execution.signal,
        onBackend: this.#execution.onBackend,
        onStart: (asset) => this.#steps.set(asset, "running"),
        onFilled: (asset, rowsInserted) => this.#steps.filled(asset, rowsInserted),
        onPublish: async (client, result) => {
          await this.#settleRebuild(client, result);
          await this.#end(client);
        },
      });
    } catch (error) {
      this.#hasEnded = false;
      this.#execution.signal.throwIfAborted();
      await this.#failTogether(steps, error);
    }
  }

  async #settleRebuild(client: ClientBase, result: RebuildResult): Promise<void> {
    for (const asset of result.published) await this.#steps.set(asset, "succeeded", {}, client);
    for (const [asset, { message }] of result.refused)
      await this.#steps.set(asset, "failed", { error: message }, client);
    for (const [asset, cause] of result.blocked)
      await this.#steps.set(asset, "skipped", { error: `${cause} was not materialized` }, client);
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
    if (error instanceof AssetCheckError)
      await recordCheckResults(this.#context.pool, this.#run.runId, [error.result]);
    if (steps.length === 0) throw error;
  }
}
