/** What is left in the database of a model that is not declared any more: named, and dropped when that is asked for. */
import type { ClientBase, Pool } from "pg";
import type { Context } from "../context.ts";
import { type Graph, nearestName, stableName, tableName } from "../definition/index.ts";
import {
  EngineError,
  HeldSession,
  lockBarrier,
  lockRebuild,
  sqlState,
  transaction,
} from "../postgres/index.ts";
import { readUndeclared } from "../records/index.ts";
import { dependentsOf, PublicationBlockedError } from "./stable-views.ts";

/** Of a model that was published and is not declared any more. */
export interface Remains {
  readonly asset: string;
  /** The view that people query, quoted. */
  readonly view: string;
  /** The tables of its versions, quoted. */
  readonly tables: readonly string[];
  /** What stands on these and is none of them, described: it must go first. */
  readonly dependents: readonly string[];
}

/** The asset is declared, or nothing of that name was ever published. */
export class NotUndeclaredError extends EngineError {
  readonly code = "not_undeclared";

  constructor(asset: string, isDeclared: boolean, undeclared: readonly string[]) {
    const nearest = nearestName(asset, undeclared);
    const known = nearest === null ? "there is none" : `the nearest is ${nearest}`;
    const got = isDeclared
      ? `${asset}, which is declared: remove its declaration first`
      : `${asset}; ${known}`;
    super(`expected a model that was published and is not declared any more, got: ${got}`);
  }
}

/** Something that is not dropped along stands on what is to be dropped. */
export class RemainsInUseError extends EngineError {
  readonly code = "remains_in_use";
  readonly dependents: readonly string[];

  constructor({ asset, dependents }: Remains) {
    super(
      `${asset}: expected nothing to stand on its view and tables, got: ${dependents.join(", ")}; drop that first`,
    );
    this.dependents = dependents;
  }
}

/** Throws NotUndeclaredError. */
export async function readRemains(client: ClientBase | Pool, graph: Graph, name: string): Promise<Remains> {
  const undeclared = await readUndeclared(client, graph);
  if (!undeclared.includes(name)) throw new NotUndeclaredError(name, graph.nodes.has(name), undeclared);
  const { rows } = await client.query<{ relation: string }>(
    `select relation
     from orchestrator.asset_versions
     where asset = $1
       and relation <> ''
     order by published_at`,
    [name],
  );
  const tables = rows.map(({ relation }) => tableName(graph.schemas, relation));
  const view = stableName(graph.schemas, name);
  const dependents = await dependentsOf(client, graph, [view, ...tables]);
  return { asset: name, view, tables, dependents: dependents.map(({ description }) => description) };
}

/** How long it waits for readers before it gives up: whoever comes after it waits as long. */
const lockTimeoutSeconds = 5;

/**
 * Drops view, tables and record of a model that is not declared any more; its past runs stay. All of it or nothing, and
 * nothing with CASCADE. Throws NotUndeclaredError, RemainsInUseError or PublicationBlockedError.
 */
export async function dropUndeclared({ pool, registry }: Context, name: string): Promise<Remains> {
  const { graph } = registry;
  const drop = async (client: ClientBase): Promise<Remains> => {
    const remains = await readRemains(client, graph, name);
    if (remains.dependents.length > 0) throw new RemainsInUseError(remains);
    await client.query(`drop view if exists ${remains.view}`);
    for (const table of remains.tables) await client.query(`drop table if exists ${table}`);
    for (const record of ["asset_versions", "changes", "assets"])
      await client.query(`delete from orchestrator.${record} where asset = $1`, [name]);
    return remains;
  };
  const begin = `begin; set local lock_timeout = '${lockTimeoutSeconds}s'; ${lockBarrier}`;
  try {
    return await HeldSession.withLock(pool, lockRebuild, () => transaction(pool, drop, { begin }));
  } catch (error) {
    if (sqlState(error) === "55P03") throw new PublicationBlockedError(lockTimeoutSeconds);
    throw error;
  }
}
