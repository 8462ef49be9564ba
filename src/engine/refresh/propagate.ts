import type { ClientBase } from "pg";
import { type AnyAsset, type Dependency, type Graph, unknownReach } from "../definition/index.ts";
import { everything, mapScope, type Scope, unionScopes, ValueLookups } from "../planning/index.ts";
import type { CurrentVersion } from "../records/index.ts";
import { applyDifference, type Difference, differs, type TableVersion } from "./difference.ts";
import type { ScopeLocks } from "./scope-locks.ts";

/** An asset that a propagation came to. */
export interface Affected {
  readonly asset: AnyAsset;
  readonly scope: Scope;
  /** What of its content changed; null: nothing, so that its dependents were left alone. */
  readonly changed: Scope | null;
  /** null: it stores nothing, or was not to be written. */
  readonly difference: Difference | null;
  /** A table changed here or above, with nothing but views between. */
  readonly isOfTable: boolean;
  /** By the process's own clock: `performance.now()`. */
  readonly begunAt: number;
  readonly milliseconds: number;
  /** false: a table that was affected but not to be written. Its rows are behind now. */
  readonly done: boolean;
}

export interface PropagationRequest {
  readonly graph: Graph;
  readonly published: ReadonlyMap<string, CurrentVersion>;
  readonly locks: ScopeLocks;
  /** Assets whose content differs from what their dependents last read. */
  readonly changed: ReadonlyMap<string, Scope>;
  /** Tables to compute anew in a scope, whether or not something before them changed. */
  readonly recompute: ReadonlyMap<string, Scope>;
  /** Tables that may be written; null: all. */
  readonly tables: ReadonlySet<string> | null;
}

/**
 * Carries changes down the graph, in topological order: what each asset must compute anew is the union of what its
 * changed dependencies map to, and what of it differs then is what goes on.
 */
export async function propagate(
  client: ClientBase,
  propagation: PropagationRequest,
): Promise<Map<string, Affected>> {
  const affected = new Map<string, Affected>();
  const { graph } = propagation;
  const lookups = new ValueLookups(client);
  for (const name of graph.nodes.keys()) {
    const given = propagation.changed.get(name);
    if (!given && !mayBeAffected(propagation, name, affected)) continue;
    const version = propagation.published.get(name)!;
    const started = performance.now();
    const isFed = !readsChangedTable(version, affected);
    const scope = await scopeOf(lookups, propagation, version, affected);
    if (!scope && !given) continue;
    const step = scope ? await visit(client, propagation, version, scope, isFed) : null;
    const changed = unionOf(given ?? null, step?.changed ?? null);
    if (step?.difference?.changed && !version.asset.partitionBy) await lockBelow(propagation, name);
    if (step?.difference?.changed)
      lookups.forget((relation) => mayRead(propagation.published, relation, name));
    affected.set(name, {
      asset: version.asset,
      scope: unionOf(step?.scope ?? null, given ?? null)!,
      changed,
      difference: step?.difference ?? null,
      isOfTable: !isFed || Boolean(step?.difference?.changed),
      begunAt: started,
      milliseconds: performance.now() - started,
      done: step?.done ?? true,
    });
  }
  return affected;
}

/** Asked of every asset of the graph: most have nothing to do with what changed. */
function mayBeAffected(
  { graph, published, recompute }: PropagationRequest,
  name: string,
  affected: ReadonlyMap<string, Affected>,
): boolean {
  if (recompute.has(name)) return true;
  const { deps } = published.get(name)?.asset ?? graph.get(name).asset;
  return deps.some((dependency) => affected.get(dependency.asset.name)?.changed);
}

async function visit(
  client: ClientBase,
  { locks, tables }: PropagationRequest,
  { asset, body, table }: CurrentVersion,
  scope: Scope,
  isFed: boolean,
): Promise<Pick<Affected, "scope" | "changed" | "difference" | "done">> {
  // A view, a source, or what was never published: stores nothing, and what comes in goes out.
  if (table === null || body === null) return { scope, changed: scope, difference: null, done: true };
  if (tables && !tables.has(asset.name)) return { scope, changed: null, difference: null, done: false };
  const whole = asset.kind === "model" && asset.materialized === "table" ? everything : scope;
  const applied = await applyLocked(client, locks, { asset, body, table }, whole, isFed);
  return {
    scope: applied.scope,
    changed: applied.difference.changed,
    difference: applied.difference,
    done: true,
  };
}

/**
 * What has no partitions reaches all of what reads it. All that is locked at once: found to be held one after the other, each time after what
 * comes before it was computed, a refresh of some hundred values began four times.
 */
async function lockBelow({ graph, published, locks }: PropagationRequest, name: string): Promise<void> {
  const tables = [...graph.downstream(name)].flatMap((below) => {
    const version = published.get(below);
    return version && version.table !== null ? [[version.asset, everything] as const] : [];
  });
  await locks.lockAll(tables);
}

