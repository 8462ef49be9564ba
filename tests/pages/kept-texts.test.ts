import { beforeAll, describe, expect, test } from "vitest";
import { sayKept } from "../../src/web/kept-words.ts";
import { speaking } from "../../src/web/messages/index.ts";
import { sayReasonsOfStep } from "../../src/web/step-words.ts";
import { filledIn, sentencesOf } from "../support/sentences.ts";
import { bracketMessages } from "../support/unspoken.ts";

// What is kept of price files, and of steps, is English from many places: each of those is known where it is said in the reader's language.

const files = [
  ...["days", "place", "price-urls", "read", "read-aside", "records", "rows", "splits", "store"].map(
    (name) => `src/price-files/${name}.ts`,
  ),
  "src/market/guarded-fetch.ts",
  "assets/ingest/fx-verdicts.ts",
];

/** Parts of longer texts, which are read as a whole below; and what no report has in it. */
const others: readonly string[] = [
  ", and far from the rows beside it",
  "which no later day bears out yet",
  "$ in line $",
  "and $ on $",
  "a rate of $ US dollars, after $ on $",
  // A name of a file.
  "$ from $",
  // Said when an address is entered, and to programs.
  "expected an address, with {ticker}, {code}, {from} or {to} after its host at most",
];

const inBrackets = (text: string): string =>
  speaking(
    () => ({ language: "de", locale: "de-DE" }),
    () => sayKept(text),
  );
const isKnown = (text: string): boolean => /^⟦.*⟧$/s.test(inBrackets(text));

const inBracketsOfStep = (text: string): string =>
  speaking(
    () => ({ language: "de", locale: "de-DE" }),
    () => sayReasonsOfStep(text),
  );

describe("every refusal and doubt of a price file is said in the reader's language", () => {
  beforeAll(bracketMessages);

  const sentences = files.flatMap((file) => sentencesOf(file).map((text) => ({ file, text })));

  test.each(sentences.filter(({ text }) => !others.includes(text)))("$file: $text", ({ text }) => {
    expect([...filledIn(text)].some(isKnown)).toBe(true);
  });

  test("those are nearly all of the code's texts", () => {
    expect(sentences.length).toBeGreaterThan(50);
    expect(others.filter((text) => !sentences.some((one) => one.text === text))).toEqual([]);
  });

  test.each([
    "2024-01-06 is a Saturday, on which the exchange rests, and far from the rows beside it",
    `SCOM of 2024-01-03 stands more than once, with other figures: ${Array.from({ length: 90 }, (_, line) => `14.${line} in line ${line}`).join(", ")}`,
    "a rate of 0.0063694267515923566879 US dollars, after 0.0064 on 2024-01-02 and 0.0064 on 2024-01-04",
    "a rate of 0.0063 US dollars, after 0.0064 on 2024-01-02 which no later day bears out yet",
    "expected comma-separated text: Quote Not Closed: the parsing is finished with an opening quote at line 3",
    "expected JSON, got: ",
    "expected a column close, got: ",
    "connect ECONNREFUSED 127.0.0.1:80",
    "The operation was aborted due to timeout",
    "expected a price, got: a line\nand another one; ops@example.org ruled: no",
  ])("%s", (text) => {
    expect(isKnown(text)).toBe(true);
  });

  test("what is kept of a rate says its day, too", () => {
    expect(inBrackets("2024-01-02: a rate of 0")).toMatch(/^\S+2024-01-02\S+: ⟦.*⟧$/);
  });

  test("what nobody says any more stays as it is", () => {
    expect(inBrackets("expected something else, got: 3")).toBe("expected something else, got: 3");
  });
});

describe("every reason of a step, and every scope, is said in the reader's language", () => {
  beforeAll(bracketMessages);

  const others: readonly string[] = [
    // Lists within a scope, and parts of reasons.
    "$ and $ more",
    " and others",
  ];
  const sentences = ["plan", "staleness", "scope"].flatMap((name) => {
    const file = `src/engine/planning/${name}.ts`;
    return sentencesOf(file, 2).map((text) => ({ file, text }));
  });

  test.each(sentences.filter(({ text }) => !others.includes(text)))("$file: $text", ({ text }) => {
    expect([...filledIn(text)].some((each) => /^⟦.*⟧$/s.test(inBracketsOfStep(each)))).toBe(true);
  });

  test("those are what there is to be said", () => {
    expect(sentences.length).toBeGreaterThan(15);
    expect(others.filter((text) => !sentences.some((one) => one.text === text))).toEqual([]);
  });
});
