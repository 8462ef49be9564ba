import type { ClientBase } from "pg";
import type { Context } from "../context.ts";
import { everything, type Scope, scopeFilter } from "../planning/index.ts";
import { quoteColumns, quoteIdentifier, transaction } from "../postgres/index.ts";
import { type CurrentVersion, readCurrentVersions } from "../records/index.ts";

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
  /** Rows that differ to the bit; 0: what is stored is what the body says. */
  readonly differing: number;
  /** A few of them. */
  readonly sample: readonly RowDifference[];
}

export interface VerifyRequest {
  /** Names of assets; those that store nothing are left out. */
  readonly assets: readonly string[];
  /** In terms of each asset's own columns. Absent: everything. */
  readonly scope?: Scope;
  /** How many differing rows are reported of each asset. Default 20. */
  readonly sampleSize?: number;
}

/**
 * Computes stored rows anew and compares, all assets in one snapshot, writing nothing. What is compared is what is
 * published; each table is computed from the stored rows it reads, so that together they stand for the whole chain.
 */
export async function verify(context: Context, request: VerifyRequest): Promise<Verification[]> {
  const { graph } = context.registry;
  const { assets, scope = everything, sampleSize = 20 } = request;
  for (const name of assets) graph.get(name);
  return await transaction(
    context.pool,
    async (client) => {
      const published = await readCurrentVersions(client, graph);
      const verifications: Verification[] = [];
      for (const name of graph.nodes.keys()) {
        const version = published.get(name)!;
        if (!assets.includes(name) || version.table === null) continue;
        verifications.push(await verifyTable(client, version, scope, sampleSize));
      }
      return verifications;
    },
    { begin: "begin isolation level repeatable read, read only" },
  );
}

async function verifyTable(
  client: ClientBase,
  { asset, body, table }: CurrentVersion,
  scope: Scope,
  sampleSize: number,
): Promise<Verification> {
  const { condition, values } = scopeFilter(asset, scope);
  const columns = quoteColumns(Object.keys(asset.columns));
  const first = quoteIdentifier(asset.key[0]!);
  const key = asset.key.map((column) => {
    const name = quoteIdentifier(column);
    return `coalesce(computed.${name}, stored.${name}) as ${name}`;
  });
  const { rows } = await client.query<{ rows: number; differing: number; sample: RowDifference[] | null }>(
    `with computed as materialized (
       select ${columns}
       from (${body}
       ) as body
       where ${condition}
     ),
     stored as materialized (
       select ${columns}
       from ${table}
       where ${condition}
     ),
     differing as materialized (
       select
         (select to_jsonb(key) from (select ${key.join(", ")}) as key) as key,
         case when stored.${first} is not null then to_jsonb(stored) end as stored,
         case when computed.${first} is not null then to_jsonb(computed) end as computed
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
       (select count(*) from differing) as differing,
       (select jsonb_agg(to_jsonb(named)) from (select * from differing order by key limit ${sampleSize}) as named) as sample`,
    values,
  );
  const { differing, sample, rows: count } = rows[0]!;
  return { asset: asset.name, rows: count, differing, sample: sample ?? [] };
}
