/** What the oracle is told: ledgers and markets. Dates are `YYYY-MM-DD`; arithmetic of decimals goes to 40 digits. */
import Big from "big.js";

Big.DP = 40;

/** How a transaction was paid. */
export interface Payment {
  readonly date: string;
  /** What its money is in; else in the security's. */
  readonly currency?: string | undefined;
  /** What one of that was worth in fxCurrency, as the person said; else as the day's rates say. */
  readonly fxRate?: string | undefined;
  readonly fxCurrency?: string | undefined;
}

export interface Trade extends Payment {
  readonly id: number;
  readonly ticker: string;
  readonly type: "BUY" | "SELL";
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
}

export type LedgerType =
  | "BUY"
  | "SELL"
  | "BONUS"
  | "SPLIT"
  | "RETURN_OF_CAPITAL"
  | "DIVIDEND"
  | "INTEREST"
  | "DEPOSIT"
  | "WITHDRAWAL"
  | "FEE"
  | "TAX"
  | "TRANSFER_IN"
  | "TRANSFER_OUT"
  | "FX_IN"
  | "FX_OUT";

/** A transaction of any type; what a type has not is left out. */
export interface LedgerRow extends Payment {
  readonly id: number;
  /** Place of its account among the person's. */
  readonly account: number;
  readonly type: LedgerType;
  readonly ticker?: string | undefined;
  /** In shares of its day. */
  readonly quantity?: string;
  readonly price?: string;
  /** Money of what has no price; of shares that a transfer brings, what they had cost. */
  readonly amount?: string;
  readonly fee?: string;
  readonly tax?: string;
  /** Of a SPLIT. */
  readonly numerator?: string;
  readonly denominator?: string;
  /** When shares that a transfer brings had been bought. */
  readonly acquiredOn?: string;
  /** Of a SELL: how much of which purchase, by its id. */
  readonly lots?: Readonly<Record<string, string>>;
  /** What shares that a corporate action takes or brings are worth, in the security's currency. */
  readonly marketValue?: string;
  /** Rows that were written together, of a transfer, a conversion or a corporate action. */
  readonly pair?: number;
}

/** How an account is kept. */
export interface Account {
  /** Else a purchase is money in, and a sale money out. */
  readonly tracksCash: boolean;
  /** Dividends count as they are booked; else as the market paid them. */
  readonly booksIncome: boolean;
}

export type CostMethod = "average" | "fifo" | "lifo" | "hifo";

export interface Security {
  readonly ticker: string;
  /** Else US dollars. */
  readonly currency?: string;
  /** How many of the currency one quoted unit is, for closes and dividends: 0.01 for pence. Else 1. */
  readonly unitFactor?: string;
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

/** The calendar day after `date`; civil-date arithmetic in UTC, where days have no other length. */
export function nextDay(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}