/** As published, at any distance, each looked at once; of a relation that nothing is known of, too. */
function mayRead(
  published: PropagationRequest["published"],
  relation: string,
  name: string,
  seen = new Set<string>(),
): boolean {
  if (relation === name) return true;
  if (seen.has(relation)) return false;
  seen.add(relation);
  const asset = published.get(relation)?.asset;
  if (!asset) return true;
  return (
    asset.kind !== "source" && asset.deps.some((above) => mayRead(published, above.asset.name, name, seen))
  );
}

/** Of what it reads, did a table change, be it behind views? */
function readsChangedTable({ asset }: CurrentVersion, affected: ReadonlyMap<string, Affected>): boolean {
  if (asset.kind === "source") return false;
  return asset.deps.some(
    ({ asset: { name } }) => affected.get(name)?.changed && affected.get(name)!.isOfTable,
  );
}

/**
 * isFed: by sources alone. One without partitions is then read by every refresh (a last day known, by each row written) and hardly ever
 * changed, and is not to let one refresh wait for the other: it is compared under a lock that all may have. One that differs
 * is locked for this refresh alone, and compared again: what came in between was carried on by somebody who saw no difference.
 */
async function applyLocked(
  client: ClientBase,
  locks: ScopeLocks,
  version: TableVersion,
  scope: Scope,
  isFed: boolean,
): Promise<{ readonly scope: Scope; readonly difference: Difference }> {
  const { asset } = version;
  if (asset.partitionBy || !isFed) {
    await locks.lock(asset, scope);
    return await applyWidening(client, version, scope);
  }
  await locks.lockShared(asset);
  if (!(await differs(client, version, scope))) return { scope, difference: noDifference };
  await locks.lock(asset, scope);
  return await applyWidening(client, version, scope);
}

const noDifference: Difference = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, changed: null };

/**
 * Periods that reach into a scope began before it, and with them a change is written that was committed since the claim and
 * is of an earlier day. Who claims that later finds those rows done and stops, so its days are carried on here: the
 * scope is widened to where rows differed, until none before it does.
 */
async function applyWidening(
  client: ClientBase,
  version: TableVersion,
  scope: Scope,
): Promise<{ readonly scope: Scope; readonly difference: Difference }> {
  const difference = await applyDifference(client, version, scope);
  const { changed } = difference;
  if (!changed || scope.since === null || changed.since === null || changed.since >= scope.since)
    return { scope, difference };
  const wider = await applyWidening(client, version, { ...scope, since: changed.since });
  return { scope: wider.scope, difference: sumOf(difference, wider.difference) };
}

function sumOf(a: Difference, b: Difference): Difference {
  return {
    rowsInserted: a.rowsInserted + b.rowsInserted,
    rowsUpdated: a.rowsUpdated + b.rowsUpdated,
    rowsDeleted: a.rowsDeleted + b.rowsDeleted,
    changed: unionOf(a.changed, b.changed),
  };
}

async function scopeOf(
  lookups: ValueLookups,
  propagation: PropagationRequest,
  version: CurrentVersion,
  affected: ReadonlyMap<string, Affected>,
): Promise<Scope | null> {
  const { asset, reaches } = version;
  // What a source reads before it fetches does not make its rows change.
  if (asset.kind === "source") return null;
  let scope = propagation.recompute.get(asset.name) ?? null;
  for (const dependency of asset.deps) {
    const { name, partitionBy } = dependency.asset;
    const changed = affected.get(name)?.changed;
    if (!changed) continue;
    const isMapped = reaches.get(name)?.partitions === "mapped";
    // Values of the same column are among those that changed, which are locked.
    if (isMapped && asset.partitionBy && asset.partitionBy !== partitionBy)
      await propagation.locks.lockColumn(asset.partitionBy);
    scope = unionOf(scope, await scopeReached(lookups, propagation, version, dependency, changed));
  }
  return scope;
}

/** What a change of a dependency in a scope reaches in what is published of an asset. null: nothing. */
export async function scopeReached(
  lookups: ValueLookups,
  { graph, published }: Pick<PropagationRequest, "graph" | "published">,
  { asset, reaches }: CurrentVersion,
  dependency: Dependency,
  changed: Scope,
): Promise<Scope | null> {
  const read: Dependency = { ...dependency, asset: published.get(dependency.asset.name)!.asset };
  const reach = isScopedAs(graph, read.asset) ? reaches.get(read.asset.name) : undefined;
  return await mapScope(lookups, read, reach ?? unknownReach, asset, changed);
}

/** A version before the graph's may have told its scopes by other columns, of which nothing was derived. */
function isScopedAs(graph: Graph, { name, partitionBy, timeColumn, timeEndColumn }: AnyAsset): boolean {
  const { asset } = graph.get(name);
  return (
    asset.partitionBy === partitionBy &&
    asset.timeColumn === timeColumn &&
    asset.timeEndColumn === timeEndColumn
  );
}

function unionOf(a: Scope | null, b: Scope | null): Scope | null {
  return a && b ? unionScopes(a, b) : (a ?? b);
}
