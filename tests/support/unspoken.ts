/**
 * What of a page no catalogue has: with brackets around every message, letters outside of them were never to be translated, or were
 * forgotten.
 */
import { languages } from "../../src/languages.ts";
import { catalogueOf, catalogues } from "../../src/web/messages/catalogue.ts";

const [open, close] = ["⟦", "⟧"];

/** From here on, whoever reads German reads English messages in brackets; what is none has none. */
export function bracketMessages(): void {
  const messages = Object.keys(catalogueOf("de"));
  catalogues.set("de", Object.fromEntries(messages.map((message) => [message, `${open}${message}${close}`])));
}

const lineTags =
  /<\/?(?:address|article|aside|button|caption|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h\d|header|input|label|legend|li|main|nav|ol|option|p|rect|section|select|summary|table|tbody|td|text|textarea|tfoot|th|thead|title|desc|tr|ul)\b[^>]*>/g;
const spokenAttributes = /\s(?:aria-label|title|placeholder|alt|data-label|data-says[\w-]*)="([^"]*)"/g;
const months = Array.from({ length: 12 }, (_, month) =>
  ["long", "short", "narrow"].map((style) =>
    new Intl.DateTimeFormat("de", { month: style as "long" }).format(new Date(2024, month, 5)),
  ),
).flat();

const isWord = (text: string): boolean => /^[\p{L}.]+$/u.test(text);
const named = new Intl.DisplayNames("de", { type: "currency" });
const currencyNames = Intl.supportedValuesOf("currency").map((code) => named.of(code) ?? code);

/** Lines of the page with letters of no message; `known`: words of data, such as names and tickers. */
export function unspoken(html: string, known: readonly string[] = []): string[] {
  const attributes = [...html.matchAll(spokenAttributes)].map(([, text]) => text!);
  const lines = html
    .replaceAll(/<(script|style|code|pre|textarea|time)\b[\s\S]*?<\/\1>/g, " ")
    .replaceAll(lineTags, "\n")
    .replaceAll(/<[^>]*>/g, "")
    .split("\n");
  const words = new Set([
    ...months,
    ...known,
    ...Object.values(languages),
    "Stratafolio",
    "UTC",
    "USD",
    "EUR",
    "KES",
    "Uhr",
    "Mio",
    "Tsd",
  ]);
  const left = [...lines, ...attributes].flatMap((line) => {
    if (currencyNames.includes(line.trim())) return [];
    let text = line.replaceAll(/&#?\w+;/g, " ");
    for (const phrase of known) if (!isWord(phrase)) text = text.replaceAll(phrase, " ");
    for (let before = ""; before !== text; ) {
      before = text;
      text = text.replaceAll(/⟦[^⟦⟧]*⟧/g, " ");
    }
    const foreign = (text.match(/\p{L}[\p{L}.]+/gu) ?? []).filter(
      (word) => !words.has(word.replace(/\.$/, "")),
    );
    return foreign.length > 0 ? [text.trim().replaceAll(/\s+/g, " ").slice(0, 160)] : [];
  });
  return [...new Set(left)];
}
