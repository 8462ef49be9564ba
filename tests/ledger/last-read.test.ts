import { expect, onTestFinished, test, vi } from "vitest";
import { LastRead } from "../../src/ledger/import/last-read.ts";
import { type ImportFile, readImportFile } from "../../src/ledger/import/read.ts";

const now = new Date("2026-01-15T12:00:00Z");
const file = (quantity: number): ImportFile => ({
  csv: `date,type,ticker,quantity,price\n2024-01-05,BUY,AAPL,${quantity},100\n`,
});

/** With the quantities of the files that were read. */
function counted() {
  const reads: string[] = [];
  const last = new LastRead(async (one, at) => {
    reads.push(/AAPL,(\d+)/.exec(one.csv)?.[1] ?? "none");
    return readImportFile(one, () => at);
  });
  return { last, reads };
}

test("a file is read once for every look at it, whichever account and rows it is for", async () => {
  const { last, reads } = counted();
  const first = await last.read(file(1), now);
  const again = await last.read({ ...file(1), account: 7, fileName: "x.csv", corrections: "all" }, now);
  expect(again).toBe(first);
  expect(reads).toEqual(["1"]);
});

test("what it is read by makes it another one: columns, notation, words and the day", async () => {
  const { last, reads } = counted();
  await last.read(file(1), now);
  await last.read({ ...file(1), columns: { fee: null } }, now);
  await last.read({ ...file(1), notation: { currency: "EUR" } }, now);
  await last.read({ ...file(1), words: { buy: "SELL" } }, now);
  await last.read(file(1), new Date("2026-01-16T12:00:00Z"));
  expect(reads).toHaveLength(5);
});

test("two files are kept, those that were asked for last, and none that could not be read", async () => {
  const { last, reads } = counted();
  for (const quantity of [1, 2, 1, 3, 1, 2]) await last.read(file(quantity), now);
  expect(reads).toEqual(["1", "2", "3", "2"]);
  for (const _ of [1, 2]) expect((await last.read({ csv: "" }, now)).problem?.code).toBe("empty_csv");
  expect(reads.slice(4)).toEqual(["none", "none"]);
});

test("nothing is kept for longer than five minutes", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { last, reads } = counted();
  await last.read(file(1), now);
  vi.advanceTimersByTime(299_000);
  await last.read(file(1), now);
  vi.advanceTimersByTime(299_000);
  await last.read(file(1), now);
  vi.advanceTimersByTime(301_000);
  await last.read(file(1), now);
  expect(reads).toEqual(["1", "1"]);
});
