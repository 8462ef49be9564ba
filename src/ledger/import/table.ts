export interface TableLine {
  /** Of the file, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface Table {
  /** Of a statement with sections; null: the file says none. */
  readonly title: string | null;
  /** As the file has them. */
  readonly headers: readonly string[];
  readonly lines: readonly TableLine[];
}
