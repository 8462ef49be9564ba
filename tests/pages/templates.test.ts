import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const longest = 120;
const voidTags = new Set(["br", "hr", "img", "input", "link", "meta"]);
/** Each of them begins a line; others may stand in a line of text. */
const lineTags = new Set(
  "article aside dd details div dl dt fieldset figure footer form h1 h2 h3 header label legend li nav ol p section summary table tbody td th thead tr ul".split(
    " ",
  ),
);

interface Token {
  readonly kind: "open" | "close" | "middle" | "single";
  readonly name: string;
  readonly line: number;
  readonly lastLine: number;
}

/** Tags and block helpers in their order. A helper within a tag is part of the tag. */
function tokensOf(source: string): Token[] {
  const pattern =
    /\{\{\{?~?(?<sign>#>|[#/]|else)?\s*(?<helper>[\w-]*)[^}]*\}\}\}?|<(?<end>\/)?(?<tag>[a-z]\w*)(?:\{\{.*?\}\}|[^>{])*>/gs;
  return [...source.matchAll(pattern)].map((match): Token => {
    const { sign, helper = "", end, tag } = match.groups ?? {};
    const line = source.slice(0, match.index).split("\n").length - 1;
    const lastLine = line + match[0].split("\n").length - 1;
    if (sign === "else") return { kind: "middle", name: "", line, lastLine };
    if (sign) return { kind: sign === "/" ? "close" : "open", name: `#${helper}`, line, lastLine };
    if (!tag) return { kind: "single", name: "", line, lastLine };
    // What is in <html> stands below it.
    if (tag === "html") return { kind: "single", name: tag, line, lastLine };
    if (end) return { kind: "close", name: tag, line, lastLine };
    const isSingle = voidTags.has(tag) || match[0].endsWith("/>");
    return { kind: isSingle ? "single" : "open", name: tag, line, lastLine };
  });
}

/** What a reader would trip over, as `line: what`. */
function problemsOf(source: string): string[] {
  const lines = source.trimEnd().split("\n");
  const indentOf = (line: number): number => /^ */.exec(lines[line] ?? "")?.[0].length ?? 0;
  const problems = lines.flatMap((text, line) =>
    text.length > longest ? [`${line + 1}: ${text.length} characters`] : [],
  );
  const tokens = tokensOf(source);
  const open: Token[] = [];
  let next = 0;
  for (let line = 0; line < lines.length; line++) {
    const text = lines[line]!.trim();
    const within = tokens[next - 1];
    const isWithin = within && within.line < line && within.lastLine >= line;
    const outer = open.at(-1);
    if (text !== "" && !isWithin && outer?.name !== "textarea") {
      const isEnd =
        tokens[next]?.line === line &&
        ["close", "middle"].includes(tokens[next]!.kind) &&
        /^(<\/|\{\{)/.test(text);
      const expected = outer ? indentOf(outer.line) + (isEnd ? 0 : 2) : 0;
      if (indentOf(line) !== expected)
        problems.push(`${line + 1}: expected ${expected} spaces before ${text}`);
    }
    let hasClosed = false;
    for (; tokens[next]?.line === line; next++) {
      const token = tokens[next]!;
      if (token.kind === "open" && lineTags.has(token.name) && hasClosed)
        problems.push(`${line + 1}: a second element, ${token.name}`);
      if (token.kind === "open") open.push(token);
      if (token.kind === "middle") open.push({ ...open.pop()!, line });
      if (token.kind !== "close") continue;
      hasClosed ||= lineTags.has(token.name);
      const opened = open.pop();
      if (opened?.name !== token.name)
        problems.push(`${line + 1}: ${token.name} closes ${opened?.name ?? "nothing"}`);
    }
  }
  return [...problems, ...open.map(({ name, line }) => `${line + 1}: ${name} is not closed`)];
}

const folder = new URL("../../ui/", import.meta.url).pathname;
const templates = ["views", "partials"].flatMap((subfolder) =>
  readdirSync(join(folder, subfolder)).map((file) => join(subfolder, file)),
);

test("what is written by its reader's format is not asked for by the name of the format alone", () => {
  const code = readFileSync(join(folder, "../src/web/views.ts"), "utf8");
  const names = /const formatNames: readonly FormatName\[\] = \[(.*?)\];/s.exec(code)![1]!.match(/\w+/g)!;
  expect(names).toContain("date");
  const bare = new RegExp(`\\{\\{~?(?:${names.join("|")})~?\\}\\}`, "g");
  const found = templates.flatMap((file) =>
    (readFileSync(join(folder, file), "utf8").match(bare) ?? []).map((text) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});

describe("templates are read line by line", () => {
  test.each(templates)("%s", (file) => {
    expect(problemsOf(readFileSync(join(folder, file), "utf8"))).toEqual([]);
  });

  test("what is too long, askew, unbalanced or two in a line is found", () => {
    expect(problemsOf(`<p>${"long ".repeat(30)}</p>\n`)).toEqual(["1: 157 characters"]);
    expect(problemsOf("<div>\n {{name}}\n</div>\n")).toEqual(["2: expected 2 spaces before {{name}}"]);
    expect(problemsOf("{{#if a}}\n  <div>\n{{/if}}\n")).toContain("3: #if closes div");
    expect(problemsOf("{{#> a}}\n  b\n{{/a}}\n")).toEqual([]);
    expect(problemsOf("{{#> a}}\nb\n{{/c}}\n")).toHaveLength(2);
    expect(problemsOf("<ul>\n  <li>a</li><li>b</li>\n</ul>\n")).toEqual(["2: a second element, li"]);
  });
});
