/** How many files there are, and how large files and functions are. */
import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { parse } from "acorn";

type Row = Record<string, string | number>;

/** A row for each top-level folder, for each below `src`, and for all of `src`. */
export function measureFolders(root: string): Row[] {
  const folders = globSync(["src/*/", "assets", "bench", "docs", "examples", "src", "tests"], { cwd: root });
  return folders
    .sort()
    .map((folder) => measure(root, folder))
    .filter(({ files }) => files !== 0);
}

/** Lines of each function with a body in braces. */
function functionSizes(node: unknown): number[] {
  if (typeof node !== "object" || node === null) return [];
  const { type, body, loc } = node as {
    type?: string;
    body?: { type?: string };
    loc?: Record<"start" | "end", { line: number }>;
  };
  const isFunction = /Function/.test(type ?? "") && body?.type === "BlockStatement";
  return [
    ...(isFunction ? [loc!.end.line - loc!.start.line + 1] : []),
    ...Object.values(node).flatMap(functionSizes),
  ];
}

function measure(root: string, folder: string): Row {
  const texts = globSync(`${folder}/**/*.ts`, { cwd: root }).map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  const files = texts.map((text) => text.trimEnd().split("\n").length);
  const functions = texts.flatMap((text) =>
    functionSizes(
      parse(stripTypeScriptTypes(text), { ecmaVersion: "latest", sourceType: "module", locations: true }),
    ),
  );
  const middle = (sizes: number[]): number => sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;
  const lines = files.reduce((sum, size) => sum + size, 0);
  return {
    folder,
    files: files.length,
    lines,
    "median file": middle(files),
    "largest file": Math.max(0, ...files),
    "median function": middle(functions),
    "largest function": Math.max(0, ...functions),
  };
}
