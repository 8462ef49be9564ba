/** Income as it is shown: bars with the table beside them, the year by ticker and month, and yields. */
import type { ExpectedIncome, IncomeMonth, IncomeRow, IncomeYield, LastDay } from "../../portfolio/index.ts";
import { barChart } from "../charts/bar-chart.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import { less, sumOf, sumOfKnown } from "./sums.ts";

type Amounts = Pick<IncomeRow, "gross" | "tax" | "fee" | "net" | "market_gross" | "market_payments">;

/** Of rows together. */
export const totalOf = (rows: readonly Amounts[]): Amounts => ({
  gross: sumOf(rows.map(({ gross }) => gross)),
  tax: sumOfKnown(rows.map(({ tax }) => tax)),
  fee: sumOfKnown(rows.map(({ fee }) => fee)),
  net: sumOfKnown(rows.map(({ net }) => net)),
  market_gross: sumOf(rows.map(({ market_gross }) => market_gross)),
  market_payments: rows.reduce((all, { market_payments }) => all + market_payments, 0),
});

const isNothing = (value: string): boolean => Number(value) === 0;

/**
 * What was withheld and received is known of what was booked: of the market's word neither. `tax`, `fee`, `net`: null: of nothing known;
 * `known`: what of gross they are of, where that is not all of it.
 */
export const knownOf = ({ gross, tax, fee, net, market_gross, market_payments }: Amounts) => ({
  gross,
  tax,
  fee,
  net,
  known: tax !== null && market_payments > 0 ? less(gross, market_gross) : null,
});

/** Which columns the amounts of these rows need beside gross. */
export const columnsOf = (rows: readonly Amounts[]) => ({
  hasNet: rows.some(({ tax }) => tax !== null),
  hasFee: rows.some(({ fee }) => fee !== null && !isNothing(fee)),
  /** Something is known of before tax alone. */
  hasUnknownTax: rows.some(({ market_payments }) => market_payments > 0),
});

const firstOf = (year: number, month: number): string => `${year}-${String(month).padStart(2, "0")}-01`;

/** First days of months, from the one to the other. */
export function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  let [year, month] = first.split("-").map(Number) as [number, number];
  for (; firstOf(year, month) <= last; month++) {
    if (month > 12) [year, month] = [year + 1, 1];
    if (firstOf(year, month) <= last) months.push(firstOf(year, month));
  }
  return months;
}

/** More months than these say less, not more: the table has all. */
const mostBars = 48;

/** By month or year; null: by neither, or there is nothing to draw. */
export function receivedChart(by: string, rows: readonly IncomeRow[], format: Format) {
  if ((by !== "month" && by !== "year") || rows.length === 0) return null;
  const keyOf = ({ month, year }: IncomeRow): string => month ?? firstOf(year!, 1);
  const places = spanOf(by, keyOf(rows[0]!), keyOf(rows.at(-1)!));
  const shown = by === "month" ? places.slice(-mostBars) : places;
  const byPlace = new Map(rows.map((row) => [keyOf(row), row]));
  const hasBoth =
    rows.some(({ dividends }) => !isNothing(dividends)) && rows.some(({ interest }) => !isNothing(interest));
  return {
    ...barChart(
      {
        id: "received-chart",
        title: by === "year" ? t("Received by year, before tax") : t("Received by month, before tax"),
        legend: hasBoth
          ? [
              { name: "dividend", label: t("Dividends") },
              { name: "interest", label: t("Interest") },
            ]
          : [],
        bars: shown.map((place) => {
          const row = byPlace.get(place);
          return {
            label: by === "year" ? format.year(place) : format.month(place),
            axisLabel: axisLabel(by, place, shown.length, format),
            parts: [
              { name: "dividend", amount: row?.dividends ?? "0" },
              { name: "interest", amount: row?.interest ?? "0" },
            ],
            total: row?.gross ?? "0",
          };
        }),
      },
      format,
    ),
    isCut: places.length > shown.length ? shown.length : null,
  };
}

const spanOf = (by: "month" | "year", first: string, last: string): string[] =>
  by === "month"
    ? monthsBetween(first, last)
    : monthsBetween(first, last).filter((month) => month.slice(5, 7) === "01");

/** Every month of a year or so by its name, of more than that each January by its year. */
function axisLabel(by: "month" | "year", place: string, places: number, format: Format): string | null {
  if (by === "year") return format.year(place);
  if (places <= 13) return format.monthName(place);
  return place.slice(5, 7) === "01" ? format.year(place) : null;
}

/** The twelve months after the last day, also those that nothing is expected in; null: nothing is. */
export function expectedView(
  rows: readonly ExpectedIncome[],
  { last_day, year_to }: LastDay,
  format: Format,
) {
  if (rows.length === 0) return null;
  const byMonth = Map.groupBy(rows, ({ month }) => month);
  const months = monthsBetween(`${last_day.slice(0, 7)}-01`, year_to).map((month) => {
    const parts = byMonth.get(month) ?? [];
    return {
      month,
      label: format.month(month),
      gross: sumOf(parts.map(({ gross }) => gross)),
      tickers: parts.map(({ ticker }) => shownTicker(ticker)),
    };
  });
  return {
    months: months.filter(({ tickers }) => tickers.length > 0),
    total: sumOf(rows.map(({ gross }) => gross)),
    chart: barChart(
      {
        id: "expected-chart",
        title: t("Expected by month, an estimate before tax"),
        isEstimate: true,
        legend: [],
        bars: months.map(({ month, label, gross }) => ({
          label,
          axisLabel: format.monthName(month),
          parts: [{ name: "expected", amount: gross }],
          total: gross,
        })),
      },
      format,
    ),
  };
}

/** Tickers down, months across, of one calendar year; before tax. null: nothing came in. */
export function yearTable(year: number, rows: readonly IncomeMonth[], format: Format) {
  if (rows.length === 0) return null;
  const months = Array.from({ length: 12 }, (_, index) => firstOf(year, index + 1));
  const cellsOf = (parts: readonly IncomeMonth[]) =>
    months.map((month) => {
      const ofMonth = parts.filter((part) => part.month === month);
      return ofMonth.length === 0 ? null : sumOf(ofMonth.map(({ gross }) => gross));
    });
  const lineOf = (ticker: string | null, parts: readonly IncomeMonth[]) => ({
    ticker,
    cells: cellsOf(parts),
    total: sumOf(parts.map(({ gross }) => gross)),
  });
  return {
    year,
    names: months.map(format.monthName),
    rows: [...Map.groupBy(rows, ({ ticker }) => ticker)].map(([ticker, parts]) => lineOf(ticker, parts)),
    whole: lineOf(null, rows),
  };
}

/** Of the holdings, and of all of them together. */
export function yieldsView(rows: readonly IncomeYield[]) {
  const whole = rows.find(({ ticker }) => ticker === null) ?? null;
  return {
    whole,
    /** Why there is none: nothing is held. */
    none: "nothing is held",
    /** Whose last payments were special ones, not to be expected again. */
    specialOf: rows.flatMap(({ ticker, special }) =>
      ticker === null || isNothing(special) ? [] : [shownTicker(ticker)],
    ),
    holdings: rows
      .filter(({ ticker }) => ticker !== null)
      .map((row) => ({ ...row, isPriced: row.unpriced === 0 })),
  };
}
