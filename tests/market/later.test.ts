import { expect, test } from "vitest";
import { laterPriceSource } from "../../src/market/later.ts";
import type { PriceSource } from "../../src/market/source.ts";

test("a source is opened when it is first asked, once, and again where that failed", async () => {
  const asked: unknown[][] = [];
  const source: PriceSource = {
    search: async (...words) => {
      asked.push(words);
      return [];
    },
    describe: () => Promise.reject(new Error("not asked for")),
    history: () => Promise.reject(new Error("not asked for")),
    profile: async () => null,
  };
  let attempts = 0;
  const later = laterPriceSource(async () => {
    attempts += 1;
    if (attempts === 1) throw new Error("no such file");
    return source;
  });
  expect(attempts).toBe(0);
  await expect(later.search("tea")).rejects.toThrow("no such file");
  const { signal } = new AbortController();
  expect(await Promise.all([later.search("tea", signal), later.profile("TEA")])).toEqual([[], null]);
  expect(asked).toEqual([["tea", signal]]);
  expect(attempts).toBe(2);
});
