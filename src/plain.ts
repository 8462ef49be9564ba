/**
 * What is said to a person of a mistake, beside the message of the error, which programs and operators read: one sentence or
 * two that name the field, what to enter and the way out.
 */
export interface Plain {
  /** `{quantity}` is a place: as it is; `{held:number}` and `{date:day}` as the reader writes numbers and days. */
  readonly text: string;
  readonly values: PlainValues;
}

declare const marked: unique symbol;

/** English that the catalogues have in other languages, said where its reader is known: `defineMessage` marked it. */
export type Message = string & { readonly [marked]: true };

/** A literal, or what is marked: any other text may be in no catalogue. */
export type Said<Text extends string> = string extends Text ? Message : Text;

/** Marks a text as a message. What cannot be read from the code, such as a text from elsewhere, fails the catalogues' test. */
export const defineMessage = (text: string): Message => text as Message;

/** A number is for a plural; what is itself a phrase, such as "101 to 103", is said in the reader's language too. */
type PlainValues = Readonly<Record<string, string | number | Plain>>;

/** An error, or what is kept of one, that has it. */
export interface Plainly {
  readonly plain?: Plain | undefined;
}

export const plain = <Text extends string>(text: Said<Text>, values: PlainValues = {}): Plain => ({
  text,
  values,
});

/** The same for programs, which are told it in English: figures and days as they are. */
export const englishOf = ({ text, values }: Plain): string =>
  text.replaceAll(/\{(\w+)(?::(?:number|day))?\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "object" ? englishOf(value) : String(value);
  });

/** The same within a line, as errors' messages are: without its capital and its full stop. */
export const messageOf = ({ text, values }: Plain): string =>
  englishOf({
    text: text.replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase()).replace(/\.$/, ""),
    values,
  });

/** What somebody typed, short enough for a sentence. */
export function quoted(value: unknown): string {
  const text = typeof value === "string" ? value.trim() : (JSON.stringify(value) ?? "");
  const letters = [...text];
  return letters.length > 40 ? `${letters.slice(0, 40).join("")}…` : text;
}

export const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "string" && value.trim() === "");

/** An error that says the same to people and to programs: those read it within a line, without its capital and its full stop. */
export class SpokenError extends Error {
  readonly plain: Plain;

  constructor(words: Plain, options?: ErrorOptions) {
    super(messageOf(words), options);
    this.plain = words;
  }
}
