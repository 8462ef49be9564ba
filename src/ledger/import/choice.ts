/** Which account a file is of, which of its rows that are no trades are recorded there, and what that changes of the account. */
import { Big } from "big.js";
import type { PoolClient } from "pg";
import type { Account } from "../accounts.ts";
import { requireNamed } from "../accounts.ts";
import { latestToday } from "../input.ts";
import { type Draft, draftImport, findUncovered, type Selection } from "./draft.ts";
import type { Begun } from "./kept.ts";
import type { ImportFile } from "./read.ts";
import type { GroupCounts, RecordGroup, Recording } from "./recording.ts";
import type { Remark } from "./remarks.ts";
import { type ImportRow, isForLedger, type RowInput } from "./rows.ts";

export interface Choice {
  readonly accounts: readonly Account[];
  /** Of our own export, which names its accounts itself, the default one. */
  readonly account: Account;
  readonly recording: Recording;
}

/**
 * What nobody has chosen is as the account is kept: who books dividends there has them recorded, who keeps cash there has deposits. Fees,
 * taxes and interest count nowhere else, so they are recorded. Shares that moved are not: to most their other side is no account of their own.
 */
export function choose(
  accounts: readonly Account[],
  { account: named, recording }: ImportFile,
  now: Date,
): Choice {
  const account = requireNamed(accounts, named, named === undefined ? null : latestToday(now));
  return {
    accounts,
    account,
    recording: {
      dividends: recording?.dividends ?? account.income === "ledger",
      costs: recording?.costs ?? true,
      cash: recording?.cash ?? account.tracks_cash,
      shares: recording?.shares ?? false,
    },
  };
}

/** The rows in an account that the file does not name. */
export function inAccount(rows: readonly ImportRow[], { account }: Choice): ImportRow[] {
  if (account.is_default) return [...rows];
  const placed = (input: RowInput): RowInput => ({ ...input, account: account.account_id });
  return rows.map((row) =>
    row.entry.own || row.input === null
      ? row
      : {
          ...row,
          input: placed(row.input),
          ...(row.counterpart && { counterpart: placed(row.counterpart) }),
        },
  );
}

export interface CoveredDraft {
  readonly draft: Draft;
  readonly uncovered: ReadonlyMap<ImportRow, Remark>;
  /** By line: rows of what was chosen that are left out all the same, and why. */
  readonly left: ReadonlyMap<number, Remark>;
}

/** As `draftImport`; shares that would leave and are not there stay out by themselves: trades are recorded without them. */
export async function draftCovered(
  client: PoolClient,
  userId: number,
  { rows, choice }: { readonly rows: readonly ImportRow[]; readonly choice: Choice },
  selection: Selection | null,
  left: ReadonlyMap<number, Remark> = new Map(),
): Promise<CoveredDraft> {
  const chosen = { recording: choice.recording, without: new Set(left.keys()) };
  const draft = await draftImport(client, userId, rows, selection, chosen);
  const uncovered = await findUncovered(client, draft);
  const blamed = [...uncovered].filter(([row]) => !isForLedger(row));
  if (blamed.length === 0) return { draft, uncovered, left };
  const more = new Map(left);
  for (const [row, remark] of blamed) more.set(row.line, remark);
  return draftCovered(client, userId, { rows, choice }, selection, more);
}

/** Rows that cannot be recorded, of what is chosen and of what is not. */
export function countUnrecorded(rows: readonly Pick<ImportRow, "group" | "problem">[]): GroupCounts {
  const count = (of: RecordGroup): number =>
    rows.filter(({ group, problem }) => group === of && problem).length;
  return {
    dividends: count("dividends"),
    costs: count("costs"),
    cash: count("cash"),
    shares: count("shares"),
  };
}

export interface CashAfter {
  readonly currency: string;
  readonly balance: string;
}

const paidOut = new Set(["BUY", "WITHDRAWAL", "FX_OUT", "FEE", "TAX"]);
const ofShares = new Set(["BONUS", "SPLIT", "TRANSFER_IN", "TRANSFER_OUT"]);

/** What a row moves of its account's cash, in its currency. */
export function movementOf({ type, ticker, quantity, price, amount, fee, tax = "0" }: RowInput): Big {
  const costs = new Big(fee).plus(tax);
  if (ofShares.has(type) && ticker !== undefined) return costs.neg();
  const gross = amount === undefined ? new Big(quantity ?? 0).times(price ?? 0) : new Big(amount);
  return (paidOut.has(type) || type === "TRANSFER_OUT" ? gross.neg() : gross).minus(costs);
}

/**
 * An account's cash by currency once the selected rows are recorded, without what the market says of dividends: what a person can hold
 * against their broker's figure.
 */
export async function readCashAfter(
  client: PoolClient,
  userId: number,
  { account }: Choice,
  selected: readonly ImportRow[],
  currencyOf: (input: RowInput) => string,
): Promise<CashAfter[]> {
  const { rows } = await client.query<CashAfter>(
    `select coalesce(transactions.currency, raw_assets.currency, 'USD') as currency,
       sum(
         case
           when ticker is not null and transaction_type in ('BONUS', 'SPLIT', 'TRANSFER_IN', 'TRANSFER_OUT') then 0
           when transaction_type in ('BUY', 'WITHDRAWAL', 'FX_OUT', 'FEE', 'TAX', 'TRANSFER_OUT')
             then -coalesce(amount, quantity * price)
           else coalesce(amount, quantity * price)
         end - coalesce(fee, 0) - tax
       ) as balance
     from bronze.transactions
     left join bronze.raw_assets using (ticker)
     where user_id = $1
       and account_id = $2
       and (transaction_type <> 'DIVIDEND' or $3)
     group by 1`,
    [userId, account.account_id, account.income === "ledger"],
  );
  const balances = new Map(rows.map(({ currency, balance }) => [currency, new Big(balance)]));
  for (const { input, counterpart } of selected)
    for (const one of [input, counterpart]) {
      if (!one) continue;
      const currency = currencyOf(one);
      balances.set(currency, (balances.get(currency) ?? new Big(0)).plus(movementOf(one)));
    }
  return [...balances]
    .map(([currency, balance]) => ({ currency, balance: balance.toFixed() }))
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1));
}

/** The day of the first purchase before the file's first row; null: there is none. The file says nothing of the time between. */
export function earlierSince({ ledger, rows }: Draft, { account }: Choice): string | null {
  const days = rows.flatMap(({ entry }) => entry.date ?? []).toSorted();
  const first = ledger
    .filter(({ account_id, type }) => account_id === account.account_id && type === "BUY")
    .map(({ date }) => date)
    .toSorted()[0];
  return days[0] !== undefined && first !== undefined && first < days[0] ? first : null;
}

/** The account is kept as its rows need it, from now on. */
export async function keepAccount(
  client: PoolClient,
  userId: number,
  { account }: Choice,
  recorded: readonly ImportRow[],
): Promise<Begun> {
  const has = (group: ImportRow["group"]): boolean => recorded.some((row) => row.group === group);
  const income = has("dividends") && account.income === "market";
  const cash = has("cash") && !account.tracks_cash;
  if (!income && !cash) return { accountId: null, cash, income };
  await client.query(
    `update public.accounts
     set income = case when $3 then 'ledger' else income end, tracks_cash = tracks_cash or $4
     where user_id = $1
       and account_id = $2`,
    [userId, account.account_id, income, cash],
  );
  return { accountId: account.account_id, cash, income };
}
