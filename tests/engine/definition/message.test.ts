/** What an error says for people: with its causes to the bottom. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { messageOf } from "../../../src/engine/index.ts";

test("causes are joined to the bottom, each once", () => {
  const refused = new Error("connect ECONNREFUSED 127.0.0.1:2");
  expect(messageOf(new TypeError("fetch failed", { cause: refused }))).toBe(
    `fetch failed: ${refused.message}`,
  );
  const wrapped = new Error(`prices: ${refused.message}`, { cause: refused });
  expect(messageOf(new Error("night", { cause: wrapped }))).toBe(`night: prices: ${refused.message}`);
  expect(messageOf(new Error("same", { cause: new Error("same") }))).toBe("same");
  expect(messageOf(new Error("it", { cause: "a word" }))).toBe("it: a word");
});

test("errors together are all named, and one without words by its code or name", async () => {
  const both = new AggregateError([new Error("connect ::1"), new Error("connect 127.0.0.1")], "");
  expect(messageOf(new Error("fetch failed", { cause: both }))).toBe(
    "fetch failed: connect ::1; connect 127.0.0.1",
  );
  const coded = Object.assign(new AggregateError([]), { code: "ETIMEDOUT" });
  expect(messageOf(coded)).toBe("ETIMEDOUT");
  expect(messageOf(new RangeError())).toBe("RangeError");
  const real = await fetch("http://localhost:2/").catch((error: unknown) => error);
  expect(messageOf(real)).toMatch(/^fetch failed: .*ECONNREFUSED/);
});

test("a circle ends, and whatever is thrown has a bounded message", () => {
  const circle = new Error("one");
  circle.cause = new Error("two", { cause: circle });
  expect(messageOf(circle)).toBe("one: two");
  expect(messageOf({ status: 5 })).toBe('{"status":5}');
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 900 }), { minLength: 1 }), (texts) => {
      const error = texts.reduceRight<Error | undefined>(
        (cause, text) => new Error(text, { cause }),
        undefined,
      );
      const message = messageOf(error);
      expect(message.length).toBeLessThanOrEqual(2000);
      if (texts.join(": ").length < 1000) for (const text of texts) expect(message).toContain(text);
    }),
  );
});
