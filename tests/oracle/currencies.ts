/**
 * The independent oracle, part four: exchange rates, and what prices and exchange rates each did to a position. Written
 * from the definitions alone, as the other parts are.
 */
import Big from "big.js";
import { nextDay, type Payment } from "./world.ts";

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

/** At the transaction's own rate, else at its day's. `asset`: the currency of the ticker, or, of cash, that which was paid. */
export function conversion(payment: Payment, asset: string, { base, rates }: Reader): Conversion {
  const paid = payment.currency ?? asset;
  const toBase = (): Big => {
    if (paid === base) return one;
    if (!payment.fxRate || !payment.fxCurrency) return rates.estimated(paid, base, payment.date);
    if (payment.fxCurrency === base) return new Big(payment.fxRate);
    const ofDay = rates.known(paid, base, payment.date);
    // What it was said in had no rate yet: nobody can carry it on.
    if (ofDay && !rates.known(payment.fxCurrency, "USD", payment.date)) return ofDay;
    return new Big(payment.fxRate).times(rates.estimated(payment.fxCurrency, base, payment.date));
  };
  const isInBaseKnown = (): boolean => {
    if (paid === base || payment.fxCurrency === base || rates.known(paid, base, payment.date)) return true;
    return Boolean(payment.fxRate && rates.known(payment.fxCurrency!, base, payment.date));
  };
  const isLocalKnown = paid === asset || asset === base || rates.known(paid, asset, payment.date) !== null;
  const isKnown = isInBaseKnown() && isLocalKnown;
  const inBase = toBase();
  if (asset === base) return { base: inBase, local: inBase, rate: one, isKnown };
  const local = paid === asset ? one : rates.estimated(paid, asset, payment.date);
  return { base: inBase, local, rate: inBase.div(local), isKnown };
}

/** Of one: in the ticker's currency, and that in base currency. */
export interface Quote {
  readonly price: Big;
  readonly rate: Big;
}

/** Shares of a day that were bought, sold, brought or taken: how many, for how much (in the ticker's currency), at which rate. */
export interface Move {
  readonly quantity: Big;
  readonly amount: Big;
  readonly rate: Big;
}

export interface Moves {
  /** From the day before; in shares as they are after a split of the person's own. */
  readonly held: Big;
  /** Of one of these. */
  readonly before: Quote;
  readonly after: Quote;
  readonly bought: readonly Move[];
  /** A return of capital is a sale of nothing. */
  readonly sold: readonly Move[];
  /** By corporate actions, at what was said of them: what they brought less what they took; other transfers come and go as the day closes. */
  readonly exchanged: Omit<Move, "rate">;
  /** By other transfers, less what they took. */
  readonly transferred: Big;
}

const average = (total: Big, quantity: Big) => (quantity.eq(0) ? zero : total.div(quantity));
const sum = (moves: readonly Move[], pick: (move: Move) => Big) =>
  moves.reduce((total, move) => total.plus(pick(move)), zero);
const quantityOf = (moves: readonly Move[]) => sum(moves, ({ quantity }) => quantity);
const amountOf = (moves: readonly Move[]) => sum(moves, ({ amount }) => amount);
const inBaseOf = (moves: readonly Move[]) => sum(moves, ({ amount, rate }) => amount.times(rate));

/** A part of what was there on a day: the base-currency value of one at its start, and the rate in it; price and value at its end. */
interface Piece {
  readonly quantity: Big;
  readonly rate: Big;
  readonly start: Big;
  readonly end: Big;
  readonly endInBase: Big;
}

/** Of one of what came on the day: the rate of its start, and its value then. */
function startOfCome({ after, bought, exchanged, transferred }: Moves): {
  quantity: Big;
  rate: Big;
  start: Big;
} {
  const atClose = transferred.gt(0) ? transferred : zero;
  const brought = exchanged.quantity.gt(0) ? [{ ...exchanged, rate: after.rate }] : [];
  const quantity = quantityOf(bought).plus(quantityOf(brought)).plus(atClose);
  const atRates = [...bought, ...brought].reduce(
    (total, move) => total.plus(move.quantity.times(move.rate)),
    atClose.times(after.rate),
  );
  const value = inBaseOf(bought).plus(inBaseOf(brought)).plus(atClose.times(after.price).times(after.rate));
  return { quantity, rate: average(atRates, quantity), start: average(value, quantity) };
}

/**
 * By pieces: what was kept from the day before, what was sold of it, what came on the day and was kept, what came and was sold. What is
 * sold is taken from what was held before first. Each piece moves by its price at its rate at the start, and by its rate at its price at the end.
 */
function pieces(moves: Moves): Piece[] {
  const { held, before, after, sold } = moves;
  const soldInAll = quantityOf(sold);
  const soldOfHeld = soldInAll.gt(held) ? held : soldInAll;
  const soldOfCome = soldInAll.minus(soldOfHeld);
  const kept = { end: after.price, endInBase: after.price.times(after.rate) };
  const sale = { end: average(amountOf(sold), soldInAll), endInBase: average(inBaseOf(sold), soldInAll) };
  const ofHeld = { rate: before.rate, start: before.price.times(before.rate) };
  const ofCome = startOfCome(moves);
  return [
    { ...ofHeld, ...kept, quantity: held.minus(soldOfHeld) },
    { ...ofHeld, ...sale, quantity: soldOfHeld },
    { ...ofCome, ...kept, quantity: ofCome.quantity.minus(soldOfCome) },
    { ...ofCome, ...sale, quantity: soldOfCome },
    ...besides(moves, ofCome),
  ];
}

/** What moves without shares: what was paid back when nothing was sold, and what corporate actions took for another value than the close. */
function besides(
  { held, before, after, sold, exchanged }: Moves,
  ofCome: { quantity: Big; rate: Big },
): Piece[] {
  const paidBack = quantityOf(sold).eq(0) ? sold : [];
  const excess = exchanged.quantity.gt(0)
    ? zero
    : exchanged.quantity.times(after.price).minus(exchanged.amount);
  const ownRate = average(inBaseOf(paidBack), amountOf(paidBack));
  return [
    {
      quantity: one,
      rate: held.gt(0) ? before.rate : ofCome.quantity.gt(0) ? ofCome.rate : ownRate,
      start: zero,
      end: amountOf(paidBack),
      endInBase: inBaseOf(paidBack),
    },
    {
      quantity: one,
      rate: held.gt(0) ? before.rate : after.rate,
      start: zero,
      end: excess,
      endInBase: excess.times(after.rate),
    },
  ];
}

export function effects(moves: Moves): { price: Big; currency: Big } {
  return pieces(moves).reduce(
    ({ price, currency }, { quantity, rate, start, end, endInBase }) => ({
      price: price.plus(quantity.times(end.times(rate).minus(start))),
      currency: currency.plus(quantity.times(endInBase.minus(end.times(rate)))),
    }),
    { price: zero, currency: zero },
  );
}
