import { afterEach, expect, test } from "vitest";
import { catalogues } from "../../src/web/messages/catalogue.ts";
import {
  defineMessage,
  firstLanguage,
  type Listener,
  localesOf,
  type Message,
  speaking,
  t,
} from "../../src/web/messages/index.ts";

// What is said to whom, and how its numbers are written.

afterEach(() => void catalogues.delete("de"));

const to = (listener: Listener, message: Message, values?: Record<string, string | number>): string =>
  speaking(
    () => listener,
    () => t(message, values),
  );
const german = { language: "de", locale: "de-CH" } as const;

test("plurals are the language's, numbers in them the reader's", () => {
  const rows = defineMessage("{count, plural, one {# row} other {# rows}}");
  catalogues.set("de", { [rows]: "{count, plural, one {# Zeile} other {# Zeilen}}" });
  expect(to(german, rows, { count: 1 })).toBe("1 Zeile");
  expect(to(german, rows, { count: 12345 })).toMatch(/^12.345 Zeilen$/);
  expect(to({ language: "en", locale: "nl-NL" }, rows, { count: 12345 })).toBe("12.345 rows");
  expect(to({ language: "en", locale: "ja" }, rows, { count: 1 })).toBe("1 row");
});

test("what cannot be read takes nothing down: English, or the message as it stands", () => {
  catalogues.set("de", { "Held: {held}": "Bestand: {bestand}", "Sold: {sold}": "Verkauft: {sold" });
  expect(to(german, defineMessage("Held: {held}"), { held: "3" })).toBe("Held: 3");
  expect(to(german, defineMessage("Sold: {sold}"), { sold: "3" })).toBe("Sold: 3");
  expect(to(german, defineMessage("Gone: {gone}"), {})).toBe("Gone: {gone}");
});

test("values stand as they are, braces and tags too", () => {
  expect(t("{name} is yours", { name: "{x} <b>" })).toBe("{x} <b> is yours");
});

test.each([
  [["de-AT", "en"], "de", ["de-AT"]],
  [["ja", "fr-CA"], "fr", ["fr-CA"]],
  [["ja"], "en", ["ja"]],
  [[], "en", []],
  [["pt-BR", "pt", "en"], "pt", ["pt-BR", "pt"]],
  [["*"], "en", ["*"]],
] as const)("a browser that asks for %j is spoken to in %s", (tags, language, locales) => {
  expect(firstLanguage(tags)).toBe(language);
  expect(localesOf(language, tags)).toEqual(locales);
});

test("who chose another language than the browser's reads its numbers, too", () => {
  expect(localesOf("sw", ["en-US"])).toEqual(["sw"]);
  expect(localesOf("fr", ["en-US", "fr-CH"])).toEqual(["fr-CH", "fr"]);
});
