import type { QueryConfig } from "pg";
import type { Scope } from "../planning/index.ts";
import { mostPrepared, namedStatement } from "../postgres/index.ts";

/**
 * The statement as one that its connection keeps parsed and planned, if the scope is small. Parsing and planning a
 * body over stacked views takes longer than running it for one partition.
 */
export function prepared(text: string, values: unknown[], { partitions }: Scope): QueryConfig {
  const isLarge = partitions === null ? values.length > 0 : partitions.length > mostPrepared;
  if (isLarge) return { text, values };
  return namedStatement(text, values);
}
