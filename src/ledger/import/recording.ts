/** What a person records of a file's rows that are no trades, or leaves out of it: each kind of them at once. */

export const recordGroups = ["dividends", "costs", "cash", "shares"] as const;

export type RecordGroup = (typeof recordGroups)[number];
export type Recording = Readonly<Record<RecordGroup, boolean>>;
export type GroupCounts = Readonly<Record<RecordGroup, number>>;
