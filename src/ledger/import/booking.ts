/** What rows that are no trades are in the ledger, or why they stay out of it. Pure but for the clock. */

import { mapInTurns } from "../../event-loop.ts";
import { type Plain, plain } from "../../plain.ts";
import { FutureDateError, InvalidTransactionError } from "../errors.ts";
import { parseTransactionInput } from "../input.ts";
import { type TransactionType, transactionTypes } from "../transaction-types.ts";
import {
  currencyOfEntry,
  type FileSigns,
  isOfShares,
  movesShares,
  NotRecordable,
  needsTicker,
  readCashMovement,
  readCharge,
  readIncome,
  readSum,
  type Sum,
  signsOf,
} from "./booked-sums.ts";
import { keepTogether, pairConversions, pairTaxes, readConversion, readSide } from "./booking-pairs.ts";
import type { Entry } from "./entry.ts";
import { isTrade, type RowKind } from "./kinds.ts";
import type { RecordGroup } from "./recording.ts";
import { noteOf, type Remark, remarkIn } from "./remarks.ts";
import type { ImportRow, Resolve, RowInput } from "./rows.ts";
import { tradingDay } from "./rows.ts";

const groups: Readonly<Partial<Record<RowKind, RecordGroup>>> = {
  DIVIDEND: "dividends",
  // Which the market's dividends may have among them.
  RETURN_OF_CAPITAL: "dividends",
  INTEREST: "costs",
  FEE: "costs",
  TAX: "costs",
  DEPOSIT: "cash",
  WITHDRAWAL: "cash",
  FX_IN: "cash",
  FX_OUT: "cash",
  BONUS: "shares",
};

const others: Readonly<Partial<Record<RowKind, Plain>>> = {
  SPLIT: plain("Splits are counted as the market has them."),
  CORPORATE_ACTION: plain("What a corporate action does to a holding is not in the file: enter it by hand."),
  OPTION: plain("Options are not kept here."),
  CFD: plain("Contracts for difference are not kept here."),
  SHORT_SALE: plain("What is sold without having it is not kept here."),
  NOT_EXECUTED: plain("It was not executed."),
  OTHER: plain("Nothing says what it is."),
};

const derivatives = {
  option: plain("It is of an option."),
  CFD: plain("It is of a CFD."),
};

function groupOf(entry: Entry): RecordGroup | null {
  if (movesShares(entry)) return "shares";
  if (entry.kind === "TRANSFER_IN" || entry.kind === "TRANSFER_OUT") return "cash";
  return (entry.kind && groups[entry.kind]) ?? null;
}

class NotResolved extends Error {
  readonly remark: Remark;

  constructor(remark: Remark) {
    super(remark.message);
    this.remark = remark;
  }
}

interface Booking {
  readonly resolve: Resolve;
  readonly clock: () => Date;
  readonly signs: FileSigns;
  /** Of each side that is a row of its own, the other. */
  readonly conversions: ReadonlyMap<Entry, Entry>;
  /** Tickers that the file's trades and dividends are of: what else names them is of them. */
  readonly tickers: ReadonlySet<string>;
}

function tickerOf(entry: Entry, { resolve }: Booking): string {
  if (!entry.instrument) throw new NotRecordable(plain("Nothing says of which instrument it is."));
  if (entry.instrument.derivative) throw new NotRecordable(derivatives[entry.instrument.derivative]);
  const found = resolve(entry) ?? entry.instrument.ticker ?? "";
  if (typeof found !== "string") throw new NotResolved(found);
  if (found === "") throw new NotRecordable(plain("Nothing says of which instrument it is."));
  return found;
}

/** Of what can do without: only one that the file knows otherwise. */
function knownTicker(entry: Entry, booking: Booking): string | undefined {
  if (!entry.instrument || entry.instrument.derivative) return undefined;
  const found = booking.resolve(entry) ?? entry.instrument.ticker;
  return typeof found === "string" && booking.tickers.has(found) ? found : undefined;
}

const figuresOf = ({ gross, fee, tax, currency }: Sum) => ({
  amount: gross.toFixed(),
  currency,
  ...(!fee.eq(0) && { fee: fee.toFixed() }),
  ...(!tax.eq(0) && { tax: tax.toFixed() }),
});

type Fields = Readonly<Record<string, unknown>> & { readonly type: TransactionType };

interface Booked {
  readonly fields: Fields;
  /** Of a conversion in one row: its other side. */
  readonly counterpart?: Fields;
  readonly note?: Plain | null;
}

function bookShares(entry: Entry, booking: Booking): Booked {
  const { kind, quantity, booked } = entry;
  const ticker = tickerOf(entry, booking);
  const moved = { ticker, quantity: quantity!.replace(/^-/, ""), date: tradingDay(entry, ticker) };
  if (kind === "BONUS") return { fields: { ...moved, type: "BONUS" } };
  if (booked!.costs.length > 0) throw new NotRecordable(plain("Nothing says what its fee was paid in."));
  if (kind === "TRANSFER_OUT" || kind === "WITHDRAWAL") return { fields: { ...moved, type: "TRANSFER_OUT" } };
  if (!booked!.format?.bringsCost)
    throw new NotRecordable(plain("What the shares had cost is not in the file."));
  const { gross, currency } = readSum(entry, booking.signs);
  return { fields: { ...moved, type: "TRANSFER_IN", amount: gross.abs().toFixed(), currency } };
}

