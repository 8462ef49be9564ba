/** Texts that were kept in English, known again: each has places for its values, and words for who reads it now. */
import type { Plain } from "../plain.ts";
import { currentLanguage } from "./messages/index.ts";
import { spoken } from "./words.ts";

type Values = Readonly<Record<string, string>>;

/** What was kept as `text`, and is said in other words: programs read "expected … got", people a sentence. */
export interface Kept {
  readonly text: string;
  readonly words: Plain;
  /** Values that are English words themselves, in the language of who is spoken to. */
  readonly say: ((values: Values) => Values) | null;
}

export const kept = (text: string, words: Plain, say: Kept["say"] = null): Kept => ({ text, words, say });

const places: Readonly<Record<string, string>> = {
  number: String.raw`-?\d{1,40}(?:\.\d{1,40})?`,
  day: String.raw`\d{4}-\d{2}-\d{2}`,
  time: String.raw`\d{2}:\d{2}`,
  weekday: String.raw`\w+day`,
  detail: String.raw`(?: \(.{1,300}\))?`,
  asset: String.raw`\w{1,100}`,
  column: String.raw`\w{1,100}`,
  figures: ".{1,100000}",
  assets: ".{1,100000}",
  error: ".{1,100000}",
  errors: ".{1,100000}",
  failure: "E[A-Z]{3,30}",
  person: String.raw`\S{1,500}`,
  reason: ".{1,100000}",
};

/** A straight apostrophe begins a quotation in the notation of ICU: messages have the other one. */
function patternOf(text: string): RegExp {
  const named = new Set<string>();
  return new RegExp(
    `^${text
      .replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
      .replaceAll("’", "['’]")
      .replaceAll(/\{(\w+)(?::(\w+))?\}/g, (_, name: string, kind?: string) => {
        if (named.has(name)) return String.raw`\k<${name}>`;
        named.add(name);
        return `(?<${name}>${places[kind ?? name] ?? ".{1,500}?"})`;
      })}$`,
    "s",
  );
}

export interface Known extends Kept {
  readonly pattern: RegExp;
}

/** Of words by themselves: they are kept as they are said. The first that fits counts. */
export const knownOf = (texts: readonly (Plain | Kept)[]): readonly Known[] =>
  texts.map((one) => {
    const whole = "words" in one ? one : kept(one.text, one);
    return { ...whole, pattern: patternOf(whole.text) };
  });

/** In the language of who is spoken to; null: it is none of these. What English says as it was kept, stays as it is there. */
export function sayKnown(known: readonly Known[], text: string): string | null {
  for (const { pattern, words, say, text: shape } of known) {
    const found = pattern.exec(text);
    if (!found) continue;
    if (currentLanguage() === "en" && words.text === shape) return text;
    const values = { ...found.groups };
    return spoken({ ...words, values: { ...values, ...say?.(values) } });
  }
  return null;
}
