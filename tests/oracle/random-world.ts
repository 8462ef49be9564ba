/**
 * Random markets and ledgers for the property tests: small enough to compute by hand-written code, odd enough to hit
 * every rule (bars missing, no bars yet, splits either way, dividends, full exits and returns, same-day trades).
 */
import Big from "big.js";
import fc from "fast-check";
import type { Observed } from "../macro/economy.ts";
import type { KnownRates } from "./currencies.ts";
import { acceptedSplits } from "./ledger.ts";
import { nextDay, type Security, type Trade } from "./world.ts";

/** Begins shortly before a turn of the year. */
export const allDays: readonly string[] = Array.from({ length: 260 }).reduce<string[]>(
  (days) => [...days, nextDay(days.at(-1) ?? "2022-11-30")],
  [],
);

function dayOf(offset: number): string {
  const day = allDays[offset];
  if (!day) throw new RangeError(`expected an offset below ${allDays.length}, got: ${offset}`);
  return day;
}

const isWeekend = (date: string) => [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay());
const anyDay = fc.integer({ min: 0, max: allDays.length - 1 });
const decimal = (hundredths: number) => new Big(hundredths).div(100).toFixed();

/** A ticker's life: bars from some day to some day, with gaps. At most 4 % a day, so that no split is in doubt. */
export function securityArbitrary(ticker: string): fc.Arbitrary<Security> {
  const splitArbitrary = fc.record({ day: anyDay, ratio: fc.constantFrom("2:1", "3:2", "1:3", "7:1") });
  const dividendArbitrary = fc.record({ day: anyDay, cents: fc.integer({ min: 1, max: 300 }) });
  const everyDay = { minLength: allDays.length, maxLength: allDays.length };
  return fc
    .record({
      always: fc.boolean(),
      start: fc.integer({ min: 0, max: 120 }),
      end: fc.integer({ min: 200, max: allDays.length - 1 }),
      open: fc.integer({ min: 1000, max: 90_000 }),
      moves: fc.array(fc.integer({ min: -40, max: 40 }), everyDay),
      missing: fc.array(fc.integer({ min: 0, max: 19 }), everyDay),
      splits: fc.uniqueArray(splitArbitrary, { maxLength: 2, selector: (split) => split.day }),
      dividends: fc.uniqueArray(dividendArbitrary, { maxLength: 4, selector: (dividend) => dividend.day }),
    })
    .map(({ always, start, end, open, moves, missing, splits, dividends }) => {
      let cents = open;
      const bars = allDays.flatMap((date, day) => {
        if (day < start || day > end || (!always && isWeekend(date)) || missing[day] === 0) return [];
        cents = Math.max(500, Math.round(cents * (1 + (moves[day] ?? 0) / 1000)));
        return [{ date, close: decimal(cents) }];
      });
      return {
        ticker,
        always,
        bars,
        splits: splits
          .map(({ day, ratio }) => {
            const [numerator = "1", denominator = "1"] = ratio.split(":");
            return { date: dayOf(day), numerator, denominator };
          })
          .sort((a, b) => (a.date < b.date ? -1 : 1)),
        dividends: dividends.map(({ day, cents }) => ({ date: dayOf(day), cashPerShare: decimal(cents) })),
      };
    });
}

/** A wish to buy so many units, or to sell so many per cent of what is there (100: a full exit). */
const wishArbitrary = (securities: number) =>
  fc.record({
    security: fc.integer({ min: 0, max: securities - 1 }),
    day: anyDay,
    buy: fc.boolean(),
    size: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.constant(100)),
    cents: fc.integer({ min: 100, max: 90_000 }),
    fee: fc.constantFrom(0, 0, 99, 500),
  });

/**
 * The smallest quantity traded on a day, such that whatever is held is a finite decimal after every later split: a
 * hundredth of a share, times 3 for each third that is still to come.
 */
function unit(splits: Security["splits"], date: string): Big {
  return splits
    .filter((split) => split.date > date && split.denominator === "3")
    .reduce((product) => product.times(3), new Big("0.01"));
}

