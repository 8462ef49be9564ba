/**
 * Random ledgers of everything: each type of transaction, in one to three accounts that are kept in different ways, paid in any currency,
 * some at a rate of their own.
 */
import Big from "big.js";
import fc from "fast-check";
import { acceptedSplits, inOrder } from "./ledger.ts";
import { allDays, currencies } from "./random-world.ts";
import type { Account, CostMethod, LedgerRow, LedgerType, Security } from "./world.ts";

export interface Ledger {
  readonly base: string;
  readonly method: CostMethod;
  readonly accounts: readonly Account[];
  readonly rows: readonly LedgerRow[];
}

/** What somebody wants to happen; where it cannot, nothing does. */
const kinds = {
  BUY: 7,
  SELL: 5,
  BONUS: 1,
  SPLIT: 1,
  RETURN_OF_CAPITAL: 1,
  DIVIDEND: 2,
  INTEREST: 1,
  DEPOSIT: 2,
  WITHDRAWAL: 1,
  FEE: 1,
  TAX: 1,
  shares_in: 1,
  shares_out: 1,
  shares_moved: 2,
  cash_moved: 1,
  conversion: 1,
  spin_off: 1,
  merger: 1,
} as const;
type Kind = keyof typeof kinds;

const early: ReadonlySet<Kind> = new Set(["SPLIT", "spin_off"]);
/** In which order a day's wishes are met, so that each knows what is held before it. */
const late: ReadonlySet<Kind> = new Set(["SELL", "shares_out", "shares_moved", "merger"]);
const placeOf = (kind: Kind): number =>
  late.has(kind) ? 3 : kind === "RETURN_OF_CAPITAL" ? 2 : early.has(kind) ? 0 : 1;

const anyCurrency = fc.constantFrom("USD", ...Object.keys(currencies));
const mostly = <T>(value: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other });

const wishArbitrary = fc.record({
  kind: fc.oneof(
    ...Object.entries(kinds).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as Kind) })),
  ),
  day: fc.integer({ min: 0, max: allDays.length - 1 }),
  security: fc.nat(1000),
  other: fc.nat(1000),
  account: fc.nat(1000),
  size: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.constant(100)),
  cents: fc.integer({ min: 100, max: 90_000 }),
  fee: fc.constantFrom(0, 0, 99, 500),
  tax: fc.constantFrom(0, 0, 75, -30),
  isRefund: mostly(false, fc.constant(true)),
  lots: mostly<readonly number[]>([], fc.array(fc.nat(1000), { minLength: 1, maxLength: 2 })),
  ratio: fc.constantFrom("2:1", "3:2", "5:4", "1:2"),
  currency: mostly<string | undefined>(undefined, anyCurrency),
  fxCurrency: mostly<string | undefined>(undefined, anyCurrency),
  promille: fc.integer({ min: 900, max: 1100 }),
});
type Wish = typeof wishArbitrary extends fc.Arbitrary<infer W> ? W : never;

const decimal = (hundredths: number) => new Big(hundredths).div(100).toFixed();
const about = (currency: string) => currencies[currency]?.about ?? "1";

type NewRow = Omit<LedgerRow, "id">;

/** One ledger in the making. */
class Draft {
  readonly rows: LedgerRow[] = [];
  private readonly securities: readonly Security[];
  private readonly accounts: readonly Account[];
  private readonly firstId: number;

  constructor(securities: readonly Security[], accounts: readonly Account[], firstId: number) {
    this.securities = securities;
    this.accounts = accounts;
    this.firstId = firstId;
  }

  add(row: NewRow): void {
    this.rows.push({ id: this.firstId + this.rows.length, ...row });
  }

