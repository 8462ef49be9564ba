/** A file's rows against the ledger as it is: which stand there already, and what they would sell without having it. */

import { createHash, hash } from "node:crypto";
import type { PoolClient } from "pg";
import { mapInTurns } from "../../event-loop.ts";
import { messageOf, type Plain, plain } from "../../plain.ts";
import { type Account, accountInFile, readAccounts } from "../accounts.ts";
import { OversellError } from "../errors.ts";
import { findOversells, type Oversell, overruled, type Split, type Trade } from "../position.ts";
import { readSplits, readTransactions, type Transaction } from "../rows.ts";
import { incoming, outgoing } from "../transaction-types.ts";
import { DuplicateError } from "./errors.ts";
import { keyRows, readImportedRows } from "./kept.ts";
import type { GroupCounts, Recording } from "./recording.ts";
import { type Remark, remarkOf } from "./remarks.ts";
import { type ImportRow, isForLedger, type RowInput } from "./rows.ts";

/** Which lines to record, of the review with that fingerprint. */
export interface Selection {
  readonly fingerprint: string;
  readonly lines: ReadonlySet<number>;
  /** How many rows of each kind the review said could not be recorded; absent: nobody looked. */
  readonly unrecorded?: Partial<GroupCounts>;
}

export interface Draft {
  readonly rows: readonly ImportRow[];
  readonly ledger: readonly Transaction[];
  readonly accounts: readonly Account[];
  readonly duplicates: ReadonlyMap<ImportRow, Remark>;
  /** Rows that are no trades and stand with an earlier import already. */
  readonly keptBefore: ReadonlySet<ImportRow>;
  readonly fingerprint: string;
  readonly isSelectionKept: boolean;
  readonly selected: readonly ImportRow[];
}

/** What two rows that may be one have alike; what has no quantity and price has an amount, or a ratio. */
const keyOf = (row: RowInput | Transaction): string =>
  [row.date, row.ticker, row.type, row.quantity, row.price, row.amount, row.numerator, row.denominator].join(
    " ",
  );

interface Known {
  readonly duplicates: Map<ImportRow, Remark>;
  readonly keptBefore: Set<ImportRow>;
}

/**
 * Rows that stand in the ledger: the same row of a file that was imported, or a trade like it. Two fills alike in a file are two
 * trades; one like them in the ledger accounts for one of them alone.
 */
async function findKnown(
  client: PoolClient,
  userId: number,
  rows: readonly ImportRow[],
  ledger: readonly Transaction[],
): Promise<Known> {
  const keys = await keyRows(rows);
  const imported = await readImportedRows(client, userId, [...keys.values()]);
  const alike = new Map<string, Set<number>>();
  const keyOfTransaction = new Map<number, string>();
  await mapInTurns(ledger, (transaction) => {
    const key = keyOf(transaction);
    keyOfTransaction.set(transaction.transaction_id, key);
    alike.set(key, (alike.get(key) ?? new Set()).add(transaction.transaction_id));
  });
  const duplicates = new Map<ImportRow, Remark>();
  const keptBefore = new Set<ImportRow>();
  for (const row of rows) {
    const before = imported.get(keys.get(row)!);
    if (before && !isForLedger(row)) keptBefore.add(row);
    const own =
      before?.transactionId === undefined ? undefined : keyOfTransaction.get(before.transactionId ?? -1);
    if (!before || own === undefined || !row.input) continue;
    alike.get(own)?.delete(before.transactionId!);
    duplicates.set(row, remarkOf(new DuplicateError(before.importedOn)));
  }
  await mapInTurns(rows, (row) => {
    if (!row.input || duplicates.has(row)) return;
    const left = alike.get(keyOf(row.input));
    const [like] = left ?? [];
    if (like === undefined) return;
    left!.delete(like);
    duplicates.set(row, remarkOf(new DuplicateError(null)));
  });
  return { duplicates, keptBefore };
}

/** Of the rows of a review, each look at the ledger asks for which is the same. */
const digests = new WeakMap<readonly ImportRow[], Promise<string>>();

