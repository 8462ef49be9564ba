import { expect, test } from "vitest";
import { Recent } from "../../src/portfolio/index.ts";

const failing = () => Promise.reject(new Error("dropped"));

test("what weighs more than all that may be kept goes, the longest unseen first", async () => {
  const recent = new Recent<string>(10, ({ length }) => length);
  for (const text of ["aaaa", "bbbb", "aaaa", "cccc"]) await recent.get(text, async () => text);
  expect(["aaaa", "bbbb", "cccc"].map((key) => recent.has(key))).toEqual([true, false, true]);
  await recent.get("large", async () => "x".repeat(11));
  expect(["aaaa", "large", "cccc"].map((key) => recent.has(key))).toEqual([true, false, true]);
  for (let number = 0; number < 1000; number += 1) await recent.get(String(number), async () => "xxxxx");
  expect(Array.from({ length: 1000 }, (_, number) => recent.has(String(number))).filter(Boolean)).toEqual([
    true,
    true,
  ]);
});

test("what is made at the moment is made once for all who ask, and what has no weight is not kept", async () => {
  const recent = new Recent<number>(10, () => null);
  const made = Promise.withResolvers<number>();
  let times = 0;
  const make = () => {
    times += 1;
    return made.promise;
  };
  const asked = [recent.get("key", make), recent.get("key", make)];
  made.resolve(7);
  expect(await Promise.all(asked)).toEqual([7, 7]);
  expect([times, recent.has("key")]).toEqual([1, false]);
});

test("who waits for what another began, and left, makes it: the other's end is not theirs", async () => {
  const recent = new Recent<number>(10);
  const first = recent.get("key", failing);
  const second = recent.get("key", async () => 7);
  await expect(first).rejects.toThrow("dropped");
  expect(await second).toBe(7);
  expect(recent.has("key")).toBe(false);
  await expect(recent.get("key", failing)).rejects.toThrow("dropped");
  expect(await recent.get("key", async () => 8)).toBe(8);
});

test("who holds something meanwhile does not wait for what another began, and is given what is done", async () => {
  const recent = new Recent<number>(10);
  const made = Promise.withResolvers<number>();
  const first = recent.get("key", () => made.promise);
  expect(await recent.get("key", async () => 7, { waits: false })).toBe(7);
  made.resolve(8);
  expect(await first).toBe(8);
  expect(await recent.get("key", failing, { waits: false })).toBe(8);
});
