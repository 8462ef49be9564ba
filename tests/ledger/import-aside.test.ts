import { expect, test } from "vitest";
import { readImportFile } from "../../src/ledger/import/read.ts";
import { ReadingThreads, readFileAside } from "../../src/ledger/import/read-aside.ts";

const now = new Date("2026-01-15T12:00:00Z");
const rows = (count: number): string =>
  `date,type,ticker,quantity,price\n${"2024-01-05,BUY,AAPL,1,100\n".repeat(count)}`;

test("a file is read as it is without a thread, its entries in their order", async () => {
  for (const csv of [rows(1), rows(450), "", "x", "[", "%PDF-1.7", "a,b\n".repeat(30_000)])
    expect(await readFileAside({ csv }, now)).toEqual(readImportFile({ csv }, () => now));
});

test("files are read side by side and one after the other, whoever came first", async () => {
  const threads = new ReadingThreads({ threads: 1 });
  const counts = [300, 1, 20, 2];
  const files = await Promise.all(counts.map((count) => threads.read({ csv: rows(count) }, now)));
  expect(files.map(({ entries }) => entries.length)).toEqual(counts);
});

test("one that takes too long is given up, and said so; the next is read", async () => {
  const hasty = new ReadingThreads({ milliseconds: 0 });
  const { problem, entries } = await hasty.read({ csv: rows(4000) }, now);
  expect([problem?.code, entries]).toEqual(["file_too_costly", []]);
  expect(problem?.message).toContain("split it");
  expect((await readFileAside({ csv: rows(2) }, now)).entries).toHaveLength(2);
});

test("one that takes too much memory ends its thread alone", async () => {
  const narrow = new ReadingThreads({ memory: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } });
  const wide = `date,type,ticker,quantity,price${",x".repeat(240)}\n${`2024-01-05,BUY,AAPL,1,100${",1.5".repeat(240)}\n`.repeat(2400)}`;
  expect((await narrow.read({ csv: wide }, now)).problem?.code).toBe("file_too_costly");
  expect((await narrow.read({ csv: rows(3) }, now)).entries).toHaveLength(3);
});
