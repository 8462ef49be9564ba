/** What an import would do, row by row, before anything is recorded. */

import { personTransaction } from "../../database/person.ts";
import { mapInTurns } from "../../event-loop.ts";
import { readAccounts } from "../accounts.ts";
import type { LedgerContext } from "../context.ts";
import { readBaseCurrency } from "../quotes.ts";
import { findRateless } from "../rates.ts";
import { warningsOf } from "../record.ts";
import { needsTicker } from "./booked-sums.ts";
import { bookRows } from "./booking.ts";
import {
  type CashAfter,
  type Choice,
  choose,
  countUnrecorded,
  draftCovered,
  earlierSince,
  inAccount,
  readCashAfter,
} from "./choice.ts";
import type { Draft, Selection } from "./draft.ts";
import { instrumentKey, isCoin } from "./instrument.ts";
import { isTrade } from "./kinds.ts";
import { doubtListing, judgeListing, listingsIn, noJudgement } from "./listings.ts";
import { type Lookup, type LookupProgress, lookUpTickers, patienceMilliseconds } from "./lookup.ts";
import { checkPrices, correctRows, describeCorrection, notePricesTold, type PriceFinding } from "./prices.ts";
import type { ImportFile, ReadFile } from "./read.ts";
import { readFileAside } from "./read-aside.ts";
import type { GroupCounts } from "./recording.ts";
import { type Note, type Remark, remarkIn, remarkOf } from "./remarks.ts";
import { recallChoices, recallTickers } from "./remembered.ts";
import { resolveInstruments } from "./resolve.ts";
import { type ImportRow, isForLedger, readRow } from "./rows.ts";

/** KEPT: no trade; recorded where it is selected, else kept with the import. */
export type RowStatus = "OK" | "WARNING" | "ERROR" | "KEPT";

