/** What an entry that is no trade moved: how much, in which currency and which way, or why nobody can tell. Pure. */

import { Big } from "big.js";
import { isCurrency, unitOf } from "../../market/currency.ts";
import { messageOf, type Plain, plain } from "../../plain.ts";
import type { BookedFigures, Entry } from "./entry.ts";
import { meaningOf } from "./kinds.ts";
import { ledgerDecimals } from "./money.ts";

/** Why a row is not recorded, in words. */
export class NotRecordable extends Error {
  readonly plain: Plain;

  constructor(words: Plain) {
    super(messageOf(words));
    this.plain = words;
  }
}

/** Of a file: whether what is paid is written as less than nothing. */
export interface FileSigns {
  readonly isSigned: boolean;
  /** Purchases are written without a sign, so a sum without one says nothing of its way. */
  readonly isUnsigned: boolean;
  /** Nothing in it names a currency: it is taken as dollars, as its trades are. */
  readonly isCurrencyAssumed: boolean;
}

const sumOf = ({ amount }: Entry): Big => new Big(amount ?? 0);

export function signsOf(entries: readonly Entry[]): FileSigns {
  return {
    isSigned: entries.some((entry) => sumOf(entry).lt(0)),
    isUnsigned: entries.some((entry) => entry.kind === "BUY" && sumOf(entry).gt(0)),
    isCurrencyAssumed: entries.every(({ currency, isAsQuoted }) => currency === null && !isAsQuoted),
  };
}

/** In the sign of the file. */
export interface Sum {
  /** Before costs. */
  readonly gross: Big;
  readonly fee: Big;
  readonly tax: Big;
  readonly currency: string;
}

const none = new Big(0);
const cent = new Big("0.011");

/** "ZUSD", "$CASH-USD": money, where others have a share. */
export const moneyNamed = (symbol: string): string | null => {
  const code = /^(?:Z|\$CASH-)?([A-Z]{3})$/.exec(symbol.toUpperCase())?.[1];
  return code && isCurrency(code) ? code : null;
};

const isSaid = (value: string | null): value is string => value !== null && !new Big(value).eq(0);

/** It moves shares, or coins. */
export const isOfShares = ({ quantity, instrument }: Entry): boolean =>
  isSaid(quantity) && instrument !== null && moneyNamed(instrument.symbol) === null;

export const movesShares = (entry: Entry): boolean =>
  isOfShares(entry) &&
  (["TRANSFER_IN", "TRANSFER_OUT"].includes(entry.kind ?? "") ||
    (entry.booked?.format?.isCrypto === true && ["DEPOSIT", "WITHDRAWAL"].includes(entry.kind ?? "")));

/** Kinds that cannot do without a ticker. */
export const needsTicker = (entry: Entry): boolean =>
  entry.booked !== undefined &&
  (entry.kind === "DIVIDEND" ||
    entry.kind === "RETURN_OF_CAPITAL" ||
    entry.kind === "BONUS" ||
    movesShares(entry));

export function currencyOfEntry(entry: Entry, { isCurrencyAssumed }: FileSigns): string {
  const { booked, currency } = entry;
  // A broker's own file without a currency is in the account's, which it does not name.
  const named = currency ?? (isCurrencyAssumed && booked?.format === null ? "USD" : null);
  if (named === null) throw new NotRecordable(plain("Nothing says which currency it is in."));
  const unit = unitOf(named);
  if (!unit || !isCurrency(unit.currency))
    throw new NotRecordable(plain("It is in {currency}, which is no currency.", { currency: named }));
  return named;
}

/** Costs in the currency of the row. */
function costsOf({ costs }: BookedFigures, of: "fee" | "tax", currency: string): Big {
  return costs.reduce((sum, cost) => {
    if (cost.of !== of) return sum;
    if (cost.currency !== currency && cost.currency !== "")
      throw new NotRecordable(
        of === "fee"
          ? plain("Its fee is in {of}, and itself in {currency}.", { of: cost.currency, currency })
          : plain("Its tax is in {of}, and itself in {currency}.", { of: cost.currency, currency }),
      );
    return sum.plus(cost.value);
  }, new Big(0));
}

