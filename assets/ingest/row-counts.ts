export interface RowCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Ends a statement whose CTEs are `written` (with `inserted`: was the row not there?) and `removed`. */
export const countWritten = `
  select
    count(*) filter (where inserted)::integer as inserted,
    count(*) filter (where not inserted)::integer as updated,
    (select count(*) from removed)::integer as deleted
  from written`;

export const noRows: RowCounts = { inserted: 0, updated: 0, deleted: 0 };

export function addRowCounts(...counts: readonly RowCounts[]): RowCounts {
  const sum = (of: keyof RowCounts): number => counts.reduce((total, count) => total + count[of], 0);
  return { inserted: sum("inserted"), updated: sum("updated"), deleted: sum("deleted") };
}
