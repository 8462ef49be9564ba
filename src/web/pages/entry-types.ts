/** What can be entered, and which fields each of them has. */
import type { Transaction, TransactionType } from "../../ledger/index.ts";

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
  readonly label: string;
  /** What it is, and what becomes of it. */
  readonly help: string;
  /** Beside the account, the note and the tags, which all have. */
  readonly fields: readonly EntryField[];
  /** Labels that say more than the field's usual one. */
  readonly labels?: Readonly<Partial<Record<EntryField, string>>>;
  /** Between two accounts of the person. */
  readonly isBetween?: boolean;
}

export interface EntryGroup {
  readonly label: string;
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
    label: "Buy",
    help: "Shares bought, with what they cost.",
    fields: trade,
  },
  {
    name: "sell",
    type: "SELL",
    label: "Sell",
    help: "Shares sold, with what they brought.",
    fields: trade,
  },
];

/** Everything but the two that have a form beside the ledger. */
export const entryGroups: readonly EntryGroup[] = [
  {
    label: "Income",
    entries: [
      {
        name: "dividend",
        type: "DIVIDEND",
        label: "Dividend",
        help: "Cash that a holding paid.",
        fields: income,
        labels: { amount: "Amount before tax" },
      },
      {
        name: "interest",
        type: "INTEREST",
        label: "Interest",
        help: "What cash or a bond earned. Below 0: what you paid for a loan.",
        fields: ["amount", "tax", "date", "currency", "fee", "ticker", "fx_rate"],
        labels: { amount: "Amount before tax", ticker: "Ticker, if it is of one" },
      },
    ],
  },
  {
    label: "Cash",
    entries: [
      { name: "deposit", type: "DEPOSIT", label: "Deposit", help: "Money put in.", fields: cash },
      { name: "withdrawal", type: "WITHDRAWAL", label: "Withdrawal", help: "Money taken out.", fields: cash },
      {
        name: "fee",
        type: "FEE",
        label: "Fee",
        help: "A charge that is of no trade, such as custody. Below 0: a refund.",
        fields: cost,
        labels: { ticker: "Ticker, if it is of one" },
      },
      {
        name: "tax",
        type: "TAX",
        label: "Tax",
        help: "Tax that was withheld of no single payment. Below 0: a refund.",
        fields: cost,
        labels: { ticker: "Ticker, if it is of one" },
      },
      {
        name: "conversion",
        type: null,
        label: "Currency conversion",
        help: "Cash of one currency turned into another: both sides are written at once.",
        fields: ["amount", "currency", "to_amount", "to_currency", "fee", "date"],
        labels: {
          amount: "Amount given",
          currency: "Currency given",
          to_amount: "Amount received",
          to_currency: "Currency received",
        },
      },
    ],
  },
  {
    label: "Shares",
    entries: [
      {
        name: "bonus",
        type: "BONUS",
        label: "Bonus shares",
        help: "Shares that came at no cost.",
        fields: ["ticker", "quantity", "fee", "date", "currency", "fx_rate"],
      },
      {
        name: "split",
        type: "SPLIT",
        label: "Split",
        help: "Your word on a split, for this account, where the market says otherwise or nothing.",
        fields: ["ticker", "numerator", "denominator", "date"],
      },
      {
        name: "return-of-capital",
        type: "RETURN_OF_CAPITAL",
        label: "Return of capital",
        help: "Lowers what the shares cost; what is beyond that is a gain.",
        fields: ["ticker", "amount", "fee", "date", "currency", "fx_rate"],
      },
      {
        name: "shares-in",
        type: "TRANSFER_IN",
        label: "Shares from elsewhere",
        help: "From an account that is not kept here, with what they had cost.",
        fields: ["ticker", "quantity", "amount", "acquired_on", "date", "fee", "currency", "fx_rate"],
        labels: { amount: "What they had cost" },
      },
      {
        name: "shares-out",
        type: "TRANSFER_OUT",
        label: "Shares to elsewhere",
        help: "To an account that is not kept here. What they had cost goes with them.",
        fields: ["ticker", "quantity", "fee", "date", "currency", "fx_rate"],
      },
    ],
  },
  {
    label: "Between your accounts",
    entries: [
      {
        name: "transfer-cash",
        type: null,
        label: "Transfer of cash",
        help: "It leaves one account and comes to the other: no money in or out of the whole.",
        fields: ["from", "to", "amount", "currency", "fee", "date"],
        isBetween: true,
      },
      {
        name: "transfer-shares",
        type: null,
        label: "Transfer of shares",
        help: "With what they had cost and when they were bought: no sale, and no gain.",
        fields: ["from", "to", "ticker", "quantity", "fee", "date"],
        isBetween: true,
      },
    ],
  },
];

/** Only ever edited: cash that comes from elsewhere is entered as a deposit. */
const cashFromElsewhere: readonly Entry[] = [
  { name: "cash-in", type: "TRANSFER_IN", label: "Cash from elsewhere", help: "", fields: cash },
  { name: "cash-out", type: "TRANSFER_OUT", label: "Cash to elsewhere", help: "", fields: cash },
];

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
      label: typeName(type),
    }
  );
}

/** "RETURN_OF_CAPITAL" -> "RETURN OF CAPITAL". */
export const typeName = (type: TransactionType): string => type.replaceAll("_", " ");
