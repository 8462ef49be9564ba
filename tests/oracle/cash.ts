/**
 * The independent oracle, part two: the money that lies in accounts, and what is paid in, earned, charged and taxed. Written from the
 * definitions alone, as the other parts are.
 */
import Big from "big.js";
import { conversion, type Reader } from "./currencies.ts";
import type { Keeping, PositionDay } from "./ledger.ts";
import { type Account, type LedgerRow, nextDay, type Security } from "./world.ts";

const zero = new Big(0);

/** What is said of one currency in one account on one day; of an account without cash, of what was paid beside it. */
export interface CashDay {
  readonly account: number;
  readonly currency: string;
  readonly date: string;
  readonly balance: Big;
  readonly value: Big;
  /** What came from outside less what went there; of an account that tracks cash less what holdings were paid for. */
  readonly netFlow: Big;
  readonly income: Big;
  readonly paidOut: Big;
  readonly fees: Big;
  readonly taxes: Big;
  readonly currencyEffect: Big;
  readonly isEstimated: boolean;
}

/** In the currency in which it was paid: by how much the account's cash grew. The rest in base currency. */
interface Entry
  extends Pick<CashDay, "account" | "currency" | "date" | "netFlow" | "income" | "fees" | "taxes"> {
  readonly movement: Big;
  readonly paidOut: Big;
  /** Income that is counted elsewhere, with the holding. */
  readonly dividend: Big;
  /** Base currency for one. */
  readonly rate: Big;
}

/** Money of the row that comes in (above 0) or goes out, before its costs. */
function grossOf({ type, ticker, quantity, price, amount }: LedgerRow): Big {
  switch (type) {
    case "BUY":
      return new Big(quantity!).times(price!).times(-1);
    case "SELL":
      return new Big(quantity!).times(price!);
    case "WITHDRAWAL":
    case "FEE":
    case "TAX":
    case "FX_OUT":
      return new Big(amount!).times(-1);
    case "BONUS":
    case "SPLIT":
      return zero;
    case "TRANSFER_IN":
      return ticker ? zero : new Big(amount!);
    case "TRANSFER_OUT":
      return ticker ? zero : new Big(amount!).times(-1);
    default:
      return new Big(amount!);
  }
}

const isTrade = ({ type }: LedgerRow) =>
  type === "BUY" || type === "SELL" || type === "BONUS" || type === "RETURN_OF_CAPITAL";
const isIncome = ({ type }: LedgerRow) => type === "DIVIDEND" || type === "INTEREST";
const movesCash = ({ type, ticker }: LedgerRow) =>
  !ticker && ["DEPOSIT", "WITHDRAWAL", "TRANSFER_IN", "TRANSFER_OUT"].includes(type);
const isOfCash = (row: LedgerRow) => movesCash(row) || row.type === "FX_IN" || row.type === "FX_OUT";

/** Null: of no money, or of such as does not count in this account. */
function entryOf(
  row: LedgerRow,
  { tracksCash, booksIncome }: Account,
  currency: string,
  reader: Reader,
): Entry | null {
  if (row.type === "DIVIDEND" && !booksIncome) return null;
  if (!tracksCash && isOfCash(row)) return null;
  const { base: rate } = conversion({ ...row, currency }, currency, reader);
  const [gross, fee, tax] = [grossOf(row), new Big(row.fee ?? 0), new Big(row.tax ?? 0)];
  // The fee of a trade is part of what the holding cost or brought in.
  const fees = row.type === "FEE" ? gross.times(-1) : isTrade(row) ? zero : fee;
  const taxes = row.type === "TAX" ? gross.times(-1) : tax;
  const income = isIncome(row) ? gross : zero;
  const common = { account: row.account, currency, date: row.date, rate, dividend: zero };
  const inBase = { income: income.times(rate), fees: fees.times(rate), taxes: taxes.times(rate) };
  if (tracksCash) {
    const fromOutside = movesCash(row) ? gross : isTrade(row) ? gross.minus(fee) : zero;
    const movement = gross.minus(fee).minus(tax);
    return { ...common, ...inBase, movement, netFlow: fromOutside.times(rate), paidOut: zero };
  }
  if (!isIncome(row) && fees.eq(0) && taxes.eq(0)) return null;
  const costs = inBase.fees.plus(inBase.taxes);
  return {
    ...common,
    ...inBase,
    movement: zero,
    // Of an income what is left is paid out; what else is paid comes from outside, and is gone.
    netFlow: isIncome(row) ? zero : costs,
    paidOut: isIncome(row) ? inBase.income.minus(costs) : zero,
  };
}

const total = (entries: readonly Entry[], pick: (entry: Entry) => Big): Big =>
  entries.reduce((sum, entry) => sum.plus(pick(entry)), zero);

