import { snakeCased } from "../snake-case.ts";
import type { Outcome } from "./exit.ts";

export type OutputFormat = "text" | "json";

type Cell = string | number | boolean | null | undefined;

/** How a column of a table is made from what is shown: its heading, and the cell of each thing. */
export type TableColumns<T> = Readonly<Record<string, (thing: T) => Cell>>;

/** What a command counts: steps and checks together. */
export interface Tally {
  pass: number;
  warn: number;
  error: number;
  skip: number;
}

export const emptyTally = (): Tally => ({ pass: 0, warn: 0, error: 0, skip: 0 });

export const outcomeOf = (tally: Tally): Outcome => (tally.error > 0 ? "failed" : "done");

/** Data goes to stdout, so that it can be piped; everything said beside it goes to stderr. */
export class Output {
  readonly format: OutputFormat;

  constructor(format: OutputFormat) {
    this.format = format;
  }

  /** As JSON, the things with the API's names; as text, a line each under headings. */
  list<T>(things: readonly T[], columns: TableColumns<T>): void {
    if (this.format === "json")
      this.json(things.map((thing) => (isRecord(thing) ? snakeCased(thing) : thing)));
    else process.stdout.write(table(things, columns));
  }

  json(value: unknown): void {
    process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  text(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  say(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** The last line of every command that does something to assets. Never between JSON and its reader. */
  done({ pass, warn, error, skip }: Tally): void {
    const total = pass + warn + error + skip;
    const line = `Done. PASS=${pass} WARN=${warn} ERROR=${error} SKIP=${skip} TOTAL=${total}`;
    if (this.format === "json") this.say(line);
    else this.text(line);
  }
}

function isRecord(thing: unknown): thing is object {
  return typeof thing === "object" && thing !== null;
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table<T>(things: readonly T[], columns: TableColumns<T>): string {
  const headings = Object.keys(columns);
  const cells = things.map((thing) => Object.values(columns).map((cell) => cell(thing)));
  const texts = [headings, ...cells.map((row) => row.map((cell) => String(cell ?? "")))];
  const widths = headings.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const isNumeric = headings.map(
    (_, column) => cells.length > 0 && cells.every((row) => typeof row[column] === "number"),
  );
  const lines = texts.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0;
        return isNumeric[column] ? text.padStart(width) : text.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
