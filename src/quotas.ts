/** How much one person, and one installation, may keep: more than anybody needs, and less than fills a disk. */
import { type Plain, plain } from "./plain.ts";

export interface Quotas {
  /** Of one person. */
  readonly trades: number;
  /** Different ones in one person's ledger. */
  readonly tickers: number;
  /** That nobody here has used yet, of one person on one day (UTC): each is fetched every day from then on. */
  readonly newTickersADay: number;
  /** Trades recorded, deleted and brought back by one person on one day (UTC): each is kept in the audit for ever. */
  readonly changesADay: number;
  /** Rows of imported files, and what was said of such files, kept for one person. */
  readonly importRows: number;
  /** Of one person: each has figures of its own. */
  readonly portfolioAccounts: number;
  /** Assets of one person's own. */
  readonly ownAssets: number;
  /** Of one asset of somebody's own: one a day for longer than anybody has one. */
  readonly ownPrices: number;
  /** That one person watches or aims at and has never traded: each is fetched every day. */
  readonly watchedTickers: number;
  /** API tokens of one person. */
  readonly tokens: number;
  /** Links to one person's portfolio, and people who may read it: of each. */
  readonly sharing: number;
  /** Open ones of one person; a new one ends the one that was used longest ago. */
  readonly sessions: number;
  /** Of the installation. */
  readonly accounts: number;
}

export const defaultQuotas: Quotas = {
  trades: 100_000,
  tickers: 2000,
  newTickersADay: 200,
  changesADay: 50_000,
  importRows: 200_000,
  portfolioAccounts: 50,
  ownAssets: 200,
  ownPrices: 40_000,
  watchedTickers: 200,
  tokens: 100,
  sharing: 50,
  sessions: 100,
  accounts: 10_000,
};

const number = new Intl.NumberFormat("en-US");

export class QuotaExceededError extends Error {
  readonly code = "quota_exceeded";
  readonly plain: Plain;

  /** `what` there may be `limit` of; `wayOut`: what the person can do; `setting`: what an operator can. */
  constructor(limit: number, what: string, wayOut: string, setting: string) {
    super(
      `expected at most ${number.format(limit)} ${what}; ${wayOut}, or ask whoever runs this installation to allow more (${setting})`,
    );
    this.plain = plain(
      "There can be at most {limit:number} {what}. You can {wayOut}, or ask whoever runs this installation to allow more.",
      {
        limit: String(limit),
        what,
        wayOut,
      },
    );
  }
}
