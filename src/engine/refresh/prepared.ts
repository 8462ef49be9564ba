import type { QueryConfig } from "pg";
import type { Scope } from "../planning/index.ts";
import { mostPrepared, namedStatement } from "../postgres/index.ts";

/** Whether it is of a few partitions, and so of a small part of the rows. */
export function isSmall({ partitions }: Scope): boolean {
  return partitions !== null && partitions.length <= mostPrepared;
}

/**
 * The statement as one that its connection keeps parsed and planned, if the scope is small, or without parameters. Parsing and
 * planning a body over stacked views takes longer than running it for one partition.
 */
export function prepared(text: string, values: unknown[], scope: Scope): QueryConfig {
  return isSmall(scope) || (scope.partitions === null && values.length === 0)
    ? namedStatement(text, values)
    : { text, values };
}
