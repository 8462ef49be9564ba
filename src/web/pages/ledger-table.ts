/** The ledger's table: its order, filter and page stand in the address, so that they can be kept and sent. */
import { z } from "zod";
import {
  type LedgerColumn,
  type LedgerPage,
  type LedgerQuery,
  ledgerColumns,
  type TransactionType,
  transactionTypes,
} from "../../ledger/index.ts";
import { day } from "../../values.ts";
import { typeLabel } from "../entry-words.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { positiveId } from "../schemas.ts";
import type { Account } from "./entry-form.ts";

const path = "/transactions";

/** What is no filter is left out, an empty field too: an address can always be shown. */
export const ledgerQuery = z.object({
  ticker: z.string().min(1).max(20).optional().catch(undefined),
  type: z.enum(transactionTypes).optional().catch(undefined),
  account: positiveId.optional().catch(undefined),
  tag: z.string().min(1).max(50).optional().catch(undefined),
  from: day.optional().catch(undefined),
  to: day.optional().catch(undefined),
  sort: z.enum(["", "-"].flatMap((sign) => ledgerColumns.map((column) => sign + column))).catch("-date"),
  page: z.coerce.number().int().min(1).max(1_000_000).catch(1),
});

type Address = z.output<typeof ledgerQuery>;

export function ledgerQueryOf({ sort, ...address }: Address): LedgerQuery {
  return { ...address, sort: sort.replace("-", "") as LedgerColumn, isDescending: sort.startsWith("-") };
}

function href(address: Address, change: Partial<Address>): string {
  const defaults: Partial<Address> = { sort: "-date", page: 1 };
  const given = Object.entries({ ...address, ...change }).filter(
    ([name, value]) => value !== undefined && value !== defaults[name as keyof Address],
  );
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  return query.size > 0 ? `${path}?${query}` : path;
}

/** Where the ledger shows a transaction, whichever of its pages it would stand on. */
export function ledgerPath(
  row: {
    transaction_id: number;
    transaction_date: string;
    /** null: cash. */
    ticker: string | null;
  },
  account: number | null = null,
): string {
  const { transaction_id, transaction_date, ticker } = row;
  const query = new URLSearchParams({
    ...(ticker !== null && { ticker }),
    ...(account !== null && { account: String(account) }),
    from: transaction_date,
    to: transaction_date,
  });
  return `${path}?${query}#transaction-${transaction_id}`;
}

const headings: Readonly<Record<LedgerColumn, { label: Message; isNumber: boolean; isOptional: boolean }>> = {
  date: { label: defineMessage("Date"), isNumber: false, isOptional: true },
  type: { label: defineMessage("Type"), isNumber: false, isOptional: true },
  ticker: { label: defineMessage("Ticker"), isNumber: false, isOptional: false },
  quantity: { label: defineMessage("Quantity"), isNumber: true, isOptional: true },
  price: { label: defineMessage("Price"), isNumber: true, isOptional: true },
  fee: { label: defineMessage("Fee"), isNumber: true, isOptional: true },
  total: { label: defineMessage("Total"), isNumber: true, isOptional: false },
};

/** Figures and days are sorted largest first to begin with, words from A. */
function heading(column: LedgerColumn, address: Address) {
  const isSorted = address.sort.replace("-", "") === column;
  const isDescending = address.sort.startsWith("-");
  const first = headings[column].isNumber || column === "date" ? `-${column}` : column;
  const next = isSorted ? (isDescending ? column : `-${column}`) : first;
  return {
    ...headings[column],
    label: t(headings[column].label),
    href: href(address, { sort: next, page: 1 }),
    sorted: isSorted ? (isDescending ? "descending" : "ascending") : null,
    mark: isSorted ? (isDescending ? "▼" : "▲") : "",
  };
}

const sorts: readonly (readonly [sort: string, label: Message])[] = [
  ["-date", defineMessage("Newest first")],
  ["date", defineMessage("Oldest first")],
  ["ticker", defineMessage("Ticker A to Z")],
  ["-ticker", defineMessage("Ticker Z to A")],
  ["type", defineMessage("Buys first")],
  ["-type", defineMessage("Sells first")],
  ["-quantity", defineMessage("Largest quantity")],
  ["quantity", defineMessage("Smallest quantity")],
  ["-price", defineMessage("Highest price")],
  ["price", defineMessage("Lowest price")],
  ["-fee", defineMessage("Highest fee")],
  ["fee", defineMessage("Lowest fee")],
  ["-total", defineMessage("Largest total")],
  ["total", defineMessage("Smallest total")],
];

const tradeTypes: readonly TransactionType[] = ["BUY", "SELL"];
const isTradeType = (type: TransactionType): boolean => tradeTypes.includes(type);

/** Of who only buys and sells there are two types. */
function sortsOf(types: readonly TransactionType[]) {
  if (types.every(isTradeType)) return sorts;
  const others: Readonly<Record<string, Message>> = {
    type: defineMessage("Type A to Z"),
    "-type": defineMessage("Type Z to A"),
  };
  return sorts.map(([sort, label]) => [sort, others[sort] ?? label] as const);
}

/** What the template shows around the rows. `accounts`: of the person. */
export function describeTable(
  address: Address,
  { page, pages, matches, tickers, types, tags }: LedgerPage,
  accounts: readonly Account[],
) {
  const { ticker, type, account, tag, from, to } = address;
  const sorts = sortsOf(types);
  return {
    types: [...tradeTypes, ...types.filter((one) => !isTradeType(one))].map((one) => ({
      value: one,
      label: typeLabel(one),
      isSelected: one === type,
    })),
    areTrades: types.every(isTradeType),
    accounts:
      accounts.length > 1
        ? accounts.map(({ account_id, name }) => ({ account_id, name, isSelected: account_id === account }))
        : null,
    /** null: none was ever written. */
    tags: tags.length > 0 ? tags.map((one) => ({ tag: one, isSelected: one === tag })) : null,
    headings: ledgerColumns.map((column) => heading(column, address)),
    filter: { ticker, type, from, to },
    isFiltered: [ticker, type, account, tag, from, to].some((value) => value !== undefined),
    /** Of the account that is looked at; other filters are for looking. */
    exportQuery: account === undefined ? "" : `?account=${account}`,
    isBackwards: from !== undefined && to !== undefined && from > to,
    tickers: tickers.map((name) => ({ name, isSelected: name === ticker })),
    sorts: sorts.map(([sort, label]) => ({ sort, label: t(label), isSelected: sort === address.sort })),
    order: t(sorts.find(([sort]) => sort === address.sort)![1]),
    matches,
    isOne: matches === 1,
    page,
    pages,
    hasPages: pages > 1,
    previous: page > 1 ? href(address, { page: page - 1 }) : null,
    next: page < pages ? href(address, { page: page + 1 }) : null,
  };
}
