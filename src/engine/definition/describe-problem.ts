/** How a mistake is told, the same everywhere: as fields to programs, as text with its line and a caret to people. */
import { isAbsolute, relative } from "node:path";
import { lineOfFile } from "./places.ts";
import type { DefinitionError } from "./problems.ts";

/** What JSON says of a mistake. */
export interface ProblemRecord {
  readonly code: string;
  readonly severity: "error" | "warning";
  /** null: it is no asset's. */
  readonly asset: string | null;
  /** Seen from the folder that the program runs in, where it is below that. */
  readonly file: string | null;
  /** 1-based; null: the asset as a whole. */
  readonly line: number | null;
  /** 1-based, in characters; null: the line as a whole. */
  readonly column: number | null;
  readonly message: string;
  /** What PostgreSQL advises. */
  readonly hint: string | null;
  /** The text of the line. */
  readonly excerpt: string | null;
}

export function describeProblem(problem: DefinitionError): ProblemRecord {
  const { code, severity, asset, file, line, column, message, hint } = problem;
  const excerpt = problem.excerpt ?? (file !== null && line !== null ? lineOfFile(file, line) : null);
  return { code, severity, asset, file: file && fromHere(file), line, column, message, hint, excerpt };
}

function fromHere(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith("..") || isAbsolute(path) ? file : path.replaceAll("\\", "/");
}

/** `file:line:column: asset: message`, then the line with a caret below the column, then the hint. */
export function renderProblem(problem: DefinitionError): string {
  const { severity, asset, file, line, column, message, hint, excerpt } = describeProblem(problem);
  const where = file === null ? null : [file, line, column].filter((part) => part !== null).join(":");
  const parts = [where, severity === "warning" ? severity : null, asset, message];
  const lines = [parts.filter((part) => part !== null).join(": ")];
  if (excerpt !== null && excerpt.trim() !== "") {
    const number = String(line);
    lines.push(`  ${number} | ${excerpt}`);
    // Tabs stay tabs, so that the caret stands where the terminal puts the character.
    if (column !== null)
      lines.push(
        `  ${" ".repeat(number.length)} | ${excerpt.slice(0, column - 1).replaceAll(/[^\t]/g, " ")}^`,
      );
  }
  if (hint !== null) lines.push(`  hint: ${hint}`);
  return lines.join("\n");
}
