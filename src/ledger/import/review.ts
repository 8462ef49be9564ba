/** What an import would do, row by row, before anything is recorded. */
import { createHash } from "node:crypto";
import type { PoolClient } from "pg";
import { personTransaction } from "../../database/person.ts";
import type { LedgerContext } from "../context.ts";
import { DuplicateError, OversellError } from "../errors.ts";
import type { TransactionInput } from "../input.ts";
import { findOversells, type Oversell, type Trade } from "../position.ts";
import { readSplits, readTransactions, type Transaction } from "../rows.ts";
import { warningsOf } from "../transactions.ts";
import { type Lookup, type LookupProgress, lookUpTickers } from "./lookup.ts";
import {
  type ImportFile,
  type ImportRow,
  type ReadFile,
  type Remark,
  readImportFile,
  remarkOf,
} from "./rows.ts";

export type RowStatus = "OK" | "WARNING" | "ERROR";

export interface ReviewedRow extends ImportRow {
  readonly status: RowStatus;
  readonly warnings: readonly Remark[];
  /** false: the import leaves it out. */
  readonly isSelected: boolean;
}

export interface ImportReview extends Omit<ReadFile, "rows"> {
  readonly rows: readonly ReviewedRow[];
  readonly lookup: LookupProgress;
  /** Of the file as it was read and its duplicates: an import of this review alone is what the person has seen. */
  readonly fingerprint: string;
  /** false: the selection was made for another file or another ledger, and the review has made its own. */
  readonly isSelectionKept: boolean;
}

/** How far a review has come. */
export interface ImportProgress extends LookupProgress {
  /** Of the file. */
  readonly rows: number;
}

/** Which lines to record, of the review with that fingerprint. */
export interface Selection {
  readonly fingerprint: string;
  readonly lines: ReadonlySet<number>;
}

const keyOf = ({ date, ticker, type, quantity, price }: TransactionInput | Transaction): string =>
  [date, ticker, type, quantity, price].join(" ");

type Duplicates = ReadonlyMap<ImportRow, Remark>;

/** Rows that stand in the ledger or further up in the file already. */
function findDuplicates(rows: readonly ImportRow[], ledger: readonly Transaction[]): Duplicates {
  const lines = new Map<string, number | null>(ledger.map((transaction) => [keyOf(transaction), null]));
  const duplicates = new Map<ImportRow, Remark>();
  for (const row of rows) {
    if (!row.input) continue;
    const key = keyOf(row.input);
    const first = lines.get(key);
    if (first === undefined) lines.set(key, row.line);
    else duplicates.set(row, remarkOf(new DuplicateError(first)));
  }
  return duplicates;
}

function fingerprintOf(file: ReadFile, duplicates: Duplicates): string {
  const seen = { rows: file.rows, duplicates: [...duplicates.keys()].map(({ line }) => line) };
  return createHash("sha256").update(JSON.stringify(seen)).digest("base64url");
}

interface Draft {
  readonly file: ReadFile;
  readonly ledger: readonly Transaction[];
  readonly duplicates: Duplicates;
  readonly fingerprint: string;
  readonly isSelectionKept: boolean;
  readonly selected: readonly ImportRow[];
}

/** The file against the ledger as it is now. Duplicates are left out unless the selection says otherwise. */
export async function draftImport(
  client: PoolClient,
  userId: number,
  file: ReadFile,
  selection: Selection | null,
): Promise<Draft> {
  const ledger = await readTransactions(client, userId, null, null);
  const duplicates = findDuplicates(file.rows, ledger);
  const fingerprint = fingerprintOf(file, duplicates);
  const kept = selection?.fingerprint === fingerprint ? selection : null;
  return {
    file,
    ledger,
    duplicates,
    fingerprint,
    isSelectionKept: selection === null || kept !== null,
    selected: file.rows.filter((row) => (kept ? kept.lines.has(row.line) : !duplicates.has(row))),
  };
}

/** Tickers whose SELLs the selected rows may leave uncovered: without a SELL among them there is none. */
function soldTickers(selected: readonly ImportRow[]): string[] {
  return [...new Set(selected.flatMap(({ input }) => (input?.type === "SELL" ? [input.ticker] : [])))];
}

