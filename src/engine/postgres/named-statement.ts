import { createHash } from "node:crypto";
import type { QueryConfig } from "pg";

/** Above this many values a plan made for them is worth the time it takes; below, planning takes longer than the work. */
export const mostPrepared = 100;

/** A statement that its connection keeps parsed and planned: named for its text, since a name stands for one text. */
export function namedStatement(text: string, values: unknown[]): QueryConfig {
  return { name: createHash("sha256").update(text).digest("hex").slice(0, 32), text, values };
}
