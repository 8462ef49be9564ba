import type { ClientBase, Pool } from "pg";
import { inParallel } from "../concurrency/index.ts";
import type { Context } from "../context.ts";
import { type Graph, isView, select } from "../definition/index.ts";
import { everything, type PlanStep, plan, readStates, type Scope, selectable } from "../planning/index.ts";
import { againAfterDeadlock, messageOf, transaction } from "../postgres/index.ts";
import { type RebuildOutcome, rebuild } from "../publication/index.ts";
import {
  appendLog,
  type LogLevel,
  type RunRecord,
  readCommonProgress,
  recordCheckResults,
  type StepProgress,
  startLine,
} from "../records/index.ts";
import { AssetCheckError, BodyError, type RefreshResult, refresh, usualPortion } from "../refresh/index.ts";
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
  readonly #run: RunRecord;
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
    if (this.#hasEnded) return;
    await againAfterDeadlock(() => transaction(this.#context.pool, (client) => this.#end(client)));
  }

  async #makePlan(): Promise<void> {
    const { pool } = this.#context;
    const { selection, partitions, since, fullRefresh, triggerKind, triggerName } = this.#run;
    const states = await readStates(pool, this.#graph, this.#context.clock());
    const exclude = this.#run.exclude === null ? [] : [this.#run.exclude];
    const selected = select(this.#graph, { select: [selection], exclude, ...selectable(states) });
    const scope: Scope | null = partitions === null && since === null ? null : { partitions, since };
    this.#plan = plan(this.#graph, states, { selected, scope, fullRefresh });
    const actions = this.#plan.map(({ action }) => action);
    // Nothing comes before a refresh but ingestion, and what cannot be done.
    const isAtOnce = this.#plan.every(({ action, problem }) => action !== "ingest" && problem === null);
    const begun = this.#plan.filter(({ action }) => isAtOnce && action === "refresh");
    await this.#steps.plan(
      this.#plan.map((step) => ({ ...step, codeVersion: this.#graph.get(step.asset).codeVersion })),
      startLine(triggerKind, triggerName, actions),
      new Set(begun.map(({ asset }) => asset)),
    );
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
    const causes = this.#causes();
    const pending = this.#plan.filter(
      ({ asset, action }) => actions.includes(action) && this.#steps.status(asset) === "pending",
    );
    for (const { asset } of pending) {
      const cause = causes.get(asset);
      if (cause !== undefined)
        await this.#steps.set(asset, "skipped", { error: `${cause} was not materialized` });
    }
    return pending.filter(({ asset }) => !causes.has(asset));
  }

  /** Each step that cannot be done, or was not -> the first above it that failed: itself, where it did. */
  #causes(): Map<string, string> {
    const causes = new Map<string, string>();
    for (const { asset, after } of this.#plan) {
      const status = this.#steps.status(asset);
      const above = after.find((name) => causes.has(name));
      if (above !== undefined) causes.set(asset, causes.get(above)!);
      else if (
        status === "failed" ? !this.#partial.has(asset) : status === "skipped" || status === "cancelled"
      )
        causes.set(asset, asset);
    }
    return causes;
  }

  async #ingestAll(): Promise<void> {
    const steps = new Map(
      this.#plan
        .filter(({ action, asset }) => action === "ingest" && this.#steps.status(asset) === "pending")
        .map((step) => [step.asset, step]),
    );
    if (steps.size === 0) return;
    const before = ingestionsBefore(this.#plan);
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

  /** Carries on what this run wrote, and computes anew the scopes asked for, a few partition values at a time. */
  async #refreshAll(isLast: boolean): Promise<void> {
    const begun = this.#plan.filter(({ asset }) => this.#steps.status(asset) === "running");
    const steps = [...begun, ...(await this.#ready("refresh"))];
    const { claimable, left } = await this.#ownChanges();
    const below = this.#graph.downstreamOfAny(left);
    const unclaimed = new Set(steps.filter(({ asset, scope }) => scope === null && below.has(asset)));
    const reason = `changes of ${left.join(", ")} are left to the sensor: not all that depends on them was selected`;
    await this.#steps.setAll(
      [...unclaimed].map(({ asset }) => ({ asset, status: "skipped", error: reason })),
    );
    const done = steps.filter((step) => !unclaimed.has(step));
    const others = done.filter(({ asset }) => this.#steps.status(asset) !== "running");
    await this.#steps.setAll(others.map(({ asset }) => ({ asset, status: "running" })));
    try {
      await this.#refreshPortions(done, claimable, isLast);
    } catch (error) {
      this.#hasEnded = false;
      this.#execution.signal.throwIfAborted();
      // All that is below is built from the sources, by code that may well take what the published code cannot.
      if (done.length === 0 && !isLast) await this.#leaveChanges(claimable, error);
      else await this.#failTogether(done, error);
    }
  }

  /** The refresh has put them back: they are the sensor's once the run has ended. */
  async #leaveChanges(sources: readonly string[], error: unknown): Promise<void> {
    const message = `changes of ${sources.join(", ")} are left to the sensor, as what is published cannot take them: ${messageOf(error)}`;
    await appendLog(this.#context.pool, this.#run.runId, null, { level: "warn", message });
  }

  /** Each portion in a transaction of its own; the run ends with the last, if nothing else is to follow. */
  async #refreshPortions(
    done: readonly PlanStep[],
    claimable: readonly string[],
    isLast: boolean,
  ): Promise<void> {
    const names = done.map(({ asset }) => asset);
    const { portions, first } = await this.#portionsOf(done);
    const written = new Set<string>();
    for (let index = first; index < portions.length; index++) {
      this.#execution.signal.throwIfAborted();
      const { values, progress } = portions[index]!;
      const isLastPortion = index === portions.length - 1;
      const settle = async (client: Pool | ClientBase, result: RefreshResult | null): Promise<void> => {
        for (const [name, { difference }] of result?.affected ?? []) if (difference) written.add(name);
        if (progress) await this.#steps.progressTogether(names, progress, client);
        if (isLastPortion) await this.#settleRefresh(client, done, written);
      };
      const result = await refresh(this.#context, {
        ...this.#refreshRequest(done, values),
        sources: index === first ? claimable : [],
        tables: new Set([...names, ...this.#graph.downstreamOfAny(claimable)]),
        ...(progress && { progress }),
        onRecord: async (client, refreshed) => {
          await settle(client, refreshed);
          if (isLast && isLastPortion) await this.#end(client);
          else await this.#execution.confirm(client);
        },
      });
      if (result === null) await settle(this.#context.pool, null);
    }
  }

  /** Of the scopes asked for, these partition values; null: as they are. */
  #refreshRequest(done: readonly PlanStep[], values: readonly string[] | null) {
    const { runId, triggerKind, triggerName } = this.#run;
    const scopes = done.flatMap(({ asset, scope }) =>
      scope ? [[asset, values ? { ...scope, partitions: values } : scope] as const] : [],
    );
    const isStored = ([name]: readonly [string, Scope]): boolean => !isView(this.#graph.get(name).asset);
    return {
      trigger: { kind: triggerKind, name: triggerName },
      runId,
      recompute: new Map(scopes.filter(isStored)),
      views: new Map(scopes.filter((scope) => !isStored(scope))),
      onBackend: this.#execution.onBackend,
    };
  }

  /**
   * The partition values asked for, few at a time, and the first that is to be done: the attempt before this one, whose
   * process died, has committed those before it.
   */
  async #portionsOf(done: readonly PlanStep[]): Promise<{ portions: Portion[]; first: number }> {
    const { partitions, retryOf } = this.#run;
    const values = [...new Set(partitions ?? [])].sort();
    // Of an ingestion's values, say, none of them is: they are whatever its changes come to.
    const scoped = done.find(({ scope }) => scope !== null && scope.partitions !== null);
    if (!scoped || values.length <= usualPortion.values)
      return { portions: [{ values: null, progress: null }], first: 0 };
    const label = this.#graph.get(scoped.asset).asset.partitionBy ?? "";
    const names = done.map(({ asset }) => asset);
    const portions = Array.from({ length: Math.ceil(values.length / usualPortion.values) }, (_, index) => {
      const start = index * usualPortion.values;
      const portion = values.slice(start, start + usualPortion.values);
      return { values: portion, progress: { done: start + portion.length, total: values.length, label } };
    });
    const before = retryOf === null ? 0 : await readCommonProgress(this.#context.pool, retryOf, names);
    const first = portions.findIndex(({ progress }) => progress.done > before);
    return { portions, first: first < 0 ? portions.length - 1 : first };
  }

  /**
   * The refreshes have written down the steps of what they wrote; the others came to nothing. A table that is to be rebuilt
   * as well, and was refreshed as it stands, is still to be rebuilt.
   */
  async #settleRefresh(
    client: Pool | ClientBase,
    done: readonly PlanStep[],
    written: ReadonlySet<string>,
  ): Promise<void> {
    await this.#steps.reload(client);
    const nothing = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0 };
    const updates = done
      .filter(({ asset }) => this.#steps.status(asset) === "running")
      .map(({ asset }) => {
        const rows = written.has(asset) || isView(this.#graph.get(asset).asset) ? {} : nothing;
        return { asset, status: "succeeded" as const, ...rows };
      });
    await this.#steps.setAll(updates, client);
  }

  /** Of the sources that this run changed: those it propagates, as all that depends on them was selected, and the others. */
  async #ownChanges(): Promise<{ claimable: string[]; left: string[] }> {
    if (!this.#plan.some(({ action }) => action === "ingest")) return { claimable: [], left: [] };
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
        onLockLost: (cause) => this.#execution.lockLost(cause),
        onStart: (asset) => this.#steps.set(asset, "running"),
        onFilled: (asset, rowsInserted) => this.#steps.filled(asset, rowsInserted),
        onPublish: async (client, published, outcome) => {
          await this.#steps.setAll(
            published.map((asset) => ({ asset, status: "succeeded" })),
            client,
          );
          if (outcome) await this.#settleRebuild(client, outcome);
          else await this.#execution.confirm(client);
        },
      });
    } catch (error) {
      this.#hasEnded = false;
      this.#execution.signal.throwIfAborted();
      await this.#steps.reload();
      const open = steps.filter(({ asset }) => this.#steps.status(asset) !== "succeeded");
      await this.#failTogether(open, error);
    }
  }

  async #settleRebuild(client: ClientBase, { failed, below, heldBack }: RebuildOutcome): Promise<void> {
    const failures = [...failed].map(([asset, { message }]) => [asset, "failed", message] as const);
    const others = [
      ...[...below].map(([asset, cause]) => [asset, `${cause} was not materialized`] as const),
      ...heldBack,
    ].map(([asset, why]) => [asset, "skipped", why] as const);
    const updates = [...failures, ...others].map(([asset, status, error]) => ({ asset, status, error }));
    await this.#steps.setAll(updates, client);
    await this.#end(client);
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

/** What of a refresh is one transaction. values null: all of it. */
interface Portion {
  readonly values: readonly string[] | null;
  readonly progress: StepProgress | null;
}

/** The ingestions nearest above each step, by way of steps of other kinds, which are done later. */
function ingestionsBefore(steps: readonly PlanStep[]): Map<string, string[]> {
  const ingestions = new Set(steps.filter(({ action }) => action === "ingest").map(({ asset }) => asset));
  const before = new Map<string, string[]>();
  for (const { asset, after } of steps) {
    const nearest = after.flatMap((name) => (ingestions.has(name) ? [name] : (before.get(name) ?? [])));
    before.set(asset, [...new Set(nearest)]);
  }
  return before;
}
