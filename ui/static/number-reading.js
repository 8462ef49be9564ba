// @ts-check
/**
 * How numbers are typed where the reader lives: the one reading of a number field, for the server and for the page. A text is read
 * as its locale writes numbers, or not at all. It needs nothing but Intl.
 */

/**
 * One way to write digits, and what stands between them.
 * @typedef {{ digits: readonly string[], decimal: string, group: string, first: number, others: number }} Notation
 * `first`: digits before the decimal mark without a group mark between them; `others`: of each group before those (2 in India).
 */

/**
 * `value`: a plain decimal, as "-1234.5"; null: the text is no number of the locale. `readings`: then what it might be, as plain
 * decimals: none, one, or two.
 * @typedef {{ value: string | null, readings: readonly string[] }} Reading
 */

/** @type {Map<string, readonly Notation[]>} */
const notations = new Map();
/** More than a browser's languages; then they are learned anew. */
const mostLocales = 300;
const longestText = 100;

/** Signs that only steer the direction of writing. */
const steering = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** One spelling of signs that look alike: what a keyboard has for what a page shows. @param {string} text */
const spelled = (text) =>
  text
    .replace(steering, "")
    .replace(/\s/gu, " ")
    .replace(/[\u2019\u02bc\u2032\uff07]/gu, "'")
    .replace(/[\u2010-\u2013\u2212\uff0d]/gu, "-")
    .trim();

/** @param {string} locale @returns {Notation} */
function learn(locale) {
  const parts = new Intl.NumberFormat(locale, { useGrouping: "always" }).formatToParts(12345678901.5);
  /** @param {string} wanted */
  const part = (wanted) => parts.find(({ type }) => type === wanted)?.value ?? "";
  const groups = parts.filter(({ type }) => type === "integer").map(({ value }) => [...value].length);
  const plain = new Intl.NumberFormat(locale, { useGrouping: false });
  return {
    digits: Array.from({ length: 10 }, (_, digit) => plain.format(digit)),
    decimal: spelled(part("decimal")) || ".",
    // A space is a mark like any other; `spelled` would take it off an end.
    group: spelled(part("group")) || (part("group") === "" ? "" : " "),
    first: groups.at(-1) ?? 3,
    others: groups.at(-2) ?? 3,
  };
}

/** With the digits of the locale, and with those of every keyboard. @param {string} locale */
function notationsOf(locale) {
  const known = notations.get(locale);
  if (known) return known;
  const own = learn(locale);
  const learned = own.digits[1] === "1" ? [own] : [own, learn(withLatinDigits(locale))];
  if (notations.size >= mostLocales) notations.clear();
  notations.set(locale, learned);
  return learned;
}

/** @param {string} locale */
const withLatinDigits = (locale) => new Intl.Locale(locale, { numberingSystem: "latn" }).toString();

/** Its digits as those that programs have; null: there are others among them. @param {string} text @param {Notation} notation */
function withPlainDigits(text, { digits }) {
  const plain = [...text]
    .map((sign) => (digits.includes(sign) ? String(digits.indexOf(sign)) : sign))
    .join("");
  const isMixed = digits[1] !== "1" && /\d/.test(text);
  return isMixed || /[^\d\P{Nd}]/u.test(plain) ? null : plain;
}

/** Without the marks between groups; null: they do not stand where they belong. @param {string} text @param {Notation} notation */
function ungroup(text, { group, first, others }) {
  if (group === "" || !text.includes(group)) return /^\d*$/.test(text) ? text : null;
  const [leading = "", ...groups] = text.split(group);
  const isGrouped =
    /^[1-9]\d*$/.test(leading) &&
    leading.length <= (groups.length > 1 ? others : Math.max(first, others)) &&
    groups.every(
      (part, index) => /^\d+$/.test(part) && part.length === (index === groups.length - 1 ? first : others),
    );
  return isGrouped ? leading + groups.join("") : null;
}

/** @param {string} whole @param {string} part */
const joined = (whole, part) => (whole.replace(/^0+(?=\d)/, "") || "0") + (part === "" ? "" : `.${part}`);

/** @param {string} text @param {Notation} notation */
function readPlain(text, notation) {
  const [whole = "", part = "", ...more] = text.split(notation.decimal);
  if (more.length > 0 || !/^\d*$/.test(part)) return null;
  const digits = ungroup(whole, notation);
  return digits === null || digits + part === "" ? null : joined(digits, part);
}

/** What it would be if its last mark stood before decimals, and if none did. @param {string} text */
function readingsOf(text) {
  const match = /^(\d[\d.,' \u066b\u066c]*)?(?:([.,' \u066b\u066c])(\d*))$/u.exec(text);
  if (!match) return [];
  const [, before = "", mark = "", after = ""] = match;
  /** @param {string} of */
  const digits = (of) => of.replace(/\D/gu, "");
  const isDecimal = !before.includes(mark) && mark !== " " && mark !== "'" && mark !== "\u066c";
  const all = digits(before) + after;
  const readings = [
    ...(isDecimal ? [joined(digits(before), after).replace(/\.0*$/, "")] : []),
    ...(before !== "" && all !== "" ? [joined(all, "")] : []),
  ];
  return [...new Set(readings)];
}

/**
 * What was typed, as it is written in the locale.
 * @param {string} text
 * @param {string} locale
 * @returns {Reading}
 */
export function readNumber(text, locale) {
  if (text.length > longestText) return { value: null, readings: [] };
  const signed = spelled(text);
  const sign = signed.startsWith("-") ? "-" : "";
  const bare = signed.slice(sign.length).trim();
  /** @type {readonly string[]} */
  let readings = [];
  for (const notation of notationsOf(locale)) {
    const plain = withPlainDigits(bare, notation);
    if (plain === null) continue;
    const value = readPlain(plain, notation);
    if (value !== null) return { value: sign + value, readings: [] };
    if (readings.length === 0) readings = readingsOf(plain).map((reading) => sign + reading);
  }
  return { value: null, readings };
}

/**
 * A plain decimal as a field has it: read back, it is the same. `isGrouped`: as a page shows it.
 * @param {string} value
 * @param {string} locale
 * @param {{ isGrouped?: boolean, least?: number }} [options]
 */
export function writeNumber(value, locale, { isGrouped = false, least = 0 } = {}) {
  const format = new Intl.NumberFormat(locale, {
    useGrouping: isGrouped,
    minimumFractionDigits: least,
    maximumFractionDigits: 20,
  });
  return format.format(/** @type {Intl.StringNumericLiteral} */ (value));
}

/**
 * What a text is read as, with groups and decimals, so that a thousand is plainly not one; null: there is nothing to say of so short a
 * number, or it is none.
 * @param {string} text
 * @param {string} locale
 */
export function describeReading(text, locale) {
  if ([...text.trim()].length < 4 && !/[^\p{Nd}\s]/u.test(text)) return null;
  const { value } = readNumber(text, locale);
  return value === null ? null : writeNumber(value, locale, { isGrouped: true, least: 2 });
}