/** One currency in one account, day by day from its first entry. */
function* daysOfCash(
  entries: readonly Entry[],
  base: string,
  rates: Reader["rates"],
  lastDay: string,
): Generator<CashDay> {
  const { account, currency, date: firstDay } = entries[0]!;
  const byDate = Map.groupBy(entries, (entry) => entry.date);
  let [balance, rate, lastOwn] = [zero, zero, zero];
  for (let date = firstDay; date <= lastDay; date = nextDay(date)) {
    const todays = byDate.get(date) ?? [];
    const before = { balance, rate };
    // Before the first known rate those of the entries stand in: of several on a day the lowest.
    lastOwn = todays.map((entry) => entry.rate).sort((a, b) => a.cmp(b))[0] ?? lastOwn;
    const known = currency === base ? new Big(1) : rates.known(currency, base, date);
    rate = known ?? lastOwn;
    balance = balance.plus(total(todays, ({ movement }) => movement));
    if (todays.length === 0 && balance.eq(0)) continue;
    const sums = {
      netFlow: total(todays, (entry) => entry.netFlow),
      income: total(todays, (entry) => entry.income),
      paidOut: total(todays, (entry) => entry.paidOut),
      fees: total(todays, (entry) => entry.fees),
      taxes: total(todays, (entry) => entry.taxes),
    };
    const explained = sums.netFlow
      .plus(sums.income)
      .plus(total(todays, (entry) => entry.dividend))
      .minus(sums.paidOut)
      .minus(sums.fees)
      .minus(sums.taxes);
    const kept = before.balance.times(rate.minus(before.rate));
    const moved = balance.minus(before.balance).times(rate).minus(explained);
    yield {
      ...sums,
      account,
      currency,
      date,
      balance,
      value: balance.times(rate),
      // What exchange rates did to what was there, and what the entries' own rates lost or won against the day's.
      currencyEffect: kept.plus(moved),
      isEstimated: known === null,
    };
  }
}

/** The market's dividends stay in an account that tracks cash, in the ticker's currency. */
function dividendsOf(
  positions: readonly PositionDay[],
  currencyOf: (ticker: string) => string,
  accounts: readonly Account[],
): Entry[] {
  return positions
    .filter(({ income, account }) => accounts[account]!.tracksCash && income.gt(0))
    .map(({ account, ticker, date, income, rate, local }) => ({
      account,
      currency: currencyOf(ticker),
      date,
      movement: local.income,
      dividend: income,
      rate,
      netFlow: zero,
      income: zero,
      paidOut: zero,
      fees: zero,
      taxes: zero,
    }));
}

const currencyIn = (securities: readonly Security[]) => (ticker: string) =>
  securities.find((security) => security.ticker === ticker)?.currency ?? "USD";

/** `positions`: of the whole ledger. */
export function cashDays(
  rows: readonly LedgerRow[],
  positions: readonly PositionDay[],
  securities: readonly Security[],
  lastDay: string,
  { reader, accounts }: Keeping,
): CashDay[] {
  const currencyOf = currencyIn(securities);
  const entries = rows.flatMap((row) => {
    const currency = row.currency ?? currencyOf(row.ticker!);
    const entry = entryOf(row, accounts[row.account]!, currency, reader);
    return entry ? [entry] : [];
  });
  const all = [...entries, ...dividendsOf(positions, currencyOf, accounts)].sort((a, b) =>
    a.date < b.date ? -1 : a.date > b.date ? 1 : 0,
  );
  return [...Map.groupBy(all, ({ account, currency }) => `${account} ${currency}`).values()].flatMap(
    (own) => [...daysOfCash(own, reader.base, reader.rates, lastDay)],
  );
}

/** A dividend as booked where that counts, or interest of a ticker. */
export interface BookedDividend {
  readonly ticker: string;
  readonly date: string;
  /** Without tax and fee: in base currency at its own rate, and in the ticker's. */
  readonly net: Big;
  readonly localNet: Big;
}

export function bookedDividends(
  rows: readonly LedgerRow[],
  securities: readonly Security[],
  { reader, accounts }: Keeping,
): BookedDividend[] {
  const currencyOf = currencyIn(securities);
  return rows
    .filter(
      ({ type, ticker, account }) =>
        ticker !== undefined &&
        (type === "INTEREST" || (type === "DIVIDEND" && accounts[account]!.booksIncome)),
    )
    .map((row) => {
      const currency = currencyOf(row.ticker!);
      const at = conversion(row, currency, reader);
      const net = new Big(row.amount!).minus(row.tax ?? 0).minus(row.fee ?? 0);
      return {
        ticker: row.ticker!,
        date: row.date,
        net: net.times(at.base),
        localNet: net.times(at.local),
      };
    });
}
