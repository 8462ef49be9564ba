/** Which of the rates that a source gives are rates. Pure: a verdict depends on the rates around it alone. */
import { Big } from "big.js";

export interface FxRate {
  readonly date: string;
  /** US dollars for one of the currency, a decimal. */
  readonly usdPerUnit: string;
  readonly isFinal: boolean;
}

/** As the source has it. */
export interface FxQuote {
  readonly date: string;
  readonly value: string;
  readonly isFinal: boolean;
}

export interface FxDefect {
  readonly date: string;
  readonly defect: "not_positive" | "outside_range" | "hundredfold" | "lone_spike";
  readonly detail: string;
}

export interface JudgedRates {
  /** Ascending. */
  readonly rates: readonly FxRate[];
  /** Kept out. */
  readonly defects: readonly FxDefect[];
}

/** No currency is worth more, or less: the rial and the pound of Lebanon are around 1e-5. */
const bounds = { least: 1e-9, most: 1e6 };
/** No currency moves by this in a day: the figure is in another unit, or of another currency of the same name. */
const otherUnit = 20;
/** Seen in devaluations, which stay. As a move that is taken back the next day it is none. */
const spike = 1.25;
/** So near to where it was, as a share of the way, is back. */
const backShare = 0.15;

/** Twenty digits are more than any figure shows: what is inverted here and again in a cross rate is itself. */
const significantDigits = 20;
const Inverse = Big();
Inverse.DP = 40;

function rateOf({ date, value, isFinal }: FxQuote, isInverse: boolean): FxRate | FxDefect {
  const quote = new Inverse(value);
  if (quote.lte(0)) return { date, defect: "not_positive", detail: `a rate of ${value}` };
  const rate = isInverse ? new Inverse(1).div(quote).prec(significantDigits) : quote;
  if (rate.lt(bounds.least) || rate.gte(bounds.most))
    return { date, defect: "outside_range", detail: `${value} is ${rate.toFixed()} US dollars for one` };
  return { date, usdPerUnit: rate.toFixed(), isFinal };
}

const move = (rate: FxRate, from: FxRate): number =>
  Math.log(Number(rate.usdPerUnit) / Number(from.usdPerUnit));

const isOtherUnit = (rate: FxRate, good: FxRate): boolean => Math.abs(move(rate, good)) > Math.log(otherUnit);

/** The first of the longest stretch without a jump of another unit: what most of the history says. */
function anchorOf(rates: readonly FxRate[]): FxRate | null {
  let [best, bestLength, start] = [0, 0, 0];
  for (let at = 1; at <= rates.length; at++) {
    if (at < rates.length && !isOtherUnit(rates[at]!, rates[at - 1]!)) continue;
    if (at - start > bestLength) [best, bestLength] = [start, at - start];
    start = at;
  }
  return rates[best] ?? null;
}

/** From the anchor to both sides, each against the last good one. */
function inOneUnit(rates: readonly FxRate[], anchor: FxRate): JudgedRates {
  const defects: FxDefect[] = [];
  const walk = (part: readonly FxRate[]): FxRate[] => {
    let good = anchor;
    return part.filter((rate) => {
      if (isOtherUnit(rate, good)) {
        const detail = `a rate of ${rate.usdPerUnit} US dollars, where ${good.date} has ${good.usdPerUnit}`;
        defects.push({ date: rate.date, defect: "hundredfold", detail });
        return false;
      }
      good = rate;
      return true;
    });
  };
  const before = walk(rates.filter(({ date }) => date <= anchor.date).toReversed()).toReversed();
  return { rates: [...before, ...walk(rates.filter(({ date }) => date > anchor.date))], defects };
}

/** A jump is a rate when the next day is there too. At the end of what is known nobody can tell yet. */
function withoutSpikes(rates: readonly FxRate[]): JudgedRates {
  const kept: FxRate[] = [];
  const defects: FxDefect[] = [];
  for (const [at, rate] of rates.entries()) {
    const good = kept.at(-1);
    const next = rates[at + 1];
    const jump = good ? move(rate, good) : 0;
    const isSpike =
      good !== undefined &&
      Math.abs(jump) > Math.log(spike) &&
      (next === undefined || Math.abs(move(next, good)) <= backShare * Math.abs(jump));
    if (!isSpike) {
      kept.push(rate);
      continue;
    }
    const fact = `a rate of ${rate.usdPerUnit} US dollars, after ${good.usdPerUnit} on ${good.date}`;
    const after = next ? `and ${next.usdPerUnit} on ${next.date}` : "which no later day bears out yet";
    defects.push({ date: rate.date, defect: "lone_spike", detail: `${fact} ${after}` });
  }
  return { rates: kept, defects };
}

/**
 * `quotes`: ascending. `known`: a rate that is stored and good, in whose unit these have to be; null: what most of them say.
 * A rate that is 0, beyond all bounds, more than twenty times its neighbour or back on the next day is kept out.
 */
export function judgeRates(
  quotes: readonly FxQuote[],
  isInverse: boolean,
  known: FxRate | null,
): JudgedRates {
  const read = quotes.map((quote) => rateOf(quote, isInverse));
  const positive = read.flatMap((each) => ("defect" in each ? [] : [each]));
  const anchor = known ?? anchorOf(positive);
  const level = anchor === null ? { rates: positive, defects: [] } : inOneUnit(positive, anchor);
  const { rates, defects } = withoutSpikes(level.rates);
  const unread = read.flatMap((each) => ("defect" in each ? [each] : []));
  return { rates, defects: [...unread, ...level.defects, ...defects] };
}
