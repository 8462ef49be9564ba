/**
 * The independent oracle, part one: positions. Written from the definitions in docs/metrics.md in plain TypeScript, day by
 * day and transaction by transaction, without looking at the SQL, so that the two can only agree by both being right.
 * Money and quantities are exact decimals (big.js), dates are `YYYY-MM-DD`.
 */
import Big from "big.js";
import { type Conversion, conversion, effects, type Move, type Quote, type Reader } from "./currencies.ts";
import { costOf, Position, type Taken } from "./lots.ts";
import {
  type Account,
  type CostMethod,
  daysBetween,
  type LedgerRow,
  type LedgerType,
  nextDay,
  type Security,
} from "./world.ts";

/** What is said of one ticker in one account on one day. */
export interface PositionDay {
  readonly account: number;
  readonly ticker: string;
  readonly date: string;
  readonly quantity: Big;
  readonly costBasis: Big;
  readonly value: Big;
  readonly previousValue: Big;
  /** What was paid for it, fees included, less what it brought in net of fees; shares that a transfer moved, at their value. */
  readonly netFlow: Big;
  /** The market's dividends. */
  readonly income: Big;
  /** Of these what does not stay in the account. */
  readonly paidOut: Big;
  readonly realized: Big;
  /** By how much shares that a transfer brought were worth more than they had cost, less the same of those that one took. */
  readonly transferredGain: Big;
  readonly fees: Big;
  /** An exchange-traded holding with a bar on this day. */
  readonly session: boolean;
  /** Base currency for one of the security's, at the close. */
  readonly rate: Big;
  /** What a price, or an exchange rate, of a transaction stands in for the market's. */
  readonly isEstimated: boolean;
  readonly priceEffect: Big;
  readonly currencyEffect: Big;
  /** The same figures in the security's currency. */
  readonly local: Pick<PositionDay, "costBasis" | "value" | "previousValue" | "netFlow" | "income">;
}

/** What a sale, or a return of more than the cost, brought in, and what that had cost. */
export interface Realized {
  readonly account: number;
  readonly ticker: string;
  readonly soldBy: number;
  /** null: of no single purchase. */
  readonly lot: number | null;
  readonly boughtOn: string | null;
  readonly soldOn: string;
  readonly quantity: Big;
  readonly cost: Big;
  readonly proceeds: Big;
}

const zero = new Big(0);
const one = new Big(1);

/** A split counts when the close across it stays nearer to unchanged than to a jump by the ratio. */
export function acceptedSplits(security: Security): Security["splits"] {
  return security.splits.filter((split) => {
    const before = security.bars.findLast((bar) => bar.date < split.date);
    const after = security.bars.find((bar) => bar.date >= split.date);
    if (!before || !after) return true;
    const jump = Math.log(Number(before.close) / Number(after.close));
    const ratio = Math.log(Number(split.numerator) / Number(split.denominator));
    return Math.abs(jump) < Math.abs(jump - ratio);
  });
}

/** The same payment under two dates, within four days and about as much (15 %), is paid once, on the first. */
function paidDividends({ dividends }: Security): Map<string, Big> {
  const isRepeated = (later: Security["dividends"][number]) =>
    dividends.some(
      ({ date, cashPerShare }) =>
        date < later.date &&
        daysBetween(date, later.date) <= 4 &&
        new Big(cashPerShare).minus(later.cashPerShare).abs().lte(new Big(cashPerShare).times("0.15")),
    );
  return new Map(
    dividends
      .filter((dividend) => !isRepeated(dividend))
      .map(({ date, cashPerShare }) => [date, new Big(cashPerShare)]),
  );
}

/** What moves shares, or what they had cost. */
const ofHoldings: ReadonlySet<LedgerType> = new Set([
  "BUY",
  "SELL",
  "BONUS",
  "SPLIT",
  "RETURN_OF_CAPITAL",
  "TRANSFER_IN",
  "TRANSFER_OUT",
]);

