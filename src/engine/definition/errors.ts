/** What people get wrong when they name an asset, a column or a selection; each says the nearest name there is. */
import { EngineError } from "../postgres/index.ts";

/** PostgreSQL's names have at most 63 bytes: what is longer is compared by its beginning. */
const longestName = 100;

/** The candidate with the smallest edit distance; the first of several; null when there are none. */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  const wanted = name.slice(0, longestName).toLowerCase();
  let nearest: string | null = null;
  let smallest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.slice(0, longestName).toLowerCase());
    if (distance < smallest) [nearest, smallest] = [candidate, distance];
  }
  return nearest;
}

/** Levenshtein distance, one row of the matrix at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** The way out of a misspelling, to stand at the end of a message. */
export function nearestIs(nearest: string | null): string {
  return nearest === null ? "" : `; the nearest is ${nearest}`;
}

export class UnknownAssetError extends EngineError {
  readonly code = "unknown_asset";
  readonly asset: string;
  readonly nearest: string | null;

  constructor(asset: string, known: Iterable<string>) {
    const nearest = nearestName(asset, known);
    super(`expected the name of an asset, got: ${asset}${nearestIs(nearest)}`);
    this.asset = asset;
    this.nearest = nearest;
  }
}

export class UnknownAssetColumnError extends EngineError {
  readonly code = "unknown_asset_column";
  readonly nearest: string | null;

  constructor(asset: string, column: string, known: Iterable<string>) {
    const nearest = nearestName(column, known);
    super(`expected a column of ${asset}, got: ${column}${nearestIs(nearest)}`);
    this.nearest = nearest;
  }
}

/** The selection is not of the grammar. */
export class SelectionSyntaxError extends EngineError {
  readonly code = "selection_syntax";

  constructor(term: string, expected: string) {
    super(`selection: expected ${expected}, got: ${term}`);
  }
}

/** The selection, or one term of it, matches no asset. */
export class EmptySelectionError extends EngineError {
  readonly code = "empty_selection";
  readonly nearest: string | null;

  constructor(selection: string, nearest: string | null) {
    super(`selection matches no asset: ${selection}${nearestIs(nearest)}`);
    this.nearest = nearest;
  }
}
