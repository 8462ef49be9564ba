import type { ClientBase, PoolClient } from "pg";
import type { Context } from "../context.ts";
import { type Scope, unionScopes } from "../planning/index.ts";
import { isTransient, lockBarrierShared, messageOf, type OnBackend, transaction } from "../postgres/index.ts";
import {
  type CheckResult,
  readCurrentVersions,
  type StepProgress,
  selectCurrentVersions,
} from "../records/index.ts";
import {
  type ClaimableSource,
  type ClaimedChanges,
  claimChanges,
  countWaitingValues,
  type Portion,
  scopesOf,
} from "./changes.ts";
import { refuseFailures, runChecksOf } from "./checks.ts";
import { type Affected, propagate } from "./propagate.ts";
import { recordFailedRefresh, recordRefresh, type Trigger } from "./record-refresh.ts";
import { LockHeldError, ScopeLocks, union } from "./scope-locks.ts";

export interface RefreshRequest {
  readonly trigger: Trigger;
  /** Names of the sources whose changes are claimed. */
  readonly sources: readonly string[];
  /** Set: the changes of this run and no others, recorded as part of it. */
  readonly runId?: number;
  /** Set: none but these changes. */
  readonly changeIds?: readonly number[];
  /** How much of what is anybody's is claimed at once. */
  readonly portion?: Portion;
  /** Partition values of the same batch that are done already. */
  readonly done?: number;
  /** Set: one of several refreshes that a run takes for its steps, which goes so far. */
  readonly progress?: StepProgress;
  /** Tables to compute anew besides. */
  readonly recompute?: ReadonlyMap<string, Scope>;
  /** Tables that may be written. Absent: all. */
  readonly tables?: ReadonlySet<string>;
  /** Views to check in a scope, whether or not something of them changes. */
  readonly views?: ReadonlyMap<string, Scope>;
  readonly onBackend?: OnBackend;
  /** What there was to claim is claimed, be it nothing: what is written from now on is not in it. */
  readonly onClaimed?: () => void;
  /** In the transaction that refreshes, last: what is to be written with it or not at all. Not called if nothing was to be done. */
  readonly onRecord?: (client: ClientBase, result: RefreshResult) => Promise<void>;
}

export interface RefreshResult {
  readonly runId: number;
  /** Change rows that are done with. */
  readonly changes: number;
  readonly affected: ReadonlyMap<string, Affected>;
  readonly checks: readonly CheckResult[];
  /** Of a batch that is more than one portion: how far it is. */
  readonly progress: StepProgress | null;
}

/** A person has a few values changed, a batch hundreds: a transaction of some seconds, after which others have a turn. */
export const usualPortion: Portion = { values: 20, first: "oldest" };

/** A refresh that failed, with what it had claimed and has put back. */
class ClaimFailure extends Error {
  readonly claimed: readonly ClaimedChanges[];

  constructor(claimed: readonly ClaimedChanges[], cause: unknown) {
    super(messageOf(cause), { cause });
    this.claimed = claimed;
  }
}

const transientAttempts = 5;

/** After as many locks that were held it waits for whatever it wants: PostgreSQL then finds who is in whose way. */
const mostBeginnings = 10;

/**
 * Claims changes and carries them to every dependent, checks and records, in one transaction: all of it or none.
 * null: there was nothing to do. A deadlock is tried again; any other error is thrown as it is.
 */
export async function refresh(context: Context, request: RefreshRequest): Promise<RefreshResult | null> {
  try {
    return await refreshOrFail(context, request);
  } catch (error) {
    throw error instanceof ClaimFailure ? error.cause : error;
  }
}

export interface RefreshOutcome {
  readonly succeeded: readonly RefreshResult[];
  /** Changes that wait now, and the error of each refresh that failed. */
  readonly failed: readonly { readonly runId: number; readonly error: string }[];
}

