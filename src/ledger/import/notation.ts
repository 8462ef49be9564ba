/** Dates, figures and types as files write them, made into the ledger's. What is not understood is left as it is. Pure. */

/** Which number of 03/04/2024 comes first. */
export type DateOrder = "day" | "month";
export type DecimalMark = "point" | "comma";

export interface Notation {
  readonly dateOrder: DateOrder;
  readonly decimalMark: DecimalMark;
}

const yearFirst = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ].*)?$/;
const digitsOnly = /^(\d{4})(\d{2})(\d{2})$/;
const yearLast = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[T ,].*)?$/;

export interface GuessedDateOrder {
  readonly dateOrder: DateOrder;
  /** false: no date of the file decides it. */
  readonly isCertain: boolean;
}

/** By a date whose day can be no month; else by the custom that goes with the separator. */
export function guessDateOrder(dates: readonly string[]): GuessedDateOrder {
  const parts = dates.flatMap((date) => {
    const match = yearLast.exec(date);
    return match ? [{ first: Number(match[1]), separator: match[2], second: Number(match[3]) }] : [];
  });
  if (parts.some(({ first }) => first > 12)) return { dateOrder: "day", isCertain: true };
  if (parts.some(({ second }) => second > 12)) return { dateOrder: "month", isCertain: true };
  const isCertain = parts.every(({ first, second, separator }) => first === second || separator === ".");
  return { dateOrder: parts.some(({ separator }) => separator === ".") ? "day" : "month", isCertain };
}

/** By a figure that can be read in one way only: 1.5 or 1,50 but not 1,500. */
export function guessDecimalMark(figures: readonly string[], delimiter: string): DecimalMark {
  if (figures.some((figure) => /,\d*\.\d|^[^.,]*\.(\d{1,2}|\d{4,})\D*$/.test(figure))) return "point";
  if (figures.some((figure) => /\.\d*,\d|^[^.,]*,(\d{1,2}|\d{4,})\D*$/.test(figure))) return "comma";
  // Where a comma delimits nothing it is free to be a decimal mark.
  return delimiter === ";" && figures.some((figure) => figure.includes(",")) ? "comma" : "point";
}

/** `YYYY-MM-DD`, a time of day left out. */
export function readDate(text: string, order: DateOrder): string {
  const dayOf = (year: string, month: string, day: string) =>
    `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const early = yearFirst.exec(text);
  if (early) return dayOf(early[1]!, early[3]!, early[4]!);
  const packed = digitsOnly.exec(text);
  if (packed) return dayOf(packed[1]!, packed[2]!, packed[3]!);
  const late = yearLast.exec(text);
  if (!late) return text;
  const [month, day] = order === "day" ? [late[3]!, late[1]!] : [late[1]!, late[3]!];
  return dayOf(late[4]!, month, day);
}

/** With a point, without currency, blanks and marks between thousands: "$1,234.50" -> "1234.50", "(3)" -> "-3". */
export function readDecimal(text: string, mark: DecimalMark): string {
  const bare = text
    .replaceAll(/[\s'’$€£]|USD/gi, "")
    .replace(/^\((.*)\)$/, "-$1")
    .replace(/^[−–]/, "-")
    .replace(/^\+/, "");
  const grouped =
    mark === "point" ? /^-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/ : /^-?[1-9]\d{0,2}(\.\d{3})+(,\d+)?$/;
  const plain = grouped.test(bare) ? bare.replaceAll(mark === "point" ? "," : ".", "") : bare;
  const decimal = mark === "comma" && /^-?\d*,\d+$/.test(plain) ? plain.replace(",", ".") : plain;
  return /^-?\d*\.?\d+$|^-?\d+\.$/.test(decimal) ? decimal : text;
}

const types: Readonly<Record<string, "BUY" | "SELL">> = {
  ...Object.fromEntries(
    ["buy", "b", "bot", "bought", "purchase", "kauf", "achat", "compra", "acquisto"].map((word) => [
      word,
      "BUY",
    ]),
  ),
  ...Object.fromEntries(
    ["sell", "s", "sld", "sold", "sale", "verkauf", "vente", "venta", "vendita"].map((word) => [
      word,
      "SELL",
    ]),
  ),
};

export function readType(text: string): string {
  const word = text.toLowerCase();
  return Object.hasOwn(types, word) ? types[word]! : text;
}
