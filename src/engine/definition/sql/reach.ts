import type { SelectStmt } from "libpg-query";
import { ChangeFollower } from "./change-follower.ts";
import type { FindRelation } from "./resolve.ts";

/**
 * Of a change on day d. day: rows of that day. onward: rows of that day and later ones. everything: rows of any day.
 */
export type TimeReach = "day" | "onward" | "everything";

/** Of a change of a partition value. same: rows of that value. all: rows of any. */
export type PartitionReach = "same" | "all";

/** Which rows of a model can differ when some of a dependency do. */
export interface Reach {
  readonly time: TimeReach;
  readonly partitions: PartitionReach;
  /** Why no less was proven, for people; null: there is nothing to say. */
  readonly why: { readonly time: string | null; readonly partitions: string | null };
}

/** By which columns scopes of an asset are told. */
export interface ScopeColumns {
  readonly name: string;
  readonly partitionBy?: string | undefined;
  readonly timeColumn?: string | undefined;
  readonly timeEndColumn?: string | undefined;
}

/**
 * What a change of `dependency` can reach in the rows of `dependent`, whose body is `statement`: no less than it does reach. Of
 * periods a change is known by where they end, as scopes are; what it means for the days that they cover is not in the tree.
 */
export function reachOf(
  statement: SelectStmt,
  find: FindRelation,
  dependency: ScopeColumns,
  dependent: ScopeColumns,
): Reach {
  const { name, partitionBy = null, timeColumn = null, timeEndColumn = null } = dependency;
  const follower = new ChangeFollower(find, {
    asset: name,
    partition: partitionBy,
    day: timeEndColumn === null ? timeColumn : null,
    onward: timeEndColumn,
  });
  const { columns } = follower.select(statement);
  const knownOf = (column: string | undefined) => columns.find((output) => output.name === column)?.known;
  const time = knownOf(dependent.timeEndColumn ?? dependent.timeColumn);
  const reach = {
    time: time?.day ? "day" : time?.onward ? "onward" : "everything",
    partitions: knownOf(dependent.partitionBy)?.same ? "same" : "all",
  } as const;
  const { lost } = follower;
  const compare = (own: string | undefined, other: string | null, found: readonly string[]): string | null =>
    own === undefined || other === null ? null : (found[0] ?? `${own} is not bound to ${name}.${other}`);
  return {
    ...reach,
    why: {
      time:
        reach.time === "everything"
          ? compare(dependent.timeEndColumn ?? dependent.timeColumn, timeEndColumn ?? timeColumn, lost.time)
          : null,
      partitions:
        reach.partitions === "all" ? compare(dependent.partitionBy, partitionBy, lost.partitions) : null,
    },
  };
}
