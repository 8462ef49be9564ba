/**
 * The independent oracle, part one: positions. Written from the definitions in docs/metrics.md in plain TypeScript, day by
 * day and trade by trade, without looking at the SQL, so that the two can only agree by both being right.
 * Money and quantities are exact decimals (big.js), dates are `YYYY-MM-DD`.
 */
import Big from "big.js";
import { type Conversion, conversion, effects, type Moves, Rates, type Reader } from "./currencies.ts";
import { daysBetween, nextDay, type Security, type Trade } from "./world.ts";

export interface PositionDay {
  readonly ticker: string;
  readonly date: string;
  readonly quantity: Big;
  readonly costBasis: Big;
  readonly value: Big;
  readonly previousValue: Big;
  /** BUY amounts with fees less SELL proceeds net of fees. */
  readonly netFlow: Big;
  readonly income: Big;
  readonly realized: Big;
  readonly fees: Big;
  /** An exchange-traded holding with a bar on this day. */
  readonly session: boolean;
  /** Base currency for one of the security's, at the close. */
  readonly rate: Big;
  /** What a price, or an exchange rate, of a trade stands in for the market's. */
  readonly isEstimated: boolean;
  readonly priceEffect: Big;
  readonly currencyEffect: Big;
  /** The same figures in the security's currency. */
  readonly local: Pick<PositionDay, "costBasis" | "value" | "previousValue" | "netFlow" | "income">;
}

const zero = new Big(0);

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

function inOrder(trades: readonly Trade[]): Trade[] {
  const rank = (trade: Trade) => (trade.type === "BUY" ? 0 : 1);
  return [...trades].sort((a, b) =>
    a.date < b.date ? -1 : a.date > b.date ? 1 : rank(a) - rank(b) || a.id - b.id,
  );
}

interface Lot {
  quantity: Big;
  cost: Big;
}

/** What is held of one ticker, by moving average or by lots consumed oldest first. */
class Position {
  private lots: Lot[] = [];
  private readonly method: "average" | "fifo";

  constructor(method: "average" | "fifo") {
    this.method = method;
  }

  get quantity(): Big {
    return this.lots.reduce((sum, lot) => sum.plus(lot.quantity), zero);
  }

  get cost(): Big {
    return this.lots.reduce((sum, lot) => sum.plus(lot.cost), zero);
  }

  buy(quantity: Big, cost: Big): void {
    const lot = { quantity, cost };
    if (this.method === "fifo" || this.lots.length === 0) this.lots.push(lot);
    else this.lots = [{ quantity: this.quantity.plus(quantity), cost: this.cost.plus(cost) }];
  }

  /** Returns the cost of what was sold. */
  sell(quantity: Big): Big {
    let wanted = quantity;
    let cost = zero;
    while (wanted.gt(0)) {
      const lot = this.lots[0];
      if (!lot) throw new RangeError("the oracle was given an oversold ledger");
      const taken = wanted.lt(lot.quantity) ? wanted : lot.quantity;
      const part = taken.eq(lot.quantity) ? lot.cost : lot.cost.times(taken).div(lot.quantity);
      cost = cost.plus(part);
      lot.quantity = lot.quantity.minus(taken);
      lot.cost = lot.cost.minus(part);
      if (lot.quantity.eq(0)) this.lots.shift();
      wanted = wanted.minus(taken);
    }
    return cost;
  }
}

/** Figures of a day in one of the two currencies. */
class Account {
  readonly position: Position;
  previousValue = zero;
  value = zero;
  netFlow = zero;
  realized = zero;
  fees = zero;

  constructor(method: "average" | "fifo") {
    this.position = new Position(method);
  }

  beginDay(): void {
    this.previousValue = this.value;
    this.netFlow = zero;
    this.realized = zero;
    this.fees = zero;
  }

  trade(type: Trade["type"], quantity: Big, gross: Big, fee: Big): void {
    this.fees = this.fees.plus(fee);
    if (type === "BUY") {
      this.position.buy(quantity, gross.plus(fee));
      this.netFlow = this.netFlow.plus(gross).plus(fee);
      return;
    }
    const proceeds = gross.minus(fee);
    this.realized = this.realized.plus(proceeds).minus(this.position.sell(quantity));
    this.netFlow = this.netFlow.minus(proceeds);
  }
}

const inDollars: Reader = { base: "USD", rates: new Rates({}, "1970-01-01", "1970-01-01") };

/** What one share of a day is in today's. */
function splitFactor(splits: Security["splits"], date: string): [Big, Big] {
  const later = splits.filter((split) => split.date > date);
  return [
    later.reduce((product, split) => product.times(split.numerator), new Big(1)),
    later.reduce((product, split) => product.times(split.denominator), new Big(1)),
  ];
}

