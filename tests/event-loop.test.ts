import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonInTurns, mapInTurns } from "../src/event-loop.ts";

/** Keeps the thread busy, in time of the processor. */
function work(milliseconds: number): void {
  const before = process.threadCpuUsage();
  while (process.threadCpuUsage(before).user + process.threadCpuUsage(before).system < milliseconds * 1000);
}

test("what is mapped is what Array.map gives, and others get their turns meanwhile", async () => {
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  const mapped = await mapInTurns(Array(50).keys(), (item, index) => {
    work(2);
    return [item * 2, index];
  });
  clearInterval(counting);
  expect(mapped).toEqual(Array.from({ length: 50 }, (_, index) => [index * 2, index]));
  expect(turns).toBeGreaterThan(2);
});

test("an error of one ends it", async () => {
  await expect(
    mapInTurns([1, 2], (item) => {
      if (item === 2) throw new Error("no");
    }),
  ).rejects.toThrow("no");
});

test("an object is written as JSON.stringify writes it", async () => {
  const value = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.date({ noInvalidDate: true }));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.oneof(value, fc.array(value))), async (fields) => {
      expect(await jsonInTurns(fields)).toBe(JSON.stringify(fields));
    }),
  );
});
