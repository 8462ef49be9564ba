/**
 * Draws who imports whom into docs/architecture.md, and prints how large files and functions are: `npm run architecture`.
 * A folder beside a checkout is measured with `npm run architecture -- FOLDER`.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { measureFolders } from "./sizes.ts";

const page = join(import.meta.dirname, "architecture.md");
const repository = join(import.meta.dirname, "..");

/** Imports between parts, type-only ones too: importer -> imported. `partOf`: null is left out. */
function edges(root: string, partOf: (file: string) => string | null): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const file of globSync("{src,assets}/**/*.ts", { cwd: root })) {
    const from = partOf(file);
    if (from === null) continue;
    const imported = found.get(from) ?? new Set();
    found.set(from, imported);
    for (const [, path] of readFileSync(join(root, file), "utf8").matchAll(
      /(?:from|import\()\s*"(\..*?)"/g,
    )) {
      const to = partOf(posix.join(posix.dirname(file), path!));
      if (to !== null && to !== from) imported.add(to);
    }
  }
  return found;
}

/** The graph, without the arrows that ways over other parts tell as well. */
function mermaid(graph: ReadonlyMap<string, ReadonlySet<string>>): string {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(graph.get(from) ?? [])].some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      return reaches(next, to, seen.add(next));
    });
  const lines = [...graph].flatMap(([from, imported]) =>
    [...imported]
      .filter((to) => ![...imported].some((other) => other !== to && reaches(other, to)))
      .map((to) => `  ${from} --> ${to}`),
  );
  return ["```mermaid", "flowchart TD", ...lines.sort(), "```"].join("\n");
}

const roomOf = (file: string): string | null => /^src\/engine\/(\w+)\//.exec(file)?.[1] ?? null;
const partOf = (file: string): string => /^(?:src\/)?([\w-]+)/.exec(file)![1]!;

/** The page with its drawings as the imports are now. */
export function drawn(text: string, root = repository): string {
  const drawings = { parts: mermaid(edges(root, partOf)), rooms: mermaid(edges(root, roomOf)) };
  return Object.entries(drawings).reduce(
    (drawnText, [name, drawing]) =>
      drawnText.replace(RegExp(`(?<=<!-- ${name} -->\n).*?(?=<!-- end -->)`, "s"), `\n${drawing}\n\n`),
    text,
  );
}

if (import.meta.url === pathToFileURL(argv[1]!).href) {
  if (argv[2] === undefined) writeFileSync(page, drawn(readFileSync(page, "utf8")));
  console.table(measureFolders(argv[2] ?? repository));
}
