/** From the text of a body to what the registry wants to know of it, by PostgreSQL's own parser. */
import { hasSqlDetails, loadModule, parseSync, type ScanToken, type SelectStmt, scanSync } from "libpg-query";
import { type Place, positionIn } from "../places.ts";
import type { DefinitionError } from "../problems.ts";
import * as problem from "../problems.ts";
import { orderingProblems } from "./ordering.ts";
import { type FindRelation, type Output, type RelationRead, Resolver } from "./resolve.ts";

/** Which columns of which assets an output column is computed from, one step up. */
export interface ColumnLineage {
  readonly column: string;
  readonly from: readonly { readonly asset: string; readonly column: string }[];
}

export interface Body {
  /** false: it is not one SELECT, so that nothing else is known of it. */
  readonly parsed: boolean;
  /** The syntax tree; null: not parsed. */
  readonly statement: SelectStmt | null;
  /** The SELECT, without a trailing `;` or comment, so that it can stand in parentheses. */
  readonly select: string;
  /** The same without comments, white space and the case of key words: what a code version is made of. */
  readonly normalized: string;
  readonly relations: readonly RelationRead[];
  /** Names of the functions called, without their schema; built-in ones too. */
  readonly functions: readonly string[];
  /** One for each output column, in order. */
  readonly lineage: readonly ColumnLineage[];
  readonly problems: readonly DefinitionError[];
}

export interface BodySource {
  readonly asset: string;
  readonly file: string;
  readonly text: string;
  /** The columns its declaration promises. */
  readonly columns: readonly string[];
  readonly find: FindRelation;
}

/** Reads a body. Mistakes are in `problems`, never thrown. */
export async function parseBody(source: BodySource): Promise<Body> {
  await loadModule();
  const { asset, file, text } = source;
  const placeAtIndex = (index: number): Place => ({ asset, file, ...positionIn(text, index) });
  const broken = (found: DefinitionError): Body => ({
    parsed: false,
    statement: null,
    select: text,
    normalized: text,
    relations: [],
    functions: [],
    lineage: [],
    problems: [found],
  });
  let statements: ReturnType<typeof parseSync>["stmts"];
  try {
    // The parser refuses a text without anything in it with an error of its own.
    statements = text.trim() === "" ? [] : (parseSync(text).stmts ?? []);
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const position = error.sqlDetails?.cursorPosition ?? 0;
    const index = [...text].slice(0, position).join("").length;
    return broken(problem.bodySyntax(placeAtIndex(index), error.message));
  }
  const bytes = Buffer.from(text);
  const placeAt = (location = 0): Place =>
    location < 0 ? { asset, file, line: null } : placeAtIndex(bytes.subarray(0, location).toString().length);
  const [first, second] = statements;
  if (!first?.stmt || second) {
    const line = second
      ? placeAt(second.stmt_location! + leadingBlanks(bytes, second.stmt_location!))
      : placeAt();
    return broken(problem.statementCount(line, statements.length));
  }
  if (!("SelectStmt" in first.stmt)) {
    const kind = Object.keys(first.stmt)[0]!.replace(/Stmt$/, "").toUpperCase();
    return broken(problem.notSelect(placeAt(first.stmt_location), kind));
  }
  const resolver = new Resolver(source.find, placeAt);
  const output = resolver.select(first.stmt.SelectStmt);
  const tokens = meaningfulTokens(text);
  return {
    parsed: true,
    statement: first.stmt.SelectStmt,
    select: bytes.subarray(0, tokens.at(-1)?.end).toString(),
    normalized: normalize(tokens),
    relations: [...resolver.relations.values()],
    functions: [...resolver.functions].sort(),
    lineage: output.columns.map(lineageOf),
    problems: [
      ...resolver.problems.values(),
      ...orderingProblems(first.stmt.SelectStmt, source.find, placeAt),
      ...outputProblems(source, first.stmt.SelectStmt, output, placeAt),
    ],
  };
}

function leadingBlanks(bytes: Buffer, from: number): number {
  return /^\s*/.exec(bytes.subarray(from).toString())![0].length;
}

/** All but comments, and a `;` at the end. */
function meaningfulTokens(text: string): ScanToken[] {
  const tokens = scanSync(text).tokens.filter(({ tokenName }) => !tokenName.endsWith("COMMENT"));
  while (tokens.at(-1)?.text === ";") tokens.pop();
  return tokens;
}

function normalize(tokens: readonly ScanToken[]): string {
  return tokens.map(({ text, keywordKind }) => (keywordKind === 0 ? text : text.toLowerCase())).join(" ");
}

function lineageOf({ name, origins }: Output["columns"][number]): ColumnLineage {
  const from = [...origins].sort().map((origin) => {
    const dot = origin.indexOf(".");
    return { asset: origin.slice(0, dot), column: origin.slice(dot + 1) };
  });
  return { column: name, from };
}

function outputProblems(
  { columns }: BodySource,
  statement: SelectStmt,
  output: Output,
  placeAt: (location: number | undefined) => Place,
): DefinitionError[] {
  const star = starLocation(statement);
  if (star !== null) return [problem.star(placeAt(star))];
  const names = output.columns.map(({ name }) => name);
  const place = placeAt(firstTarget(statement));
  const missing = columns.filter((column) => !names.includes(column));
  const unexpected = names.filter((name) => !columns.includes(name));
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  const problems: DefinitionError[] = repeated.map((name) => problem.duplicateOutputColumn(place, name));
  if (missing.length > 0 || unexpected.length > 0) {
    problems.push(problem.outputColumns(place, missing, unexpected));
  }
  return problems;
}

/** Where a `*` stands among the output columns, in any arm of a UNION; null: nowhere. */
function starLocation(statement: SelectStmt): number | null {
  if (statement.larg && statement.rarg) return starLocation(statement.larg) ?? starLocation(statement.rarg);
  for (const target of statement.targetList ?? []) {
    const value = "ResTarget" in target ? target.ResTarget.val : undefined;
    const fields =
      value && "ColumnRef" in value
        ? value.ColumnRef.fields
        : value && "A_Indirection" in value
          ? value.A_Indirection.indirection
          : undefined;
    if (fields?.some((field) => "A_Star" in field)) {
      return "ResTarget" in target ? (target.ResTarget.location ?? 0) : 0;
    }
  }
  return null;
}

function firstTarget(statement: SelectStmt): number | undefined {
  if (statement.larg) return firstTarget(statement.larg);
  const [target] = statement.targetList ?? [];
  return target && "ResTarget" in target ? target.ResTarget.location : undefined;
}