/**
 * As `refresh`, but an error is found its place: a batch that fails is halved until what fails stands alone, so that
 * one person's bad row does not hold up the others. What fails waits, and is recorded as a failed run. failures: how many
 * there were of the same batch before.
 */
export async function refreshIsolating(
  context: Context,
  request: RefreshRequest,
  failures = 0,
): Promise<RefreshOutcome> {
  const succeeded: RefreshResult[] = [];
  const failed: { runId: number; error: string }[] = [];
  const attempt = async (part: RefreshRequest): Promise<void> => {
    try {
      const result = await refreshOrFail(context, part);
      if (result) succeeded.push(result);
    } catch (error) {
      if (!(error instanceof ClaimFailure)) throw error;
      const halves = failures + failed.length < mostIsolated ? halve(error.claimed) : [];
      if (halves.length === 0) {
        const message = messageOf(error.cause);
        failed.push({
          runId: await recordFailedRefresh(context.pool, part.trigger, error.claimed, message),
          error: message,
        });
      }
      for (const half of halves) await attempt({ ...part, changeIds: half });
    }
  };
  await attempt(request);
  return { succeeded, failed };
}

/** After this many failures in one batch it is not the rows that are at fault: the rest waits together. */
const mostIsolated = 10;

/** The change rows of half the partition values each; nothing when there is but one value. */
function halve(claimed: readonly ClaimedChanges[]): number[][] {
  const values = [...Map.groupBy(claimed, ({ partition }) => partition).values()];
  if (values.length < 2) return [];
  const middle = Math.ceil(values.length / 2);
  return [values.slice(0, middle), values.slice(middle)].map((half) =>
    half.flat().flatMap(({ changeIds }) => changeIds),
  );
}

async function refreshOrFail(context: Context, request: RefreshRequest): Promise<RefreshResult | null> {
  let first: LockHeldError["locks"] = new Map();
  for (let [attempt, beginning] = [1, 1]; ; ) {
    try {
      return await refreshOnce(context, request, {
        first,
        // A run has computed for long when it comes to want what others hold: these let go of what they have, it waits.
        waits: request.runId !== undefined || beginning > mostBeginnings,
      });
    } catch (error) {
      const cause = error instanceof ClaimFailure ? error.cause : error;
      if (cause instanceof LockHeldError) {
        first = union([first, cause.locks]);
        beginning++;
      } else if (!isTransient(cause) || attempt++ === transientAttempts) throw error;
    }
  }
}

interface Locking {
  /** Wanted by an attempt before this one. */
  readonly first: LockHeldError["locks"];
  readonly waits: boolean;
}

/**
 * How its statements are planned. Compiling, and starting parallel workers, cost more than any of them. What they read is in memory: priced as
 * on a spinning disk, an index loses to reading everybody's rows (32 ms instead of 10). A statement that is prepared is of a few
 * partitions, and one plan is good for any few: with plans of its own for each scope, which PostgreSQL prefers as long as they look
 * a little cheaper, planning took longer than the work. And what is looked up for one row is hardly ever looked up for another: with
 * what it found remembered, a SELECT of 17 ms took 20.
 */
const planned = [
  "jit = off",
  "max_parallel_workers_per_gather = 0",
  "random_page_cost = 1.1",
  "plan_cache_mode = force_generic_plan",
  "enable_memoize = off",
]
  .map((setting) => `set local ${setting}`)
  .join("; ");

async function refreshOnce(
  context: Context,
  request: RefreshRequest,
  locking: Locking,
): Promise<RefreshResult | null> {
  const { graph } = context.registry;
  const timeout = Math.max(60, ...[...graph.nodes.values()].map(({ asset }) => asset.timeoutSeconds));
  // The barrier comes before anything is claimed or read.
  const begin = `begin; ${planned}; set local statement_timeout = ${timeout * 1000}; ${lockBarrierShared}`;
  const { onBackend } = request;
  return await transaction(context.pool, (client) => work(client, context, request, locking), {
    begin,
    onBackend,
  });
}

