/** SQL in pieces that a stylesheet can colour, cut by PostgreSQL's own scanner. */
import { scan } from "libpg-query";

export interface SqlPiece {
  readonly kind: "keyword" | "comment" | "string" | "number" | "asset" | "text";
  readonly text: string;
}

const reservedKeyword = 4;
/** Words that PostgreSQL allows as names, but that are part of the language where models use them. */
const otherKeywords = new Set(
  "between by exists filter following over partition preceding recursive row rows values within".split(" "),
);

const kindOfToken: Readonly<Record<string, SqlPiece["kind"]>> = {
  SQL_COMMENT: "comment",
  C_COMMENT: "comment",
  SCONST: "string",
  ICONST: "number",
  FCONST: "number",
};

/** The pieces joined are `sql`; names in `assets` are pieces of their own. What cannot be scanned is one piece of text. */
export async function highlightSql(sql: string, assets: ReadonlySet<string>): Promise<SqlPiece[]> {
  const scanned = await scan(sql).catch(() => ({ tokens: [] }));
  const bytes = Buffer.from(sql); // the scanner counts bytes
  const pieces: SqlPiece[] = [];
  const add = (kind: SqlPiece["kind"], from: number, to: number): void => {
    const text = bytes.toString("utf8", from, to);
    const last = pieces.at(-1);
    if (last?.kind === "text" && kind === "text")
      pieces[pieces.length - 1] = { kind, text: last.text + text };
    else if (text !== "") pieces.push({ kind, text });
  };
  let end = 0;
  for (const token of scanned.tokens) {
    const word = token.text.toLowerCase();
    const isKeyword = token.keywordKind === reservedKeyword || otherKeywords.has(word);
    const kind = assets.has(word) ? "asset" : isKeyword ? "keyword" : kindOfToken[token.tokenName];
    add("text", end, token.start);
    add(kind ?? "text", token.start, token.end);
    end = token.end;
  }
  add("text", end, bytes.length);
  return pieces;
}

/** The pieces of each line: a piece that goes over several is cut. */
export function linesOf(pieces: readonly SqlPiece[]): SqlPiece[][] {
  const lines: SqlPiece[][] = [[]];
  for (const { kind, text } of pieces) {
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) lines.push([]);
      if (part !== "") lines.at(-1)!.push({ kind, text: part });
    }
  }
  return lines;
}
