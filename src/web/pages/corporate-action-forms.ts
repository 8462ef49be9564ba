/** What the form of each kind of corporate action asks, and how it says so. */

import type { CorporateActionKind } from "../../ledger/index.ts";
import { defineMessage, listed, type Message, t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";

export type TermName =
  | "ticker"
  | "new_ticker"
  | "date"
  | "account"
  | "numerator"
  | "denominator"
  | "cost_share"
  | "price"
  | "new_price"
  | "cash_per_share"
  | "fraction_price"
  | "is_exercised";

/** Messages. */
interface FieldText {
  readonly label: Message;
  readonly hint?: Message;
}

interface KindForm {
  readonly label: Message;
  readonly help: Message;
  /** Two in a row make a pair. */
  readonly rows: readonly (readonly TermName[])[];
  readonly texts: Readonly<Partial<Record<TermName, FieldText>>>;
}

const ratioOf = (came: Message): Readonly<Partial<Record<TermName, FieldText>>> => ({
  numerator: { label: came },
  denominator: { label: defineMessage("For shares held") },
});
const fraction: FieldText = {
  label: defineMessage("Cash for one whole new share"),
  hint: defineMessage("What fractions were paid at. Empty: fractions are kept."),
};

export const kindForms: Readonly<Record<CorporateActionKind, KindForm>> = {
  spin_off: {
    label: defineMessage("Spin-off"),
    help: defineMessage(
      "Shares of a new company came for those that are held, which stay. Part of the cost goes with them, and the purchase dates.",
    ),
    rows: [
      ["ticker", "new_ticker"],
      ["date"],
      ["numerator", "denominator"],
      ["cost_share"],
      ["price", "new_price"],
      ["fraction_price"],
    ],
    texts: {
      ticker: { label: defineMessage("Parent") },
      new_ticker: { label: defineMessage("Spun off") },
      date: {
        label: defineMessage("First day without it"),
        hint: defineMessage("Who held the parent the evening before gets the new shares."),
      },
      ...ratioOf(defineMessage("New shares")),
      cost_share: {
        label: defineMessage("Share of the cost"),
        hint: defineMessage(
          "Between 0 and 1, as the company says it. Empty: by what both were worth at the close of that day.",
        ),
      },
      price: {
        label: defineMessage("Close of the parent"),
        hint: defineMessage("Empty: as it is known here."),
      },
      new_price: {
        label: defineMessage("Close of the new share"),
        hint: defineMessage("Empty: as it is known here."),
      },
      fraction_price: fraction,
    },
  },
  merger: {
    label: defineMessage("Merger or takeover"),
    help: defineMessage(
      "The shares that were held are gone: for shares of another company, for cash, or for both. Cash beside shares lowers their cost, and what exceeds it is a gain; where your tax law says otherwise, take its figures.",
    ),
    rows: [
      ["ticker", "new_ticker"],
      ["date"],
      ["numerator", "denominator"],
      ["cash_per_share"],
      ["new_price", "fraction_price"],
    ],
    texts: {
      ticker: { label: defineMessage("What was held") },
      new_ticker: { label: defineMessage("What it became"), hint: defineMessage("Empty: cash alone.") },
      date: { label: defineMessage("Day of the merger") },
      ...ratioOf(defineMessage("New shares")),
      cash_per_share: {
        label: defineMessage("Cash for each share held"),
        hint: defineMessage("In the currency of what was held. Empty: none."),
      },
      new_price: {
        label: defineMessage("Close of the new share"),
        hint: defineMessage("Empty: as it is known here."),
      },
      fraction_price: fraction,
    },
  },
  rename: {
    label: defineMessage("Renamed ticker"),
    help: defineMessage(
      "The same share has another symbol. Every transaction from before the day gets it, and figures are as if it had always been so.",
    ),
    rows: [["ticker", "new_ticker"], ["date"]],
    texts: {
      ticker: { label: defineMessage("Old symbol") },
      new_ticker: { label: defineMessage("New symbol") },
      date: { label: defineMessage("First day with the new symbol") },
    },
  },
  rights: {
    label: defineMessage("Rights issue"),
    help: defineMessage(
      "Shares were bought with the rights of those that were held, or the rights were sold. What they were sold for lowers the cost of the shares. Where your broker books the rights under a symbol of their own, enter here what they brought, and leave the rows of that symbol out.",
    ),
    rows: [["ticker", "date"], ["numerator", "denominator"], ["is_exercised"], ["price"]],
    texts: {
      ticker: { label: defineMessage("Ticker") },
      date: {
        label: defineMessage("Day"),
        hint: defineMessage("Who held the share the evening before has the rights."),
      },
      ...ratioOf(defineMessage("Shares on offer")),
      price: {
        label: defineMessage("Price of one"),
        hint: defineMessage("That was paid for a share, or received for the right to one."),
      },
    },
  },
  cash_in_lieu: {
    label: defineMessage("Cash for a fraction"),
    help: defineMessage("After a split or the like less than one share was left over, and was paid in cash."),
    rows: [["ticker", "date"], ["price"]],
    texts: {
      ticker: { label: defineMessage("Ticker") },
      date: { label: defineMessage("Day") },
      price: {
        label: defineMessage("Cash for one whole share"),
        hint: defineMessage("The fraction is sold at this price."),
      },
    },
  },
};

/** What people may leave empty. */
export const optionalTerms: ReadonlySet<TermName> = new Set([
  "account",
  "cost_share",
  "new_price",
  "cash_per_share",
  "fraction_price",
]);

/** "3 for 2": what is said of an action in a list. */
export function summaryOf(kind: CorporateActionKind, ticker: string, newTicker: string | null): string {
  const label = t(kindForms[kind].label);
  const old = shownTicker(ticker);
  if (newTicker === null) return `${label}: ${old}`;
  const both =
    kind === "spin_off" ? listed([old, shownTicker(newTicker)]) : `${old} → ${shownTicker(newTicker)}`;
  return `${label}: ${both}`;
}
