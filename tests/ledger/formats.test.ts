import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formats } from "../../src/ledger/import/formats/index.ts";
import { type ReadFile, readImportFile } from "../../src/ledger/import/read.ts";
import { type RowInput, readRow } from "../../src/ledger/import/rows.ts";

// Small files after the exports of brokers, exchanges and trackers, each with what is read in it. The table of formats in the
// docs is made from them.

const folder = join(import.meta.dirname, "formats");
const clock = () => new Date("2026-01-15T12:00:00Z");
const names = readdirSync(folder).filter((name) => /\.(csv|json)$/.test(name));

function readFixture(name: string) {
  const file = readImportFile({ csv: readFileSync(join(folder, name), "utf8") }, clock);
  // As if every number were known: which ticker it is is the price source's to say.
  const rows = file.entries.map((entry) =>
    readRow(
      entry,
      ({ instrument }) =>
        instrument?.ticker === null
          ? (instrument.identifier ?? {
              code: "unknown_ticker",
              message: `which ticker is ${instrument.name}?`,
            })
          : undefined,
      clock,
    ),
  );
  return { file, rows };
}

const foreign = (currency = "USD") => (currency === "USD" ? "" : ` ${currency}`);
const ownRate = ({ fx_rate, fx_currency }: RowInput) =>
  fx_rate === undefined ? "" : `, at its own rate of ${fx_rate} ${fx_currency}`;

const aside = ({ line, text, kind, lines }: ReadFile["asides"][number]): string => {
  const table = kind === "table" ? `${lines} lines of another table: ` : "";
  const part = kind === "merged" ? " (part of another line, or its repetition)" : "";
  return `${line}: aside: ${table}${text}${part}`;
};

/** A line for each entry: what is recorded, or what is kept, or why it is refused. */
function told(name: string): string {
  const { file, rows } = readFixture(name);
  const lines = rows.map(({ line, kind, input, entry, errors, warnings, notes }) => {
    const { date, instrument, quantity, amount, currency } = entry;
    const what = input
      ? `${input.date} ${input.type} ${input.quantity} ${input.ticker} at ${input.price}${foreign(input.currency)}, fee ${input.fee}${ownRate(input)}`
      : `${date} ${kind} ${quantity ?? ""} ${instrument?.symbol || instrument?.identifier || ""} for ${amount} ${currency}`;
    const remarks = [...errors, ...warnings].map(({ code, message }) => `  ${code}: ${message}`);
    return [
      `${line}: ${what.replaceAll(/ +/g, " ")}`,
      ...remarks,
      ...notes.map(({ message }) => `  (${message})`),
    ].join("\n");
  });
  const head = [file.format ?? "no known format", file.problem?.message, ...file.unknownWords].filter(
    Boolean,
  );
  return `${[...head, ...lines, ...file.asides.map(aside)].join("\n")}\n`;
}

test.each(names)("%s is read as it says", async (name) => {
  await expect(told(name)).toMatchFileSnapshot(join(folder, `${name}.txt`));
});

test.each(names)("every trade of %s is understood, or asked for the ticker of a mere name", (name) => {
  const { file, rows } = readFixture(name);
  expect(file.problem).toBeNull();
  expect(rows.some(({ kind }) => kind === "BUY" || kind === "SELL") || /cash/.test(name)).toBe(true);
  for (const { errors } of rows) for (const { code } of errors) expect(code).toBe("unknown_ticker");
});

test("every format has a file, and every file but those of nobody's its format", () => {
  const read = new Set(names.map((name) => readFixture(name).file.format));
  expect(formats.map(({ name }) => name).filter((name) => !read.has(name))).toEqual([]);
  expect(names.filter((name) => readFixture(name).file.format === null)).toEqual([
    "by-hand-foreign.csv",
    "by-hand.csv",
    "google-sheets-foreign.csv",
    "google-sheets.csv",
  ]);
});

describe("the table of formats", () => {
  const kindsOf = (name: string): string[] => {
    const kinds = new Set(readFixture(name).rows.map(({ kind }) => kind ?? ""));
    return [...kinds]
      .filter((kind) => kind !== "BUY" && kind !== "SELL")
      .map((kind) => kind.toLowerCase().replaceAll("_", " "));
  };
  const table = (): string => {
    const byFormat = Map.groupBy(
      names,
      (name) => readFixture(name).file.format ?? "Spreadsheets and any other file",
    );
    const rows = [...byFormat].map(([format, files]) => {
      const order = readFixture(files[0]!).file.notation.dateOrder ?? "year";
      const links = files.map((name) => `[${name}](../tests/ledger/formats/${name})`).join(", ");
      return [format, links, `${order} first`, [...new Set(files.flatMap(kindsOf))].toSorted().join(", ")];
    });
    const sorted = rows.toSorted(([a = ""], [b = ""]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
    const head = ["Format", "Like this", "Dates", "Kept beside trades"];
    const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
    const line = (row: readonly string[]): string =>
      `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
    return [line(head), line(widths.map((width) => "-".repeat(width))), ...sorted.map(line)].join("\n");
  };

  test("in the docs is the one that the files make", async () => {
    const text = readFileSync(join(folder, "../../../docs/import.md"), "utf8");
    const [before, after] = text.split(/<!-- formats -->[\s\S]*<!-- end of formats -->/);
    const expected = `${before}<!-- formats -->\n\n${table()}\n\n<!-- end of formats -->${after}`;
    await expect(expected).toMatchFileSnapshot(join(folder, "../../../docs/import.md"));
  });
});
