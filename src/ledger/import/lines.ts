/** The lines of a table as texts by field, and what stands in each beside them. Pure. */
import { isBlank } from "./figures.ts";
import { type CellBeside, type Field, fields, spellHeaders, type TextLine, type Texts } from "./format.ts";
import type { Meaning } from "./kinds.ts";
import { type Layout, meaningIn } from "./layout.ts";
import { findSplitLines } from "./split-figures.ts";
import type { Table, TableLine } from "./table.ts";
import type { Delimiter } from "./tables.ts";

const says = (meaning: Meaning | null): boolean =>
  meaning !== null && meaning !== "TRADE" && meaning !== "CASH";

/** Our own export writes nothing where there is nothing: "none" is a word there. */
const isEmpty = (text: string, { format }: Layout): boolean => (format?.isOwn ? text === "" : isBlank(text));

function textOf(field: Field, { cells }: TableLine, layout: Layout): string {
  const values = (layout.columns[field] ?? []).flatMap((index) =>
    isEmpty(cells[index] ?? "", layout) ? [] : [cells[index]!],
  );
  if (field !== "type" || values.length < 2) return values[0] ?? "";
  return values.find((value) => says(meaningIn(layout, value))) ?? values[0]!;
}

/** Columns that a field reads; of several that could have the side only one is read in a line. */
function readColumns({ columns }: Layout): Set<number> {
  const { type: _, ...others } = columns;
  return new Set(Object.values(others).flat());
}

function besideOf(
  { cells }: TableLine,
  layout: Layout,
  read: ReadonlySet<number>,
  taken: ReadonlySet<number>,
  type: string | undefined,
): CellBeside[] {
  const types = new Set(layout.columns.type);
  return layout.names.flatMap((name, index) => {
    const text = cells[index] ?? "";
    const isRead = read.has(index) || taken.has(index) || (types.has(index) && text === type);
    return isRead || isEmpty(text, layout) ? [] : [{ index, name, text }];
  });
}

function readLine(
  line: TableLine,
  layout: Layout,
  read: ReadonlySet<number>,
  indexes: Indexes,
): TextLine | null {
  const single = fields.filter((field) => field !== "fee" && field !== "tax");
  const all = (field: "fee" | "tax"): string[] =>
    (layout.columns[field] ?? []).flatMap((index) =>
      isBlank(line.cells[index] ?? "") ? [] : [line.cells[index]!],
    );
  const texts: Texts = {
    ...Object.fromEntries(single.map((field) => [field, textOf(field, line, layout)])),
    fee: all("fee"),
    tax: all("tax"),
  };
  const looked = new Set<number>();
  const taken = layout.format?.take?.((name) => {
    const index = indexes.get(name) ?? -1;
    looked.add(index);
    return line.cells[index] ?? "";
  });
  if (taken === null) return null;
  const counted = Object.entries(taken ?? {}).filter(([field]) => !layout.chosen.has(field as Field));
  const beside = besideOf(line, layout, read, looked, texts.type);
  return {
    line: line.line,
    texts: { ...texts, ...Object.fromEntries(counted) },
    ...(beside.length > 0 && { beside }),
  };
}

type Indexes = ReadonlyMap<string, number>;

/** Empty values at the end may be left out; a value too many, or one that is needed and missing, shifts the others. */
function isRagged({ cells }: TableLine, { headers }: Table, { columns }: Layout): boolean {
  if (cells.length === headers.length) return false;
  if (cells.length > headers.length) return cells.slice(headers.length).some((cell) => cell !== "");
  const needed = (["date", "type", "ticker", "quantity", "price"] as const).flatMap(
    (field) => columns[field]?.[0] ?? [],
  );
  return needed.some((index) => index >= cells.length);
}

/** The lines of a table as texts by field; those that its format knows to be none are left aside. */
export function readTexts(table: Table, layout: Layout, delimiter: Delimiter | null): TextLine[] {
  const split = delimiter === "," ? findSplitLines(table.lines, layout) : new Set();
  const indexes = new Map(
    spellHeaders(table.headers)
      .map((name, index) => [name, index] as const)
      .toReversed(),
  );
  const columns = readColumns(layout);
  const lines = table.lines.flatMap((line) => {
    const read = readLine(line, layout, columns, indexes);
    return read
      ? [
          {
            ...read,
            ...(isRagged(line, table, layout) && { count: line.cells.length }),
            ...(split.has(line) && { isSplit: true }),
          },
        ]
      : [];
  });
  const cells = new Map(table.lines.map((line) => [line.line, line.cells]));
  return (layout.format?.merge?.(lines) ?? lines).map((line) => ({
    ...line,
    costColumns: {
      fee: costColumns("fee", line, cells.get(line.line) ?? [], layout),
      tax: costColumns("tax", line, cells.get(line.line) ?? [], layout),
    },
  }));
}

/** []: its costs are not those of its columns, since its format takes them from elsewhere. */
function costColumns(
  field: "fee" | "tax",
  { texts }: TextLine,
  cells: readonly string[],
  { columns }: Layout,
): number[] {
  const filled = (columns[field] ?? []).filter((index) => !isBlank(cells[index] ?? ""));
  const own = texts[field] ?? [];
  return filled.length === own.length && filled.every((index, position) => cells[index] === own[position])
    ? filled
    : [];
}
