/** How a table is read: its format's columns, or guessed ones, and what a person has said of them. Pure. */
import { type Columns, currencyColumns, guessColumns } from "./columns.ts";
import { type Field, type Format, fields, recogniseFormat, spellHeaders } from "./format.ts";
import { formats } from "./formats/index.ts";
import { type Meaning, meaningOf, type RowKind } from "./kinds.ts";
import { spell } from "./spelling.ts";
import { offsetIn } from "./surroundings.ts";
import type { Table } from "./table.ts";
import { unitInHeader } from "./units.ts";

/** What a person can say a column for. */
export const importFields = [
  "date",
  "type",
  "ticker",
  "identifier",
  "quantity",
  "price",
  "amount",
  "fee",
  "currency",
] as const;

export type ImportField = (typeof importFields)[number];

export const requiredFields = [
  "date",
  "type",
  "ticker",
  "quantity",
  "price",
] as const satisfies readonly ImportField[];

/** The name of each field's column, of several joined by " + "; null: the file has none. */
export type ColumnMapping = Readonly<Record<ImportField, string | null>>;

export interface Layout {
  readonly format: Format | null;
  /** Each once, so that a column can be told by its name. */
  readonly names: readonly string[];
  readonly columns: Columns;
  /** Fields whose columns a person chose: what a format takes from elsewhere does not count for them. */
  readonly chosen: ReadonlySet<Field>;
  /** In the name of a column: "price (EUR)". */
  readonly headerCurrencies: Readonly<Partial<Record<Field, string>>>;
  /** Of every column, as its name says it. */
  readonly columnCurrencies: readonly (string | null)[];
  /** By the word, spelled. */
  readonly words: Readonly<Record<string, RowKind>>;
  /** Its price is in "$", which is another dollar elsewhere. */
  readonly areDollarsVague: boolean;
  /** Of its times, in minutes ahead of UTC, as the column's name says it: "Date (UTC)". */
  readonly offset: number | null;
  /** A person said which columns its costs are, or that it has none. */
  readonly areCostsSaid: boolean;
  /** Its quantity is what was filled, not what was ordered. */
  readonly countsFills: boolean;
}

/** As shown: not empty, none longer than a line of a list, each once. */
function nameColumns(headers: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return headers.map((header, index) => {
    const name = header.slice(0, 80) || `Column ${index + 1}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

function declaredColumns(format: Format, headers: readonly string[]): Columns {
  const indexes = new Map(
    spellHeaders(headers)
      .map((name, index) => [name, index] as const)
      .toReversed(),
  );
  const find = (name: string): number[] => {
    const [base = "", offset] = name.split("+");
    const index = indexes.get(base);
    if (index === undefined) return [];
    const at = index + Number(offset ?? 0);
    // What stands right of a column is meant only where it has no name of its own.
    return offset !== undefined && headers[at] !== "" ? [] : [at];
  };
  return Object.fromEntries(
    Object.entries(format.columns).map(([field, names]) => [field, [names].flat().flatMap(find)]),
  );
}

/** The columns that are meant by a name as it is shown; null: no such column. */
function columnsNamed(name: string, names: readonly string[]): number[] | null {
  const single = names.indexOf(name);
  if (single >= 0) return [single];
  const several = name.split(" + ", 50).map((part) => names.indexOf(part));
  return several.includes(-1) ? null : several;
}

export function mappingOf({ names, columns }: Pick<Layout, "names" | "columns">): ColumnMapping {
  const shown = (field: ImportField): string | null => {
    const indexes = columns[field] ?? (field === "amount" ? columns.gross : undefined) ?? [];
    const counted = field === "fee" ? indexes : indexes.slice(0, 1);
    return counted.length === 0 ? null : counted.map((index) => names[index]!).join(" + ");
  };
  return Object.fromEntries(importFields.map((field) => [field, shown(field)])) as ColumnMapping;
}

export interface Choices {
  readonly columns?: Partial<ColumnMapping>;
  readonly words?: Readonly<Record<string, RowKind>>;
}

/** `given`: by a person, who may say for each field which column it is, or null: none. */
export function layOut(table: Table, given: Choices = {}): Layout {
  const names = nameColumns(table.headers);
  const format = recogniseFormat(formats, table);
  const declared = format && declaredColumns(format, table.headers);
  const found: Columns = declared
    ? { currency: currencyColumns(table.headers), ...declared }
    : guessColumns(table);
  const shown = mappingOf({ names, columns: found });
  const said = new Map<Field, number[]>();
  for (const field of importFields) {
    const name = given.columns?.[field];
    if (name === undefined || name === shown[field]) continue;
    const indexes = name === null ? [] : columnsNamed(name, names);
    if (indexes) said.set(field, indexes);
  }
  const columns: Columns = said.size === 0 ? found : withSaid(table, declared ? found : null, said);
  const headerOf = (field: Field): string => table.headers[columns[field]?.[0] ?? -1] ?? "";
  return {
    format,
    names,
    columns,
    chosen: new Set(said.keys()),
    headerCurrencies: headerCurrencies(table, columns),
    columnCurrencies: table.headers.map(unitInHeader),
    words: given.words ?? {},
    areDollarsVague:
      /\$/.test(headerOf("price") || headerOf("gross") || headerOf("amount")) &&
      !/us/i.test(headerOf("price") || headerOf("gross") || headerOf("amount")),
    offset: offsetIn(headerOf("time")) ?? offsetIn(headerOf("date")),
    areCostsSaid: said.has("fee") || given.columns?.fee === null,
    countsFills: /fill|exec|ausgef|ejecut|eseg/.test(spell(headerOf("quantity"))),
  };
}

/** What was said counts; where nothing is declared, the other fields are guessed among the columns that are left. */
function withSaid(table: Table, declared: Columns | null, said: ReadonlyMap<Field, number[]>): Columns {
  const taken = new Set([...said.values()].flat());
  const base = declared ?? guessColumns(table, taken);
  const others = fields.flatMap((field) => {
    if (said.has(field)) return [[field, said.get(field)!] as const];
    // An amount that is said is the only one.
    if (field === "gross" && said.has("amount")) return [];
    return [[field, (base[field] ?? []).filter((index) => !taken.has(index))] as const];
  });
  return Object.fromEntries(others);
}

function headerCurrencies({ headers }: Table, columns: Columns): Layout["headerCurrencies"] {
  const figures = ["price", "gross", "amount"] as const;
  return Object.fromEntries(
    figures.flatMap((field) => {
      const header = headers[columns[field]?.[0] ?? -1];
      const currency = header === undefined ? null : unitInHeader(header);
      return currency ? [[field, currency]] : [];
    }),
  );
}

/** What a word means in this file: as a person said, as the format declares, else as it means everywhere. */
export function meaningIn({ words, format }: Pick<Layout, "words" | "format">, word: string): Meaning | null {
  const name = spell(word);
  if (Object.hasOwn(words, name)) return words[name]!;
  const declared = format?.words;
  return declared && Object.hasOwn(declared, name) ? declared[name]! : meaningOf(word);
}