async function digestOf(rows: readonly ImportRow[]): Promise<string> {
  const digest = createHash("sha256");
  await mapInTurns(rows, (row) => {
    const { line, kind, input, errors, values, counterpart = null } = row;
    digest.update(JSON.stringify([line, kind, input, errors, values, counterpart]));
  });
  return digest.digest("base64url");
}

/** Of the rows as they were read, and which of them stand in the ledger. */
async function fingerprintOf(rows: readonly ImportRow[], duplicates: Known["duplicates"]): Promise<string> {
  const digest = digests.get(rows) ?? digestOf(rows);
  digests.set(rows, digest);
  const standing = rows.flatMap((row) => (duplicates.has(row) ? [row.line] : []));
  return hash("sha256", JSON.stringify([await digest, standing]), "base64url");
}

/** Of what is no trade: what a person has chosen of it, but for what the lines say. */
export interface Chosen {
  readonly recording: Recording;
  readonly without: ReadonlySet<number>;
}

const isChosen = ({ group, line, partOf }: ImportRow, { recording, without }: Chosen): boolean =>
  group !== undefined && group !== null && recording[group] && !without.has(partOf ?? line);

/** Duplicates are left out unless the selection says otherwise; what is no trade is recorded, and no duplicate, as it is chosen. */
export async function draftImport(
  client: PoolClient,
  userId: number,
  rows: readonly ImportRow[],
  selection: Selection | null,
  chosen: Chosen,
): Promise<Draft> {
  const ledger = await readTransactions(client, userId, null, null);
  const { duplicates, keptBefore } = await findKnown(client, userId, rows, ledger);
  const fingerprint = await fingerprintOf(rows, duplicates);
  const kept = selection?.fingerprint === fingerprint ? selection : null;
  const lineOf = new Map(rows.map((row) => [row.line, row]));
  const isSelected = (row: ImportRow): boolean => {
    if (!isForLedger(row)) {
      const whole = row.partOf === undefined ? row : lineOf.get(row.partOf)!;
      return whole.input !== null && !duplicates.has(whole) && isChosen(row, chosen);
    }
    return kept ? kept.lines.has(row.line) : !duplicates.has(row);
  };
  return {
    rows,
    ledger,
    accounts: await readAccounts(client, userId),
    duplicates,
    keptBefore,
    fingerprint,
    isSelectionKept: selection === null || kept !== null,
    selected: rows.filter(isSelected),
  };
}

const dayOf = ({ input, entry }: ImportRow): string => input?.date ?? entry.date ?? "";
const byDay = (a: ImportRow, b: ImportRow): number =>
  dayOf(a) < dayOf(b) ? -1 : dayOf(a) > dayOf(b) ? 1 : 0;

/** Of a ledger, or of a row that names an account that is to be opened. */
type AccountKey = number | string;

const accountKey = (accounts: readonly Account[], named: RowInput["account"]): AccountKey =>
  accountInFile(accounts, named)?.account_id ?? String(named).toLowerCase();

const holdingKey = (account: AccountKey, ticker: string): string => `${account} ${ticker}`;

/** What a row would be of, as far as it says; a row that cannot be recorded has no ticker of its own. */
const tickerOf = ({ input, entry }: ImportRow): string =>
  input?.ticker ??
  entry.instrument?.ticker ??
  entry.instrument?.spelled ??
  entry.instrument?.symbol.toUpperCase() ??
  "";

/** Of the purchases that are not going to be recorded, by day, the one that would have brought what is sold; "": none. */
function missingPurchase([purchase]: readonly ImportRow[], date: string): Plain | null {
  if (!purchase || dayOf(purchase) > date) return null;
  const line = { line: String(purchase.line) };
  return purchase.input
    ? plain("Line {line}, which buys it, is left out.", line)
    : plain("Line {line}, which buys it, cannot be recorded.", line);
}

interface Covering {
  readonly ticker: string;
  readonly rowOf: ReadonlyMap<Trade, ImportRow>;
  /** Of the file, by day. */
  readonly sellers: readonly ImportRow[];
  /** Purchases of the file that are left out or cannot be recorded, by day. */
  readonly missing: readonly ImportRow[];
}

