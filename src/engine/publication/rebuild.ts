import type { ClientBase } from "pg";
import { inParallel } from "../concurrency/index.ts";
import type { Context } from "../context.ts";
import { type Check, isView } from "../definition/index.ts";
import { HeldSession, lockRebuild, type OnBackend, transaction } from "../postgres/index.ts";
import {
  type CheckResult,
  type CurrentVersion,
  dropOldVersions,
  passBarrier,
  recordCheckResults,
} from "../records/index.ts";
import { AssetCheckError, allChecks, BodyError, firstFailure } from "../refresh/index.ts";
import { arrange, blame, type Group, groupsOf } from "./arrange.ts";
import { type Build, fillTable, type NewTable, prepareBuild, tablesBefore, useSchema } from "./build.ts";
import { writeComments } from "./comments.ts";
import { dropBuild, dropLeftovers } from "./drop-build.ts";
import { GroupError, publishGroup } from "./publish.ts";
import { checkToPublish, type Samples } from "./sample.ts";
import { ForeignDependentError } from "./stable-views.ts";

export interface RebuildRequest {
  readonly runId: number;
  /** Tables to fill anew and views to publish again. */
  readonly assets: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly onBackend: OnBackend;
  /** The connection that holds the lock of rebuilds broke: has the signal abort, and ends what works for the run. */
  readonly onLockLost: (cause: unknown) => void;
  readonly onStart: (asset: string) => Promise<void>;
  readonly onFilled: (asset: string, rows: number) => Promise<void>;
  /**
   * In each transaction that publishes, last: what is to be written with it or not at all. The last of them, which may
   * publish nothing, has the outcome of all; those before it null.
   */
  readonly onPublish: (
    client: ClientBase,
    published: readonly string[],
    outcome: RebuildOutcome | null,
  ) => Promise<void>;
}

/** What was not published, and why. */
export interface RebuildOutcome {
  readonly failed: ReadonlyMap<string, Error>;
  /** Assets left out because one above them was: its name. */
  readonly below: ReadonlyMap<string, string>;
  /** Assets that are right themselves: why they were not published. */
  readonly heldBack: ReadonlyMap<string, string>;
}

/** As many tables are filled at once: more only share the same disk and processors. */
const concurrency = 2;

/**
 * Makes assets anew beside what people read, checks them, and publishes them in short transactions, one for each group of
 * assets that read each other: readers see all of a group or nothing. One that fails takes out itself and what is below
 * it; the rest is published. One rebuild at a time in a database, since one reads what another would replace.
 */
export async function rebuild(context: Context, request: RebuildRequest): Promise<void> {
  await HeldSession.withLock(
    context.pool,
    lockRebuild,
    async ({ broken }) => {
      // A table that is being filled would be for an hour, and others may rebuild beside it from now on.
      const onBroken = (): void => request.onLockLost(broken.reason);
      broken.addEventListener("abort", onBroken, { once: true });
      let published: string[];
      try {
        await dropLeftovers(context);
        published = await rebuildAndPublish(context, request);
      } finally {
        broken.removeEventListener("abort", onBroken);
        await dropBuild(context, request.runId);
      }
      await writeComments(context);
      await dropOldVersions(context, published);
    },
    request.onBackend,
  );
}

async function rebuildAndPublish(context: Context, request: RebuildRequest): Promise<string[]> {
  request.signal.throwIfAborted();
  const barrier = await passBarrier(context.pool);
  const build = await prepareBuild(context, request.runId, request.assets, request.onBackend);
  await arrange(context, build, request.onBackend); // what cannot be published need not be filled
  const checks = new Checks(context, build, request);
  await fillTables(context, build, checks, request);
  await checks.run();
  return await publishAll(context, build, checks, barrier, request);
}

/**
 * First what the longest chain of tables waits for; and where one table after the other is all that can be filled, what stands
 * on those that are is checked beside it.
 */