  /** In shares of the day, forward through the splits of the market and, instead, of the person. */
  held({ ticker, splits }: Security, account: number, date: string): Big {
    const own = inOrder(this.rows.filter((row) => row.ticker === ticker && row.account === account));
    const overruled = new Set(own.filter(({ type }) => type === "SPLIT").map((row) => row.date));
    const events = [
      ...splits
        .filter((split) => !overruled.has(split.date))
        .map((split) => ({ ...split, type: "SPLIT" as LedgerType })),
      ...own,
    ].filter((event) => event.date <= date);
    const first = (event: { type: LedgerType }) => (event.type === "SPLIT" ? 0 : 1);
    return events
      .sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : first(a) - first(b)))
      .reduce((quantity, event) => {
        if (event.type === "SPLIT") return quantity.times(event.numerator!).div(event.denominator!);
        const moved = (event as LedgerRow).quantity ?? "0";
        if (event.type === "SELL" || event.type === "TRANSFER_OUT") return quantity.minus(moved);
        return quantity.plus(moved);
      }, new Big(0));
  }

  /** The wish's, with an account that is there. */
  subject(wish: Wish): { account: number; other: number; security: Security; child: Security; date: string } {
    const account = wish.account % this.accounts.length;
    const place = wish.security % this.securities.length;
    const further = 1 + (wish.other % (this.securities.length - 1));
    return {
      account,
      other: (account + 1) % this.accounts.length,
      security: this.securities[place]!,
      child: this.securities[(place + further) % this.securities.length]!,
      date: allDays[wish.day]!,
    };
  }

  /** The wish, of one of the holdings of a day; null: there is none. */
  holding(wish: Wish, date: string): Wish | null {
    const held = this.securities.flatMap((security, place) =>
      this.accounts.flatMap((_, account) =>
        this.held(security, account, date).gt(0) ? [{ security: place, account }] : [],
      ),
    );
    const chosen = held[wish.security % Math.max(1, held.length)];
    return chosen ? { ...wish, ...chosen } : null;
  }

  purchases(ticker: string, account: number): LedgerRow[] {
    return this.rows.filter(
      (row) =>
        row.ticker === ticker &&
        row.account === account &&
        row.quantity !== undefined &&
        ["BUY", "BONUS", "TRANSFER_IN"].includes(row.type),
    );
  }
}

/** The least of a day that stays a finite decimal after every later split. */
export function stepOf(splits: Security["splits"], date: string): Big {
  return splits
    .filter((split) => split.date > date && split.denominator === "3")
    .reduce((product) => product.times(3), new Big("0.01"));
}

/** How it was paid: in `asset`, or said otherwise; at its own rate or the day's. */
function paymentOf({ currency, fxCurrency, promille }: Wish, asset: string) {
  const said = currency === undefined ? {} : { currency };
  if (fxCurrency === undefined) return said;
  const fxRate = new Big(about(currency ?? asset)).div(about(fxCurrency)).times(promille).div(1000).round(8);
  return { ...said, fxCurrency, fxRate: fxRate.toFixed() };
}

/** Money of one currency in another, about. */
const exchanged = (amount: Big, from: string, to: string, promille: number) =>
  amount.times(about(from)).div(about(to)).times(promille).div(1000).round(6);

/** Shares that a wish brings: how many, and what is said of them. */
function arrivalOf(wish: Wish, { ticker, splits, currency = "USD" }: Security, date: string) {
  return {
    date,
    ticker,
    type: "TRANSFER_IN" as const,
    quantity: stepOf(splits, date).times(wish.size).toFixed(),
    amount: decimal(wish.cents),
    acquiredOn: allDays[Math.floor(wish.day / 2)]!,
    ...paymentOf(wish, currency),
  };
}

function bringing(draft: Draft, wish: Wish): NewRow[] {
  const { account, security, date } = draft.subject(wish);
  const { ticker, currency } = security;
  const fee = decimal(wish.fee);
  if (wish.kind === "shares_in") return [{ ...arrivalOf(wish, security, date), account, fee }];
  const quantity = stepOf(security.splits, date).times(wish.size).toFixed();
  const common = { account, ticker, date, quantity, fee, ...paymentOf(wish, currency ?? "USD") };
  return wish.kind === "BONUS"
    ? [{ ...common, type: "BONUS" }]
    : [{ ...common, type: "BUY", price: decimal(wish.cents), tax: decimal(wish.tax) }];
}