/** The last of them on or before a day: what a recorded SELL lacks, it took away. */
function lastSeller(sellers: readonly ImportRow[], date: string): ImportRow | undefined {
  let [from, to] = [0, sellers.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sellers[middle]!.input!.date <= date) from = middle + 1;
    else to = middle;
  }
  return sellers[from - 1];
}

/** At a row that sells more than is held then; a SELL of the ledger's own is blamed on the last row that sells before it. */
function blame(oversell: Oversell, { ticker, rowOf, sellers, missing }: Covering): [ImportRow, Remark][] {
  const { date, quantity: sold } = oversell.trade;
  const own = rowOf.get(oversell.trade);
  const row = own ?? lastSeller(sellers, date);
  if (!row) return [];
  const error = new OversellError({ ticker, date, held: oversell.held, sold }, own ? "sell" : "earlier sell");
  const why = missingPurchase(missing, date);
  if (why === null) return [[row, remarkOf(error)]];
  const words = plain("{problem} {reason}", { problem: error.plain, reason: why });
  return [[row, { code: error.code, message: `${error.message}; ${messageOf(why)}`, plain: words }]];
}

/** What a spin-off takes of its parent is a cost, and no shares. */
const movesShares = ({ type, quantity }: RowInput | Transaction): boolean =>
  typeof quantity === "string" && (incoming.has(type) || outgoing.has(type));

const tradeOf = (row: RowInput | Transaction, transactionId: number | null): Trade => ({
  transactionId,
  type: row.type,
  quantity: row.quantity!,
  date: row.date,
});

const ownSplits = (rows: readonly (RowInput | Transaction)[]): Split[] =>
  rows.flatMap(({ type, date, numerator, denominator }) =>
    type === "SPLIT" ? [{ date, numerator: numerator!, denominator: denominator! }] : [],
  );

/** What the selected rows would sell without having it, over the ledger and the file together. */
export async function findUncovered(
  client: PoolClient,
  { rows, ledger, selected, accounts }: Pick<Draft, "rows" | "ledger" | "selected" | "accounts">,
): Promise<Map<ImportRow, Remark>> {
  const uncovered = new Map<ImportRow, Remark>();
  const chosen = new Set(selected);
  const missing = Map.groupBy(
    rows.filter((row) => row.kind === "BUY" && (row.input === null || !chosen.has(row))),
    tickerOf,
  );
  const recorded = Map.groupBy(
    ledger.filter(({ ticker }) => ticker !== null),
    ({ account_id, ticker }) => holdingKey(account_id, ticker!),
  );
  const holdings = Map.groupBy(
    selected.filter(({ input }) => input?.ticker !== undefined),
    ({ input }) => holdingKey(accountKey(accounts, input!.account), input!.ticker!),
  );
  for (const [key, own] of holdings) {
    // Without a SELL among them nothing of the ledger's can be uncovered.
    if (!own.some(({ input }) => outgoing.has(input!.type) || input!.type === "SPLIT")) continue;
    const ticker = own[0]!.input!.ticker!;
    const moving = own.filter(({ input }) => movesShares(input!));
    const rowOf = new Map<Trade, ImportRow>(moving.map((row) => [tradeOf(row.input!, null), row]));
    const sellers = own.filter(({ input }) => !incoming.has(input!.type)).toSorted(byDay);
    const before = recorded.get(key) ?? [];
    const trades = before.filter(movesShares).map((row) => tradeOf(row, row.transaction_id));
    const said = ownSplits([...before, ...own.map(({ input }) => input!)]);
    const splits = overruled(await readSplits(client, ticker), said);
    const covering = { ticker, rowOf, sellers, missing: (missing.get(ticker) ?? []).toSorted(byDay) };
    for (const oversell of findOversells([...trades, ...rowOf.keys()], splits))
      for (const [row, remark] of blame(oversell, covering)) uncovered.set(row, remark);
  }
  return uncovered;
}
