/** What the form of each kind of corporate action asks, and how it says so. */
import type { CorporateActionKind } from "../../ledger/index.ts";
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

interface FieldText {
  readonly label: string;
  readonly hint?: string;
}

interface KindForm {
  readonly label: string;
  readonly help: string;
  /** Two in a row make a pair. */
  readonly rows: readonly (readonly TermName[])[];
  readonly texts: Readonly<Partial<Record<TermName, FieldText>>>;
}

const ratioOf = (came: string): Readonly<Partial<Record<TermName, FieldText>>> => ({
  numerator: { label: came },
  denominator: { label: "For shares held" },
});
const fraction: FieldText = {
  label: "Cash for one whole new share",
  hint: "What fractions were paid at. Empty: fractions are kept.",
};

export const kindForms: Readonly<Record<CorporateActionKind, KindForm>> = {
  spin_off: {
    label: "Spin-off",
    help: "Shares of a new company came for those that are held, which stay. Part of the cost goes with them, and the purchase dates.",
    rows: [
      ["ticker", "new_ticker"],
      ["date"],
      ["numerator", "denominator"],
      ["cost_share"],
      ["price", "new_price"],
      ["fraction_price"],
    ],
    texts: {
      ticker: { label: "Parent" },
      new_ticker: { label: "Spun off" },
      date: {
        label: "First day without it",
        hint: "Who held the parent the evening before gets the new shares.",
      },
      ...ratioOf("New shares"),
      cost_share: {
        label: "Share of the cost",
        hint: "Between 0 and 1, as the company says it. Empty: by what both were worth at the close of that day.",
      },
      price: { label: "Close of the parent", hint: "Empty: as it is known here." },
      new_price: { label: "Close of the new share", hint: "Empty: as it is known here." },
      fraction_price: fraction,
    },
  },
  merger: {
    label: "Merger or takeover",
    help: "The shares that were held are gone: for shares of another company, for cash, or for both. Cash beside shares lowers their cost, and what exceeds it is a gain; where your tax law says otherwise, take its figures.",
    rows: [
      ["ticker", "new_ticker"],
      ["date"],
      ["numerator", "denominator"],
      ["cash_per_share"],
      ["new_price", "fraction_price"],
    ],
    texts: {
      ticker: { label: "What was held" },
      new_ticker: { label: "What it became", hint: "Empty: cash alone." },
      date: { label: "Day of the merger" },
      ...ratioOf("New shares"),
      cash_per_share: {
        label: "Cash for each share held",
        hint: "In the currency of what was held. Empty: none.",
      },
      new_price: { label: "Close of the new share", hint: "Empty: as it is known here." },
      fraction_price: fraction,
    },
  },
  rename: {
    label: "Renamed ticker",
    help: "The same share has another symbol. Every transaction from before the day gets it, and figures are as if it had always been so.",
    rows: [["ticker", "new_ticker"], ["date"]],
    texts: {
      ticker: { label: "Old symbol" },
      new_ticker: { label: "New symbol" },
      date: { label: "First day with the new symbol" },
    },
  },
  rights: {
    label: "Rights issue",
    help: "Shares were bought with the rights of those that were held, or the rights were sold. What they were sold for lowers the cost of the shares. Where your broker books the rights under a symbol of their own, enter here what they brought, and leave the rows of that symbol out.",
    rows: [["ticker", "date"], ["numerator", "denominator"], ["is_exercised"], ["price"]],
    texts: {
      ticker: { label: "Ticker" },
      date: { label: "Day", hint: "Who held the share the evening before has the rights." },
      ...ratioOf("Shares on offer"),
      price: { label: "Price of one", hint: "That was paid for a share, or received for the right to one." },
    },
  },
  cash_in_lieu: {
    label: "Cash for a fraction",
    help: "After a split or the like less than one share was left over, and was paid in cash.",
    rows: [["ticker", "date"], ["price"]],
    texts: {
      ticker: { label: "Ticker" },
      date: { label: "Day" },
      price: { label: "Cash for one whole share", hint: "The fraction is sold at this price." },
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
  const { label } = kindForms[kind];
  const old = shownTicker(ticker);
  if (newTicker === null) return `${label}: ${old}`;
  return `${label}: ${old} ${kind === "spin_off" ? "and" : "→"} ${shownTicker(newTicker)}`;
}