/** At a row that sells more than is held then; a SELL of the ledger's own is blamed on the last row that sells before it. */
function blame(
  oversell: Oversell,
  ticker: string,
  rowOf: ReadonlyMap<Trade, ImportRow>,
): [ImportRow, Remark][] {
  const { date, quantity: sold } = oversell.trade;
  const own = rowOf.get(oversell.trade);
  const row = own ?? lastSeller(rowOf, date);
  const details = { ticker, date, held: oversell.held, sold };
  return row ? [[row, remarkOf(new OversellError(details, own ? "sell" : "earlier sell"))]] : [];
}

function lastSeller(rowOf: ReadonlyMap<Trade, ImportRow>, date: string): ImportRow | undefined {
  const sellers = [...rowOf].filter(([trade]) => trade.type === "SELL" && trade.date <= date);
  return sellers.sort(([a], [b]) => a.date.localeCompare(b.date)).at(-1)?.[1];
}

/** What the selected rows would sell without having it, over the ledger and the file together. */
export async function findUncovered(
  client: PoolClient,
  { ledger, selected }: Pick<Draft, "ledger" | "selected">,
): Promise<Map<ImportRow, Remark>> {
  const uncovered = new Map<ImportRow, Remark>();
  for (const ticker of soldTickers(selected)) {
    const rowOf = new Map<Trade, ImportRow>(
      selected.flatMap((row) =>
        row.input?.ticker === ticker ? [[{ ...row.input, transactionId: null }, row]] : [],
      ),
    );
    const recorded = ledger
      .filter((transaction) => transaction.ticker === ticker)
      .map((transaction) => ({ ...transaction, transactionId: transaction.transaction_id }));
    const splits = await readSplits(client, ticker);
    for (const oversell of findOversells([...recorded, ...rowOf.keys()], splits))
      for (const [row, remark] of blame(oversell, ticker, rowOf)) uncovered.set(row, remark);
  }
  return uncovered;
}

function reviewRow(
  row: ImportRow,
  { duplicates, selected }: { duplicates: Duplicates; selected: ReadonlySet<ImportRow> },
  lookup: Lookup,
  uncovered: ReadonlyMap<ImportRow, Remark>,
): ReviewedRow {
  const found = row.input ? lookup.tickers.get(row.input.ticker) : undefined;
  const errors = [
    ...row.errors,
    ...(found instanceof Error ? [remarkOf(found)] : []),
    ...(uncovered.has(row) ? [uncovered.get(row)!] : []),
  ];
  const warnings = [
    ...(duplicates.has(row) ? [duplicates.get(row)!] : []),
    ...(row.input && found && !(found instanceof Error)
      ? warningsOf(row.input, found).map((message) => ({ code: "before_first_price", message }))
      : []),
  ];
  const status = errors.length > 0 ? "ERROR" : warnings.length > 0 ? "WARNING" : "OK";
  return { ...row, errors, warnings, status, isSelected: selected.has(row) };
}

/**
 * Reads a file against the person's ledger and records nothing but what tickers are. Tickers are looked up, and SELLs
 * checked, for the selected rows alone; `selection` null: every row but potential duplicates. `onProgress` is told how far
 * it has come while the price source is asked, which is what takes time.
 */
export async function reviewImport(
  context: LedgerContext,
  userId: number,
  importFile: ImportFile,
  selection: Selection | null,
  onProgress: (progress: ImportProgress) => void = () => {},
): Promise<ImportReview> {
  const file = readImportFile(importFile, context.clock);
  const { draft, uncovered } = await personTransaction(context.pool, userId, async (client) => {
    const draft = await draftImport(client, userId, file, selection);
    return { draft, uncovered: await findUncovered(client, draft) };
  });
  const tickers = new Set(draft.selected.flatMap(({ input }) => (input ? [input.ticker] : [])));
  const lookup = await lookUpTickers(context, [...tickers], (progress) =>
    onProgress({ rows: file.rows.length, ...progress }),
  );
  const { duplicates, fingerprint, isSelectionKept } = draft;
  const selected = new Set(draft.selected);
  return {
    ...file,
    rows: file.rows.map((row) => reviewRow(row, { duplicates, selected }, lookup, uncovered)),
    lookup: { checked: lookup.checked, total: lookup.total },
    fingerprint,
    isSelectionKept,
  };
}
