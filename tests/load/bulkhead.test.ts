import fc from "fast-check";
import { expect, test } from "vitest";
import { Bulkhead, type BulkheadOptions } from "../../src/bulkhead.ts";

class RefusedError extends Error {}

const generous: BulkheadOptions = {
  atOnce: 2,
  atOncePerKey: 2,
  waiting: 100,
  waitingPerKey: 100,
  waitMilliseconds: 60_000,
  refuse: (reason) => new RefusedError(reason),
};

test("keys take turns, whoever asked first and however often", async () => {
  const bulkhead = new Bulkhead({ ...generous, atOnce: 1 });
  const leave = await bulkhead.enter("first");
  const order: string[] = [];
  const work = (key: string) => bulkhead.run(key, async () => void order.push(key));
  const all = [...["a", "a", "a", "a"], ...["b", "b"], "c"].map(work);
  leave();
  await Promise.all(all);
  expect(order).toEqual(["a", "b", "c", "a", "b", "a", "a"]);
});

test("what one key may not begin keeps nobody else from beginning", async () => {
  const bulkhead = new Bulkhead({ ...generous, atOncePerKey: 1 });
  const leave = await bulkhead.enter("a");
  const second = bulkhead.enter("a");
  (await bulkhead.enter("b"))();
  leave();
  (await second)();
});

test("who cannot wait is refused at once, who waits too long later, and who gives up leaves the queue", async () => {
  const bulkhead = new Bulkhead({
    ...generous,
    atOnce: 1,
    waiting: 2,
    waitingPerKey: 1,
    waitMilliseconds: 20,
  });
  const leave = await bulkhead.enter("a");
  const given = new AbortController();
  const waiting = bulkhead.enter("a", given.signal);
  await expect(bulkhead.enter("a")).rejects.toThrow("full"); // its own
  const late = bulkhead.enter("b");
  await expect(bulkhead.enter("c")).rejects.toThrow("full"); // all
  given.abort(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  await expect(late).rejects.toThrow("late");
  leave();
  leave(); // twice is once
  (await bulkhead.enter("a"))();
  await expect(bulkhead.enter("a", given.signal)).rejects.toThrow("gone");
});

test("never more than its bounds, and everybody's turn comes", async () => {
  const keys = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 40 });
  const law = fc.asyncProperty(keys, fc.integer({ min: 1, max: 4 }), async (asked, atOnce) => {
    const bulkhead = new Bulkhead({ ...generous, atOnce, atOncePerKey: 2 });
    const running: string[] = [];
    const work = async (key: string): Promise<void> => {
      running.push(key);
      expect(running.length).toBeLessThanOrEqual(atOnce);
      expect(running.filter((each) => each === key).length).toBeLessThanOrEqual(2);
      await new Promise(setImmediate);
      running.splice(running.indexOf(key), 1);
    };
    await Promise.all(asked.map((key) => bulkhead.run(key, () => work(key))));
    expect(running).toEqual([]);
  });
  await fc.assert(law, { numRuns: 30 });
});
