/** Where definitions stand: declarations in the files that made them, and places within the text of a body. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where a mistake stands. line and column: 1-based, in `file`; null where the asset as a whole is meant. */
export interface Place {
  readonly asset: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** In characters. Absent or null: the line as a whole. */
  readonly column?: number | null;
  /** The text of the line, as it was when it was read. Absent: it stands in the file. */
  readonly excerpt?: string | null;
}

type Position = Pick<Place, "line" | "column" | "excerpt">;

/** The place of a character of a text. */
export function positionIn(text: string, index: number): Position {
  const before = text.slice(0, index).split("\n");
  const line = before.length;
  const excerpt = text.split("\n")[line - 1]!.replace(/\r$/, "");
  return { line, column: before.at(-1)!.length + 1, excerpt };
}

/** Kept beside the declarations, so that these stay what their author wrote. */
const declarations = new WeakMap<object, Pick<Place, "file" | "line" | "column">>();

// At the end of a frame: `(file:///project/assets/gold.ts:12:34)`, with or without the parentheses.
const framePattern = /\(?((?:file:\/\/)?\/[^()]*|[A-Za-z]:[^()]*):(\d+):(\d+)\)?$/;

/** Remembers the call of the function that called this one: that is where the author wrote the declaration. */
export function noteDeclaration<T extends object>(declaration: T): T {
  const frame = framePattern.exec(new Error().stack?.split("\n")[3] ?? "");
  if (frame) {
    const [, file = "", line, column] = frame;
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    declarations.set(declaration, { file: path, line: Number(line), column: Number(column) });
  }
  return declaration;
}

/** Where something was declared; a file of null: not known. */
export function declarationPlace(declaration: object, asset: string | null): Place {
  return { asset, ...(declarations.get(declaration) ?? { file: null, line: null }) };
}

/**
 * The place of a character of a text that the declaration contains, as the expression of a check; that of the declaration
 * itself where the text is not written there word for word.
 */
export function placeOfText(declaration: object, asset: string | null, text: string, index: number): Place {
  const place = declarationPlace(declaration, asset);
  if (place.file === null || place.line === null) return place;
  let source: string;
  try {
    source = readFileSync(place.file, "utf8");
  } catch {
    return place;
  }
  const start = source
    .split("\n")
    .slice(0, place.line - 1)
    .join("\n").length;
  const next = /\n(?:export )?const |\n}/.exec(source.slice(start + 1));
  const own = source.slice(start, next ? start + 1 + next.index : undefined);
  const found = own.indexOf(text);
  return found < 0 ? place : { ...place, ...positionIn(source, start + found + index) };
}

/** The text of a line of a file; null: it cannot be read. */
export function lineOfFile(file: string, line: number): string | null {
  try {
    return readFileSync(file, "utf8").split("\n")[line - 1]?.replace(/\r$/, "") ?? null;
  } catch {
    return null;
  }
}
