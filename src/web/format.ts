/**
 * How figures are written for one reader: by locale and in their currencies, from decimal strings, without a detour through
 * floating point.
 */

import type { Span } from "../portfolio/index.ts";
import { t } from "./messages/index.ts";

/** Of one person. */
export interface Currencies {
  /** In which their figures are. */
  readonly base: string;
  /** Every one that something of theirs is in. */
  readonly all: readonly string[];
}

/** As the published figures are in them. */
export const currenciesOf = ({
  currency,
  currencies,
}: Pick<Span, "currency" | "currencies">): Currencies => ({
  base: currency,
  all: [currency, ...currencies],
});

const dollarsAlone: Currencies = { base: "USD", all: ["USD"] };

export interface Format {
  readonly locale: string;
  /** ISO code of what `money`, `price` and their kin are in. */
  readonly currency: string;
  /** `code` where another currency of the reader's has the same sign. */
  readonly currencyDisplay: "narrowSymbol" | "code";
  /** Decimals of an amount: 2 of most currencies, 0 of yen, 3 of Kuwaiti dinars. */
  readonly minorDigits: number;
  /** The same for amounts in another currency; null: this one; "": one that nobody knows, and then none is written. */
  in(currency: string | null): Format;
  /** With as many decimals as the currency has: "1234.5" of US dollars -> "$1,234.50". */
  money(value: string): string;
  /** As money, with + or − unless zero. */
  signedMoney(value: string): string;
  /** Set: `amount` and `signedAmount` leave this code out, so that what stands above them has to say it. */
  readonly amountsIn: string | null;
  /** As money, for a column of a wide table: a sign is written, a code of letters is not. */
  amount(value: string): string;
  signedAmount(value: string): string;
  /** A price of one unit: at least two decimals, as many as eight. */
  price(value: string): string;
  /** For an axis: "$1.2M". `digits`: decimals at most, instead of two. */
  compactMoney(value: number, digits?: number): string;
  /** For the axis of an indicator: "4.5". */
  compactNumber(value: number, digits?: number): string;
  quantity(value: string): string;
  /** Of exchange, with six significant digits: "129.246". */
  rate(value: string): string;
  /** A ratio: 0.1234 -> "12.34%". */
  percent(value: number): string;
  signedPercent(value: number): string;
  /** A difference of ratios in percentage points, without their name: 0.05 -> "+5.00". */
  signedPoints(value: number): string;
  /** For an axis: "12%", or "0.5%" where whole percents would repeat. */
  compactPercent(value: number, digits?: number): string;
  /** To a tenth of a percent, and not finer: "12.3%". */
  tenths(value: number): string;
  /** For a cell among many: "+1.2%". */
  signedCompactPercent(value: number): string;
  count(value: number): string;
  /** A plain ratio with two decimals: a Sharpe ratio. */
  number(value: number): string;
  /** "5 May 2021": the month in letters, so that no two countries read it differently. */
  date(day: string): string;
  /** "5 May", where the year is plain from what stands around it. */
  shortDate(day: string): string;
  month(day: string): string;
  year(day: string): string;
  /** "Jan" */
  monthName(day: string): string;
  /** In UTC, and says so: the server does not know the reader's zone. */
  dateTime(instant: Date): string;
  /** 340 -> "340 ms", 125000 -> "2 min 5 s". */
  duration(milliseconds: number): string;
  /** The distance between two instants in words: "3 minutes ago", "in 2 days". */
  relative(instant: Date, now: Date): string;
}

// Intl formats a decimal string exactly; TypeScript's signature wants to see that it is one.
type Decimal = Intl.StringNumericLiteral;

const noon = (day: string): Date => new Date(`${day}T12:00:00Z`);

/** `tenths`: writes with one decimal. */
function sayDuration(milliseconds: number, tenths: (value: number) => string): string {
  if (milliseconds < 1000) return t("{milliseconds} ms", { milliseconds: String(Math.round(milliseconds)) });
  if (milliseconds < 60_000) return t("{seconds} s", { seconds: tenths(milliseconds / 1000) });
  const seconds = Math.round(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)].map(String);
  if (seconds < 3600)
    return t("{minutes} min {seconds} s", { minutes: minutes!, seconds: String(seconds % 60) });
  return t("{hours} h {minutes} min", { hours: hours!, minutes: minutes! });
}

const relativeUnits: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

