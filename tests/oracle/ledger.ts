/**
 * The independent oracle, part one: positions. Written from the definitions in docs/metrics.md in plain TypeScript, day by
 * day and trade by trade, without looking at the SQL, so that the two can only agree by both being right.
 * Money and quantities are exact decimals (big.js), dates are `YYYY-MM-DD`.
 */
import Big from "big.js";

Big.DP = 40;

export interface Trade {
  readonly id: number;
  readonly ticker: string;
  readonly type: "BUY" | "SELL";
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
  readonly date: string;
}

export interface Security {
  readonly ticker: string;
  /** Trades every day of the week: its bars do not make a trading day. */
  readonly always: boolean;
  readonly bars: readonly { readonly date: string; readonly close: string }[];
  readonly splits: readonly {
    readonly date: string;
    readonly numerator: string;
    readonly denominator: string;
  }[];
  readonly dividends: readonly { readonly date: string; readonly cashPerShare: string }[];
}

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
}

const zero = new Big(0);

/** The calendar day after `date`; civil-date arithmetic in UTC, where days have no other length. */
export function nextDay(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

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

/** One row for each calendar day from the first trade to `lastDay` on which the ticker was held or traded. */
export function positionDays(
  trades: readonly Trade[],
  security: Security,
  lastDay: string,
  method: "average" | "fifo" = "average",
): PositionDay[] {
  const splits = acceptedSplits(security);
  const factor = (date: string): [Big, Big] => {
    const later = splits.filter((split) => split.date > date);
    return [
      later.reduce((product, split) => product.times(split.numerator), new Big(1)),
      later.reduce((product, split) => product.times(split.denominator), new Big(1)),
    ];
  };
  const ordered = inOrder(trades.filter((trade) => trade.ticker === security.ticker));
  const first = ordered[0];
  if (!first) return [];
  const position = new Position(method);
  const rows: PositionDay[] = [];
  const closes = new Map(security.bars.map((bar) => [bar.date, new Big(bar.close)]));
  const dividends = paidDividends(security);
  let barClose: Big | null = security.bars.findLast((bar) => bar.date < first.date)?.close
    ? new Big(security.bars.findLast((bar) => bar.date < first.date)?.close ?? "0")
    : null;
  let tradePrice = zero;
  let previousValue = zero;
  for (let date = first.date; date <= lastDay; date = nextDay(date)) {
    const held = position.quantity;
    let netFlow = zero;
    let realized = zero;
    let fees = zero;
    const todays = ordered.filter((trade) => trade.date === date);
    for (const trade of todays) {
      const [numerator, denominator] = factor(trade.date);
      const quantity = new Big(trade.quantity).times(numerator).div(denominator);
      const gross = new Big(trade.quantity).times(trade.price);
      tradePrice = new Big(trade.price).times(denominator).div(numerator);
      fees = fees.plus(trade.fee);
      if (trade.type === "BUY") {
        position.buy(quantity, gross.plus(trade.fee));
        netFlow = netFlow.plus(gross).plus(trade.fee);
      } else {
        const proceeds = gross.minus(trade.fee);
        realized = realized.plus(proceeds).minus(position.sell(quantity));
        netFlow = netFlow.minus(proceeds);
      }
    }
    const close = closes.get(date);
    if (close) barClose = close;
    const quantity = position.quantity;
    const value = quantity.times(barClose ?? tradePrice);
    if (held.gt(0) || todays.length > 0) {
      rows.push({
        ticker: security.ticker,
        date,
        quantity,
        costBasis: position.cost,
        value,
        previousValue,
        netFlow,
        income: held.times(dividends.get(date) ?? zero),
        realized,
        fees,
        session: close !== undefined && !security.always,
      });
    }
    previousValue = value;
  }
  return rows;
}