const inLedger = (value: Big): Big => value.round(ledgerDecimals, Big.roundHalfUp);

/** What an income came to less by, where no column says of what; 0: nothing. Throws NotRecordable where sums do not add up otherwise. */
function withheld({ kind }: Entry, gross: Big, net: Big, costs: Big): Big {
  const isOff = (sum: Big): boolean => sum.abs().minus(net.abs()).abs().gt(cent);
  if (!isOff(gross.minus(costs)) || !isOff(gross.plus(costs))) return none;
  const missing = gross.minus(costs).minus(net);
  const isIncome = kind === "DIVIDEND" || kind === "INTEREST";
  if (isIncome && costs.eq(0) && net.gt(0) && missing.gt(0) && missing.lt(gross.div(2))) return missing;
  throw new NotRecordable(
    plain("It was {gross} before and {net} after costs of {costs}, which do not add up.", {
      gross: gross.toFixed(),
      net: net.toFixed(),
      costs: costs.toFixed(),
    }),
  );
}

/** How much money it was. Throws NotRecordable. */
export function readSum(entry: Entry, signs: FileSigns): Sum {
  const { booked, quantity, instrument } = entry;
  if (!booked) throw new NotRecordable(plain("It says nothing of money."));
  const own = booked.format?.isCrypto || entry.kind === "DEPOSIT" || entry.kind === "WITHDRAWAL";
  const money = own && instrument && isSaid(quantity) ? moneyNamed(instrument.symbol) : null;
  if (booked.format?.isCrypto && isOfShares(entry))
    throw new NotRecordable(plain("It is in {symbol}, and no money.", { symbol: instrument!.symbol }));
  const stated = money !== null && !isSaid(booked.gross) && !isSaid(booked.net);
  const currency = stated ? money : currencyOfEntry(entry, signs);
  const [fee, tax] = [costsOf(booked, "fee", currency), costsOf(booked, "tax", currency)];
  if (stated) return { gross: new Big(quantity!), fee, tax, currency };
  const costs = fee.plus(tax);
  const gross = isSaid(booked.gross) ? inLedger(new Big(booked.gross)) : null;
  const net = isSaid(booked.net) ? inLedger(new Big(booked.net)) : null;
  if (gross && net) return { gross, fee, currency, tax: tax.plus(withheld(entry, gross, net, costs)) };
  if (gross) return { gross, fee, tax, currency };
  // What is left after costs.
  if (net) return { gross: net.plus(costs), fee, tax, currency };
  if (isSaid(booked.price) && isSaid(quantity))
    return { gross: inLedger(new Big(booked.price).times(quantity).abs()), fee, tax, currency };
  throw new NotRecordable(plain("It has no amount."));
}

/** What was paid, above 0; below 0: paid back. Of a fee or a tax, which is a sum of its own. */
export function readCharge(entry: Entry, signs: FileSigns): Sum {
  const { booked } = entry;
  const hasSum = booked && (isSaid(booked.gross) || isSaid(booked.net));
  const own = booked?.costs ?? [];
  if (booked && !hasSum && own.length > 0) {
    const [{ currency }] = own as readonly [(typeof own)[number]];
    if (own.some((cost) => cost.currency !== currency))
      throw new NotRecordable(plain("It has costs in two currencies."));
    const value = own.reduce((sum, cost) => sum.plus(cost.value), new Big(0));
    return { ...zero, gross: value, currency: currency || currencyOfEntry(entry, signs) };
  }
  const { currency, gross, fee, tax } = readSum(entry, signs);
  // After costs is all that was paid.
  const isStated = isSaid(booked!.net) || isSaid(booked!.gross);
  const amount = isSaid(booked!.net) ? new Big(booked!.net) : gross;
  // So much for each has no sign.
  if (!isStated) return { ...zero, gross: amount, currency };
  if (!isSaid(booked!.net) && !fee.plus(tax).eq(0))
    throw new NotRecordable(
      plain("It has two sums, {amount} and {costs}.", {
        amount: amount.toFixed(),
        costs: fee.plus(tax).toFixed(),
      }),
    );
  if (signs.isSigned) return { ...zero, gross: amount.neg(), currency };
  if (signs.isUnsigned || booked!.format === null) return { ...zero, gross: amount, currency };
  throw new NotRecordable(plain("Nothing says whether it was paid or paid back."));
}

