/** In which people are spoken to; each by the name that who reads it would look for. */
export const languages = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  pt: "Português",
  sw: "Kiswahili",
} as const;

export type Language = keyof typeof languages;

/** null: not one of them, as of what a later version stored. */
export const knownLanguage = (text: string | null): Language | null =>
  text !== null && Object.hasOwn(languages, text) ? (text as Language) : null;

export const languageCodes = Object.keys(languages) as [Language, ...Language[]];
