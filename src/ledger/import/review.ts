/** What an import would do, row by row, before anything is recorded. */

import { personTransaction } from "../../database/person.ts";
import { mapInTurns } from "../../event-loop.ts";
import type { LedgerContext } from "../context.ts";
import { warningsOf } from "../transactions.ts";
import { type Draft, draftImport, findUncovered, type Selection } from "./draft.ts";
import { isCoin } from "./instrument.ts";
import { isTrade } from "./kinds.ts";
import { type Lookup, type LookupProgress, lookUpTickers, patienceMilliseconds } from "./lookup.ts";
import { checkPrices, correctRows, describeCorrection, type PriceFinding } from "./prices.ts";
import type { ImportFile, ReadFile } from "./read.ts";
import { readFileAside } from "./read-aside.ts";
import { type Remark, remarkOf } from "./remarks.ts";
import { recallChoices, recallTickers } from "./remembered.ts";
import { instrumentKey, resolveInstruments } from "./resolve.ts";
import { type ImportRow, readRow } from "./rows.ts";

/** KEPT: no trade, so the ledger cannot take it yet; it is kept with the import. */
export type RowStatus = "OK" | "WARNING" | "ERROR" | "KEPT";

export interface ReviewedRow extends ImportRow {
  readonly status: RowStatus;
  /** ISO code of what price and fee are in; null: not known yet. */
  readonly currency: string | null;
  /** "price 7000 -> 70": what would fit the market, done where a person says so; null: nothing to correct. */
  readonly correction: string | null;
  /** false: the import leaves it out. */
  readonly isSelected: boolean;
}

/** An instrument that a person has to name, or whose name was read as another. */
export interface SymbolQuestion {
  /** As the file has it. */
  readonly symbol: string;
  readonly name: string;
  /** What it is read as; "": nothing. */
  readonly ticker: string;
  readonly rows: number;
  readonly isOpen: boolean;
  /** Most of its prices are far from those of the ticker that it is read as. */
  readonly isDoubted: boolean;
  readonly proposals: readonly string[];
}

export interface ImportReview extends Omit<ReadFile, "entries"> {
  readonly rows: readonly ReviewedRow[];
  readonly symbols: readonly SymbolQuestion[];
  readonly lookup: LookupProgress;
  /** Of the rows as they were read and their duplicates: an import of this review alone is what the person has seen. */
  readonly fingerprint: string;
  /** false: the selection was made for another file or another ledger, and the review has made its own. */
  readonly isSelectionKept: boolean;
  /** What was said of files like it before, and holds for this one. */
  readonly isRemembered: boolean;
}

/**
 * What "leave out the errors" leaves out: rows that are wrong themselves, and a SELL that only lacks what they would have bought
 * not before they are gone and it was said so.
 */
export function rowsToLeaveOut({ rows }: Pick<ImportReview, "rows">): ReviewedRow[] {
  const wrong = rows.filter(({ isSelected, status }) => isSelected && status === "ERROR");
  const own = wrong.filter(({ errors }) => errors.some(({ code }) => code !== "oversell"));
  return own.length > 0 ? own : wrong;
}

/** How far a review has come. */
export interface ImportProgress extends LookupProgress {
  /** Of the file. */
  readonly rows: number;
}

export interface Prepared {
  readonly file: ReadFile;
  readonly rows: readonly ImportRow[];
  readonly given: ImportFile;
  readonly isRemembered: boolean;
}

/** The file's rows with their tickers: as the person says now, said before, or as the price source knows them. */
export async function prepareImport(
  context: LedgerContext,
  userId: number,
  importFile: ImportFile,
  deadline: number,
  onProgress: (progress: ImportProgress) => void = () => {},
): Promise<Prepared> {
  const first = await readFileAside(importFile, context.clock());
  const { choices, tickers } = await personTransaction(context.pool, userId, async (client) => ({
    choices: await recallChoices(client, userId, first.signature),
    tickers: await recallTickers(client, userId, first.signature),
  }));
  const isRemembered = Object.keys(choices).length > 0;
  const given: ImportFile = {
    ...choices,
    ...importFile,
    words: { ...choices.words, ...importFile.words },
    tickers: { ...tickers, ...importFile.tickers },
  };
  const file = isRemembered ? await readFileAside(given, context.clock()) : first;
  const resolve = await resolveInstruments(
    context,
    userId,
    file.entries,
    given.tickers ?? {},
    deadline,
    (progress) => onProgress({ rows: file.entries.length, ...progress }),
  );
  const read = await mapInTurns(file.entries, (entry) => readRow(entry, resolve, context.clock));
  const rows = await correctRows(context, read, importFile.corrections ?? [], deadline);
  return { file, rows, given, isRemembered };
}

interface Findings extends Draft {
  readonly lookup: Lookup;
  readonly uncovered: ReadonlyMap<ImportRow, Remark>;
  readonly prices: ReadonlyMap<ImportRow, PriceFinding>;
}