/**
 * A day begins with splits of the person's own, and with what a spin-off takes of the cost; then comes what brings shares, then returns of
 * capital, then what takes shares.
 */
function placeInDay({ type, quantity }: LedgerRow): number {
  if (type === "SPLIT" || (type === "TRANSFER_OUT" && quantity === undefined)) return 0;
  if (type === "BUY" || type === "BONUS" || type === "TRANSFER_IN") return 1;
  return type === "RETURN_OF_CAPITAL" ? 2 : 3;
}

export function inOrder(rows: readonly LedgerRow[]): LedgerRow[] {
  return [...rows].sort((a, b) =>
    a.date < b.date ? -1 : a.date > b.date ? 1 : placeInDay(a) - placeInDay(b) || a.id - b.id,
  );
}

const total = (values: readonly Big[]): Big => values.reduce((sum, value) => sum.plus(value), zero);

/** So many shares of a day in today's. */
export function inTodaysShares(splits: Security["splits"], date: string, quantity: Big | string): Big {
  const later = splits.filter((split) => split.date > date);
  const product = (side: "numerator" | "denominator") =>
    later.reduce((all, split) => all.times(split[side]), one);
  return new Big(quantity).times(product("numerator")).div(product("denominator"));
}

/** The person's word on a split, against what the market's says of the day. */
export function ownFactor(splits: Security["splits"], { date, numerator, denominator }: LedgerRow): Big {
  const ofMarket = splits.find((split) => split.date === date);
  return new Big(numerator!)
    .times(ofMarket?.denominator ?? 1)
    .div(new Big(denominator!).times(ofMarket?.numerator ?? 1));
}

/** What a day's transactions did to one holding; money in the ticker's currency, and at a rate. */
class DayOfHolding {
  readonly bought: Move[] = [];
  readonly sold: Move[] = [];
  /** By corporate actions: what they brought less what they took, shares and what was said of them. */
  exchanged = { quantity: zero, amount: zero };
  transferred = zero;
  /** Base and local. */
  netFlow = zero;
  localNetFlow = zero;
  realized = zero;
  transferredCost = zero;
  fees = zero;
  /** false: a rate of what was paid was not known yet. */
  isKnown = true;

  /** Money that was paid for shares, or came for them (below 0), fees included. */
  flow(amount: Big, { base, local }: Conversion): void {
    this.netFlow = this.netFlow.plus(amount.times(base));
    this.localNetFlow = this.localNetFlow.plus(amount.times(local));
  }
}

export interface Keeping {
  readonly reader: Reader;
  readonly method: CostMethod;
  readonly accounts: readonly Account[];
}

/** A ticker in one account, carried on day by day. */
class Holding {
  readonly position: Position;
  readonly realizedLots: Realized[] = [];
  private readonly splits: Security["splits"];
  private readonly closes: ReadonlyMap<string, Big>;
  private readonly dividends: ReadonlyMap<string, Big>;
  private readonly unit: Big;
  private readonly currency: string;
  private readonly isPaid: boolean;
  private barClose: Big | null;
  private lastPrice = zero;
  private lastRate = zero;
  private before: Quote = { price: zero, rate: zero };
  private readonly security: Security;
  private readonly account: number;
  private readonly keeping: Keeping;

  constructor(security: Security, account: number, keeping: Keeping, firstDay: string) {
    this.security = security;
    this.account = account;
    this.keeping = keeping;
    this.position = new Position(keeping.method);
    this.currency = security.currency ?? "USD";
    this.unit = new Big(security.unitFactor ?? 1);
    this.isPaid = !keeping.accounts[account]!.booksIncome;
    this.splits = acceptedSplits(security);
    this.closes = new Map(security.bars.map((bar) => [bar.date, this.unit.times(bar.close)]));
    this.dividends = paidDividends(security);
    const earlier = security.bars.findLast((bar) => bar.date < firstDay);
    this.barClose = earlier ? this.unit.times(earlier.close) : null;
  }

