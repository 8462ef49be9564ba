import type { ClientBase } from "pg";
import type { Context } from "../context.ts";
import { everything, type Scope, scopeFilter } from "../planning/index.ts";
import { type OnBackend, quoteColumns, quoteIdentifier, sqlState, transaction } from "../postgres/index.ts";
import { type CurrentVersion, readCurrentVersions } from "../records/index.ts";
import { BodyError } from "./checks.ts";
import { readWaitingScopes } from "./waiting-scopes.ts";

export interface RowDifference {
  readonly key: Readonly<Record<string, unknown>>;
  /** null: no such row is stored. */
  readonly stored: Readonly<Record<string, unknown>> | null;
  /** null: the body gives no such row. */
  readonly computed: Readonly<Record<string, unknown>> | null;
}

export interface Verification {
  readonly asset: string;
  readonly rows: number;
  /** Rows that differ to the bit although no change of them waits; 0: what is stored is what the body says. */
  readonly differing: number;
  /** Rows that differ, and that changes which wait can reach. */
  readonly waiting: number;
  /** A few of them, those that do not wait first. */
  readonly sample: readonly RowDifference[];
}

export interface VerifyRequest {
  /** Names of assets; those that store nothing are left out. */
  readonly assets: readonly string[];
  /** In terms of each asset's own columns. Absent: everything. */
  readonly scope?: Scope;
  /** Instead, of single assets. */
  readonly scopes?: ReadonlyMap<string, Scope>;
  /** How many differing rows are reported of each asset. Default 20. */
  readonly sampleSize?: number;
  readonly onBackend?: OnBackend;
  /** Before a table is computed, and when that is done. */
  readonly onStart?: (asset: string) => Promise<void>;
  readonly onVerified?: (verification: Verification) => Promise<void>;
  /** A table whose body PostgreSQL could not compute: the others are compared all the same. Absent: that is thrown. */
  readonly onFailed?: (asset: string, error: BodyError) => Promise<void>;
}

/**
 * Computes stored rows anew and compares, all assets in one snapshot, writing nothing. What is compared is what is
 * published; each table is computed from the stored rows it reads, so that together they stand for the whole chain.
 */
export async function verify(context: Context, request: VerifyRequest): Promise<Verification[]> {
  const { graph } = context.registry;
  const { assets, scope = everything, scopes, sampleSize = 20, onBackend } = request;
  for (const name of assets) graph.get(name);
  return await transaction(
    context.pool,
    async (client) => {
      const published = await readCurrentVersions(client, graph);
      const waiting = await readWaitingScopes(client, graph, published);
      const verifications: Verification[] = [];
      for (const name of graph.nodes.keys()) {
        const version = published.get(name)!;
        if (!assets.includes(name) || version.table === null) continue;
        await request.onStart?.(name);
        const compared = { scope: scopes?.get(name) ?? scope, waiting: waiting.get(name) ?? null };
        await client.query("savepoint verification");
        let verification: Verification;
        try {
          verification = await verifyTable(client, version, compared, sampleSize);
        } catch (error) {
          if (!request.onFailed || sqlState(error) === null) throw error;
          await client.query("rollback to savepoint verification");
          await request.onFailed(name, new BodyError(name, error));
          continue;
        }
        verifications.push(verification);
        await request.onVerified?.(verification);
      }
      return verifications;
    },
    { begin: "begin isolation level repeatable read, read only", onBackend },
  );
}

async function verifyTable(
  client: ClientBase,
  { asset, body, table }: CurrentVersion,
  { scope, waiting }: { readonly scope: Scope; readonly waiting: Scope | null },
  sampleSize: number,
): Promise<Verification> {
  const { condition, values } = scopeFilter(asset, scope);
  const reached = waiting && scopeFilter(asset, waiting, values.length + 1);
  // No column of an asset has a blank in its name.
  const isWaiting = `(${reached?.condition ?? "false"}) as "is waiting"`;
  const columns = quoteColumns(Object.keys(asset.columns));
  const first = quoteIdentifier(asset.key[0]!);
  const key = asset.key.map((column) => {
    const name = quoteIdentifier(column);
    return `coalesce(computed.${name}, stored.${name}) as ${name}`;
  });
  const { rows } = await client.query<Omit<Verification, "asset">>(
    `with computed as materialized (
       select ${columns}, ${isWaiting}
       from (${body}
       ) as body
       where ${condition}
     ),
     stored as materialized (
       select ${columns}, ${isWaiting}
       from ${table}
       where ${condition}
     ),
     differing as materialized (
       select
         (select to_jsonb(key) from (select ${key.join(", ")}) as key) as key,
         case when stored.${first} is not null then to_jsonb(stored) - 'is waiting' end as stored,
         case when computed.${first} is not null then to_jsonb(computed) - 'is waiting' end as computed,
         coalesce(stored."is waiting", false) or coalesce(computed."is waiting", false) as is_waiting
       from stored
       full join computed on ${asset.key
         .map((column) => `computed.${quoteIdentifier(column)} = stored.${quoteIdentifier(column)}`)
         .join(" and ")}
       where stored.${first} is null
         or computed.${first} is null
         or row(${quoteColumns(Object.keys(asset.columns), "stored")})::record
           *<> row(${quoteColumns(Object.keys(asset.columns), "computed")})::record
     )
     select
       (select count(*) from stored) as rows,
       (select count(*) from differing where not is_waiting) as differing,
       (select count(*) from differing where is_waiting) as waiting,
       coalesce(
         (
           select jsonb_agg(to_jsonb(named))
           from (select key, stored, computed from differing order by is_waiting, key limit ${sampleSize}) as named
         ),
         '[]'
       ) as sample`,
    [...values, ...(reached?.values ?? [])],
  );
  return { asset: asset.name, ...rows[0]! };
}