function relativeTo(formatter: Intl.RelativeTimeFormat, instant: Date, now: Date): string {
  const seconds = Math.round((instant.getTime() - now.getTime()) / 1000);
  const [unit, size] = relativeUnits.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  const words = formatter.format(Math.trunc(seconds / size), unit);
  // Swahili's begin with a capital, and stand within sentences as those of others do.
  return words.charAt(0).toLocaleLowerCase() + words.slice(1);
}

type MoneyFormat = Pick<
  Format,
  | "currency"
  | "currencyDisplay"
  | "minorDigits"
  | "money"
  | "signedMoney"
  | "amountsIn"
  | "amount"
  | "signedAmount"
  | "price"
  | "compactMoney"
>;

/** What the sign of the currency is in the locale; its code where it has none. */
function signOf(locale: string, currency: string): string {
  const parts = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
  }).formatToParts(0);
  return parts.find(({ type }) => type === "currency")?.value ?? currency;
}

/** Of what is rounded to nothing it shows no sign. */
const createNumber = (locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  new Intl.NumberFormat(locale, { signDisplay: "negative", ...options });

/** Where the language has no short word for thousands, they are grouped as anywhere else: "2.000" beside "10.000". */
const compact = { notation: "compact", useGrouping: "auto" } as const;

/** Of amounts whose currency nobody knows. */
function createPlainFormat(locale: string): MoneyFormat {
  const number = (options: Intl.NumberFormatOptions) =>
    createNumber(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2, ...options });
  const [plain, signed] = [number({}), number({ signDisplay: "exceptZero" })];
  const price = number({ maximumFractionDigits: 8 });
  const amount = (value: string): string => plain.format(value as Decimal);
  const signedAmount = (value: string): string => signed.format(value as Decimal);
  return {
    currency: "",
    currencyDisplay: "code",
    minorDigits: 2,
    amountsIn: null,
    amount,
    signedAmount,
    money: amount,
    signedMoney: signedAmount,
    price: (value) => price.format(value as Decimal),
    compactMoney: byDigits(2, (digits) =>
      number({ ...compact, minimumFractionDigits: 0, maximumFractionDigits: digits }),
    ),
  };
}

/** With so many decimals at most, `usual` where nobody says; each made when it is first wanted. */
function byDigits(
  usual: number,
  create: (digits: number) => Intl.NumberFormat,
): (value: number, digits?: number) => string {
  const made = new Map<number, Intl.NumberFormat>();
  return (value, digits = usual) => {
    const format = made.get(digits) ?? create(digits);
    made.set(digits, format);
    return format.format(value);
  };
}

function createMoneyFormat(locale: string, currency: string, all: readonly string[]): MoneyFormat {
  if (currency === "") return createPlainFormat(locale);
  const sign = signOf(locale, currency);
  const isShared = all.some((other) => other !== currency && signOf(locale, other) === sign);
  const currencyDisplay = isShared ? "code" : "narrowSymbol";
  const style = { style: "currency", currency, currencyDisplay } as const;
  const number = (options: Intl.NumberFormatOptions) => createNumber(locale, options);
  const money = number(style);
  const signedMoney = number({ ...style, signDisplay: "exceptZero" });
  const price = number({ ...style, maximumFractionDigits: 8 });
  const compactMoney = byDigits(2, (digits) =>
    number({ ...style, ...compact, maximumFractionDigits: digits, minimumFractionDigits: 0 }),
  );
  const minorDigits = money.resolvedOptions().maximumFractionDigits ?? 2;
  const isCode = isShared || /^\p{L}{3}/u.test(sign);
  const plain = { minimumFractionDigits: minorDigits, maximumFractionDigits: minorDigits } as const;
  const amount = isCode ? number(plain) : money;
  const signedAmount = isCode ? number({ ...plain, signDisplay: "exceptZero" }) : signedMoney;
  return {
    currency,
    currencyDisplay,
    minorDigits,
    amountsIn: isCode ? currency : null,
    amount: (value) => amount.format(value as Decimal),
    signedAmount: (value) => signedAmount.format(value as Decimal),
    money: (value) => money.format(value as Decimal),
    signedMoney: (value) => signedMoney.format(value as Decimal),
    price: (value) => price.format(value as Decimal),
    compactMoney,
  };
}