const zero = { fee: none, tax: none };

const owed = /\b(debit|margin|soll|sollzinsen|charged?)\b/i;
const reinvesting = /reinvest|wiederanl|\bdrip\b/i;

/** Of dividends and interest, below 0 where it went the other way. */
export function readIncome(entry: Entry, signs: FileSigns): Sum {
  const sum = readSum(entry, signs);
  const text = `${entry.word} ${entry.instrument?.name ?? ""} ${entry.texts.description ?? ""}`.slice(0, 400);
  if (sum.gross.eq(0)) throw new NotRecordable(plain("It has no amount."));
  if (sum.gross.lt(0) && reinvesting.test(text))
    throw new NotRecordable(plain("It was reinvested, and nothing says in how many shares."));
  if (entry.kind === "INTEREST" && sum.gross.gt(0) && !signs.isSigned && owed.test(text))
    throw new NotRecordable(plain("Nothing says whether it was paid or received."));
  return sum;
}

const within =
  /sweep|settlement fund|core account|internal|journal|umbuchung|reservation|overboeking (van|naar)/i;
const without =
  /wire|\bach\b|\beft\b|electronic fund|moneylink|bank|sepa|bound|cash transfer|uberweisung|überweisung|overschrijving|virement|transferencia|bonifico|trasferimento|transfer[ _]?(in|out)\b|received|\bdirect debit\b/i;

export interface CashMovement extends Sum {
  readonly type: "DEPOSIT" | "WITHDRAWAL";
  readonly note: Plain | null;
}

/** Money that came from elsewhere, or went there; above 0. */
export function readCashMovement(entry: Entry, signs: FileSigns): CashMovement {
  const { kind, word } = entry;
  const text =
    `${word} ${entry.instrument?.name ?? ""} ${entry.texts.name ?? ""} ${entry.texts.description ?? ""}`.slice(
      0,
      400,
    );
  const isTransfer = kind === "TRANSFER_IN" || kind === "TRANSFER_OUT";
  if (within.test(text))
    throw new NotRecordable(plain("It moved money within the broker, where it is the same money."));
  if (isTransfer && !without.test(text))
    throw new NotRecordable(plain("Nothing says whether it came from elsewhere or moved within the broker."));
  const { gross, fee, tax, currency } = readSum(entry, signs);
  if (gross.eq(0)) throw new NotRecordable(plain("It has no amount."));
  const isOut = kind === "WITHDRAWAL" || kind === "TRANSFER_OUT";
  if (gross.gt(0) && signs.isSigned && isOut)
    throw new NotRecordable(
      plain("Nothing says whether it was paid or paid back: other sums that went out are below 0 here."),
    );
  if (!signs.isSigned && isUndeclared(entry) && meaningOf(word) === "CASH")
    throw new NotRecordable(plain("Nothing says whether it was put in or taken out."));
  if (!tax.eq(0)) throw new NotRecordable(plain("A tax was withheld of it, which no deposit has."));
  const isTaken = isOut || gross.lt(0);
  // After costs more is gone than was taken out; what was put in came less them.
  const isNet = !isSaid(entry.booked!.gross) && isSaid(entry.booked!.net);
  const before = isNet && isTaken ? gross.minus(fee).abs().minus(fee) : gross.abs();
  return {
    type: isTaken ? "WITHDRAWAL" : "DEPOSIT",
    gross: before,
    fee,
    tax,
    currency,
    note: kind === "DEPOSIT" && isTaken ? plain("A deposit of less than nothing is a withdrawal.") : null,
  };
}

/** By nobody's declaration. */
const isUndeclared = (entry: Entry): boolean => entry.booked?.format === null;
