/** Where things stand in a body that parses: asked once PostgreSQL has found fault with one of them. */
import { parseSync, type ScanToken, type SelectStmt, scanSync, type Node as Tree } from "libpg-query";
import { outputName } from "./output-name.ts";

/** A text in the body that some date or time input would read by the clock. */
export interface ClockLiteral {
  /** Of its first character in the body. */
  readonly index: number;
  readonly text: string;
  /** The body with a word in its place that is no date: PostgreSQL takes it, unless the text is read as a date or time. */
  readonly probe: string;
}

const clockWord = /(?<![a-z])(?:now|today|tomorrow|yesterday)(?![a-z])/gi;

/** Texts such as 'now', however they are spelt and wherever they stand. */
export function clockLiterals(select: string): ClockLiteral[] {
  const bytes = Buffer.from(select);
  const found: ClockLiteral[] = [];
  let tokens: readonly ScanToken[] | null = null; // scanned where one is found, which is hardly ever
  visit(statementOf(select), (kind, content) => {
    if (kind !== "A_Const") return;
    const { sval, location = 0 } = content as { sval?: { sval?: string }; location?: number };
    const text = sval?.sval;
    if (text === undefined || text.search(clockWord) < 0) return;
    tokens ??= scanSync(select).tokens;
    const token = tokens.find(({ start }) => start === location);
    if (!token) return;
    const before = bytes.subarray(0, location).toString();
    const other = `'${text.replaceAll(clockWord, "nonsense").replaceAll("'", "''")}'`;
    found.push({
      index: before.length,
      text,
      probe: before + other + bytes.subarray(token.end).toString(),
    });
  });
  return found;
}

/** The first call of a function by that name; null: none is written, as where an operator or a cast stands for it. */
export function locateCall(select: string, name: string): number | null {
  return locate(select, (kind, content) => {
    const { funcname, location } = content as { funcname?: readonly Tree[]; location?: number };
    return kind === "FuncCall" && lastName(funcname) === name ? (location ?? 0) : null;
  });
}

/** The first cast to the type, by its name in PostgreSQL's catalog. */
export function locateCast(select: string, type: string): number | null {
  return locate(select, (kind, content) => {
    const { typeName } = content as { typeName?: { names?: readonly Tree[]; location?: number } };
    if (kind !== "TypeCast" || lastName(typeName?.names) !== type) return null;
    return typeName?.location ?? null;
  });
}

/** Where the output column is computed, in the first arm of a UNION. */
export function locateOutput(select: string, column: string): number | null {
  let statement = statementOf(select);
  while (statement?.larg) statement = statement.larg;
  for (const target of statement?.targetList ?? []) {
    if (!("ResTarget" in target) || !target.ResTarget.val) continue;
    const { name, val, location = 0 } = target.ResTarget;
    if ((name ?? outputName(val)) === column) return indexOf(select, location);
  }
  return null;
}

function lastName(names: readonly Tree[] | undefined): string | null {
  const last = names?.at(-1);
  return last && "String" in last ? (last.String.sval ?? null) : null;
}

function locate(select: string, find: (kind: string, content: unknown) => number | null): number | null {
  let first: number | null = null;
  visit(statementOf(select), (kind, content) => {
    const location = find(kind, content);
    if (location !== null && location >= 0 && (first === null || location < first)) first = location;
  });
  return first === null ? null : indexOf(select, first);
}

function indexOf(select: string, byte: number): number {
  return Buffer.from(select).subarray(0, byte).toString().length;
}

function statementOf(select: string): SelectStmt | undefined {
  const statement = parseSync(select).stmts?.[0]?.stmt;
  return statement && "SelectStmt" in statement ? statement.SelectStmt : undefined;
}

function visit(part: unknown, on: (kind: string, content: unknown) => void): void {
  if (Array.isArray(part)) for (const item of part) visit(item, on);
  else if (typeof part === "object" && part !== null) {
    for (const [kind, content] of Object.entries(part)) {
      if (typeof content === "object" && content !== null) on(kind, content);
      visit(content, on);
    }
  }
}
