/** What the oracle is told: ledgers and markets. Dates are `YYYY-MM-DD`; arithmetic of decimals goes to 40 digits. */
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
  /** What price and fee are in; else in the security's. */
  readonly currency?: string | undefined;
  /** What one of that was worth in fxCurrency, as the person said; else as the day's rates say. */
  readonly fxRate?: string | undefined;
  readonly fxCurrency?: string | undefined;
}

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
