import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readNumbers, showNumber } from "../../src/web/number-input.ts";
import { readNumber, writeNumber } from "../../ui/static/number-reading.js";

// A number is read as its page writes it, or refused with what it might be.

const regions =
  "AT AU BD BR CA CH CN CZ DE DK EG ES ET FI FR GB GR HU ID IL IN IR IT JP KE KR LI MA MX NG NL NO NP PK PL PT RU SA SE TH TR UA US VN ZA".split(
    " ",
  );
const languages =
  "af am ar as az be bg bn bs ca cs cy da de dz el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko ku ky lo lt lv mk ml mn mr ms my nb ne nl nn pa pl ps pt ro ru rw sd si sk sl so sq sr sv sw ta te tg th ti tk tr uk ur uz vi xh yo zh zu".split(
    " ",
  );
const candidates = [
  ...languages,
  ...["ar", "de", "en", "es", "fr", "it", "pt"].flatMap((language) =>
    regions.map((region) => `${language}-${region}`),
  ),
];
const locales = candidates.filter((locale) => Intl.NumberFormat.supportedLocalesOf(locale).length === 1);

const decimals = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), fc.stringMatching(/^\d{0,11}[1-9]$|^$/), fc.boolean())
  .map(([whole, part, isNegative]) => {
    const value = `${whole}${part === "" ? "" : `.${part}`}`;
    return isNegative && Number(value) !== 0 ? `-${value}` : value;
  });

test("in more than two hundred locales every number is read back as itself, grouped or not", () => {
  expect(locales.length).toBeGreaterThan(200);
  fc.assert(
    fc.property(fc.constantFrom(...locales), decimals, fc.boolean(), (locale, value, isGrouped) => {
      expect(readNumber(writeNumber(value, locale, { isGrouped }), locale)).toEqual({ value, readings: [] });
      const options = { maximumFractionDigits: 20 } as const;
      const shown = new Intl.NumberFormat(locale, options).format(value as Intl.StringNumericLiteral);
      expect(readNumber(shown, locale).value).toBe(value);
    }),
    { numRuns: 3000 },
  );
});

test("and as typed with the digits of any keyboard", () => {
  fc.assert(
    fc.property(fc.constantFrom(...locales), decimals, (locale, value) => {
      const latin = new Intl.Locale(locale, { numberingSystem: "latn" }).toString();
      expect(readNumber(writeNumber(value, latin, { isGrouped: true }), locale).value).toBe(value);
    }),
    { numRuns: 1000 },
  );
});

test("nothing that is typed is read in two ways, or throws", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."0123456789.,' -’\u202f٫٬٣x"), maxLength: 12 });
  fc.assert(
    fc.property(fc.constantFrom(...locales), texts, (locale, text) => {
      const { value, readings } = readNumber(text, locale);
      if (value === null) return void expect(readings.every((one) => /^-?\d+(\.\d+)?$/.test(one))).toBe(true);
      // Whatever is read is a number that the page shows so: written anew it is the same.
      expect(value).toMatch(/^-?\d+(\.\d+)?$/);
      const plain = value.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
      expect(Number(readNumber(writeNumber(value, locale), locale).value)).toBe(Number(plain));
    }),
    { numRuns: 3000 },
  );
});

describe("by hand", () => {
  test.each([
    ["de-DE", "1.000", "1000"],
    ["de-DE", "1,5", "1.5"],
    ["de-DE", "1.234.567,89", "1234567.89"],
    ["de-DE", " 1000 ", "1000"],
    ["de-DE", ",5", "0.5"],
    ["de-DE", "-3,25", "-3.25"],
    ["de-CH", "1’234.50", "1234.50"],
    ["de-CH", "1'234.50", "1234.50"],
    ["fr-FR", "1 234,5", "1234.5"],
    ["fr-FR", "1\u202f234,5", "1234.5"],
    ["fr-FR", "1\u00a0234,5", "1234.5"],
    ["en-IN", "12,34,567.5", "1234567.5"],
    ["en-US", "1,234,567.5", "1234567.5"],
    ["en-US", "007", "7"],
    ["es-ES", "1.234", "1234"],
    ["es-ES", "1234,5", "1234.5"],
    ["pl-PL", "1 234,5", "1234.5"],
    ["ar-EG", "١٬٢٣٤٫٥", "1234.5"],
    ["ar-EG", "1,234.5", "1234.5"],
    ["fa-IR", "۱۲۳۴٫۵", "1234.5"],
    ["sw-KE", "1,234.5", "1234.5"],
    ["de-DE", "−3", "-3"],
  ])("%s %s is %s", (locale, text, value) => {
    expect(readNumber(text, locale)).toEqual({ value, readings: [] });
  });

  test.each([
    ["de-DE", "1.0000", ["1", "10000"]],
    ["de-DE", "1.5", ["1.5", "15"]],
    ["de-DE", "0.125", ["0.125", "125"]],
    ["en-US", "1,5", ["1.5", "15"]],
    ["en-US", "1,00,000", ["100000"]],
    ["en-US", "1.000,5", ["1000.5", "10005"]],
    ["en-IN", "1,000,000", ["1000000"]],
    ["de-AT", "1.000", ["1", "1000"]],
    ["de-DE", "1.000.00", ["100000"]],
    ["en-US", "1 000", ["1000"]],
    ["en-US", "abc", []],
    ["en-US", "1e5", []],
    ["en-US", "$5", []],
    ["en-US", "1٣", []],
    ["en-US", "--5", []],
  ])("%s %s is refused, and might be %j", (locale, text, readings) => {
    expect(readNumber(text, locale)).toEqual({ value: null, readings });
  });
});

test("a form's numbers are read at once, and those that cannot be say what they might be", () => {
  const isNumber = (field: string) => field !== "note";
  const form = { quantity: "1.000", price: "1.5", fee: "abc", note: "1,5", tax: "" };
  expect(readNumbers(form, isNumber, "de-DE")).toEqual({
    values: { quantity: "1000", price: "", fee: "", note: "1,5", tax: "" },
    unread: { price: "1.5", fee: "abc" },
    errors: {
      price: "“1.5” could be 1,5 or 15: write the one that you mean.",
      fee: "“abc” is no number: write it as 1.234,5 is written.",
    },
  });
  expect(readNumbers(form, isNumber, undefined)).toEqual({ values: form, unread: {}, errors: {} });
  expect([showNumber("1000.5", "de-DE"), showNumber("-2", "de-DE"), showNumber("1,5", "de-DE")]).toEqual([
    "1000,5",
    "-2",
    "1,5",
  ]);
});