/** Ledgers that never sell what is not held, in the order of their ids. */
export function tradesArbitrary(securities: readonly Security[], maximum = 12): fc.Arbitrary<Trade[]> {
  return fc.array(wishArbitrary(securities.length), { minLength: 1, maxLength: maximum }).map((wishes) => {
    const positions = new Map<string, { quantity: Big; date: string }>();
    const trades: Trade[] = [];
    for (const wish of wishes.sort((a, b) => a.day - b.day || Number(b.buy) - Number(a.buy))) {
      const security = securities[wish.security];
      if (!security) continue;
      const date = dayOf(wish.day);
      const splits = acceptedSplits(security);
      const before = positions.get(security.ticker) ?? { quantity: new Big(0), date };
      const held = splits
        .filter((split) => split.date > before.date && split.date <= date)
        .reduce((quantity, split) => quantity.times(split.numerator).div(split.denominator), before.quantity);
      const step = unit(splits, date);
      const part = held.times(wish.size).div(100).div(step).round(0, Big.roundDown).times(step);
      const quantity = wish.buy ? step.times(wish.size) : wish.size === 100 ? held : part;
      if (quantity.lte(0)) continue;
      positions.set(security.ticker, {
        quantity: wish.buy ? held.plus(quantity) : held.minus(quantity),
        date,
      });
      trades.push({
        id: trades.length + 1,
        ticker: security.ticker,
        type: wish.buy ? "BUY" : "SELL",
        quantity: quantity.toFixed(),
        price: decimal(wish.cents),
        fee: decimal(wish.fee),
        date,
      });
    }
    return trades;
  });
}

/** Dollars for one, about; and from which day of allDays on a rate is known. */
export const currencies: Readonly<Record<string, { readonly about: string; readonly from: number }>> = {
  KES: { about: "0.008", from: 0 },
  GBP: { about: "1.25", from: 3 },
  EUR: { about: "1.1", from: 60 },
  ZAR: { about: "0.055", from: 140 },
};

/** Rates on days that are no weekend, some missing, at most 3 % apart. */
export function ratesArbitrary(): fc.Arbitrary<KnownRates> {
  const everyDay = { minLength: allDays.length, maxLength: allDays.length };
  const one = ([currency, { about, from }]: (typeof entries)[number]) =>
    fc
      .record({
        moves: fc.array(fc.integer({ min: -30, max: 30 }), everyDay),
        missing: fc.array(fc.integer({ min: 0, max: 9 }), everyDay),
      })
      .map(({ moves, missing }) => {
        let dollars = new Big(about);
        const known = allDays.flatMap((date, day) => {
          if (day < from || isWeekend(date) || missing[day] === 0) return [];
          dollars = dollars
            .times(1000 + (moves[day] ?? 0))
            .div(1000)
            .round(8);
          return [{ date, dollars: dollars.toFixed() }];
        });
        return [currency, known] as const;
      });
  const entries = Object.entries(currencies);
  return fc.tuple(...entries.map(one)).map((known) => Object.fromEntries(known));
}

const anyCurrency = fc.constantFrom("USD", ...Object.keys(currencies));

/** What a trade says of how it was paid: mostly nothing; at its own rate within a tenth of what is about right. */
const paymentArbitrary = fc.record({
  currency: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: anyCurrency }),
  fxCurrency: fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: anyCurrency },
  ),
  promille: fc.integer({ min: 900, max: 1100 }),
});

/** Ledgers whose trades were paid in any currency, some at a rate of their own, told in any base currency of that time. */
export function paidTradesArbitrary(securities: readonly Security[], maximum = 12): fc.Arbitrary<Trade[]> {
  const about = (currency: string) => currencies[currency]?.about ?? "1";
  return fc
    .tuple(
      tradesArbitrary(securities, maximum),
      fc.array(paymentArbitrary, { minLength: maximum, maxLength: maximum }),
    )
    .map(([trades, payments]) =>
      trades.map((trade, index): Trade => {
        const { currency, fxCurrency, promille } = payments[index]!;
        if (!fxCurrency) return { ...trade, currency };
        const paid = currency ?? securities.find(({ ticker }) => ticker === trade.ticker)?.currency ?? "USD";
        const fxRate = new Big(about(paid)).div(about(fxCurrency)).times(promille).div(1000).round(8);
        return { ...trade, currency, fxCurrency, fxRate: fxRate.toFixed() };
      }),
    );
}

/**
 * Months of an economy that turns often, at random: unemployment in per cent, production as an index, the curve in points. They begin so
 * late that the first regime is told some weeks after `allDays` begin.
 */
export function economyArbitrary(): fc.Arbitrary<Observed[]> {
  const month = fc.record({
    unemployment: fc.integer({ min: -4, max: 5 }),
    production: fc.integer({ min: -20, max: 20 }),
    curve: fc.integer({ min: -100, max: 100 }),
  });
  return fc.array(month, { minLength: 22, maxLength: 22 }).map((months) => {
    let [unemployment, production] = [50, 1000];
    return months.flatMap((moves, index) => {
      const date = new Date(Date.UTC(2021, 9 + index, 1)).toISOString().slice(0, 10);
      unemployment = Math.max(20, unemployment + moves.unemployment);
      production += moves.production;
      return [
        { series: "UNRATE", date, value: String(unemployment / 10) },
        { series: "INDPRO", date, value: String(production / 10) },
        { series: "T10Y2Y", date, value: decimal(moves.curve) },
        { series: "DFF", date, value: "2" },
      ];
    });
  });
}