  private realize(row: LedgerRow, proceeds: Big, taken: readonly Taken[]): void {
    const quantity = total(taken.map((part) => part.quantity));
    const common = { account: this.account, ticker: this.security.ticker, soldBy: row.id, soldOn: row.date };
    if (row.type === "SELL" && this.keeping.method !== "average")
      for (const part of taken)
        this.realizedLots.push({
          ...common,
          lot: part.id,
          boughtOn: part.boughtOn,
          quantity: part.quantity,
          cost: part.cost.base,
          proceeds: proceeds.times(part.quantity).div(quantity),
        });
    else {
      const cost = costOf(taken).base;
      if (row.type === "SELL" || !proceeds.minus(cost).round(9).eq(0))
        this.realizedLots.push({ ...common, lot: null, boughtOn: null, quantity, cost, proceeds });
    }
  }

  private bring(row: LedgerRow, quantity: Big, amount: Big, { base, local }: Conversion): void {
    this.position.bring({
      id: row.id,
      boughtOn: row.acquiredOn ?? row.date,
      quantity,
      cost: { base: amount.times(base), local: amount.times(local) },
    });
  }

  private buy(row: LedgerRow, quantity: Big, at: Conversion, day: DayOfHolding): void {
    const [gross, fee] = [new Big(row.quantity!).times(row.price ?? 0), new Big(row.fee ?? 0)];
    this.bring(row, quantity, gross.plus(fee), at);
    day.bought.push({ quantity, amount: gross.times(at.local), rate: at.rate });
    day.flow(gross.plus(fee), at);
    day.fees = day.fees.plus(fee.times(at.base));
    if (row.price) this.lastPrice = gross.times(at.local).div(quantity);
  }

  /** A sale, or a return of capital, which is one of nothing. */
  private sell(row: LedgerRow, quantity: Big, at: Conversion, day: DayOfHolding): void {
    const isSale = row.type === "SELL";
    const gross = isSale ? new Big(row.quantity!).times(row.price!) : new Big(row.amount!);
    const fee = new Big(row.fee ?? 0);
    const named = Object.entries(row.lots ?? {}).map(([id, of]) => [
      id,
      inTodaysShares(this.splits, row.date, of),
    ]);
    const taken = isSale
      ? this.position.take(quantity, Object.fromEntries(named))
      : this.position.payBack({ base: gross.times(at.base), local: gross.times(at.local) });
    const proceeds = gross.minus(fee).times(at.base);
    this.realize(row, proceeds, taken);
    day.realized = day.realized.plus(proceeds).minus(costOf(taken).base);
    day.sold.push({ quantity, amount: gross.times(at.local), rate: at.rate });
    day.flow(fee.minus(gross), at);
    day.fees = day.fees.plus(fee.times(at.base));
    if (isSale) this.lastPrice = gross.times(at.local).div(quantity);
  }

  private transfer(row: LedgerRow, quantity: Big, at: Conversion, day: DayOfHolding): void {
    const amount = new Big(row.amount ?? 0);
    const value = row.marketValue === undefined ? null : new Big(row.marketValue);
    if (row.type === "TRANSFER_IN") {
      this.bring(row, quantity, amount, at);
      this.lastPrice = (value ?? amount.times(at.local)).div(quantity);
      day.transferredCost = day.transferredCost.plus(amount.times(at.base));
    } else {
      const taken =
        row.quantity === undefined
          ? this.position.giveCost({ base: amount.times(at.base), local: amount.times(at.local) })
          : this.position.take(quantity);
      day.transferredCost = day.transferredCost.minus(costOf(taken).base);
    }
    if (value !== null) {
      const sign = row.type === "TRANSFER_IN" ? 1 : -1;
      day.exchanged = {
        quantity: day.exchanged.quantity.plus(quantity.times(sign)),
        amount: day.exchanged.amount.plus(value.times(sign)),
      };
    } else
      day.transferred =
        row.type === "TRANSFER_IN" ? day.transferred.plus(quantity) : day.transferred.minus(quantity);
  }

