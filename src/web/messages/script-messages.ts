/** What the scripts of a page say: the page has their messages in it, where it is in another language than English. */
import { readFileSync } from "node:fs";
import type { Language } from "../../languages.ts";
import { type Catalogue, catalogueOf } from "./catalogue.ts";

/** In a script the first argument of `t` is a text, or a sum of texts. */
const said = /\bt\(\s*("(?:[^"\\]|\\.)*"(?:\s*\+\s*"(?:[^"\\]|\\.)*")*)/g;
const literal = /"(?:[^"\\]|\\.)*"/g;
const imported = / from "\.\/([\w.-]+)"/g;

/** By script, its own messages and those of what it imports. */
const messages = new Map<string, readonly string[]>();

function messagesOfScript(name: string): readonly string[] {
  const known = messages.get(name);
  if (known) return known;
  const source = readFileSync(new URL(`../../../ui/static/${name}`, import.meta.url), "utf8");
  const own = [...source.matchAll(said)].map(([, sum = ""]) =>
    (sum.match(literal) ?? []).map((text): string => JSON.parse(text)).join(""),
  );
  const others = [...source.matchAll(imported)].flatMap(([, of]) => messagesOfScript(of!));
  const all = [...new Set([...own, ...others])];
  messages.set(name, all);
  return all;
}

/** By catalogue, of which a test has its own, and by scripts. */
const written = new WeakMap<Catalogue, Map<string, string>>();

/** JSON that can stand in a page as it is; null: the scripts speak English, or say nothing. */
export function scriptMessages(language: Language, scripts: readonly string[]): string | null {
  if (language === "en") return null;
  const catalogue = catalogueOf(language);
  const ofCatalogue = written.get(catalogue) ?? new Map<string, string>();
  written.set(catalogue, ofCatalogue);
  const key = scripts.join(" ");
  const known = ofCatalogue.get(key);
  if (known !== undefined) return known || null;
  const translated = scripts
    .flatMap(messagesOfScript)
    .map((message): [string, string] => [message, catalogue[message] ?? ""])
    .filter(([, text]) => text !== "");
  // Within a script nothing ends it but "</".
  const json =
    translated.length === 0 ? "" : JSON.stringify(Object.fromEntries(translated)).replaceAll("<", "\\u003c");
  ofCatalogue.set(key, json);
  return json || null;
}