async function fillTables(
  context: Context,
  build: Build,
  checks: Checks,
  request: RebuildRequest,
): Promise<void> {
  const { graph } = context.registry;
  const tables = [...build.candidates].flatMap(([name, { relation }]) => (relation === null ? [] : [name]));
  const above = tablesBefore(graph, build);
  const fill = async (name: string): Promise<void> => {
    const version = build.candidates.get(name);
    if (!version) return; // below one that failed
    await request.onStart(name);
    try {
      const options = { ...context, onBackend: request.onBackend };
      const rows = await fillTable(context.pool, build, version as NewTable, options);
      if (!build.candidates.has(name)) return; // meanwhile a check of what it is made from failed
      await request.onFilled(name, rows);
      checks.filled(name);
    } catch (error) {
      request.signal.throwIfAborted();
      build.fail(name, error as Error);
    }
  };
  const alone = [...build.candidates].filter(([, { asset }]) => asset.checks.every(readsNothingElse));
  const checked = new Map(alone.map(([name]) => [`check of ${name}`, name]));
  const before = new Map(above);
  for (const [check, name] of checked)
    before.set(check, tables.includes(name) ? [name] : (above.get(name) ?? []));
  await inParallel(
    [...tables, ...checked.keys()],
    before,
    concurrency,
    async (work) => {
      request.signal.throwIfAborted();
      const name = checked.get(work);
      await (name === undefined ? fill(work) : checks.runEarly(name));
    },
    chainsBelow(tables, above),
  );
}

/** But the rows that are checked, so that all that must be filled for it is what they are made from. */
function readsNothingElse(check: Check): boolean {
  return check.kind === "expression"
    ? !/\b(?:select|table)\b/i.test(check.expression)
    : check.kind !== "relationship";
}

/** How many tables are one above the other from each on, itself among them. tables: in topological order. */
function chainsBelow(
  tables: readonly string[],
  above: ReadonlyMap<string, readonly string[]>,
): Map<string, number> {
  const chains = new Map(tables.map((name) => [name, 1]));
  for (const name of [...tables].reverse())
    for (const read of above.get(name) ?? [])
      chains.set(read, Math.max(chains.get(read) ?? 1, chains.get(name)! + 1));
  return chains;
}

/** Checks what would be read differently: what is made anew, and the views that read it. */
class Checks {
  readonly #context: Context;
  readonly #build: Build;
  readonly #request: RebuildRequest;
  readonly #results = new Map<string, readonly CheckResult[]>();
  readonly #samples: Samples = new Map();
  /** Tables of the build. */
  readonly #filled = new Set<string>();
  /** Candidates, with all that they read filled. */
  readonly #passed = new Set<string>();

  constructor(context: Context, build: Build, request: RebuildRequest) {
    this.#context = context;
    this.#build = build;
    this.#request = request;
  }

  filled(table: string): void {
    this.#filled.add(table);
  }

