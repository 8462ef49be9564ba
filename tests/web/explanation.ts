/** An explanation as a reader has it: what a figure is, the steps to it, and tables of rows; and the arithmetic to check them by. */
import { expect } from "vitest";
import { textOf } from "./reader.ts";

export interface Table {
  readonly title: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Explained {
  readonly result: string;
  readonly steps: readonly string[];
  readonly tables: readonly Table[];
}

const words = (part: string | undefined): string =>
  textOf((part ?? "").replaceAll(/<[^>]+>/g, " "))
    .replaceAll(/\s+/g, " ")
    .trim();
const all = (html: string, tag: string): string[] =>
  [...html.matchAll(new RegExp(`<${tag}[ >](.*?)</${tag}>`, "gs"))].map(([, inner]) =>
    words(inner!.replace(/^[^>]*>/, "")),
  );

export function explanationOf(html: string): Explained {
  return {
    result: words(/<p class="result">(.*?)<\/p>/s.exec(html)?.[1]),
    steps: all(/<ol class="working">.*?<\/ol>/s.exec(html)?.[0] ?? "", "li"),
    tables: [...html.matchAll(/<h2>([^<]*)<\/h2>.*?<table.*?<thead.*?<\/thead>.*?<\/table>/gs)].map(
      ([table, title]) => ({
        title: textOf(title!),
        headers: all(/<thead.*?<\/thead>/s.exec(table)![0], "th"),
        rows: [.../<tbody.*?<\/tbody>/s.exec(table)![0].matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
          all(row, "td"),
        ),
      }),
    ),
  };
}

/** "-£1,234.50" is -1234.5, "12.3%" is 12.3. */
export const numberIn = (text: string): number =>
  Number(text.replaceAll("−", "-").replaceAll(/[^\d.-]/g, ""));

/** Of the tables whose title it is; 0 where there is none. */
export function addedUp(tables: readonly Table[], title: RegExp, column: string): number {
  return tables
    .filter((table) => title.test(table.title))
    .flatMap(({ headers, rows }) => rows.map((row) => row[headers.indexOf(column)]!))
    .reduce((sum, amount) => sum + numberIn(amount), 0);
}

/** Whether it is numbers and operations alone. */
export const isReckoned = (text: string): boolean =>
  /\d/.test(text) && /^(?:sqrt|[\d\s$£€.,()+−×÷^%-])+$/.test(text);

type Operation = (left: number, right: number) => number;

/** The rank of each operation, the loosest first. */
const ranks: readonly Readonly<Record<string, Operation>>[] = [
  { "+": (left, right) => left + right, "−": (left, right) => left - right },
  { "×": (left, right) => left * right, "÷": (left, right) => left / right },
  { "^": (left, right) => left ** right },
];

/** What "($1,020.00 − $1,001.00) × 1.25" comes to. A percentage stays as it is written. */
export function reckoned(text: string): number {
  const tokens = text.match(/sqrt|-?[$£€]?[\d,]*\d(?:\.\d+)?|[()+−×÷^]/g) ?? [];
  let next = 0;
  const primary = (): number => {
    const token = tokens[next++]!;
    if (token === "sqrt") return Math.sqrt(primary());
    if (token !== "(") return numberIn(token);
    const inner = ranked(0);
    next++;
    return inner;
  };
  const ranked = (rank: number): number => {
    const operations = ranks[rank];
    if (!operations) return primary();
    let value = ranked(rank + 1);
    while (next < tokens.length && operations[tokens[next]!]) {
      const operation = operations[tokens[next++]!]!;
      value = operation(value, ranked(rank + 1));
    }
    return value;
  };
  return ranked(0);
}

/** What a sentence names, as a table and its column. */
const named: Readonly<Record<string, readonly [table: RegExp, column: string]>> = {
  "the values below": [/^Prices of/, "Value"],
  "the cash below": [/^Cash of/, "Value"],
  "the costs below": [/^Prices of/, "Cost"],
  "the gains of the sales below": [/^Sales/, "Realised"],
  "the price effects below": [/^What prices/, "Price effect"],
  "the currency effects below": [/^What prices/, "Currency effect"],
  "the dividends below": [/^Dividends/, "Amount"],
  "the amounts before tax below of the income as booked": [/^Income as booked/, "Before tax"],
  "what is left below of the income as booked": [/^Income as booked/, "What is left"],
  "the fees below": [/^(Fees|Other fees|Transactions)/, "Fee"],
  "the taxes below": [/^Taxes/, "Tax"],
  "expected, below": [/^What each share paid/, "Expected"],
};

/** Holds every step against what it says it comes to, and every sum against the rows it is of. How many there were. */
export function hold(path: string, { result, steps, tables }: Explained): number {
  let sums = 0;
  for (const step of steps) {
    for (const [, what, amount] of step.matchAll(
      /sum of ([^=]+?) (?:= )+(?:0 − )?([^,=]+(?:,\d{3}[^,=]*)*)/g,
    )) {
      const [table, column] = named[what!] ?? [/^$/, ""];
      if (what!.includes("amount ÷")) continue;
      expect(Object.keys(named), `${path}: ${step}`).toContain(what);
      expect(addedUp(tables, table, column), `${path}: ${step}`).toBeCloseTo(numberIn(amount!), 1);
      sums++;
    }
    const [left, right] = [step.slice(0, step.lastIndexOf(" = ")), step.slice(step.lastIndexOf(" = ") + 3)];
    if (!isReckoned(left)) continue;
    const [unit, tolerance] = right.endsWith("%")
      ? [100, 0.02]
      : [1, 0.006 * (left.split(/[+−]/).length + 1)];
    expect(Math.abs(unit * reckoned(left) - numberIn(right)), `${path}: ${step}`).toBeLessThan(tolerance);
    // What stands on pages is the price in the ticker's own currency.
    if (!path.includes("current_price")) expect(right, path).toBe(result);
    sums++;
  }
  return sums;
}
