export interface RowCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

export const noRows: RowCounts = { inserted: 0, updated: 0, deleted: 0 };

export function addRowCounts(...counts: readonly RowCounts[]): RowCounts {
  const sum = (of: keyof RowCounts): number => counts.reduce((total, count) => total + count[of], 0);
  return { inserted: sum("inserted"), updated: sum("updated"), deleted: sum("deleted") };
}