function book(entry: Entry, booking: Booking): Booked {
  const { kind, date } = entry;
  const { signs } = booking;
  if (movesShares(entry)) return bookShares(entry, booking);
  switch (kind) {
    case "DIVIDEND":
      return {
        fields: {
          type: kind,
          date,
          ticker: tickerOf(entry, booking),
          ...figuresOf(readIncome(entry, signs)),
        },
      };
    case "RETURN_OF_CAPITAL":
      return {
        fields: { type: kind, date, ticker: tickerOf(entry, booking), ...figuresOf(readSum(entry, signs)) },
      };
    case "INTEREST":
      return {
        fields: {
          type: kind,
          date,
          ticker: knownTicker(entry, booking),
          ...figuresOf(readIncome(entry, signs)),
        },
      };
    case "FEE":
    case "TAX":
      return {
        fields: {
          type: kind,
          date,
          ticker: knownTicker(entry, booking),
          ...figuresOf(readCharge(entry, signs)),
        },
      };
    case "BONUS":
      if (!isOfShares(entry)) throw new NotRecordable(plain("A bonus in money has no type here."));
      return bookShares(entry, booking);
    case "FX_IN":
    case "FX_OUT": {
      const partner = booking.conversions.get(entry);
      const transfer_id = `line ${Math.min(entry.line, partner?.line ?? entry.line)}`;
      if (partner) {
        const { type, ...sum } = readSide(entry, signs);
        return { fields: { type, date, transfer_id, ...figuresOf(sum) } };
      }
      const { out, into } = readConversion(entry, currencyOfEntry(entry, signs));
      return {
        fields: { type: "FX_OUT", date, transfer_id, ...figuresOf(out) },
        counterpart: { type: "FX_IN", date, transfer_id, ...figuresOf(into) },
      };
    }
    default: {
      const { type, note, ...sum } = readCashMovement(entry, signs);
      return { fields: { type, date, ...figuresOf(sum) }, note };
    }
  }
}

function inputOf(
  { transfer_id, ...fields }: Fields & { transfer_id?: unknown },
  clock: () => Date,
): RowInput {
  const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const input = parseTransactionInput(said, clock, transactionTypes);
  return typeof transfer_id === "string" ? { ...input, transfer_id } : input;
}

const notRecorded = (words: Plain): Remark => remarkIn("not_recorded", words);

function bookRow(row: ImportRow, booking: Booking): ImportRow {
  const { entry } = row;
  const group = groupOf(entry);
  const refused = (problem: Remark): ImportRow => ({ ...row, group, problem });
  if (!entry.booked || entry.kind === null || isTrade(entry.kind)) return row;
  if (group === null)
    return { ...row, group: null, problem: notRecorded(others[entry.kind] ?? others.OTHER!) };
  if (entry.booked.problem) return refused(entry.booked.problem);
  if (entry.date === null) return refused(notRecorded(plain("It has no date.")));
  try {
    const { fields, counterpart, note } = book(entry, booking);
    return {
      ...row,
      group,
      input: inputOf(fields, booking.clock),
      ...(counterpart && { counterpart: inputOf(counterpart, booking.clock) }),
      ...(note && { notes: [...row.notes, noteOf(note)] }),
    };
  } catch (error) {
    if (error instanceof NotResolved) return refused(error.remark);
    if (error instanceof NotRecordable) return refused(notRecorded(error.plain));
    if (error instanceof InvalidTransactionError || error instanceof FutureDateError)
      return refused({ code: "not_recorded", message: error.message, plain: error.plain });
    throw error;
  }
}

/**
 * Each row that is no trade with the transaction that it is, or with why it is none: taxes that were withheld of a dividend are part
 * of it, and the two sides of a conversion have one transfer_id, which is a placeholder.
 */
export async function bookRows(
  rows: readonly ImportRow[],
  resolve: Resolve,
  clock: () => Date,
): Promise<ImportRow[]> {
  if (!rows.some(({ entry }) => entry.booked !== undefined)) return [...rows];
  const entries = rows.map(({ entry }) => entry);
  const tickers = new Set(
    rows.flatMap((row) => {
      if (isTrade(row.kind)) return row.input?.ticker ?? [];
      if (!needsTicker(row.entry)) return [];
      const found = resolve(row.entry) ?? row.entry.instrument?.ticker;
      return typeof found === "string" ? found : [];
    }),
  );
  const conversions = pairConversions(entries);
  const booking = { resolve, clock, signs: signsOf(entries), tickers, conversions };
  const booked = await mapInTurns(rows, (row) => bookRow(row, booking));
  return pairTaxes(keepTogether(booked, conversions));
}
