/**
 * What is said to people, in their language. A message is its English text, in the notation of ICU, and a file of
 * `ui/messages` has it in each other language: `{"{count, plural, one {# day} other {# days}}": "{count, plural, …}"}`.
 */
import { readFileSync } from "node:fs";
import { IntlMessageFormat } from "intl-messageformat";
import type { Language } from "../../languages.ts";
import type { Said } from "../../plain.ts";
import { currentLanguage, currentListener, type Listener } from "./language.ts";

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

/** Parsing one costs 20 µs; there are as many as sentences. */
const formats = new Map<string, IntlMessageFormat>();
const mostFormats = 20_000;

/** Plurals are the language's, the numbers in them are written as the reader writes numbers. */
function formatOf(text: string, { language, locale }: Listener): IntlMessageFormat {
  const key = `${locale} ${language} ${text}`;
  const known = formats.get(key);
  if (known) return known;
  const format = new IntlMessageFormat(text, language, undefined, {
    ignoreTag: true,
    formatters: {
      getNumberFormat: (_, options) => new Intl.NumberFormat(locale, options),
      getDateTimeFormat: (_, options) => new Intl.DateTimeFormat(locale, options),
      getPluralRules: (_, options) => new Intl.PluralRules(language, options),
    },
  });
  // Locales are the browser's to name.
  if (formats.size >= mostFormats) formats.clear();
  formats.set(key, format);
  return format;
}

/**
 * The message in the language of who is spoken to, with its values in their places; one that nobody has translated is English, and so is
 * one whose translation cannot be read: it takes no page down.
 */
export function t<Text extends string>(message: Said<Text>, values?: Values): string {
  const listener = currentListener();
  const text = catalogueOf(listener.language)[message] || message;
  if (values === undefined) return text;
  for (const candidate of new Set([text, message])) {
    try {
      return formatOf(candidate, listener).format(values) as string;
    } catch {
      // Tests know of every translation that has other places than its message.
    }
  }
  return message;
}

/** "A, B and C" as the language of who is spoken to lists them. */
export function listed(parts: readonly string[], type: Intl.ListFormatType = "conjunction"): string {
  const language = currentLanguage();
  // American English has a comma before its "and".
  return new Intl.ListFormat(language === "en" ? "en-GB" : language, { type }).format(parts);
}