/** Named parts are half of the sale each, at most. */
function lotsOf(draft: Draft, wish: Wish, sold: Big, step: Big): Pick<LedgerRow, "lots"> {
  const { account, security } = draft.subject(wish);
  const purchases = draft.purchases(security.ticker, account);
  const each = sold.div(2).div(step).round(0, Big.roundDown).times(step);
  if (wish.lots.length === 0 || purchases.length === 0 || each.eq(0)) return {};
  const chosen = wish.lots.map((place) => purchases[place % purchases.length]!.id);
  return { lots: Object.fromEntries(chosen.map((id) => [id, each.toFixed()])) };
}

/** What takes shares, or is paid on them: of something that is held. */
function taking(draft: Draft, wish: Wish): NewRow[] {
  const holding = draft.holding(wish, allDays[wish.day]!);
  if (!holding) return [];
  const { account, other, security, child, date } = draft.subject(holding);
  const { ticker, currency = "USD", splits } = security;
  const step = stepOf(splits, date);
  const held = draft.held(security, account, date);
  const part =
    wish.size === 100 ? held : held.times(wish.size).div(100).div(step).round(0, Big.roundDown).times(step);
  if (part.lte(0)) return [];
  const [fee, price] = [decimal(wish.fee), decimal(wish.cents)];
  const common = { account, ticker, date, quantity: part.toFixed() };
  const payment = paymentOf(wish, currency);
  const [value, came] = valuesOf(wish, currency, child.currency);
  const pair = wish.other;
  switch (wish.kind) {
    case "SELL": {
      const lots = lotsOf(draft, holding, part, step);
      return [{ ...common, type: "SELL", price, fee, tax: decimal(wish.tax), ...payment, ...lots }];
    }
    case "shares_out":
      return [{ ...common, type: "TRANSFER_OUT", fee }];
    case "shares_moved":
      return [
        { ...common, type: "TRANSFER_OUT", fee, pair },
        { ...arrivalOf(wish, security, date), account: other, quantity: part.toFixed(), pair },
      ];
    case "merger":
      return [
        { ...common, type: "TRANSFER_OUT", quantity: held.toFixed(), marketValue: value, pair },
        { ...arrivalOf(wish, child, date), account, marketValue: came, pair },
      ];
    default:
      return [{ account, ticker, date, type: "RETURN_OF_CAPITAL", amount: price, fee, ...payment }];
  }
}

/** What shares are worth that one holding becomes another by, in the currency of each. */
function valuesOf(wish: Wish, currency: string, ofChild = "USD"): [string, string] {
  const value = new Big(wish.cents).times(wish.size).div(1000);
  return [value.toFixed(), exchanged(value, currency, ofChild, wish.promille).toFixed()];
}

/** A split of the person's own: against the market's word on a day another one by the factor 2, which leaves finite decimals. */
function splitting(draft: Draft, wish: Wish): NewRow[] {
  const { account, security, date } = draft.subject(wish);
  const { ticker, splits } = security;
  const isSaid = draft.rows.some(
    (row) => row.type === "SPLIT" && row.ticker === ticker && row.account === account && row.date === date,
  );
  if (isSaid) return [];
  const ofMarket = splits.find((split) => split.date === date);
  const [numerator = "1", denominator = "1"] = ofMarket
    ? [new Big(ofMarket.numerator).times(wish.isRefund ? 2 : 1).toFixed(), ofMarket.denominator]
    : wish.ratio.split(":");
  return [{ account, ticker, date, type: "SPLIT", numerator, denominator }];
}

/** Of the parent some of the cost, and what the child is worth, as the day begins. */
function spinningOff(draft: Draft, wish: Wish): NewRow[] {
  const holding = draft.holding(wish, allDays[wish.day - 1] ?? "");
  if (!holding) return [];
  const { account, security, child, date } = draft.subject(holding);
  const [value, came] = valuesOf(wish, security.currency ?? "USD", child.currency);
  const common = { account, date, pair: wish.other };
  const amount = new Big(value).times("0.8").toFixed();
  return [
    { ...common, type: "TRANSFER_OUT", ticker: security.ticker, amount, marketValue: value },
    { ...arrivalOf(wish, child, date), ...common, marketValue: came },
  ];
}