  /** Returns by how much a split of the person's own multiplied what was held. */
  private apply(row: LedgerRow, day: DayOfHolding): Big {
    const quantity = inTodaysShares(this.splits, row.date, row.quantity ?? "0");
    const at = conversion(row, this.currency, this.keeping.reader);
    day.isKnown &&= at.isKnown;
    let factor = one;
    if (row.type === "BUY" || row.type === "BONUS") this.buy(row, quantity, at, day);
    else if (row.type === "SELL" || row.type === "RETURN_OF_CAPITAL") this.sell(row, quantity, at, day);
    else if (row.type === "SPLIT") {
      factor = ownFactor(this.splits, row);
      this.position.multiply(factor);
      this.lastPrice = this.lastPrice.div(factor);
    } else this.transfer(row, quantity, at, day);
    this.lastRate = at.rate;
    return factor;
  }

  /** Null on a day on which nothing was held or traded. */
  day(date: string, todays: readonly LedgerRow[]): PositionDay | null {
    const { base, rates } = this.keeping.reader;
    const { before, position } = this;
    const held = position.quantity;
    const day = new DayOfHolding();
    const factor = todays.reduce((product, row) => product.times(this.apply(row, day)), one);
    const close = this.closes.get(date);
    this.barClose = close ?? this.barClose;
    const known = this.currency === base ? one : rates.known(this.currency, base, date);
    const after = { price: this.barClose ?? this.lastPrice, rate: known ?? this.lastRate };
    this.before = after;
    if (held.eq(0) && todays.length === 0) return null;
    const moved = day.transferred.times(after.price).plus(day.exchanged.amount);
    const effect = effects({
      ...day,
      held: held.times(factor),
      before: { price: before.price.div(factor), rate: before.rate },
      after,
    });
    const income = this.isPaid ? held.times(this.dividends.get(date) ?? zero).times(this.unit) : zero;
    const localValue = position.quantity.times(after.price);
    const localBefore = held.times(before.price);
    return {
      account: this.account,
      ticker: this.security.ticker,
      date,
      quantity: position.quantity,
      costBasis: position.cost.base,
      value: localValue.times(after.rate),
      previousValue: localBefore.times(before.rate),
      netFlow: day.netFlow.plus(moved.times(after.rate)),
      income: income.times(after.rate),
      paidOut: this.keeping.accounts[this.account]!.tracksCash ? zero : income.times(after.rate),
      realized: day.realized,
      transferredGain: moved.times(after.rate).minus(day.transferredCost),
      fees: day.fees,
      session: close !== undefined && !this.security.always,
      rate: after.rate,
      isEstimated: this.barClose === null || known === null || !day.isKnown,
      priceEffect: effect.price,
      currencyEffect: effect.currency,
      local: {
        costBasis: position.cost.local,
        value: localValue,
        previousValue: localBefore,
        netFlow: day.localNetFlow.plus(moved),
        income,
      },
    };
  }
}

export interface Positions {
  readonly days: readonly PositionDay[];
  readonly realized: readonly Realized[];
}

/** A row for each account and calendar day from its first transaction to `lastDay` on which the ticker was held or traded. */
export function positionsOf(
  rows: readonly LedgerRow[],
  security: Security,
  lastDay: string,
  keeping: Keeping,
): Positions {
  const days: PositionDay[] = [];
  const realized: Realized[] = [];
  keeping.accounts.forEach((_, account) => {
    const own = inOrder(
      rows.filter(
        (row) => row.ticker === security.ticker && row.account === account && ofHoldings.has(row.type),
      ),
    );
    const first = own[0];
    if (!first) return;
    const byDate = Map.groupBy(own, (row) => row.date);
    const holding = new Holding(security, account, keeping, first.date);
    for (let date = first.date; date <= lastDay; date = nextDay(date)) {
      const row = holding.day(date, byDate.get(date) ?? []);
      if (row) days.push(row);
    }
    realized.push(...holding.realizedLots);
  });
  return { days, realized };
}
