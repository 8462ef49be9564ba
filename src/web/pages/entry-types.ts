/** What can be entered, and which fields each of them has. */
import type { Transaction, TransactionType } from "../../ledger/index.ts";
import { typeMessage } from "../entry-words.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";

export type EntryField =
  | "account"
  | "from"
  | "to"
  | "ticker"
  | "quantity"
  | "price"
  | "amount"
  | "to_amount"
  | "fee"
  | "tax"
  | "numerator"
  | "denominator"
  | "acquired_on"
  | "date"
  | "currency"
  | "to_currency"
  | "fx_rate"
  | "note"
  | "tags";

export interface Entry {
  /** As addresses have it. */
  readonly name: string;
  /** null: the rows of a transfer or a conversion, which are written together. */
  readonly type: TransactionType | null;
  /** A message, as `help` and `labels` are. */
  readonly label: Message;
  /** What it is, and what becomes of it. */
  readonly help: Message | "";
  /** Beside the account, the note and the tags, which all have. */
  readonly fields: readonly EntryField[];
  /** Labels that say more than the field's usual one. */
  readonly labels?: Readonly<Partial<Record<EntryField, Message>>>;
  /** Between two accounts of the person. */
  readonly isBetween?: boolean;
}

export interface EntryGroup {
  readonly label: Message;
  readonly entries: readonly Entry[];
}

const trade: readonly EntryField[] = [
  "ticker",
  "quantity",
  "price",
  "fee",
  "tax",
  "date",
  "currency",
  "fx_rate",
];
const income: readonly EntryField[] = ["ticker", "amount", "tax", "fee", "date", "currency", "fx_rate"];
const cash: readonly EntryField[] = ["amount", "currency", "fee", "date", "fx_rate"];
const cost: readonly EntryField[] = ["amount", "currency", "date", "ticker", "fx_rate"];

export const trades: readonly Entry[] = [
  {
    name: "buy",
    type: "BUY",
    label: defineMessage("Buy"),
    help: defineMessage("Shares bought, with what they cost."),
    fields: trade,
  },
  {
    name: "sell",
    type: "SELL",
    label: defineMessage("Sell"),
    help: defineMessage("Shares sold, with what they brought."),
    fields: trade,
  },
];