/** A ticker of one person, carried on day by day. */
class Holding {
  private readonly base: Account;
  private readonly own: Account;
  private readonly splits: Security["splits"];
  private readonly closes: ReadonlyMap<string, Big>;
  private readonly dividends: ReadonlyMap<string, Big>;
  private readonly unit: Big;
  private readonly currency: string;
  private barClose: Big | null;
  private tradePrice = zero;
  private tradeRate = zero;
  private before = { price: zero, rate: zero };
  private readonly security: Security;
  private readonly reader: Reader;

  constructor(security: Security, reader: Reader, method: "average" | "fifo", firstDay: string) {
    this.security = security;
    this.reader = reader;
    this.base = new Account(method);
    this.own = new Account(method);
    this.currency = security.currency ?? "USD";
    this.unit = new Big(security.unitFactor ?? 1);
    this.splits = acceptedSplits(security);
    this.closes = new Map(security.bars.map((bar) => [bar.date, this.unit.times(bar.close)]));
    this.dividends = paidDividends(security);
    const earlier = security.bars.findLast((bar) => bar.date < firstDay);
    this.barClose = earlier ? this.unit.times(earlier.close) : null;
  }

  private trade(trade: Trade): Moves["trades"][number] & Pick<Conversion, "isKnown"> {
    const [numerator, denominator] = splitFactor(this.splits, trade.date);
    const converted = conversion(trade, this.security, this.reader);
    const quantity = new Big(trade.quantity).times(numerator).div(denominator);
    const [gross, fee] = [new Big(trade.quantity).times(trade.price), new Big(trade.fee)];
    this.tradePrice = new Big(trade.price).times(converted.local).times(denominator).div(numerator);
    this.tradeRate = converted.rate;
    this.base.trade(trade.type, quantity, gross.times(converted.base), fee.times(converted.base));
    this.own.trade(trade.type, quantity, gross.times(converted.local), fee.times(converted.local));
    const { isKnown, rate } = converted;
    return { type: trade.type, quantity, amount: gross.times(converted.local), rate, isKnown };
  }

  /** Null on a day on which nothing was held or traded. */
  day(date: string, todays: readonly Trade[]): PositionDay | null {
    const { base, own } = this;
    const held = base.position.quantity;
    base.beginDay();
    own.beginDay();
    const trades = todays.map((trade) => this.trade(trade));
    const close = this.closes.get(date);
    this.barClose = close ?? this.barClose;
    const known =
      this.currency === this.reader.base
        ? new Big(1)
        : this.reader.rates.known(this.currency, this.reader.base, date);
    const after = { price: this.barClose ?? this.tradePrice, rate: known ?? this.tradeRate };
    const quantity = base.position.quantity;
    own.value = quantity.times(after.price);
    base.value = own.value.times(after.rate);
    const moved = effects({ held, before: this.before, after, trades });
    this.before = after;
    if (held.eq(0) && todays.length === 0) return null;
    const income = held.times(this.dividends.get(date) ?? zero).times(this.unit);
    return {
      ticker: this.security.ticker,
      date,
      quantity,
      costBasis: base.position.cost,
      value: base.value,
      previousValue: base.previousValue,
      netFlow: base.netFlow,
      income: income.times(after.rate),
      realized: base.realized,
      fees: base.fees,
      session: close !== undefined && !this.security.always,
      rate: after.rate,
      isEstimated: this.barClose === null || known === null || trades.some(({ isKnown }) => !isKnown),
      priceEffect: moved.price,
      currencyEffect: moved.currency,
      local: {
        costBasis: own.position.cost,
        value: own.value,
        previousValue: own.previousValue,
        netFlow: own.netFlow,
        income,
      },
    };
  }
}

/** One row for each calendar day from the first trade to `lastDay` on which the ticker was held or traded. */
export function positionDays(
  trades: readonly Trade[],
  security: Security,
  lastDay: string,
  method: "average" | "fifo" = "average",
  reader: Reader = inDollars,
): PositionDay[] {
  const ordered = inOrder(trades.filter((trade) => trade.ticker === security.ticker));
  const first = ordered[0];
  if (!first) return [];
  const byDate = Map.groupBy(ordered, (trade) => trade.date);
  const holding = new Holding(security, reader, method, first.date);
  const rows: PositionDay[] = [];
  for (let date = first.date; date <= lastDay; date = nextDay(date)) {
    const row = holding.day(date, byDate.get(date) ?? []);
    if (row) rows.push(row);
  }
  return rows;
}
