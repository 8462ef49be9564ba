/**
 * What is known of the rows that a change can touch, column by column. A fact holds on every such row, or the column is
 * null there: rows whose partition or day is null are in no scope, and a stored table does not take them.
 */

/**
 * same: the value is one of the partition values that changed. day: one of the days that changed. onward: not before the
 * first of these days.
 */
export type Kind = "same" | "day" | "onward";

export const kinds: readonly Kind[] = ["same", "day", "onward"];

/** For each kind the ids of the columns it holds of. */
export type Facts = Readonly<Record<Kind, ReadonlySet<string>>>;

export const noFacts: Facts = { same: new Set(), day: new Set(), onward: new Set() };

function map(change: (kind: Kind) => Iterable<string>): Facts {
  return {
    same: new Set(change("same")),
    day: new Set(change("day")),
    onward: new Set(change("onward")),
  };
}

export function unionFacts(a: Facts, b: Facts): Facts {
  return map((kind) => [...a[kind], ...b[kind]]);
}

export function intersectFacts(all: readonly Facts[]): Facts {
  const [first = noFacts, ...rest] = all;
  return map((kind) => [...first[kind]].filter((id) => rest.every((facts) => facts[kind].has(id))));
}

/** The facts of the columns that `keep` says yes to. */
export function restrictFacts(facts: Facts, keep: (id: string, kind: Kind) => boolean): Facts {
  return map((kind) => [...facts[kind]].filter((id) => keep(id, kind)));
}

/** A column may stand for several that a join made one: what holds of it holds of all of them. */
export function holds(facts: Facts, kind: Kind, ids: readonly string[]): boolean {
  return ids.length > 0 && ids.every((id) => facts[kind].has(id));
}

/** From a condition that holds of every row: what is known of the columns `from` is known of `to`. */
export interface Implication {
  readonly from: readonly string[];
  readonly to: string;
  /** equal: all that is known. notBefore: that it is not before the day. */
  readonly relation: "equal" | "notBefore";
}

/** All that follows. */
export function close(facts: Facts, implications: readonly Implication[]): Facts {
  let closed = facts;
  for (let grown = true; grown; ) {
    grown = false;
    for (const { from, to, relation } of implications) {
      for (const kind of relation === "equal" ? kinds : (["onward"] as const)) {
        if (closed[kind].has(to) || !holds(closed, kind, from)) continue;
        closed = { ...closed, [kind]: new Set([...closed[kind], to]) };
        grown = true;
      }
    }
  }
  return closed;
}
