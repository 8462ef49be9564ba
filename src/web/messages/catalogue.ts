/**
 * What is said to people, in their language. A message is its English text, in the notation of ICU, and a file of
 * `ui/messages` has it in each other language: `{"{count, plural, one {# day} other {# days}}": "{count, plural, …}"}`.
 */
import { readFileSync } from "node:fs";
import { IntlMessageFormat } from "intl-messageformat";
import type { Language } from "../../languages.ts";
import { currentLanguage } from "./language.ts";

export type Catalogue = Readonly<Record<string, string>>;

/** Numbers are for plurals; what is to be read is written by the reader's format. */
export type Values = Readonly<Record<string, string | number>>;

/** Read when somebody is first spoken to in the language; a test puts its own in. */
export const catalogues = new Map<Language, Catalogue>();

/** Empty of English, whose messages are themselves. */
export function catalogueOf(language: Language): Catalogue {
  if (language === "en") return {};
  const known = catalogues.get(language);
  if (known) return known;
  const file = new URL(`../../../ui/messages/${language}.json`, import.meta.url);
  const catalogue: Catalogue = JSON.parse(readFileSync(file, "utf8"));
  catalogues.set(language, catalogue);
  return catalogue;
}

/** Marks a message that is said later, where its reader is known: `t(label)`. */
export const defineMessage = (message: string): string => message;

/** Parsing one costs 20 µs; there are as many as sentences. */
const formats = new Map<string, IntlMessageFormat>();

/** The message in the language of who is spoken to, with its values in their places; one that nobody has translated is English. */
export function t(message: string, values?: Values): string {
  const language = currentLanguage();
  const text = catalogueOf(language)[message] || message;
  if (values === undefined) return text;
  const key = `${language} ${text}`;
  let format = formats.get(key);
  if (!format) {
    format = new IntlMessageFormat(text, language, undefined, { ignoreTag: true });
    formats.set(key, format);
  }
  return format.format(values) as string;
}

/** "A, B and C" as the language of who is spoken to lists them. */
export function listed(parts: readonly string[], type: Intl.ListFormatType = "conjunction"): string {
  const language = currentLanguage();
  // American English has a comma before its "and".
  return new Intl.ListFormat(language === "en" ? "en-GB" : language, { type }).format(parts);
}
