/**
 * The independent oracle, part three: exchange rates, and what prices and exchange rates each did to a position. Written
 * from the definitions alone, as the other parts are.
 */
import Big from "big.js";
import { nextDay, type Security, type Trade } from "./world.ts";

const [zero, one] = [new Big(0), new Big(1)];

/** A currency's known rates, in the order of days: dollars for one of it. */
export type KnownRates = Readonly<
  Record<string, readonly { readonly date: string; readonly dollars: string }[]>
>;

/** What one currency was worth in another, on each day from `firstDay` to `lastDay`. */
export class Rates {
  private readonly daily = new Map<string, Map<string, Big>>();
  private readonly firsts = new Map<string, Big>([["USD", one]]);
  private readonly quotients = new Map<string, Big>();

  constructor(known: KnownRates, firstDay: string, lastDay: string) {
    for (const [currency, rates] of Object.entries(known)) {
      const onDays = new Map(rates.map(({ date, dollars }) => [date, new Big(dollars)]));
      const [first] = onDays.values();
      if (first) this.firsts.set(currency, first);
      const carried = new Map<string, Big>();
      let last: Big | undefined;
      for (let date = firstDay; date <= lastDay; date = nextDay(date)) {
        last = onDays.get(date) ?? last;
        if (last) carried.set(date, last);
      }
      this.daily.set(currency, carried);
    }
  }

  private dollars(currency: string, date: string): Big | null {
    return currency === "USD" ? one : (this.daily.get(currency)?.get(date) ?? null);
  }

  /** Null before both are known. */
  known(from: string, to: string, date: string): Big | null {
    const [of, by] = [this.dollars(from, date), this.dollars(to, date)];
    if (!of || !by) return null;
    const key = `${from} ${to} ${date}`;
    const quotient = this.quotients.get(key) ?? of.div(by);
    this.quotients.set(key, quotient);
    return quotient;
  }

  /** Before the first known rate of a currency that one stands in. */
  estimated(from: string, to: string, date: string): Big {
    const [of, by] = [from, to].map((currency) => this.dollars(currency, date) ?? this.firsts.get(currency));
    if (!of || !by) throw new RangeError(`expected rates of ${from} and ${to}, got: none of one of them`);
    return of.div(by);
  }
}

/** In what a person reads their figures. */
export interface Reader {
  readonly base: string;
  readonly rates: Rates;
}

export interface Conversion {
  /** Base currency for one of what was paid. */
  readonly base: Big;
  /** The ticker's currency for one of what was paid. */
  readonly local: Big;
  /** Base currency for one of the ticker's. */
  readonly rate: Big;
  /** false: a rate of what was paid was not known on the day, and another stood in. */
  readonly isKnown: boolean;
}

/** At the trade's own rate, else at its day's. */
export function conversion(trade: Trade, security: Security, { base, rates }: Reader): Conversion {
  const asset = security.currency ?? "USD";
  const paid = trade.currency ?? asset;
  const toBase = (): Big => {
    if (paid === base) return one;
    if (!trade.fxRate || !trade.fxCurrency) return rates.estimated(paid, base, trade.date);
    if (trade.fxCurrency === base) return new Big(trade.fxRate);
    const ofDay = rates.known(paid, base, trade.date);
    // What it was said in had no rate yet: nobody can carry it on.
    if (ofDay && !rates.known(trade.fxCurrency, "USD", trade.date)) return ofDay;
    return new Big(trade.fxRate).times(rates.estimated(trade.fxCurrency, base, trade.date));
  };
  const isInBaseKnown = (): boolean => {
    if (paid === base || trade.fxCurrency === base || rates.known(paid, base, trade.date)) return true;
    return Boolean(trade.fxRate && rates.known(trade.fxCurrency!, base, trade.date));
  };
  const isLocalKnown = paid === asset || asset === base || rates.known(paid, asset, trade.date) !== null;
  const isKnown = isInBaseKnown() && isLocalKnown;
  const inBase = toBase();
  if (asset === base) return { base: inBase, local: inBase, rate: one, isKnown };
  const local = paid === asset ? one : rates.estimated(paid, asset, trade.date);
  return { base: inBase, local, rate: inBase.div(local), isKnown };
}

/** What moved on a day: prices of one in the ticker's currency, rates to the base currency. */
export interface Moves {
  readonly held: Big;
  readonly before: { readonly price: Big; readonly rate: Big };
  readonly after: { readonly price: Big; readonly rate: Big };
  readonly trades: readonly {
    readonly type: "BUY" | "SELL";
    readonly quantity: Big;
    readonly amount: Big;
    readonly rate: Big;
  }[];
}

/**
 * By pieces, each with a start and an end: what was kept from the day before, what was sold of it, what was bought and
 * kept, what was bought and sold. Each moves by its price at its rate at the start, and by its rate at its price at the end.
 */
export function effects({ held, before, after, trades }: Moves): { price: Big; currency: Big } {
  const of = (type: "BUY" | "SELL") => trades.filter((trade) => trade.type === type);
  const sum = (type: "BUY" | "SELL", pick: (trade: Moves["trades"][number]) => Big) =>
    of(type).reduce((total, trade) => total.plus(pick(trade)), zero);
  const [bought, sold] = [sum("BUY", ({ quantity }) => quantity), sum("SELL", ({ quantity }) => quantity)];
  const soldOfHeld = sold.gt(held) ? held : sold;
  const soldOfBought = sold.minus(soldOfHeld);
  const average = (total: Big, quantity: Big) => (quantity.eq(0) ? zero : total.div(quantity));
  // of all that was sold: amount of one, and that amount in base currency
  const sale = average(
    sum("SELL", ({ amount }) => amount),
    sold,
  );
  const saleInBase = average(
    sum("SELL", ({ amount, rate }) => amount.times(rate)),
    sold,
  );
  const boughtRate = average(
    sum("BUY", ({ quantity, rate }) => quantity.times(rate)),
    bought,
  );
  const boughtInBase = average(
    sum("BUY", ({ amount, rate }) => amount.times(rate)),
    bought,
  );
  const afterInBase = after.price.times(after.rate);
  const pieces = [
    {
      quantity: held.minus(soldOfHeld),
      rate: before.rate,
      start: before.price.times(before.rate),
      end: after.price,
      endInBase: afterInBase,
    },
    {
      quantity: soldOfHeld,
      rate: before.rate,
      start: before.price.times(before.rate),
      end: sale,
      endInBase: saleInBase,
    },
    {
      quantity: bought.minus(soldOfBought),
      rate: boughtRate,
      start: boughtInBase,
      end: after.price,
      endInBase: afterInBase,
    },
    { quantity: soldOfBought, rate: boughtRate, start: boughtInBase, end: sale, endInBase: saleInBase },
  ];
  return pieces.reduce(
    ({ price, currency }, { quantity, rate, start, end, endInBase }) => ({
      price: price.plus(quantity.times(end.times(rate).minus(start))),
      currency: currency.plus(quantity.times(endInBase.minus(end.times(rate)))),
    }),
    { price: zero, currency: zero },
  );
}