export interface ReviewedRow extends ImportRow {
  readonly status: RowStatus;
  /** ISO code of what price and fee are in; null: not known yet. */
  readonly currency: string | null;
  /** "price 7000 -> 70": what would fit the market, done where a person says so; null: nothing to correct. */
  readonly correction: Note | null;
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

export interface ImportReview extends Omit<ReadFile, "entries">, Choice {
  readonly rows: readonly ReviewedRow[];
  readonly symbols: readonly SymbolQuestion[];
  readonly lookup: LookupProgress;
  /** Of the rows as they were read and their duplicates: an import of this review alone is what the person has seen. */
  readonly fingerprint: string;
  /** false: the selection was made for another file or another ledger, and the review has made its own. */
  readonly isSelectionKept: boolean;
  /** What its prices without a currency are in is for the person to say: something needs it, or their figures are in no dollars. */
  readonly isCurrencyAsked: boolean;
  /** What was said of files like it before, and holds for this one. */
  readonly isRemembered: boolean;
  /** Rows that cannot be recorded, each with its problem. */
  readonly unrecorded: GroupCounts;
  /** The account's cash as it would be, where the account keeps it or would: without dividends of the market's. */
  readonly cashAfter: readonly CashAfter[];
  /** Rows that moved money and are left out of it. */
  readonly leftOut: number;
  /** The account's first purchase, where the file begins after it. */
  readonly earlierSince: string | null;
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
  readonly choice: Choice;
  /** The person's base currency. */
  readonly base: string;
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
  const { base, accounts, choices, tickers } = await personTransaction(
    context.pool,
    userId,
    async (client) => ({
      base: await readBaseCurrency(client, userId),
      accounts: await readAccounts(client, userId),
      choices: await recallChoices(client, userId, first.signature),
      tickers: await recallTickers(client, userId, first.signature),
    }),
  );
  const choice = choose(accounts, importFile, context.clock());
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
  const corrected = await correctRows(context, base, read, importFile.corrections ?? [], deadline);
  const rows = inAccount(await bookRows(corrected, resolve, context.clock), choice);
  return { file, rows, given, isRemembered, choice, base };
}

interface Findings extends Draft {
  readonly lookup: Lookup;
  /** What a person has said of the file's instruments, by `instrumentKey`. */
  readonly named: Readonly<Record<string, string>>;
  /** Of rows that cannot be converted. */
  readonly rateless: ReadonlyMap<ImportRow, Remark>;
  readonly uncovered: ReadonlyMap<ImportRow, Remark>;
  readonly prices: ReadonlyMap<ImportRow, PriceFinding>;
  readonly left: ReadonlyMap<number, Remark>;
}

function reviewRow(row: ImportRow, findings: Findings, selected: ReadonlySet<ImportRow>): ReviewedRow {
  if (!isForLedger(row)) {
    const problem = row.problem ?? findings.left.get(row.line);
    return {
      ...row,
      ...(problem && { problem }),
      warnings: findings.duplicates.has(row) ? [findings.duplicates.get(row)!] : [],
      status: "KEPT",
      currency: row.input?.currency ?? null,
      correction: null,
      isSelected: selected.has(row),
    };
  }
  const { duplicates, lookup, uncovered, prices, named, rateless } = findings;
  const finding = prices.get(row);
  const found = row.input?.ticker ? lookup.tickers.get(row.input.ticker) : undefined;
  const listing = found && !(found instanceof Error) ? judgeListing(row, found, named) : noJudgement;
  const errors = [
    ...row.errors,
    ...(found instanceof Error ? [remarkOf(found)] : []),
    ...listing.errors,
    ...(rateless.has(row) ? [rateless.get(row)!] : []),
    ...(uncovered.has(row) ? [uncovered.get(row)!] : []),
  ];
  const warnings = [
    ...(duplicates.has(row) ? [duplicates.get(row)!] : []),
    ...row.warnings,
    ...listing.warnings,
    ...(finding?.remarks ?? []),
    ...(row.input && found && !(found instanceof Error)
      ? warningsOf(row.input, found).map((words) => remarkIn("before_first_price", words))
      : []),
  ];
  const status = errors.length > 0 ? "ERROR" : warnings.length > 0 ? "WARNING" : "OK";
  const currency = row.input?.currency ?? (found instanceof Error ? null : (found?.unit.currency ?? null));
  const correction = finding ? describeCorrection(row, finding) : null;
  const notes = [...row.notes, ...listing.notes];
  return { ...row, errors, warnings, notes, status, currency, correction, isSelected: selected.has(row) };
}

const asked = new Set(["unknown_ticker", "invalid_ticker"]);
const hasCode = ({ errors, warnings, problem }: ReviewedRow, isSo: (remark: Remark) => boolean): boolean =>
  errors.some(isSo) || warnings.some(isSo) || (problem !== undefined && isSo(problem));

/** Instruments that nobody knows by their name, or whose prices say that they are another, each once. */
function questionsOf(
  rows: readonly ReviewedRow[],
  given: ImportFile,
  { recording }: Choice,
): SymbolQuestion[] {
  const isAsked = (row: ReviewedRow): boolean =>
    isForLedger(row) || Boolean(row.group && recording[row.group] && needsTicker(row.entry));
  const groups = Map.groupBy(
    rows.filter((row) => isAsked(row) && row.entry.instrument !== null),
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
    const proposals = [
      ...new Set([
        isCoin(symbol) ? `${symbol}-USD` : "",
        entry.instrument?.spelled ?? "",
        ...listingsIn(entry.currency, entry.instrument?.spelled ?? ""),
      ]),
    ];
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
  const prepared = await prepareImport(context, userId, importFile, deadline, onProgress);
  const tell = await reviewPrepared(context, userId, prepared, { selection, deadline, onProgress });
  return tell({ isPriced: true });
}

/** Of our own export: each row is in the currency that it names. */
export const isOwn = (rows: readonly ImportRow[]): boolean =>
  rows.some(({ entry }) => entry.own !== undefined);

/** Tickers of trades first, which an import cannot do without. */
const tickersOf = ({ selected }: Pick<Draft, "selected">): string[] => [
  ...new Set(
    [...selected.filter(isForLedger), ...selected.filter((row) => !isForLedger(row))].flatMap(
      ({ input }) => input?.ticker ?? [],
    ),
  ),
];

/** Those whose tickers nobody knows stay out; trades of such have to be left out by a person. */
function leaveUnknown(
  { selected, ledger }: Draft,
  { tickers }: Lookup,
  { tickers: named = {} }: ImportFile,
  left: ReadonlyMap<number, Remark>,
): Map<number, Remark> {
  const traded = new Set([
    ...ledger.map(({ ticker }) => ticker),
    ...selected.flatMap((row) => (isForLedger(row) ? (row.input?.ticker ?? []) : [])),
    ...Object.values(named),
  ]);
  const more = new Map(left);
  for (const row of selected) {
    const { ticker } = row.input ?? {};
    const found = ticker === undefined ? undefined : tickers.get(ticker);
    if (isForLedger(row) || !found) continue;
    const remark =
      found instanceof Error ? remarkOf(found) : traded.has(ticker!) ? null : doubtListing(row, found);
    if (remark) more.set(row.line, remark);
  }
  return more;
}

export interface Look {
  readonly selection: Selection | null;
  /** Of performance.now(). */
  readonly deadline: number;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface Told {
  /** Whether what the market says of prices, which refuses nothing, is asked and told. */
  readonly isPriced: boolean;
}

/** As `reviewImport`, of a file whose rows are there: what is asked of a review is told as often as it is. */
export async function reviewPrepared(
  context: LedgerContext,
  userId: number,
  prepared: Prepared,
  { selection, deadline, onProgress = () => {} }: Look,
): Promise<(told: Told) => Promise<ImportReview>> {
  const { rows, given, choice, base } = prepared;
  const first = await personTransaction(context.pool, userId, (client) =>
    draftCovered(client, userId, prepared, selection),
  );
  const { draft, uncovered } = first;
  const lookup = await lookUpTickers(
    context,
    userId,
    tickersOf(draft),
    (progress) => onProgress({ rows: rows.length, ...progress }),
    { patience: deadline - performance.now() },
  );
  const left = leaveUnknown(draft, lookup, given, first.left);
  const chosen = draft.selected.filter(({ line, partOf }) => !left.has(partOf ?? line));
  const isKnown = ({ input }: ImportRow): boolean => {
    const found = input?.ticker && lookup.tickers.get(input.ticker);
    return Boolean(found) && !(found instanceof Error);
  };
  const known = chosen.filter(isKnown);
  const rateless = await readRateless(context, userId, known);
  const cashAfter = await readCash(context, userId, choice, chosen, lookup);
  const named = given.tickers ?? {};
  const findings = { ...draft, lookup, uncovered, left, named, rateless, cashAfter };
  const selected = new Set(chosen);
  return async ({ isPriced }) => {
    const prices = isPriced ? await checkPrices(context, base, known, deadline) : new Map();
    if (isPriced && performance.now() < deadline)
      notePricesTold(
        prepared.file,
        userId,
        chosen.filter((row) => isKnown(row) || !row.input?.ticker),
      );
    const reviewed = await mapInTurns(rows, (row) => reviewRow(row, { ...findings, prices }, selected));
    return summarise(prepared, findings, reviewed);
  };
}

function summarise(
  { file: { entries: _, ...file }, given, isRemembered, choice, base }: Prepared,
  { lookup, cashAfter, ...draft }: Omit<Findings, "prices"> & Pick<ImportReview, "cashAfter">,
  rows: readonly ReviewedRow[],
): ImportReview {
  return {
    ...file,
    ...choice,
    rows,
    symbols: questionsOf(rows, given, choice),
    lookup: { checked: lookup.checked, total: lookup.total },
    fingerprint: draft.fingerprint,
    isSelectionKept: draft.isSelectionKept,
    isRemembered,
    isCurrencyAsked: isCurrencyAsked(file, rows, base),
    unrecorded: countUnrecorded(rows),
    cashAfter,
    leftOut: countLeftOut(rows),
    earlierSince: earlierSince(draft, choice),
  };
}

/** Who has dollars alone is not asked. */
const isCurrencyAsked = (
  { notation, isCurrencyAssumed }: Pick<ReadFile, "notation" | "isCurrencyAssumed">,
  rows: readonly ReviewedRow[],
  base: string,
): boolean =>
  notation.currency !== null ||
  (isCurrencyAssumed && base !== "USD") ||
  rows.some(({ errors }) => errors.some(({ code }) => code === "ambiguous_currency"));

/** Trades of a broker's file that no rate converts. */
async function readRateless(
  context: LedgerContext,
  userId: number,
  rows: readonly ImportRow[],
): Promise<Map<ImportRow, Remark>> {
  const trades = rows.filter(({ kind, entry }) => isTrade(kind) && entry.own === undefined);
  const found = await findRateless(
    context,
    userId,
    trades.map(({ input }) => input!),
  );
  return new Map(
    trades.flatMap((row) =>
      found.has(row.input!) ? [[row, remarkOf(found.get(row.input!)!)] as const] : [],
    ),
  );
}

const movesNothing = new Set(["NOT_EXECUTED", "SPLIT"]);

/** Neither recorded now nor before. */
const countLeftOut = (rows: readonly ReviewedRow[]): number =>
  rows.filter(
    ({ isSelected, warnings, kind, entry, partOf }) =>
      !isSelected &&
      partOf === undefined &&
      !warnings.some(({ code }) => code === "potential_duplicate") &&
      !movesNothing.has(kind ?? "") &&
      (kind === "BUY" || kind === "SELL" || Number(entry.amount ?? 0) !== 0),
  ).length;

/** []: the account keeps no cash, and would not. */
async function readCash(
  { pool }: LedgerContext,
  userId: number,
  choice: Choice,
  chosen: readonly ImportRow[],
  { tickers }: Lookup,
): Promise<CashAfter[]> {
  const keepsCash = choice.account.tracks_cash || chosen.some(({ group }) => group === "cash");
  if (!keepsCash || isOwn(chosen)) return [];
  return personTransaction(pool, userId, (client) =>
    readCashAfter(client, userId, choice, chosen, ({ ticker, currency }) => {
      const found = ticker === undefined ? undefined : tickers.get(ticker);
      return currency ?? (found && !(found instanceof Error) ? found.unit.currency : "USD");
    }),
  );
}
