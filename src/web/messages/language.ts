/** In which language somebody is spoken to: their account's, or else the first of their browser's that is known here. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Language, languages } from "../../languages.ts";

const isLanguage = (text: string): text is Language => Object.hasOwn(languages, text);

/** Of tags as browsers send them, the first liked best: "de-AT" is German. English where none is known. */
export function firstLanguage(tags: readonly string[]): Language {
  for (const tag of tags) {
    const [language = ""] = tag.toLowerCase().split("-");
    if (isLanguage(language)) return language;
  }
  return "en";
}

/** How somebody is spoken to. `locale`: how numbers are written for them, within the language or, in English, wherever they are. */
export interface Listener {
  readonly language: Language;
  readonly locale: string;
}

const nobody: Listener = { language: "en", locale: "en-US" };
const listeners = new AsyncLocalStorage<() => Listener>();

/** Runs `work`, and all that it begins, for who is spoken to: asked each time, since who asks may not be known yet. */
export const speaking = <T>(listener: () => Listener, work: () => T): T => listeners.run(listener, work);

/** Of whom something is done for. */
export const currentListener = (): Listener => listeners.getStore()?.() ?? nobody;

/** English where it is done for nobody in particular. */
export const currentLanguage = (): Language => currentListener().language;

/** How numbers and days are written in it: as where the browser is, if that is among its places. */
export function localesOf(language: Language, tags: readonly string[]): readonly string[] {
  // Who reads English for want of their own language writes numbers as they are used to.
  if (language === firstLanguage(tags)) return language === "en" ? tags : tags.filter(isOf(language));
  return [...tags.filter(isOf(language)), language];
}

const isOf =
  (language: Language) =>
  (tag: string): boolean =>
    tag.toLowerCase().split("-")[0] === language;