/** Everything but the two that have a form beside the ledger. */
export const entryGroups: readonly EntryGroup[] = [
  {
    label: defineMessage("Income"),
    entries: [
      {
        name: "dividend",
        type: "DIVIDEND",
        label: defineMessage("Dividend"),
        help: defineMessage("Cash that a holding paid."),
        fields: income,
        labels: { amount: defineMessage("Amount before tax") },
      },
      {
        name: "interest",
        type: "INTEREST",
        label: defineMessage("Interest"),
        help: defineMessage("What cash or a bond earned. Below 0: what you paid for a loan."),
        fields: ["amount", "tax", "date", "currency", "fee", "ticker", "fx_rate"],
        labels: {
          amount: defineMessage("Amount before tax"),
          ticker: defineMessage("Ticker, if it is of one"),
        },
      },
    ],
  },
  {
    label: defineMessage("Cash"),
    entries: [
      {
        name: "deposit",
        type: "DEPOSIT",
        label: defineMessage("Deposit"),
        help: defineMessage("Money put in."),
        fields: cash,
      },
      {
        name: "withdrawal",
        type: "WITHDRAWAL",
        label: defineMessage("Withdrawal"),
        help: defineMessage("Money taken out."),
        fields: cash,
      },
      {
        name: "fee",
        type: "FEE",
        label: defineMessage("Fee"),
        help: defineMessage("A charge that is of no trade, such as custody. Below 0: a refund."),
        fields: cost,
        labels: { ticker: defineMessage("Ticker, if it is of one") },
      },
      {
        name: "tax",
        type: "TAX",
        label: defineMessage("Tax"),
        help: defineMessage("Tax that was withheld of no single payment. Below 0: a refund."),
        fields: cost,
        labels: { ticker: defineMessage("Ticker, if it is of one") },
      },
      {
        name: "conversion",
        type: null,
        label: defineMessage("Currency conversion"),
        help: defineMessage("Cash of one currency turned into another: both sides are written at once."),
        fields: ["amount", "currency", "to_amount", "to_currency", "fee", "date"],
        labels: {
          amount: defineMessage("Amount given"),
          currency: defineMessage("Currency given"),
          to_amount: defineMessage("Amount received"),
          to_currency: defineMessage("Currency received"),
        },
      },
    ],
  },
  {
    label: defineMessage("Shares"),
    entries: [
      {
        name: "bonus",
        type: "BONUS",
        label: defineMessage("Bonus shares"),
        help: defineMessage("Shares that came at no cost."),
        fields: ["ticker", "quantity", "fee", "date", "currency", "fx_rate"],
      },
      {
        name: "split",
        type: "SPLIT",
        label: defineMessage("Split"),
        help: defineMessage(
          "Your word on a split, for this account, where the market says otherwise or nothing.",
        ),
        fields: ["ticker", "numerator", "denominator", "date"],
      },
      {
        name: "return-of-capital",
        type: "RETURN_OF_CAPITAL",
        label: defineMessage("Return of capital"),
        help: defineMessage("Lowers what the shares cost; what is beyond that is a gain."),
        fields: ["ticker", "amount", "fee", "date", "currency", "fx_rate"],
      },
      {
        name: "shares-in",
        type: "TRANSFER_IN",
        label: defineMessage("Shares from elsewhere"),
        help: defineMessage("From an account that is not kept here, with what they had cost."),
        fields: ["ticker", "quantity", "amount", "acquired_on", "date", "fee", "currency", "fx_rate"],
        labels: { amount: defineMessage("What they had cost") },
      },
      {
        name: "shares-out",
        type: "TRANSFER_OUT",
        label: defineMessage("Shares to elsewhere"),
        help: defineMessage("To an account that is not kept here. What they had cost goes with them."),
        fields: ["ticker", "quantity", "fee", "date", "currency", "fx_rate"],
      },
    ],
  },
  {
    label: defineMessage("Between your accounts"),
    entries: [
      {
        name: "transfer-cash",
        type: null,
        label: defineMessage("Transfer of cash"),
        help: defineMessage("It leaves one account and comes to the other: no money in or out of the whole."),
        fields: ["from", "to", "amount", "currency", "fee", "date"],
        isBetween: true,
      },
      {
        name: "transfer-shares",
        type: null,
        label: defineMessage("Transfer of shares"),
        help: defineMessage("With what they had cost and when they were bought: no sale, and no gain."),
        fields: ["from", "to", "ticker", "quantity", "fee", "date"],
        isBetween: true,
      },
    ],
  },
];

/** Only ever edited: cash that comes from elsewhere is entered as a deposit. */
const cashFromElsewhere: readonly Entry[] = [
  {
    name: "cash-in",
    type: "TRANSFER_IN",
    label: defineMessage("Cash from elsewhere"),
    help: "",
    fields: cash,
  },
  {
    name: "cash-out",
    type: "TRANSFER_OUT",
    label: defineMessage("Cash to elsewhere"),
    help: "",
    fields: cash,
  },
];

/** As the page of an entry says it. */
export const inWords = (entry: Entry) => ({
  ...entry,
  label: t(entry.label),
  help: entry.help === "" ? "" : t(entry.help),
});

const entered: readonly Entry[] = [...trades, ...entryGroups.flatMap(({ entries }) => entries)];

export const entryNamed = (name: unknown): Entry | undefined => entered.find((entry) => entry.name === name);

/** What a row was entered as; of one side of a conversion or transfer: what each of the rows is. */
export function entryOf({ type, ticker }: Pick<Transaction, "type" | "ticker">): Entry {
  const isCash = ticker === null && type.startsWith("TRANSFER");
  const candidates = isCash ? cashFromElsewhere : entered;
  return (
    candidates.find((entry) => entry.type === type) ?? {
      ...cashFromElsewhere[0]!,
      type,
      label: typeMessage(type),
    }
  );
}