function createFormat(locale: string, { base, all }: Currencies): Format {
  const numbers = createNumberFormat(locale);
  const formats = new Map<string, Format>();
  const inCurrency = (currency: string): Format => {
    const known = formats.get(currency);
    if (known) return known;
    const format: Format = {
      locale,
      ...numbers,
      ...createMoneyFormat(locale, currency, all),
      in: (other) => (other === null ? format : inCurrency(other)),
    };
    formats.set(currency, format);
    return format;
  };
  return inCurrency(base);
}

function createNumberFormat(locale: string): Omit<Format, keyof MoneyFormat | "locale" | "in"> {
  const number = (options: Intl.NumberFormatOptions) => createNumber(locale, options);
  const compactNumber = byDigits(2, (digits) => number({ maximumFractionDigits: digits }));
  const quantity = number({ maximumFractionDigits: 20 });
  const rate = number({ maximumSignificantDigits: 6 });
  const percentage = { style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 } as const;
  const percent = number(percentage);
  const signedPoints = number({
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: "exceptZero",
  });
  const signedPercent = number({ ...percentage, signDisplay: "exceptZero" });
  const compactPercent = byDigits(1, (digits) => number({ style: "percent", maximumFractionDigits: digits }));
  const tenths = number({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const signedCompactPercent = number({
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    signDisplay: "exceptZero",
  });
  const twoDecimals = number({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const count = number({ maximumFractionDigits: 0 });
  const oneDecimal = number({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return {
    compactNumber,
    quantity: (value) => quantity.format(value as Decimal),
    rate: (value) => rate.format(value as Decimal),
    percent: (value) => percent.format(value),
    signedPercent: (value) => signedPercent.format(value),
    signedPoints: (value) => signedPoints.format(value * 100),
    compactPercent,
    tenths: (value) => tenths.format(value),
    signedCompactPercent: (value) => signedCompactPercent.format(value),
    count: (value) => count.format(value),
    number: (value) => twoDecimals.format(value),
    ...createDateFormat(locale),
    duration: (value) => sayDuration(value, (seconds) => oneDecimal.format(seconds)),
    relative: (value, now) => relativeTo(relative, value, now),
  };
}

type DateFormat = Pick<Format, "date" | "shortDate" | "month" | "monthName" | "year" | "dateTime">;

function createDateFormat(locale: string): DateFormat {
  const date = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
  const day = date({ day: "numeric", month: "short", year: "numeric" });
  const shortDate = date({ day: "numeric", month: "short" });
  const month = date({ month: "short", year: "numeric" });
  const monthName = date({ month: "short" });
  const year = date({ year: "numeric" });
  const instant = date({
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return {
    date: (value) => day.format(noon(value)),
    shortDate: (value) => shortDate.format(noon(value)),
    month: (value) => month.format(noon(value)),
    monthName: (value) => monthName.format(noon(value)),
    year: (value) => year.format(noon(value)),
    dateTime: (value) => `${instant.format(value)} UTC`,
  };
}

const fallbackLocale = "en-US";
/** More than a browser sends. */
const mostLanguages = 10;
const formats = new Map<string, Format>();

/** The format of the first of the reader's languages that is known here; its amounts are in their base currency. */
export function formatFor(languages: readonly string[], currencies: Currencies = dollarsAlone): Format {
  const locales = languages.slice(0, mostLanguages).map(knownLocale);
  const locale = locales.find((known) => known !== null) ?? fallbackLocale;
  const key = [locale, currencies.base, ...new Set(currencies.all.toSorted())].join(" ");
  const known = formats.get(key);
  if (known) return known;
  // Making one costs a millisecond and the header is free text: the cache is bounded, and starts anew when full.
  if (formats.size >= 50) formats.clear();
  const format = createFormat(locale, currencies);
  formats.set(key, format);
  return format;
}

/** By what a header names, which is free text: bounded, too. */
const locales = new Map<string, string | null>();
const mostLocales = 200;

function knownLocale(language: string): string | null {
  const known = locales.get(language);
  if (known !== undefined) return known;
  const locale = localeOf(language);
  if (locales.size >= mostLocales) locales.clear();
  locales.set(language, locale);
  return locale;
}

function localeOf(language: string): string | null {
  try {
    // The base name drops extensions (other calendars, other digits) that would make endless variants.
    const { baseName } = new Intl.Locale(language);
    return Intl.NumberFormat.supportedLocalesOf(baseName).length > 0 ? baseName : null;
  } catch {
    return null;
  }
}
