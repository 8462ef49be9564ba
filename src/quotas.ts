/** How much one person, and one installation, may keep: more than anybody needs, and less than fills a disk. */
import { defineMessage, type Plain, plain } from "./plain.ts";

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

/** Made where one is told: to make it takes longer than all the rest of a command's settings. */
const inWords = (limit: number): string => new Intl.NumberFormat("en-US").format(limit);

/** By what there may be so many of. */
const sentences = {
  "trades of one person": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} trades of one person. " +
          "You can delete some that are not needed, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "different tickers in one ledger": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} different tickers in one ledger. " +
          "You can delete the trades of one that is not needed, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "trades of one person recorded, deleted or brought back on one day": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} trades of one person recorded, deleted or brought back on one day. " +
          "You can go on from midnight UTC on, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "rows of imported files kept for one person": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} rows of imported files kept for one person. " +
          "You can record new trades by the form, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "accounts of one person": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} accounts of one person. " +
          "You can delete one that is not needed, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "assets of one's own": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} assets of one's own. " +
          "You can delete one that is not needed, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "prices of one asset": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} prices of one asset. " +
          "You can delete some that are not needed, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "tickers that you watch or aim at and have never traded": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} tickers that you watch or aim at and have never traded. " +
          "You can take one off your watchlist, and its target away, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "links to one person’s portfolio": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} links to one person’s portfolio. " +
          "You can revoke one that is not used, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "people who may read for one": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} people who may read for one. " +
          "You can end one of them, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  "API tokens of one person": (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} API tokens of one person. " +
          "You can revoke one that is not used, or ask whoever runs this installation to allow more.",
      ),
      { limit },
    ),
  accounts: (limit: string) =>
    plain(
      defineMessage(
        "There can be at most {limit:number} accounts: this installation takes no more people. Ask whoever runs it " +
          "to make yours.",
      ),
      { limit },
    ),
};

export class QuotaExceededError extends Error {
  readonly code = "quota_exceeded";
  readonly plain: Plain;

  /** `what` there may be `limit` of; `wayOut`: what the person can do; `setting`: what an operator can. */
  constructor(limit: number, what: keyof typeof sentences, wayOut: string, setting: string) {
    super(
      `expected at most ${inWords(limit)} ${what}; ${wayOut}, or ask whoever runs this installation to allow more (${setting})`,
    );
    this.plain = sentences[what](String(limit));
  }
}
