/** Rows of which several are one thing: a dividend and what was withheld of it, the two sides of a conversion. Pure. */

import { Big } from "big.js";
import { isCurrency } from "../../market/currency.ts";
import { plain } from "../../plain.ts";
import { type FileSigns, NotRecordable, readSum, type Sum } from "./booked-sums.ts";
import type { Entry } from "./entry.ts";
import { instrumentKey } from "./instrument.ts";
import type { ImportRow } from "./rows.ts";

export interface Conversion {
  readonly out: Sum;
  readonly into: Sum;
}

const none = new Big(0);
const pairOf = (entry: Entry): RegExpExecArray | null =>
  /^([A-Z]{3})[./]([A-Z]{3})$/.exec((entry.instrument?.symbol ?? "").toUpperCase());

/** A trade of one currency for another in one row: "EUR.USD", 500, -545. */
export function readConversion(entry: Entry, currency: string): Conversion {
  const [, base = "", quote = ""] = pairOf(entry) ?? [];
  if (!isCurrency(base) || !isCurrency(quote))
    throw new NotRecordable(plain("The other side of the conversion is not in the file."));
  const { quantity, booked } = entry;
  const [bought, paid] = [new Big(quantity ?? 0), new Big(booked?.gross ?? 0)];
  if (currency !== quote || bought.times(paid).gte(0))
    throw new NotRecordable(plain("Nothing says plainly which currency became which."));
  const costs = booked!.costs;
  const feeIn = (of: string): Big =>
    costs.reduce((sum, cost) => (cost.currency === of ? sum.plus(cost.value) : sum), none);
  if (costs.some((cost) => cost.currency !== base && cost.currency !== quote))
    throw new NotRecordable(plain("Its fee is in a third currency."));
  const sides = [
    { gross: bought, fee: feeIn(base), tax: none, currency: base },
    { gross: paid, fee: feeIn(quote), tax: none, currency: quote },
  ];
  const [out, into] = bought.lt(0) ? sides : sides.toReversed();
  return { out: { ...out!, gross: out!.gross.abs() }, into: into! };
}

const isConversion = ({ kind }: Entry): boolean => kind === "FX_IN" || kind === "FX_OUT";

/** One side of a conversion whose other side is another row. Throws NotRecordable. */
export function readSide(entry: Entry, signs: FileSigns): Sum & { readonly type: "FX_IN" | "FX_OUT" } {
  const sum = readSum(entry, signs);
  return { ...sum, type: isOut(entry) ? "FX_OUT" : "FX_IN", gross: sum.gross.abs() };
}

const isOut = ({ amount }: Entry): boolean => new Big(amount ?? 0).lt(0);

/** Two rows in a row, of one moment, of which one takes of a currency and the other brings of another; of one reference first. */
export function pairConversions(entries: readonly Entry[]): Map<Entry, Entry> {
  const pairs = new Map<Entry, Entry>();
  const sides = entries.filter(
    (entry) => isConversion(entry) && entry.amount !== null && pairOf(entry) === null,
  );
  const momentOf = ({ date, time }: Entry): string => `${date} ${time}`;
  for (const keyOf of [(entry: Entry) => `${momentOf(entry)} ${entry.texts.status}`, momentOf]) {
    const left = sides.filter((entry) => !pairs.has(entry));
    for (const group of Map.groupBy(left, keyOf).values())
      for (let index = 0; index + 1 < group.length; index++) {
        const [one, other] = [group[index]!, group[index + 1]!];
        if (isOut(one) === isOut(other) || one.currency === other.currency) continue;
        pairs.set(one, other).set(other, one);
        index++;
      }
  }
  return pairs;
}

/** A side without the other would be money from nowhere. */
export function keepTogether(rows: readonly ImportRow[], pairs: ReadonlyMap<Entry, Entry>): ImportRow[] {
  const problems = new Map(rows.flatMap((row) => (row.problem ? [[row.entry, row.problem]] : [])));
  return rows.map((row) => {
    const partner = pairs.get(row.entry);
    const problem = partner && problems.get(partner);
    return problem && !row.problem ? { ...row, input: null, problem } : row;
  });
}

/** Of what it is, when and in what: null: it does not say. */
function dividendKey({ entry, input }: ImportRow): string | null {
  const { instrument, date } = entry;
  if (!instrument || (instrument.symbol === "" && instrument.identifier === null)) return null;
  return [date, instrumentKey(entry), input!.currency].join(" ");
}

const descriptionOf = ({ entry }: ImportRow): string =>
  entry.texts.name || entry.texts.description || entry.word;
/** "MSFT(US5949181045) Cash Dividend USD 0.75 per Share - US Tax" -> without the tax. */
const taxedOf = (row: ImportRow): string => descriptionOf(row).split(" - ")[0]!.trim().toLowerCase();
const dividendOf = (row: ImportRow): string =>
  descriptionOf(row)
    .replace(/\s*\([^()]*\)\s*$/, "")
    .trim()
    .toLowerCase();

/** The one dividend that a tax was withheld of; null: none, or it could be of several. */
function taxed(tax: ImportRow, dividends: readonly ImportRow[]): ImportRow | null {
  if (dividends.length <= 1) return dividends[0] ?? null;
  const named = dividends.filter((dividend) => dividendOf(dividend) === taxedOf(tax));
  return named.length === 1 ? named[0]! : null;
}

/** What was withheld of a dividend becomes its tax; what is of none, or could be of two, stays a tax of its own. */
export function pairTaxes(rows: readonly ImportRow[]): ImportRow[] {
  const dividends = Map.groupBy(
    rows.filter(({ kind, input }) => kind === "DIVIDEND" && input !== null),
    dividendKey,
  );
  const withheld = new Map<ImportRow, ImportRow[]>();
  for (const row of rows) {
    if (row.kind !== "TAX" || row.entry.own || row.input === null) continue;
    const key = dividendKey(row);
    const dividend = key === null ? null : taxed(row, dividends.get(key) ?? []);
    if (dividend) withheld.set(dividend, [...(withheld.get(dividend) ?? []), row]);
  }
  const parts = new Map<ImportRow, ImportRow>();
  const whole = new Map<ImportRow, ImportRow>();
  for (const [dividend, taxes] of withheld) {
    const input = dividend.input!;
    const tax = taxes.reduce((sum, row) => sum.plus(row.input!.amount!), new Big(input.tax ?? 0));
    // More than there was: it is of something else.
    if (tax.abs().gt(new Big(input.amount!).abs())) continue;
    whole.set(dividend, { ...dividend, input: { ...input, tax: tax.toFixed() } });
    for (const row of taxes)
      parts.set(row, { ...row, group: "dividends", input: null, partOf: dividend.line });
  }
  return rows.map((row) => whole.get(row) ?? parts.get(row) ?? row);
}
