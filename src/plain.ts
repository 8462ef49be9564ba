/**
 * What is said to a person of a mistake, beside the message of the error, which programs and operators read: one sentence or
 * two that name the field, what to enter and the way out.
 */
export interface Plain {
  /** `{quantity}` is a place: as it is; `{held:number}` and `{date:day}` as the reader writes numbers and days. */
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
}

/** An error, or what is kept of one, that has it. */
export interface Plainly {
  readonly plain?: Plain | undefined;
}

export const plain = (text: string, values: Readonly<Record<string, string>> = {}): Plain => ({
  text,
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
