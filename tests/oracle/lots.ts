/** The independent oracle, part five: what is held of one ticker in one account, purchase by purchase, and what it had cost. */
import Big from "big.js";
import type { CostMethod } from "./world.ts";

const zero = new Big(0);

/** In the person's base currency, and in the ticker's own. */
export interface Cost {
  readonly base: Big;
  readonly local: Big;
}

const none: Cost = { base: zero, local: zero };

const plus = (a: Cost, b: Cost): Cost => ({ base: a.base.plus(b.base), local: a.local.plus(b.local) });
const minus = (a: Cost, b: Cost): Cost => ({ base: a.base.minus(b.base), local: a.local.minus(b.local) });
const partOf = (cost: Cost, part: Big, whole: Big): Cost =>
  part.eq(whole)
    ? cost
    : { base: cost.base.times(part).div(whole), local: cost.local.times(part).div(whole) };
const lesser = (a: Big, b: Big): Big => (a.lt(b) ? a : b);

interface Lot {
  readonly id: number;
  readonly boughtOn: string;
  quantity: Big;
  cost: Cost;
}

/** A part of a purchase that something took. */
export interface Taken {
  readonly id: number;
  readonly boughtOn: string;
  readonly quantity: Big;
  readonly cost: Cost;
}

/**
 * By the moving average all purchases are one lot; by the others a sale takes the earliest bought (fifo), the latest (lifo) or the
 * dearest (hifo) first, and before these those that it names.
 */
export class Position {
  private lots: Lot[] = [];
  private readonly method: CostMethod;

  constructor(method: CostMethod) {
    this.method = method;
  }

  get quantity(): Big {
    return this.lots.reduce((sum, lot) => sum.plus(lot.quantity), zero);
  }

  get cost(): Cost {
    return this.lots.reduce((sum, lot) => plus(sum, lot.cost), none);
  }

  /** What a sale could name. */
  get open(): readonly Taken[] {
    return this.lots;
  }

  bring(lot: Taken): void {
    const [pool] = this.lots;
    if (this.method === "average" && pool) {
      pool.quantity = pool.quantity.plus(lot.quantity);
      pool.cost = plus(pool.cost, lot.cost);
    } else this.lots.push({ ...lot });
  }

  /** In the order in which they are taken: one of two bought on a day goes first that was entered first, or (lifo) last. */
  private inOrder(): Lot[] {
    // What differs by less costs the same; of a cost of which all was taken only what division left in the last digits is there.
    const dearness = ({ cost, quantity }: Lot) => cost.base.round(12).div(quantity).prec(10);
    const byDay = (a: Lot, b: Lot) => (a.boughtOn < b.boughtOn ? -1 : a.boughtOn > b.boughtOn ? 1 : 0);
    const lots = this.lots.filter(({ quantity }) => quantity.gt(0));
    if (this.method === "fifo") return lots.sort(byDay);
    if (this.method === "lifo") return lots.reverse().sort((a, b) => byDay(b, a));
    if (this.method === "hifo") return lots.sort((a, b) => dearness(b).cmp(dearness(a)));
    return lots;
  }

  private takeOf(lot: Lot, wanted: Big): Taken {
    const quantity = lesser(wanted, lot.quantity);
    const cost = partOf(lot.cost, quantity, lot.quantity);
    lot.quantity = lot.quantity.minus(quantity);
    lot.cost = minus(lot.cost, cost);
    return { ...lot, quantity, cost };
  }

  take(quantity: Big, named: Readonly<Record<string, Big>> = {}): Taken[] {
    const taken: Taken[] = [];
    let wanted = quantity;
    const takeFrom = (lot: Lot, most: Big) => {
      const part = this.takeOf(lot, lesser(most, wanted));
      wanted = wanted.minus(part.quantity);
      if (part.quantity.gt(0)) taken.push(part);
    };
    if (this.method !== "average") for (const lot of this.lots) takeFrom(lot, named[lot.id] ?? zero);
    for (const lot of this.inOrder()) takeFrom(lot, wanted);
    if (wanted.gt(0)) throw new RangeError("the oracle was given an oversold ledger");
    this.lots = this.lots.filter((lot) => lot.quantity.gt(0));
    return taken;
  }

  /** Every share becomes so many. */
  multiply(factor: Big): void {
    for (const lot of this.lots) lot.quantity = lot.quantity.times(factor);
  }

  /** What is paid back comes off what each share had cost, which never is below 0. Returns what came off. */
  payBack(amount: Cost): Taken[] {
    const held = this.quantity;
    return this.lots.map((lot) => {
      const share = partOf(amount, lot.quantity, held);
      return this.lower(lot, {
        base: lesser(share.base, lot.cost.base),
        local: lesser(share.local, lot.cost.local),
      });
    });
  }

  /** Of all that is held the same share of the cost goes, and no shares. */
  giveCost(amount: Cost): Taken[] {
    const all = this.cost;
    const share = (of: Big, total: Big, given: Big) =>
      total.eq(0) ? zero : of.times(lesser(given, total)).div(total);
    return this.lots.map((lot) =>
      this.lower(lot, {
        base: share(lot.cost.base, all.base, amount.base),
        local: share(lot.cost.local, all.local, amount.local),
      }),
    );
  }

  private lower(lot: Lot, cost: Cost): Taken {
    lot.cost = minus(lot.cost, cost);
    return { ...lot, quantity: zero, cost };
  }
}

export const costOf = (taken: readonly Taken[]): Cost =>
  taken.reduce((sum, { cost }) => plus(sum, cost), none);
