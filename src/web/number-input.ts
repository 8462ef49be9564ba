/** Number fields of forms, read as the page that showed them writes numbers. What is not written so is refused, and never guessed. */
import { z } from "zod";
import { describeReading, readNumber, writeNumber } from "../../ui/static/number-reading.js";
import { t } from "./messages/index.ts";

const isLocale = (text: string): boolean => {
  try {
    return Intl.NumberFormat.supportedLocalesOf(text).length === 1;
  } catch {
    return false;
  }
};

/** The field by which a form says how its page wrote numbers; absent: plain decimals, as programs send them. */
export const numberLocale = z
  .string()
  .max(60)
  .refine(isLocale, "expected the locale that the page was shown in")
  .optional();

const plainDecimal = /^-?\d{1,60}(?:\.\d{1,60})?$/;

/** A plain decimal as the field of a page has it; what is none, as it is. */
export const showNumber = (value: string, locale: string): string =>
  plainDecimal.test(value) ? writeNumber(value, locale) : value;

export interface NumbersRead<V> {
  /** With plain decimals; "" where something could not be read. */
  readonly values: V;
  /** What could not be, as it was typed, by field. */
  readonly unread: Readonly<Record<string, string>>;
  /** And what to do about it. */
  readonly errors: Readonly<Record<string, string>>;
}

/** `isNumber` tells the fields that are numbers. */
export function readNumbers<V extends object>(
  values: V,
  isNumber: (field: string) => boolean,
  locale: string | undefined,
): NumbersRead<V> {
  if (locale === undefined) return { values, unread: {}, errors: {} };
  const [unread, errors]: Record<string, string>[] = [{}, {}];
  const read = Object.entries(values).map(([field, text]: [string, unknown]): [string, unknown] => {
    if (typeof text !== "string" || text.trim() === "" || !isNumber(field)) return [field, text];
    const { value, readings } = readNumber(text, locale);
    if (value !== null) return [field, canonical(value)];
    unread![field] = text;
    errors![field] = describeUnread(text, readings, locale);
    return [field, ""];
  });
  return { values: Object.fromEntries(read) as V, unread: unread!, errors: errors! };
}

/** What a form shows once more: what was read as its page writes it, and what was not as it was typed. */
export const shownNumbers = <V extends object>(
  values: V,
  isNumber: (field: string) => boolean,
  unread: Readonly<Record<string, string>>,
  locale: string,
): V =>
  Object.fromEntries(
    Object.entries(values).map(([field, value]: [string, unknown]) => [
      field,
      unread[field] ?? (typeof value === "string" && isNumber(field) ? showNumber(value, locale) : value),
    ]),
  ) as V;

/** As every decimal stands elsewhere, so that what a field shows and what it is read as are one text. */
const canonical = (value: string): string => (value.includes(".") ? value.replace(/\.?0+$/, "") : value);

/** Why a number was not read, and what can be written instead. */
function describeUnread(text: string, readings: readonly string[], locale: string): string {
  const typed = text.trim().slice(0, 40);
  const [first, second] = readings.map((reading) => writeNumber(reading, locale));
  if (first === undefined) {
    const example = writeNumber("1234.5", locale, { isGrouped: true });
    return t("“{typed}” is no number: write it as {example} is written.", { typed, example });
  }
  if (second === undefined)
    return t("“{typed}” is not how numbers are written here: if you mean {number}, write that.", {
      typed,
      number: first,
    });
  return t("“{typed}” could be {first} or {second}: write the one that you mean.", { typed, first, second });
}

/** What the text of a field is read as, to stand beside it; "": nothing need be said. */
export const sayReading = (text: string, locale: string): string => {
  const reading = describeReading(text, locale);
  return reading === null ? "" : t("Read as {reading}.", { reading });
};
