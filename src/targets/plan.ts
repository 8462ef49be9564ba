/**
 * What to buy or sell so that each part of a portfolio has the weight that its owner means it to have. Arithmetic on closes and nothing
 * else: docs/metrics.md, target weights. Pure.
 */
import Big from "big.js";

/** Rounds down, so that what is divided never comes to more than there is. */
const Exact = Big();
Exact.RM = Big.roundDown;
Exact.DP = 30;
const zero = new Exact(0);

/** Of a share, where fractions are traded. */
const shareDecimals = 8;

/** Something that is held, or that has a target; money in the person's base currency, decimals as text. */
export interface Part {
  readonly ticker: string;
  readonly quantity: string;
  /** Of what is held, at the last close; null: it is in no figure, since no exchange rate is known. */
  readonly value: string | null;
  /** Of one share; null: nothing can be suggested, and `reason` says why. */
  readonly price: string | null;
  readonly reason: string | null;
  /** 0.05 is five percent; null: none. */
  readonly target: string | null;
  /** It is traded in whole shares. */
  readonly isWhole: boolean;
}

export interface Holdings {
  readonly parts: readonly Part[];
  /** Below 0: owed. null: no account keeps any. */
  readonly cash: { readonly value: string; readonly target: string | null } | null;
  /** Money that is to be invested and is in no account yet. Above 0: nothing is sold. */
  readonly added: string;
}

export interface Trade {
  /** Below 0: sold. As it can be traded: rounded, where the part is traded in whole shares. */
  readonly shares: string;
  /** What `shares` comes to at the last close, signed alike. */
  readonly money: string;
  /** The same to `shareDecimals` of a share. */
  readonly exactShares: string;
  readonly exactMoney: string;
}

/** Of one part, or of cash. */
export interface Gap {
  /** Of the whole as it is now; null: it has no value, or there is no whole. */
  readonly weight: number | null;
  /** What is missing to the target, of the whole with what is added: below 0 there is too much of it. null: it has no target, or one is not known. */
  readonly points: number | null;
  /** The same in money. */
  readonly money: string | null;
}

export interface PlannedPart extends Gap {
  readonly ticker: string;
  /** null: it has no target, or nothing can be suggested. Of 0 shares: it is at its target, or as near as whole shares come. */
  readonly trade: Trade | null;
  readonly reason: string | null;
}

export interface Plan {
  /** All that is held, and cash: what weights are of. */
  readonly whole: string;
  /** The same with what is added: what targets are of. */
  readonly wholeThen: string;
  /** In the order of the holdings. */
  readonly parts: readonly PlannedPart[];
  readonly cash: (Gap & { /** Of what is added. */ readonly kept: string }) | null;
  /** What the trades come to, as they can be traded. */
  readonly sales: string;
  readonly purchases: string;
  /** What there is to buy with: of cash what is above its target, sales, and what is added less what of that is kept as cash. */
  readonly money: string;
  /** That money and the purchases: below 0 where cash is owed or below its target and sales do not make up for it. */
  readonly left: string;
  /** 1 less all targets. */
  readonly unassigned: string;
  /** Of what no target is for, and of what no price is for: it stays as it is. */
  readonly untouched: string;
  /** What purchases up to every target would take beyond the money; "0": it suffices. */
  readonly missing: string;
}

interface Placed {
  readonly part: Part;
  readonly gap: Big | null;
}

export function plan({ parts, cash, added }: Holdings): Plan {
  const whole = sum(parts.map(({ value }) => value ?? "0")).plus(cash?.value ?? 0);
  const wholeThen = whole.plus(added);
  const isWorthless = whole.lte(0);
  const gapOf = (value: string | null, target: string | null): Big | null =>
    target === null || value === null || wholeThen.lte(0) ? null : wholeThen.times(target).minus(value);
  const placed = parts.map((part) => ({ part, gap: gapOf(part.value, part.target) }));
  const cashGap = cash && gapOf(cash.value, cash.target);
  const isAdding = new Exact(added).gt(0);
  const exact = trades(placed, { cash, cashGap, added, isAdding }, true);
  const asTraded = trades(placed, { cash, cashGap, added, isAdding }, false);
  const weightOf = (value: string | null): number | null =>
    value === null || isWorthless ? null : Number(new Exact(value).div(whole));
  const describe = (value: string | null, gap: Big | null): Gap => ({
    weight: weightOf(value),
    points: gap && Number(gap.div(wholeThen)),
    money: gap?.toFixed() ?? null,
  });
  return {
    whole: whole.toFixed(),
    wholeThen: wholeThen.toFixed(),
    parts: placed.map(({ part, gap }) => ({
      ticker: part.ticker,
      ...describe(part.value, gap),
      trade: tradeOf(part, gap, exact, asTraded),
      reason: part.reason,
    })),
    cash: cash && { ...describe(cash.value, cashGap), kept: asTraded.kept.toFixed() },
    sales: asTraded.sales.toFixed(),
    purchases: asTraded.purchases.toFixed(),
    money: asTraded.money.toFixed(),
    left: asTraded.money.minus(asTraded.purchases).toFixed(),
    unassigned: new Exact(1)
      .minus(sum([...parts.map(({ target }) => target ?? "0"), cash?.target ?? "0"]))
      .toFixed(),
    untouched: sum(
      parts.filter(({ target, price }) => target === null || price === null).map(({ value }) => value ?? "0"),
    ).toFixed(),
    missing: largest(exact.missing, zero).toFixed(),
  };
}

