import { DatabaseError, type Pool, type PoolClient } from "pg";
import { isView, type Node } from "../definition/index.ts";
import { quoteRelation } from "../postgres/index.ts";
import { scopeFilter } from "./scope-filter.ts";

/** Whether a scope's condition arrives where rows of a relation are first read. */
export interface Reach {
  /** The asset, or the table's own name. */
  readonly relation: string;
  /** The partition or time column of the model, which the relation has too. */
  readonly column: string;
  /** false: rows are read that are not in the scope by this column. */
  readonly reached: boolean;
}

interface PlanNode {
  readonly "Relation Name"?: string;
  readonly Schema?: string;
  readonly "Index Cond"?: string;
  readonly Filter?: string;
  readonly "Recheck Cond"?: string;
  readonly Plans?: readonly PlanNode[];
}

const undefinedTable = "42P01";

/**
 * Asks PostgreSQL how it would read a scope of the model, in a generic plan: an answer that holds for every value
 * and needs no rows. null: not a model with a scope, or what it reads is not deployed yet.
 */
export async function readPushdown(pool: Pool, node: Node): Promise<Reach[] | null> {
  const { asset, body } = node;
  if (body === null || isView(asset) || (!asset.partitionBy && !asset.timeColumn)) return null;
  const client = await pool.connect();
  try {
    await client.query("begin");
    // Small and empty tables are read whole because that is cheapest; asked is whether they could be read in part.
    for (const method of ["seqscan", "hashjoin", "mergejoin", "material"]) {
      await client.query(`set local enable_${method} = off`);
    }
    const { condition } = scopeFilter(asset, { partitions: [], since: "2000-01-01" });
    const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
      `explain (generic_plan, verbose, format json)\nselect *\nfrom (\n${body}\n) body\nwhere ${condition}`,
    );
    return await reachesOf(client, node, scansIn(rows[0]!["QUERY PLAN"][0].Plan));
  } catch (error) {
    if (error instanceof DatabaseError && error.code === undefinedTable) return null;
    throw error;
  } finally {
    await client.query("rollback");
    client.release();
  }
}

/** A warning for people, or null: one column that narrows a relation down is enough. */
export function pushdownWarning(asset: string, reaches: readonly Reach[]): string | null {
  const narrowed = new Set(reaches.filter(({ reached }) => reached).map(({ relation }) => relation));
  const missed = reaches.filter(({ relation }) => !narrowed.has(relation));
  if (missed.length === 0) return null;
  const listed = missed.map(({ relation, column }) => `${relation} (by ${column})`).join(", ");
  return `${asset}: the scope is not pushed down to ${listed}: a refresh of a few values reads all of it`;
}

function scansIn(node: PlanNode): PlanNode[] {
  const below = (node.Plans ?? []).flatMap(scansIn);
  return node["Relation Name"] ? [node, ...below] : below;
}

async function reachesOf(client: PoolClient, { asset }: Node, scans: readonly PlanNode[]): Promise<Reach[]> {
  const reaches = new Map<string, Reach>();
  for (const scan of scans) {
    const { rows } = await client.query<{ column: string; relation: string }>(
      `select
         attname as column,
         -- a table that the engine made is named for its asset (not by all of a long name), its code version and its run
         coalesce(
           (select asset from orchestrator.asset_versions where relation = $3::text limit 1),
           regexp_replace($3::text, '__[0-9a-f]{8}_[0-9]+$', '')
         ) as relation
       from pg_attribute
       where attrelid = $1::regclass and attname = any($2::text[])
       order by attname`,
      [
        quoteRelation(scan.Schema!, scan["Relation Name"]!),
        [asset.partitionBy, asset.timeEndColumn ?? asset.timeColumn].filter(Boolean),
        scan["Relation Name"],
      ],
    );
    for (const { column, relation } of rows) {
      const before = reaches.get(`${relation}.${column}`)?.reached ?? true;
      reaches.set(`${relation}.${column}`, { relation, column, reached: before && isReached(scan, column) });
    }
  }
  return [...reaches.values()];
}

/** By the scope's own parameter, or row by row from a relation that the scope has already narrowed. */
function isReached(scan: PlanNode, column: string): boolean {
  const indexCondition = scan["Index Cond"] ?? scan["Recheck Cond"] ?? "";
  const restricted = new RegExp(`\\b${column} (?:=|>=) (?:ANY )?\\(?\\$`);
  if (restricted.test(indexCondition) || restricted.test(scan.Filter ?? "")) return true;
  return new RegExp(`\\b${column} = `).test(indexCondition);
}