function reviewRow(row: ImportRow, findings: Findings, selected: ReadonlySet<ImportRow>): ReviewedRow {
  if (row.kind !== null && !isTrade(row.kind))
    return { ...row, status: "KEPT", currency: null, correction: null, isSelected: false };
  const { duplicates, lookup, uncovered, prices } = findings;
  const finding = prices.get(row);
  const found = row.input ? lookup.tickers.get(row.input.ticker) : undefined;
  const errors = [
    ...row.errors,
    ...(found instanceof Error ? [remarkOf(found)] : []),
    ...(uncovered.has(row) ? [uncovered.get(row)!] : []),
  ];
  const warnings = [
    ...(duplicates.has(row) ? [duplicates.get(row)!] : []),
    ...row.warnings,
    ...(finding ? [finding.remark] : []),
    ...(row.input && found && !(found instanceof Error)
      ? warningsOf(row.input, found).map((message) => ({ code: "before_first_price", message }))
      : []),
  ];
  const status = errors.length > 0 ? "ERROR" : warnings.length > 0 ? "WARNING" : "OK";
  const currency = row.input?.currency ?? (found instanceof Error ? null : (found?.unit.currency ?? null));
  const correction = finding ? describeCorrection(row, finding) : null;
  return { ...row, errors, warnings, status, currency, correction, isSelected: selected.has(row) };
}

const asked = new Set(["unknown_ticker", "invalid_ticker"]);
const hasCode = ({ errors, warnings }: ReviewedRow, isSo: (remark: Remark) => boolean): boolean =>
  errors.some(isSo) || warnings.some(isSo);

/** Instruments that nobody knows by their name, or whose prices say that they are another, each once. */
function questionsOf(rows: readonly ReviewedRow[], given: ImportFile): SymbolQuestion[] {
  const groups = Map.groupBy(
    rows.filter(({ kind, entry }) => (kind === null || isTrade(kind)) && entry.instrument !== null),
    ({ entry }) => instrumentKey(entry),
  );
  return [...groups].flatMap(([symbol, group]) => {
    const { entry, input } = group[0]!;
    const isOpen = group.some((row) => hasCode(row, ({ code }) => asked.has(code)));
    // Prices that no slip explains, of most of its rows: it is another instrument.
    const far = group.filter((row) => hasCode(row, ({ code }) => code === "price_far")).length;
    const isDoubted = far * 2 > group.length;
    const isChosen =
      Object.hasOwn(given.tickers ?? {}, symbol) && given.tickers![symbol] !== entry.instrument!.ticker;
    if (symbol === "" || !(isOpen || isDoubted || isChosen)) return [];
    const ticker = input?.ticker ?? given.tickers?.[symbol] ?? "";
    const proposals = [...new Set([isCoin(symbol) ? `${symbol}-USD` : "", entry.instrument?.spelled ?? ""])];
    return [
      {
        symbol,
        name: entry.instrument!.name,
        ticker,
        rows: group.length,
        isOpen: isOpen || isDoubted,
        isDoubted,
        proposals: proposals.filter((proposal) => proposal !== "" && proposal !== ticker),
      },
    ];
  });
}

/**
 * Reads a file against the person's ledger and records nothing but what tickers are. Tickers are looked up, prices and SELLs
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
  const deadline = performance.now() + patienceMilliseconds;
  return reviewPrepared(
    context,
    userId,
    await prepareImport(context, userId, importFile, deadline, onProgress),
    selection,
    deadline,
    onProgress,
  );
}

/** Of our own export: each trade is in the currency that it names. */
export const isOwn = (rows: readonly ImportRow[]): boolean =>
  rows.some(({ entry }) => entry.ownRate !== undefined);

export async function reviewPrepared(
  context: LedgerContext,
  userId: number,
  prepared: Prepared,
  selection: Selection | null,
  deadline: number,
  onProgress: (progress: ImportProgress) => void = () => {},
): Promise<ImportReview> {
  const { rows, given, isRemembered } = prepared;
  const { draft, uncovered } = await personTransaction(context.pool, userId, async (client) => {
    const draft = await draftImport(client, userId, rows, selection);
    return { draft, uncovered: await findUncovered(client, draft) };
  });
  const tickers = new Set(draft.selected.flatMap(({ input }) => (input ? [input.ticker] : [])));
  const lookup = await lookUpTickers(
    context,
    userId,
    [...tickers],
    (progress) => onProgress({ rows: rows.length, ...progress }),
    { patience: deadline - performance.now(), ...(isOwn(rows) && { quotedIn: null }) },
  );
  const isKnown = ({ input }: ImportRow): boolean => {
    const found = input && lookup.tickers.get(input.ticker);
    return Boolean(found) && !(found instanceof Error);
  };
  const prices = await checkPrices(context, draft.selected.filter(isKnown), deadline);
  const findings = { ...draft, lookup, uncovered, prices };
  const selected = new Set(draft.selected);
  const reviewed = await mapInTurns(rows, (row) => reviewRow(row, findings, selected));
  const { entries: _, ...file } = prepared.file;
  return {
    ...file,
    rows: reviewed,
    symbols: questionsOf(reviewed, given),
    lookup: { checked: lookup.checked, total: lookup.total },
    fingerprint: draft.fingerprint,
    isSelectionKept: draft.isSelectionKept,
    isRemembered,
  };
}