async function work(
  client: PoolClient,
  { registry: { graph } }: Context,
  request: RefreshRequest,
  { first, waits }: Locking,
): Promise<RefreshResult | null> {
  const started = performance.now();
  const { trigger, runId = null, changeIds = null, portion = usualPortion } = request;
  const { recompute = new Map(), tables = null, views = new Map() } = request;
  const sources = request.sources.map((name): ClaimableSource => {
    return { name, column: graph.get(name).asset.partitionBy ?? null };
  });
  // Whoever switches a sensor off is heeded with the next portion.
  const automation = trigger.kind === "sensor" ? trigger.name : null;
  const claim = { sources, runId, changeIds, portion, automation };
  const claimed = sources.length > 0 ? await claimChanges(client, claim) : [];
  request.onClaimed?.();
  if (claimed.length + recompute.size + views.size === 0) return null;
  try {
    const rows = (await client.query(selectCurrentVersions)).rows;
    const published = await readCurrentVersions(client, graph, rows);
    const locks = new ScopeLocks(client, { waits });
    const changed = scopesOf(claimed);
    await locks.takeFirst(
      first,
      [...changed, ...recompute].map(([name, scope]) => [published.get(name)!.asset, scope] as const),
    );
    const affected = await propagate(client, { graph, published, locks, changed, recompute, tables });
    const checks = await runChecksOf(
      client,
      [...scopesToCheck(affected, views)].map(([name, scope]) => {
        const { asset } = published.get(name)!;
        return { asset, checks: asset.checks, scope };
      }),
    );
    refuseFailures(checks);
    const progress = request.progress ?? (await progressOf(client, request, sources, claimed));
    const milliseconds = performance.now() - started;
    const askedAt =
      claimed.map(({ oldestAt }) => oldestAt).toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null;
    const record = { trigger, runId, affected, checks, milliseconds, askedAt, progress };
    const recorded = await recordRefresh(client, graph, record);
    const changes = claimed.reduce((sum, { changeIds }) => sum + changeIds.length, 0);
    const result = { runId: recorded, changes, affected, checks, progress };
    await request.onRecord?.(client, result);
    return result;
  } catch (error) {
    throw new ClaimFailure(claimed, error);
  }
}

/** What changed, and the views asked for. */
function scopesToCheck(
  affected: ReadonlyMap<string, Affected>,
  views: ReadonlyMap<string, Scope>,
): Map<string, Scope> {
  const scopes = new Map(views);
  for (const [name, { changed }] of affected) {
    if (!changed) continue;
    const asked = views.get(name);
    scopes.set(name, asked ? unionScopes(asked, changed) : changed);
  }
  return scopes;
}

/** What waits is counted only where a portion was full: a single write is not to pay for it. */
async function progressOf(
  client: PoolClient,
  { runId, changeIds, portion = usualPortion, done = 0 }: RefreshRequest,
  sources: readonly ClaimableSource[],
  claimed: readonly ClaimedChanges[],
): Promise<StepProgress | null> {
  if (runId !== undefined || changeIds) return null;
  const columns = new Map(sources.map(({ name, column }) => [name, column]));
  const byColumn = Map.groupBy(claimed, ({ asset }) => columns.get(asset)!);
  const values = [...byColumn.values()].map((each) => new Set(each.map(({ partition }) => partition)).size);
  // It is so many rows that a claim looks at, of however few values, and all that waits of these.
  const rows = [...byColumn.values()].map((each) =>
    each.reduce((sum, { changeIds: ofValue }) => sum + ofValue.length, 0),
  );
  const isFull = rows.some((count) => count >= portion.values);
  const left = isFull ? await countWaitingValues(client, sources) : 0;
  if (done + left === 0) return null;
  const now = done + values.reduce((sum, count) => sum + count, 0);
  return { done: now, total: now + left, label: [...byColumn.keys()].filter(Boolean).join(", ") };
}
