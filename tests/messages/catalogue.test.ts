import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";
import Handlebars from "handlebars";
import { describe, expect, test } from "vitest";
import { languageCodes } from "../../src/languages.ts";
import { catalogueOf, localise } from "../../src/web/messages/index.ts";
import { allMessages } from "../../ui/messages/extract.ts";

// Every language has every message, with all that the English one has places for.

const messages = allMessages();
const others = languageCodes.filter((code) => code !== "en");

/** What a message has besides words. */
function shapeOf(message: string) {
  const [places, tags, choices] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const visit = (elements: readonly MessageFormatElement[]): void => {
    for (const element of elements) {
      if (element.type === TYPE.argument) places.add(element.value);
      else if (element.type === TYPE.tag) {
        tags.add(element.value);
        visit(element.children);
      } else if (element.type === TYPE.plural || element.type === TYPE.select) {
        choices.add(`${element.value} ${Object.keys(element.options).sort().join(" ")}`);
        for (const option of Object.values(element.options)) visit(option.value);
      }
    }
  };
  visit(parse(message));
  return { places: [...places].sort(), tags: [...tags].sort(), choices: [...choices].sort() };
}

test("messages are sentences that can be read: in the notation of ICU, and with letters", () => {
  expect(messages.length).toBeGreaterThan(1500);
  for (const message of messages) expect(() => shapeOf(message), message).not.toThrow();
});

describe.each(others)("%s", (language) => {
  const catalogue = catalogueOf(language);

  test("has every message, and none that nobody says: npm run messages", () => {
    expect(messages.filter((message) => !catalogue[message])).toEqual([]);
    expect(Object.keys(catalogue).filter((message) => !messages.includes(message))).toEqual([]);
  });

  test("keeps what each has places for", () => {
    const changed = Object.entries(catalogue).flatMap(([message, translation]) => {
      const [expected, got] = [shapeOf(message), shapeOf(translation)];
      return JSON.stringify(expected) === JSON.stringify(got) ? [] : [{ message, translation }];
    });
    expect(changed).toEqual([]);
  });

  test("has no straight quotation marks, and spaces at the ends where English has them", () => {
    const odd = Object.entries(catalogue).filter(
      ([message, translation]) =>
        translation.includes('"') ||
        /^\s/.test(message) !== /^\s/.test(translation) ||
        /\s$/.test(message) !== /\s$/.test(translation),
    );
    expect(odd).toEqual([]);
  });

  test("makes templates that Handlebars reads", () => {
    for (const folder of ["views", "partials"]) {
      for (const file of readdirSync(join("ui", folder))) {
        const source = readFileSync(join("ui", folder, file), "utf8");
        const written = localise(source, (message) => catalogue[message] || null);
        expect(() => Handlebars.parse(written), file).not.toThrow();
      }
    }
  });
});