function ofMoney(draft: Draft, wish: Wish): NewRow[] {
  const { account, other, security, date } = draft.subject(wish);
  const { ticker, currency = "USD" } = security;
  const signed = decimal(wish.isRefund ? -wish.cents : wish.cents);
  const [fee, tax, amount] = [decimal(wish.fee), decimal(wish.tax), decimal(wish.cents * wish.size)];
  const ofTicker = { account, ticker, date, ...paymentOf(wish, currency) };
  const paid = wish.currency ?? "USD";
  const ofCash = { account, date, ...paymentOf({ ...wish, currency: paid }, paid) };
  const pair = wish.other;
  switch (wish.kind) {
    case "DIVIDEND":
      return [{ ...ofTicker, type: "DIVIDEND", amount: signed, fee, tax }];
    case "INTEREST":
      return [{ ...(wish.size > 50 ? ofCash : ofTicker), type: "INTEREST", amount: signed, fee, tax }];
    case "FEE":
    case "TAX":
      return [{ ...(wish.size > 50 ? ofCash : ofTicker), type: wish.kind, amount: signed }];
    case "cash_moved":
      return [
        { ...ofCash, type: "TRANSFER_OUT", amount, fee, pair },
        { ...ofCash, account: other, type: "TRANSFER_IN", amount, pair },
      ];
    case "conversion": {
      const to = currency === paid ? (paid === "USD" ? "EUR" : "USD") : currency;
      const came = exchanged(new Big(amount), paid, to, wish.promille).toFixed();
      return [
        { ...ofCash, type: "FX_OUT", amount, fee, pair },
        { account, date, type: "FX_IN", currency: to, amount: came, pair },
      ];
    }
    default:
      return [{ ...ofCash, type: wish.kind as LedgerType, amount, fee }];
  }
}

const rowsOf: Readonly<Record<Kind, (draft: Draft, wish: Wish) => NewRow[]>> = {
  BUY: bringing,
  SELL: taking,
  BONUS: bringing,
  SPLIT: splitting,
  RETURN_OF_CAPITAL: taking,
  DIVIDEND: ofMoney,
  INTEREST: ofMoney,
  DEPOSIT: ofMoney,
  WITHDRAWAL: ofMoney,
  FEE: ofMoney,
  TAX: ofMoney,
  shares_in: bringing,
  shares_out: taking,
  shares_moved: taking,
  cash_moved: ofMoney,
  conversion: ofMoney,
  spin_off: spinningOff,
  merger: taking,
};

const accountArbitrary = fc.record({ tracksCash: fc.boolean(), booksIncome: fc.boolean() });

/** `firstId`: of its first row. Never more is sold than is held. */
export function ledgerArbitrary(
  securities: readonly Security[],
  base: string,
  firstId: number,
  maximum = 30,
): fc.Arbitrary<Ledger> {
  for (const security of securities)
    if (acceptedSplits(security).length < security.splits.length)
      throw new RangeError(`expected splits that count, got: one of ${security.ticker} that does not`);
  return fc
    .record({
      accounts: fc.array(accountArbitrary, { minLength: 1, maxLength: 3 }),
      method: fc.constantFrom<CostMethod>("average", "fifo", "lifo", "hifo"),
      wishes: fc.array(wishArbitrary, { minLength: 5, maxLength: maximum, size: "max" }),
      from: fc.nat(securities.length - 1),
    })
    .map(({ accounts, method, wishes, from }) => {
      // A few of them, so that they are bought more than once.
      const few = Array.from({ length: 4 }, (_, at) => securities[(from + at) % securities.length]!);
      const draft = new Draft(few, accounts, firstId);
      for (const wish of wishes.toSorted((a, b) => a.day - b.day || placeOf(a.kind) - placeOf(b.kind)))
        for (const row of rowsOf[wish.kind](draft, wish)) draft.add(row);
      return { base, method, accounts, rows: draft.rows };
    });
}