function tradeOf(part: Part, gap: Big | null, exact: Trades, asTraded: Trades): Trade | null {
  if (gap === null || part.price === null) return null;
  const [shares, exactShares] = [asTraded, exact].map((all) => all.shares.get(part.ticker) ?? zero) as [
    Big,
    Big,
  ];
  return {
    shares: shares.toFixed(),
    money: shares.times(part.price).toFixed(),
    exactShares: exactShares.toFixed(),
    exactMoney: exactShares.times(part.price).toFixed(),
  };
}

interface Money {
  readonly cash: Holdings["cash"];
  readonly cashGap: Big | null;
  readonly added: string;
  readonly isAdding: boolean;
}

interface Trades {
  /** By ticker, below 0: sold. */
  readonly shares: ReadonlyMap<string, Big>;
  readonly sales: Big;
  readonly purchases: Big;
  readonly money: Big;
  /** Of what is added, as cash. */
  readonly kept: Big;
  /** What purchases up to every target would take beyond the money, before anything is rounded; below 0: it suffices. */
  readonly missing: Big;
}

/** `isExact`: of everything in fractions. */
function trades(
  placed: readonly Placed[],
  { cash, cashGap, added, isAdding }: Money,
  isExact: boolean,
): Trades {
  const traded = placed.flatMap(({ part, gap }) =>
    gap === null || part.price === null
      ? []
      : [{ ...part, price: new Exact(part.price), gap, isWhole: part.isWhole && !isExact }],
  );
  const tooMuch = isAdding ? [] : traded.filter(({ gap }) => gap.lt(0));
  const sold = tooMuch.map((part) => ({ ...part, shares: toSell(part) }));
  const sales = worthOf(sold);
  const tooLittle = traded.filter(({ gap }) => gap.gt(0));
  const wanted = sum(tooLittle.map(({ gap }) => gap));
  const kept = isAdding ? shareOf(largest(cashGap ?? zero, zero), wanted, added) : zero;
  // Of cash what is above its target, or all where it has none.
  const before = isAdding
    ? new Exact(added).minus(kept)
    : (cashGap?.times(-1) ?? new Exact(cash?.value ?? 0));
  const money = before.plus(sales);
  const bought = toBuy(tooLittle, wanted, largest(money, zero));
  return {
    shares: new Map([
      ...sold.map(({ ticker, shares }) => [ticker, shares.times(-1)] as const),
      ...bought.map(({ ticker, shares }) => [ticker, shares] as const),
    ]),
    sales,
    purchases: worthOf(bought),
    money,
    kept,
    missing: wanted.minus(before).plus(sum(tooMuch.map(({ gap }) => gap))),
  };
}

/** What cash gets of the money that is added: what it lacks, or where that does not suffice for everything, its part of it. */
function shareOf(lack: Big, wanted: Big, added: string): Big {
  const all = wanted.plus(lack);
  return all.lte(added) ? lack : lack.times(added).div(all);
}

interface Traded {
  readonly ticker: string;
  readonly quantity: string;
  readonly price: Big;
  readonly gap: Big;
  readonly isWhole: boolean;
  readonly target: string | null;
}

/** To the nearest share, and never more than there is; all of it where the target is 0, however small its fraction. */
function toSell({ quantity, gap, price, isWhole, target }: Traded): Big {
  const held = new Exact(quantity);
  if (Number(target) === 0 && !isWhole) return held;
  const wanted = Number(target) === 0 ? held : gap.times(-1).div(price);
  const rounded = isWhole ? wanted.round(0, Big.roundHalfUp) : wanted.round(shareDecimals, Big.roundDown);
  return rounded.lte(held) ? rounded : held.round(isWhole ? 0 : shareDecimals, Big.roundDown);
}

interface Purchase {
  readonly ticker: string;
  readonly price: Big;
  readonly shares: Big;
}

/**
 * Every gap is closed by the same part of it, as far as the money goes. Shares are rounded down; with what that leaves, those that miss
 * half a share or more get one, the largest part of a share first.
 */
function toBuy(bought: readonly Traded[], wanted: Big, money: Big): Purchase[] {
  const shares = bought.map((part) => {
    const spent = wanted.lte(money) ? part.gap : part.gap.times(money).div(wanted);
    const wish = spent.div(part.price);
    const whole = wish.round(part.isWhole ? 0 : shareDecimals, Big.roundDown);
    return { ...part, shares: whole, rest: part.isWhole ? wish.minus(whole) : new Exact(0) };
  });
  let left = money.minus(worthOf(shares));
  const first = shares
    .filter(({ rest }) => rest.gte(0.5))
    .toSorted((one, other) => other.rest.cmp(one.rest) || (one.ticker < other.ticker ? -1 : 1));
  const another = new Set<string>();
  for (const { ticker, price } of first) {
    if (price.gt(left)) continue;
    left = left.minus(price);
    another.add(ticker);
  }
  return shares.map(({ ticker, price, shares }) => ({
    ticker,
    price,
    shares: another.has(ticker) ? shares.plus(1) : shares,
  }));
}

const largest = (one: Big, other: Big): Big => (one.gte(other) ? one : other);

const worthOf = (trades: readonly Pick<Purchase, "shares" | "price">[]): Big =>
  sum(trades.map(({ shares, price }) => shares.times(price)));

const sum = (values: readonly (Big | string)[]): Big =>
  values.reduce<Big>((total, value) => total.plus(value), new Exact(0));
