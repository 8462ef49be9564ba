/** Which names are visible where in a SELECT, and from which columns of which assets each comes. */

/** `asset.column` strings. */
export type Origins = ReadonlySet<string>;

/** Something with columns: a relation in FROM, a CTE, the output of a SELECT. */
export interface Rowset {
  /** Alias or name; null: cannot be named. */
  readonly name: string | null;
  readonly columns: ReadonlyMap<string, Origins>;
  /** Not null: it may have columns that are not listed, and these would come from there. */
  readonly others: Origins | null;
}

/** What a column reference comes to. unknown: surely no such column. system: where PostgreSQL happens to keep a row. */
export type Resolution =
  | { readonly kind: "found"; readonly origins: Origins }
  | { readonly kind: "unknown" }
  | { readonly kind: "system" };

export const noOrigins: Origins = new Set();

// Every relation has these beside its own.
const systemColumns = new Set(["ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"]);

export function unionOrigins(all: Iterable<Origins>): Origins {
  return new Set([...all].flatMap((origins) => [...origins]));
}

export function allOrigins(rowset: Rowset): Origins {
  return unionOrigins([...rowset.columns.values(), rowset.others ?? noOrigins]);
}

/** `rowset alias(a, b)`: the first columns get the names given, the rest keep theirs. */
export function renameColumns(rowset: Rowset, name: string | null, columnNames: readonly string[]): Rowset {
  const columns = [...rowset.columns].map(
    ([column, origins], index) => [columnNames[index] ?? column, origins] as const,
  );
  for (const column of columnNames.slice(columns.length)) columns.push([column, rowset.others ?? noOrigins]);
  return { name, columns: new Map(columns), others: rowset.others };
}

/** One SELECT's names: its WITH, its FROM, and those of the query around it. */
export class NameScope {
  readonly from: Rowset[] = [];
  readonly #ctes = new Map<string, Rowset>();
  /** Columns that JOIN .. USING made one of two. */
  readonly #merged = new Map<string, Origins>();
  readonly #outer: NameScope | null;
  readonly #enclosing: NameScope | null;

  /** outer: whose CTEs can be read here. enclosing: whose columns can; null where there is no lateral reference. */
  constructor(outer: NameScope | null, enclosing: NameScope | null) {
    this.#outer = outer;
    this.#enclosing = enclosing;
  }

  get enclosing(): NameScope | null {
    return this.#enclosing;
  }

  defineCte(name: string, rowset: Rowset): void {
    this.#ctes.set(name, rowset);
  }

  cte(name: string): Rowset | null {
    return this.#ctes.get(name) ?? this.#outer?.cte(name) ?? null;
  }

  /** Makes one of the columns of that name. */
  merge(column: string): Origins {
    const merged = unionOrigins(this.from.flatMap((rowset) => rowset.columns.get(column) ?? []));
    this.#merged.set(column, merged);
    return merged;
  }

  /** What `*` stands for: merged columns first, then those of each relation. */
  star(): Rowset {
    const columns = new Map(this.#merged);
    for (const rowset of this.from) {
      for (const [column, origins] of rowset.columns) if (!columns.has(column)) columns.set(column, origins);
    }
    const open = this.from.filter((rowset) => rowset.others !== null);
    return {
      name: null,
      columns,
      others: open.length === 0 ? null : unionOrigins(open.map((rowset) => rowset.others!)),
    };
  }

  relation(name: string): Rowset | null {
    return this.from.find((rowset) => rowset.name === name) ?? this.#enclosing?.relation(name) ?? null;
  }

  /** The relation that the name alone stands for, as in `(r).x`; null: it is a column, or nothing. */
  row(name: string): Rowset | null {
    return this.#listed(name) ? null : this.relation(name);
  }

  /** Windows by name: the columns that partition and order each. */
  readonly windows = new Map<string, Origins>();

  resolve(fields: readonly string[]): Resolution {
    const column = fields.at(-1)!;
    const qualifier = fields.at(-2);
    const origins = qualifier === undefined ? this.#unqualified(column) : this.#qualified(qualifier, column);
    if (origins) return { kind: "found", origins };
    return { kind: systemColumns.has(column) ? "system" : "unknown" };
  }

  /** Whether a name without a relation's before it may be one of the columns that a relation nearer than the listed one has. */
  isUncertain(column: string): boolean {
    if (this.#merged.has(column) || this.from.some(({ columns }) => columns.has(column))) return false;
    return this.from.some(({ others }) => others !== null) || (this.#enclosing?.isUncertain(column) ?? false);
  }

  /** Whether a `*` lists columns in another order than PostgreSQL does, or not all of them. */
  get isStarUncertain(): boolean {
    return this.#merged.size > 0 || this.from.some(({ others }) => others !== null);
  }

  #qualified(qualifier: string, column: string): Origins | null {
    const rowset = this.relation(qualifier);
    return rowset ? (rowset.columns.get(column) ?? rowset.others) : null;
  }

  /** A listed column of the innermost query that has one; else a whole row; else an open relation's. */
  #unqualified(column: string): Origins | null {
    return this.#listed(column) ?? this.#wholeRow(column) ?? this.#open();
  }

  #listed(column: string): Origins | null {
    const merged = this.#merged.get(column);
    if (merged) return merged;
    const rowset = this.from.find(({ columns }) => columns.has(column));
    if (rowset) return rowset.columns.get(column)!;
    return this.#enclosing ? this.#enclosing.#listed(column) : null;
  }

  #wholeRow(name: string): Origins | null {
    const rowset = this.relation(name);
    return rowset && allOrigins(rowset);
  }

  #open(): Origins | null {
    const rowset = this.from.find(({ others }) => others !== null);
    if (rowset) return rowset.others;
    return this.#enclosing ? this.#enclosing.#open() : null;
  }

  /** Column names that an unqualified reference could have meant. */
  visibleColumns(): string[] {
    return [
      ...this.from.flatMap(({ columns }) => [...columns.keys()]),
      ...(this.#enclosing?.visibleColumns() ?? []),
    ];
  }
}
