/** What a change of a dependency can reach in an asset: what its body proves, unless its declaration says otherwise. */
import type { AnyAsset, Dependency } from "./declare.ts";
import type { Place } from "./places.ts";
import type { DefinitionError } from "./problems.ts";
import * as problem from "./problems.ts";
import { findRelation } from "./relations.ts";
import { type Body, type Reach, reachOf, type TimeReach } from "./sql/index.ts";

export interface DependencyReach {
  readonly time: TimeReach;
  /** mapped: the values that the relation `via` has for those that changed. */
  readonly partitions: "same" | "mapped" | "all";
  /** What the body alone proves. */
  readonly proven: Reach;
  /** Whether the declaration says less than the body proves, and is believed. */
  readonly overrides: { readonly time: boolean; readonly partitions: boolean };
  /** Why it may say so; null: it does not. */
  readonly reason: string | null;
}

/** By the name of the dependency. */
export type Reaches = ReadonlyMap<string, DependencyReach>;

/** Anything may have changed anywhere: of a body that could not be read. */
export const unknownReach: Pick<DependencyReach, "time" | "partitions"> = {
  time: "everything",
  partitions: "all",
};

/** assets: those that the body may read, by name. */
export function reachesOf(
  asset: AnyAsset,
  body: Pick<Body, "statement">,
  assets: ReadonlyMap<string, AnyAsset>,
): Reaches {
  const { statement } = body;
  if (statement === null) return new Map();
  const find = findRelation(assets);
  return new Map(
    asset.deps.map((dependency) => [
      dependency.asset.name,
      believe(asset, dependency, reachOf(statement, find, dependency.asset, asset)),
    ]),
  );
}

function believe(asset: AnyAsset, dependency: Dependency, proven: Reach): DependencyReach {
  const time = timeOf(asset, dependency, proven);
  const partitions = dependency.via !== undefined ? "mapped" : (dependency.partitions ?? proven.partitions);
  const overrides = {
    time: time !== "everything" && proven.time === "everything",
    partitions: partitions === "same" && proven.partitions === "all",
  };
  const reason = overrides.time || overrides.partitions ? (dependency.reason ?? null) : null;
  return { time, partitions, proven, overrides, reason };
}

function timeOf(asset: AnyAsset, dependency: Dependency, proven: Reach): TimeReach {
  if (dependency.time === "everything") return "everything";
  if (dependency.time === "carry") return proven.time === "everything" ? "onward" : proven.time;
  // A stored row without a day is in no scope that begins on one.
  const column = asset.timeEndColumn ?? asset.timeColumn;
  const isStored = asset.kind === "model" && asset.materialized !== "view";
  const mayLackDay = column !== undefined && isStored && asset.columns[column]?.nullable === true;
  return mayLackDay ? "everything" : proven.time;
}

/** A declaration that says less than is proven must say why: else a slip in it is a figure that is silently wrong. */
export function reachProblems(asset: AnyAsset, reaches: Reaches, place: Place): DefinitionError[] {
  return [...reaches].flatMap(([dependency, { overrides, reason, proven }]) => {
    if (reason !== null) return [];
    const why = overrides.time ? proven.why.time : overrides.partitions ? proven.why.partitions : null;
    return overrides.time || overrides.partitions
      ? [problem.unprovenScope(place, dependency, why ?? `rows of ${asset.name} have no such column`)]
      : [];
  });
}

/** What scopes of the asset rest on beside what its body proves narrow, and where they are wide: a sentence each. */
export function reachNotes(asset: AnyAsset, reaches: Reaches): string[] {
  if (asset.kind === "model" && asset.materialized === "table") return [];
  return [...reaches].flatMap(([dependency, reach]) => {
    const { time, partitions, proven, reason } = reach;
    const wide = [
      ...(time === "everything" && proven.why.time !== null ? [`any day: ${proven.why.time}`] : []),
      ...(partitions === "all" && proven.why.partitions !== null
        ? [`every ${asset.partitionBy}: ${proven.why.partitions}`]
        : []),
    ].map((what) => `a change of ${dependency} reaches ${what}`);
    if (reason === null) return wide;
    const declared = [
      ...(reach.overrides.time ? ["that day and later ones"] : []),
      ...(reach.overrides.partitions ? [`the same ${asset.partitionBy}`] : []),
    ];
    return [...wide, `a change of ${dependency} reaches ${declared.join(" and ")}, as declared: ${reason}`];
  });
}
