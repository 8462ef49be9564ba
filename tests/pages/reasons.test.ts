import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { speaking } from "../../src/web/messages/index.ts";
import { sayReason } from "../../src/web/reasons.ts";
import { bracketMessages } from "../support/unspoken.ts";

beforeAll(() => bracketMessages());

const inGerman = (reason: string): string =>
  speaking(
    () => ({ language: "de", locale: "de" }),
    () => sayReason(reason),
  );

/** A text of SQL, with what is appended to it: `'needs 100 returns, has ' || coalesce(returns, 0)`. */
const texts = /'((?:[^']|'')+)'( \|\| [\w.(]+)?/g;

/** What a model can say of a figure that there is not: texts of several words beside a column of reasons. */
function reasonsOf(file: string): string[] {
  const source = readFileSync(file, "utf8").replaceAll(/--.*$/gm, "");
  if (!/reason\b/.test(source)) return [];
  return [...source.matchAll(texts)]
    .map(([, text, appended]) => {
      const value = text!.endsWith(" in ") ? "KES" : "12";
      return `${text!.replaceAll("''", "'")}${appended ? value : ""}`;
    })
    .filter((text) => /^[a-z]+ [a-z]/.test(text) && !/^(accepted|denied|price only)/.test(text))
    .filter((text) => text !== "on hold");
}

const models = ["gold", "intermediate"].flatMap((layer) =>
  readdirSync(`sql-models/${layer}`).map((file) => `sql-models/${layer}/${file}`),
);
const functions = ["migrations/013_figure_functions.sql", "migrations/038_xirr_within_reason.sql"];

test.each(
  [...models, ...functions]
    .map((file) => [file, reasonsOf(file)] as const)
    .filter(([, all]) => all.length > 0),
)("what %s says is said to everybody in their language", (_, reasons) => {
  for (const reason of reasons) expect(inGerman(reason)).toMatch(/^⟦.*⟧$/);
});

test("numbers and currencies stay, and so does what is of no set", () => {
  expect(inGerman("needs 365 days, has 30")).toBe("⟦needs 365 days, has 30⟧");
  expect(inGerman("no exchange rate of KES into USD is known")).toBe(
    "⟦no exchange rate of KES into USD is known⟧",
  );
  expect(inGerman("needs a day that nobody knows")).toBe("needs a day that nobody knows");
  expect(sayReason("needs 365 days, has 30")).toBe("needs 365 days, has 30");
});
