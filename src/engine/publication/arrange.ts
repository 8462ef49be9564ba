/** What of a build can be published without breaking what stands on top of it, and what must be published together. */
import type { ClientBase } from "pg";
import type { Context } from "../context.ts";
import { type Graph, isView } from "../definition/index.ts";
import { messageOf, type OnBackend, quoteRelation, transaction } from "../postgres/index.ts";
import type { CurrentVersion } from "../records/index.ts";
import { attempt, type Build, batchesOf, createView, DependentViewError, useSchema } from "./build.ts";

/** So many views are made or dropped in one transaction. */
const batchSize = 100;

/**
 * Makes the scratch schema say what people would read if the candidates were published now: the views on top of them
 * that are not made anew, as they are published, over the new ones. Where one cannot be made, what it reads is taken out
 * of the build, and again, until the rest holds together. Returns the views that are new there.
 */
export async function arrange(context: Context, build: Build, onBackend: OnBackend): Promise<Set<string>> {
  const { graph } = context.registry;
  const made = new Set<string>();
  for (;;) {
    await dropOutdated(context, build, onBackend);
    const wanted = dependentsOf(graph, build.current, build.candidates).filter(
      (name) => !build.created.has(name),
    );
    const refusal = await createDependents(context, build, wanted, onBackend);
    for (const name of wanted) if (build.created.has(name)) made.add(name);
    if (refusal === null) break;
    blame(graph, build, refusal.view, refusal.error);
  }
  build.dependents.clear();
  for (const name of dependentsOf(graph, build.current, build.candidates)) build.dependents.add(name);
  return made;
}

/** Published views that read what is new, themselves or through others of them, in topological order. */
export function dependentsOf(
  graph: Graph,
  current: ReadonlyMap<string, CurrentVersion>,
  isNew: { has(name: string): boolean },
): string[] {
  const dependents = new Set<string>();
  for (const [name, { asset }] of graph.nodes) {
    if (!isView(asset) || isNew.has(name) || current.get(name)!.body === null) continue;
    const readsNew = asset.deps.some(({ asset: { name: read } }) => isNew.has(read) || dependents.has(read));
    if (readsNew) dependents.add(name);
  }
  return [...dependents];
}

/** Scratch views of what went out of the build since, and those on top of them. */
async function dropOutdated(
  { pool, registry: { graph } }: Context,
  build: Build,
  onBackend: OnBackend,
): Promise<void> {
  const order = graph.inOrder(build.takenOut).reverse();
  const standing = order.filter((name) => build.created.has(name));
  for (const batch of batchesOf(standing, batchSize)) {
    const work = async (client: ClientBase): Promise<void> => {
      for (const name of batch) await client.query(`drop view ${quoteRelation(build.schema, name)}`);
    };
    await transaction(pool, work, { onBackend });
    for (const name of batch) build.created.delete(name);
  }
  build.takenOut.clear();
}

async function createDependents(
  { pool }: Context,
  build: Build,
  names: readonly string[],
  onBackend: OnBackend,
): Promise<{ view: string; error: Error } | null> {
  for (const batch of batchesOf(names, batchSize)) {
    const done: string[] = [];
    const work = async (client: ClientBase): Promise<{ view: string; error: Error } | null> => {
      await useSchema(client, build.schema);
      for (const view of batch) {
        const error = await attempt(client, () => createView(client, build.schema, build.current.get(view)!));
        if (error) return { view, error };
        done.push(view);
      }
      return null;
    };
    const refusal = await transaction(pool, work, { onBackend });
    for (const view of done) build.created.add(view);
    if (refusal) return refusal;
  }
  return null;
}

/**
 * A view that is not made anew does not work, or fails its checks, on what is: that cannot be published. Which of the
 * assets behind it are at fault: those whose code is new, where there are any.
 */
export function blame(graph: Graph, build: Build, view: string, error: Error): void {
  const read = [...graph.reads(view)].filter((name) => build.candidates.has(name));
  const edited = read.filter(
    (name) => build.candidates.get(name)!.codeVersion !== build.current.get(name)!.codeVersion,
  );
  for (const name of edited.length > 0 ? edited : read) {
    if (!build.names.has(view)) build.fail(name, new DependentViewError(view, error));
    else {
      const why = `held back: ${view}, which was not materialized, would not work on it: ${messageOf(error)}`;
      build.holdBack(name, why);
    }
  }
  if (read.length === 0) throw error;
}

/** Candidates to be published in one transaction. */
export interface Group {
  /** In topological order. */
  readonly names: readonly string[];
  /** Published views that read them. */
  readonly dependents: readonly string[];
  /** Not empty: groups that are published together for speed alone, and can be apart. */
  readonly parts: readonly Group[];
}

/** So many models that nobody can have read before are published in one transaction; half of these is no half. */
const mostFirst = 500;
/** Groups of a few models share a transaction up to as many: readers wait no longer for it than they notice. */
const mostTogether = 100;

/**
 * The candidates in groups, of which readers must never see a half: what is connected by reading, also by way of
 * views that are not made anew. Groups of nothing but models that were never published are cut: the lock table of the
 * server is finite, and whoever reads them sees what was not there before.
 */
export function groupsOf(graph: Graph, build: Build): Group[] {
  const members = graph.inOrder([...build.candidates.keys(), ...build.dependents]);
  const leaders = new Map(members.map((name) => [name, name]));
  const leaderOf = (name: string): string => {
    let leader = name;
    while (leaders.get(leader) !== leader) leader = leaders.get(leader)!;
    for (let next = name; next !== leader; ) {
      const above = leaders.get(next)!;
      leaders.set(next, leader);
      next = above;
    }
    return leader;
  };
  for (const name of members) {
    for (const { asset } of graph.get(name).asset.deps)
      if (leaders.has(asset.name)) leaders.set(leaderOf(name), leaderOf(asset.name));
  }
  const groups = [...Map.groupBy(members, leaderOf).values()].flatMap((connected) => {
    const names = connected.filter((name) => build.candidates.has(name));
    const dependents = connected.filter((name) => !build.candidates.has(name));
    const isFirst = connected.every((name) => build.current.get(name)!.codeVersion === null);
    const batches = isFirst ? batchesOf(names, mostFirst) : [names];
    return batches.map((batch): Group => ({ names: batch, dependents, parts: [] }));
  });
  return together(groups);
}

function together(groups: readonly Group[]): Group[] {
  const packs: Group[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const group of groups) {
    size += group.names.length;
    if (size > mostTogether) {
      packs.push([]);
      size = group.names.length;
    }
    packs.at(-1)!.push(group);
  }
  return packs.map((pack) =>
    pack.length === 1
      ? pack[0]!
      : {
          names: pack.flatMap(({ names }) => names),
          dependents: pack.flatMap(({ dependents }) => dependents),
          parts: pack,
        },
  );
}
