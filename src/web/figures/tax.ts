/** A tax year as it is shown: its sales by lot, its income, its fees and taxes, each with totals that add its rows up before they are rounded to cents. */
import type {
  OfTaxYear,
  readFeesAndTaxes,
  readRealized,
  readTaxIncome,
  UncountedRow,
} from "../../portfolio/index.ts";
import { typeName } from "../entry-words.ts";
import { listed, t } from "../messages/index.ts";
import { sayReason } from "../reasons.ts";
import { less, sumOf, sumOfKnown } from "./sums.ts";

type RowsOf<R extends (...args: never) => Promise<OfTaxYear<unknown>>> = Awaited<ReturnType<R>>["rows"];
type Lots = RowsOf<typeof readRealized>;
type Payments = RowsOf<typeof readTaxIncome>;
type Costs = RowsOf<typeof readFeesAndTaxes>;

const lotTotal = (lots: Lots) => ({
  count: lots.length,
  cost: sumOf(lots.map(({ cost }) => cost)),
  proceeds: sumOf(lots.map(({ proceeds }) => proceeds)),
  gain: sumOf(lots.map(({ gain }) => gain)),
});

/** `hasTerms`: not of the moving average, which knows no purchases. */
export function salesView(lots: Lots, base: string, nameOf: (account: number) => string) {
  const isTermed = lots.some(({ term }) => term !== null);
  return {
    rows: lots.map((lot) => ({
      ...lot,
      account: nameOf(lot.account_id),
      isForeign: lot.currency !== base,
      isOfCapital: Number(lot.quantity) === 0,
      term: lot.term && t(lot.term === "short" ? "short" : "long"),
    })),
    whole: lotTotal(lots),
    short: lotTotal(lots.filter(({ term }) => term === "short")),
    long: lotTotal(lots.filter(({ term }) => term === "long")),
    /** Of no purchase, where others are of one. */
    untermed: isTermed ? lotTotal(lots.filter(({ term }) => term === null)) : lotTotal([]),
    hasTerms: isTermed,
    hasForeign: lots.some(({ currency }) => currency !== base),
    unrated: lots.filter(({ is_rated }) => !is_rated).length,
    costless: lots.filter(({ is_cost_given }) => !is_cost_given).length,
  };
}

/** What was withheld is known of what an account booked; of the market's word `tax`, `fee` and `net` are null. */
export function paymentsView(payments: Payments, base: string, nameOf: (account: number) => string) {
  const booked = payments.filter(({ source }) => source === "ledger");
  const sums = {
    gross: sumOf(payments.map(({ gross }) => gross)),
    tax: sumOfKnown(payments.map(({ tax }) => tax)),
    fee: sumOfKnown(payments.map(({ fee }) => fee)),
    net: sumOfKnown(payments.map(({ net }) => net)),
  };
  const grossOf = (kind: string): string =>
    sumOf(payments.filter((payment) => payment.kind === kind).map(({ gross }) => gross));
  return {
    rows: payments.map((payment) => ({
      ...payment,
      account: nameOf(payment.account_id),
      kind: t(payment.kind === "interest" ? "interest" : "dividend"),
      isForeign: payment.currency !== base,
    })),
    whole: sums,
    dividends: grossOf("dividend"),
    interest: grossOf("interest"),
    hasInterest: payments.some(({ kind }) => kind === "interest"),
    hasBooked: booked.length > 0,
    hasForeign: payments.some(({ currency }) => currency !== base),
    hasFee: booked.some(({ fee }) => Number(fee) !== 0),
    unrated: payments.filter(({ is_rated }) => !is_rated).length,
    /** Payments of which nobody knows what was withheld, and their sum. */
    unknown: payments.length - booked.length,
    unknownGross: less(sums.gross, sumOf(booked.map(({ gross }) => gross))),
  };
}

/** By where they are counted: in cost and proceeds, off income, or nowhere else. */
export function costsView(costs: Costs, base: string, nameOf: (account: number) => string) {
  const totalOf = (label: string, kind: string | null) => {
    const rows = costs.filter((cost) => kind === null || cost.kind === kind);
    return {
      label,
      count: rows.length,
      fee: sumOf(rows.map(({ fee }) => fee)),
      tax: sumOf(rows.map(({ tax }) => tax)),
    };
  };
  return {
    rows: costs.map((cost) => ({
      ...cost,
      account: nameOf(cost.account_id),
      type: typeName(cost.transaction_type),
      isForeign: cost.currency !== base,
    })),
    totals: [
      totalOf(t("Of trades, where fees are in cost and proceeds already"), "trade"),
      totalOf(t("Of dividends and interest, as above"), "income"),
      totalOf(t("Others"), "other"),
    ].filter(({ count }) => count > 0),
    whole: totalOf(t("All of it"), null),
    hasForeign: costs.some(({ currency }) => currency !== base),
  };
}

/** What stands in no total, the newest first; `sales`: how many of them are sales of the year; `lacking`: all of it in words. */
export function uncountedView(rows: readonly UncountedRow[], from: string) {
  const sales = rows.filter(
    ({ transaction_type, transaction_date }) => transaction_type === "SELL" && transaction_date >= from,
  ).length;
  const others = rows.length - sales;
  const parts = [
    ...(sales > 0 ? [t("{count, plural, one {# sale} other {# sales}} of the year", { count: sales })] : []),
    ...(others > 0
      ? [
          t("what {count, plural, one {# other row} other {# other rows}} of your ledger would add", {
            count: others,
          }),
        ]
      : []),
  ];
  return {
    rows: rows.toReversed().map((row) => ({
      ...row,
      type: typeName(row.transaction_type),
      reason: sayReason(row.reason),
      // Nobody knows it: then none is written, least of all the person's own.
      currency: row.currency ?? "",
    })),
    sales,
    lacking: listed(parts),
  };
}
