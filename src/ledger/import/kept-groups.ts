/** Rows that are no trades, by what they are. Pure. */
import type { RowKind } from "./kinds.ts";
import type { ReviewedRow } from "./review.ts";

export interface KeptGroup {
  readonly kind: RowKind;
  readonly rows: readonly ReviewedRow[];
  /** The file's own words for it, each once. */
  readonly words: readonly string[];
}

/** Rows that are no trades, the most numerous kind first. */
export function groupKept(rows: readonly ReviewedRow[]): KeptGroup[] {
  const groups = Map.groupBy(
    rows.filter(({ status }) => status === "KEPT"),
    ({ kind }) => kind!,
  );
  return [...groups]
    .map(([kind, group]) => ({
      kind,
      rows: group,
      words: [...new Set(group.map(({ entry }) => entry.word.slice(0, 60)))]
        .filter((word) => word !== "")
        .slice(0, 6),
    }))
    .toSorted((a, b) => b.rows.length - a.rows.length);
}