  /**
   * Of what is made anew, while others are filled yet that it does not read. What fails goes out of the build, as later. A view that is
   * sampled is left to `run` while a table with its column is to be filled.
   */
  async runEarly(name: string): Promise<void> {
    if (!this.#build.candidates.has(name)) return;
    const { asset } = this.#build.versionOf(name);
    if (isView(asset) && this.#isAnyToFill(asset.partitionBy)) return;
    const error = await this.#check(name);
    if (error) this.#build.fail(name, error);
    else this.#passed.add(name);
  }

  /** Takes what fails out of the build, and checks again what then stands on something else, until all that is left passes. */
  async run(): Promise<void> {
    await arrange(this.#context, this.#build, this.#request.onBackend);
    const { candidates, dependents } = this.#build;
    const open = [...candidates.keys()].filter((name) => !this.#passed.has(name));
    await this.#run([...open, ...dependents]);
  }

  /** After something was taken out of the build: only what stands on something else since. */
  async runAgain(): Promise<void> {
    await this.#run([...(await arrange(this.#context, this.#build, this.#request.onBackend))]);
  }

  async #run(first: readonly string[]): Promise<void> {
    const { registry } = this.#context;
    const { candidates, dependents } = this.#build;
    for (let names = first; names.length > 0; ) {
      await inParallel(names, new Map(), concurrency, async (name) => {
        this.#request.signal.throwIfAborted();
        if (!candidates.has(name) && !dependents.has(name)) return;
        const error = await this.#check(name);
        if (!error) return;
        if (candidates.has(name)) this.#build.fail(name, error);
        else blame(registry.graph, this.#build, name, error);
      });
      names = [...(await arrange(this.#context, this.#build, this.#request.onBackend))];
    }
  }

  resultsOf(names: Iterable<string>): CheckResult[] {
    return [...names].flatMap((name) => this.#results.get(name) ?? []);
  }

  /** A sample is taken in turn from every table with the column: of those that are filled first, values may all be of a kind. */
  #isAnyToFill(column: string | undefined): boolean {
    return [...this.#build.candidates].some(
      ([name, { asset, relation }]) =>
        column !== undefined && relation !== null && asset.partitionBy === column && !this.#filled.has(name),
    );
  }

  /** The failure that keeps it from being published; null: none. */
  async #check(name: string): Promise<Error | null> {
    const { asset } = this.#build.versionOf(name);
    const isNewView = this.#build.candidates.has(name) && isView(asset);
    const checks = isNewView ? allChecks(asset) : asset.checks;
    if (checks.length === 0) return null;
    const run = async (client: ClientBase): Promise<CheckResult[]> => {
      await useSchema(client, this.#build.schema);
      await client.query(`set local statement_timeout = ${asset.timeoutSeconds * 1000}`);
      return await checkToPublish(client, this.#standing(), asset, checks, this.#samples);
    };
    try {
      const results = await transaction(this.#context.pool, run, this.#request);
      this.#results.set(name, results);
      const failure = firstFailure(results);
      return failure && new AssetCheckError(failure);
    } catch (error) {
      this.#request.signal.throwIfAborted();
      return new BodyError(name, error);
    }
  }

  /** But for what went out of the build: until it is arranged anew, its name stands for a table that may be empty. */
  #standing(): Map<string, CurrentVersion> {
    const { takenOut } = this.#build;
    return new Map([...this.#build.versions()].filter(([name]) => !takenOut.has(name)));
  }
}

/** Group by group; the run that asked for it has ended with the last. */
async function publishAll(
  context: Context,
  build: Build,
  checks: Checks,
  barrier: number,
  request: RebuildRequest,
): Promise<string[]> {
  const { graph } = context.registry;
  const published: string[] = [];
  let hasEnded = false;
  const end = async (client: ClientBase, names: readonly string[]): Promise<void> => {
    await recordCheckResults(client, build.runId, failuresOf(build, checks));
    await request.onPublish(client, names, build);
  };
  for (let groups = groupsOf(graph, build); groups.length > 0; ) {
    const [group, ...others] = groups as [Group, ...Group[]];
    const isLast = others.length === 0;
    try {
      await publishGroup(context, {
        ...request,
        build,
        group,
        barrier,
        checks: checks.resultsOf([...group.names, ...group.dependents]),
        onPublish: (client) =>
          isLast ? end(client, group.names) : request.onPublish(client, group.names, null),
      });
      hasEnded = isLast;
      build.settle(group.names);
      published.push(...group.names);
      groups = others;
    } catch (error) {
      if (!(error instanceof GroupError)) throw error;
      const culprit = culpritOf(group, error.reason);
      if (culprit === null && group.parts.length > 0) {
        groups = [...group.parts, ...others];
        continue;
      }
      takeOut(context, build, culprit === null ? group.names : [culprit], error.reason);
      await checks.runAgain();
      groups = groupsOf(graph, build);
    }
  }
  if (!hasEnded) await transaction(context.pool, (client) => end(client, []), request);
  return published;
}

/** Which of a group is at fault for its not being published; null: the error does not say. */
function culpritOf({ names, dependents }: Group, error: Error): string | null {
  const asset = assetOf(error);
  return asset !== null && (names.includes(asset) || dependents.includes(asset)) ? asset : null;
}

function assetOf(error: Error): string | null {
  if (error instanceof AssetCheckError) return error.result.asset;
  return error instanceof BodyError || error instanceof ForeignDependentError ? error.asset : null;
}

function takeOut({ registry }: Context, build: Build, names: readonly string[], error: Error): void {
  for (const name of names) {
    if (build.candidates.has(name)) build.fail(name, error);
    else if (build.dependents.has(name)) blame(registry.graph, build, name, error);
  }
}

/** Results of what failed its checks; in publishing, or in filling, the one that says so. */
function failuresOf({ failed }: Build, checks: Checks): CheckResult[] {
  const named = [...failed.values()].flatMap((error) =>
    error instanceof AssetCheckError ? [error.result] : [],
  );
  const known = new Set(named.map(({ asset, check }) => `${asset} ${check}`));
  const others = checks
    .resultsOf(failed.keys())
    .filter(({ asset, check }) => !known.has(`${asset} ${check}`));
  return [...named, ...others];
}
