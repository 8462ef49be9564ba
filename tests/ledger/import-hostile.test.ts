import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readImportFile } from "../../src/ledger/import/read.ts";
import { readRow } from "../../src/ledger/import/rows.ts";

const clock = () => new Date("2026-01-15T12:00:00Z");
const generic = (row: string): string => `date,type,ticker,quantity,price\n${row}\n`;

describe("hostile text is read in no more than its length", () => {
  const quickly = (csv: string) => {
    // Of this thread alone: other programs take their time of the same machine.
    const before = process.threadCpuUsage();
    const file = readImportFile({ csv }, clock);
    const { user, system } = process.threadCpuUsage(before);
    return { problem: file.problem?.code ?? null, seconds: (user + system) / 1e6 };
  };
  test.each([
    ["a line of names that are all alike", `${"a,".repeat(20_000)}\n1,2\n`, "file_too_wide"],
    ["a quantity of 120,000 digits", generic(`2024-01-05,BUY,AAPL,${"9".repeat(120_000)},100`), null],
    ["a quantity of points", generic(`2024-01-05,BUY,AAPL,${"1.".repeat(60_000)},100`), null],
    [
      "a name of 10,000 brackets",
      `${"(".repeat(10_000)},type,ticker,quantity,price,date\n1,BUY,AAPL,1,1,2024-01-05\n`,
      null,
    ],
    ["brackets in every name", `${`${"(".repeat(4000)},`.repeat(200)}x\n1\n`, "invalid_csv"],
    [
      "lines of names",
      `date,type,ticker,quantity,price\n${`${"commission fee kosten,".repeat(20)}x\n`.repeat(4000)}`,
      null,
    ],
    ["a day of 100,000 characters", generic(`${"1/".repeat(50_000)},BUY,AAPL,1,100`), null],
    ["a word of 100,000 characters", generic(`2024-01-05,${"buy ".repeat(25_000)},AAPL,1,100`), null],
    ["quotation marks", generic(`2024-01-05,BUY,AAPL,1,100\n${'"'.repeat(200_000)}`), null],
    ["two and a half million characters", "x".repeat(2_500_001), "file_too_large"],
    ["an Excel workbook", "PK\u0003\u0004\u0014", "not_text"],
    ["a PDF", "%PDF-1.7", "not_text"],
    ["a page", "<!DOCTYPE html><table></table>", "not_text"],
    [
      "lines of figures that may all be cut",
      `date,type,ticker,quantity,price${",fee".repeat(240)}\n${Array.from({ length: 4500 }, (_, index) => `2024-01-05,BUY,AAPL${",100".repeat(110 + (index % 5))}\n`).join("")}`,
      null,
    ],
    ["deep JSON", `${"[".repeat(100_000)}`, "invalid_csv"],
    ["deep JSON that is whole", `${"[".repeat(1_200_000)}${"]".repeat(1_200_000)}`, "empty_csv"],
    ["objects 45,000 deep", `[${'{"a":'.repeat(45_000)}1${"}".repeat(45_000)}]`, null],
    ["names that every object has", '[{"__proto__":"x","hasOwnProperty":"y","constructor":"z"}]', null],
    ["a million lines of a letter", "a\n".repeat(1_200_000), "too_many_lines"],
    ["commas alone", ",".repeat(2_400_000), "file_too_wide"],
    ["blanks alone", " ".repeat(2_400_000), "empty_csv"],
    [
      "250 columns of figures",
      `date,type,ticker,quantity,price${",x".repeat(240)}\n${`2024-01-05,BUY,AAPL,1,100${",1.5".repeat(240)}\n`.repeat(2400)}`,
      null,
    ],
    [
      "letters under accents",
      generic(`2024-01-05,BUY,${`a${"\u0301".repeat(1000)}`},1,100\n`.repeat(2000)),
      null,
    ],
  ])("%s", (_, csv, problem) => {
    const read = quickly(csv);
    if (problem !== null) expect(read.problem).toBe(problem);
    // Each took 6 to 57 seconds, or the more the longer; 2.5 at most now.
    expect(read.seconds).toBeLessThan(5);
  });
});

describe("whatever stands in a file", () => {
  const word = fc.constantFrom(
    "Buy",
    "Sell",
    "Dividend",
    "€5",
    "1.500",
    "1,5",
    "03/04/2024",
    "2024-01-05",
    "AAPL",
    "=",
    '"',
    "",
    "\0",
    "\ud83d",
  );
  const cell = fc.oneof(word, fc.string({ unit: "binary" }));
  const line = fc.array(cell, { maxLength: 8 }).map((cells) => cells.join(","));
  const header = fc.constantFrom(
    "date,type,ticker,quantity,price,fee",
    "Datum;Typ;ISIN;Stück;Betrag",
    "Action,Time,Ticker,No. of shares,Price / share",
    "",
  );
  const file = fc
    .tuple(header, fc.array(line, { maxLength: 12 }))
    .map(([names, lines]) => [names, ...lines].join("\n"));

  test("it is read without a fault, and each row is recorded, kept or refused with a reason", () => {
    fc.assert(
      fc.property(fc.oneof(file, fc.string({ unit: "binary", maxLength: 300 }), fc.json()), (csv) => {
        const { entries } = readImportFile({ csv }, clock);
        for (const entry of entries) {
          const { input, kind, errors } = readRow(entry, () => undefined, clock);
          const isKept = kind !== null && kind !== "BUY" && kind !== "SELL";
          expect([input !== null, isKept, errors.length > 0].filter(Boolean)).toHaveLength(1);
          expect(JSON.stringify(entry.texts)).not.toMatch(/\\ud[89a-f]|\\u0000/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
