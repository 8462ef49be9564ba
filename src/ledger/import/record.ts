import { randomUUID } from "node:crypto";
import type { PoolClient } from "pg";
import { personTransaction } from "../../database/person.ts";
import { type Account, accountInFile, insertAccount, listAccounts, requireNamed } from "../accounts.ts";
import { whileBaseStays } from "../base-currency.ts";
import type { LedgerContext } from "../context.ts";
import { readNamingHoldings, requireCovered } from "../coverage.ts";
import { requireHistories } from "../histories.ts";
import { requireImportQuota, requireLedgerQuota } from "../quotas.ts";
import { type Currencies, requireCurrencies } from "../rates.ts";
import { insertMany, lockLedger, type TransactionToInsert } from "../rows.ts";
import { incoming } from "../transaction-types.ts";
import { draftCovered, keepAccount } from "./choice.ts";
import type { Draft, Selection } from "./draft.ts";
import { instrumentKey } from "./instrument.ts";
import { keepImport } from "./kept.ts";
import type { ImportField } from "./layout.ts";
import { patienceMilliseconds } from "./lookup.ts";
import { arePricesTold } from "./prices.ts";
import type { ImportFile, ReadFile } from "./read.ts";
import { readFileAside } from "./read-aside.ts";
import { recordGroups } from "./recording.ts";
import type { Remark } from "./remarks.ts";
import { type KeptChoices, rememberChoices, rememberTickers } from "./remembered.ts";
import {
  type ImportProgress,
  type ImportReview,
  isOwn,
  type Prepared,
  prepareImport,
  reviewPrepared,
} from "./review.ts";
import { type ImportRow, isForLedger, type RowInput } from "./rows.ts";

export interface Imported {
  /** Trades that are in the ledger now, of our own export rows of any type, */
  readonly imported: number;
  /** and rows of other kinds. */
  readonly others: number;
  /** Rows of other kinds that are kept with the import now. All 0: nothing was recorded, and the review says why. */
  readonly kept: number;
  /** By which it can be undone; null: nothing was recorded or kept. */
  readonly importId: string | null;
  readonly review: ImportReview;
}

/** By day and time, as they were made; a file that has its last row first is turned round. */
function inOrder(rows: readonly ImportRow[]): ImportRow[] {
  const [first, last] = [rows[0]?.input?.date ?? "", rows.at(-1)?.input?.date ?? ""];
  const ordered = first > last ? rows.toReversed() : [...rows];
  const momentOf = ({ input, entry }: ImportRow): string => `${input?.date} ${entry.time ?? ""}`;
  // Sorting is stable: rows without a time stay as they stand.
  return ordered.toSorted((a, b) => {
    if (a.input?.date === b.input?.date && (a.entry.time === null || b.entry.time === null)) return 0;
    return momentOf(a) < momentOf(b) ? -1 : momentOf(a) > momentOf(b) ? 1 : 0;
  });
}

/** Why each row that is not recorded is not; those that an earlier import kept already are not kept again. */
function reasonsOf(
  { rows, selected, duplicates, keptBefore }: Draft,
  left: ReadonlyMap<number, Remark>,
): Map<ImportRow, string> {
  const chosen = new Set(selected);
  const reasons = new Map<ImportRow, string>();
  for (const row of rows) {
    if (chosen.has(row) || keptBefore.has(row) || duplicates.has(row)) continue;
    const error = row.problem ?? left.get(row.partOf ?? row.line) ?? row.errors[0];
    reasons.set(row, `left out${error ? `: ${error.message}` : ""}`);
  }
  return reasons;
}

/** Nobody has said anything that a file is read by. */
const isPlain = ({ columns = {}, notation = {}, words = {} }: ImportFile): boolean =>
  [columns, notation, words].every((said) => Object.keys(said).length === 0);

/** What a person said that the file does not say by itself. `plain`: as it is read without it. */
function ownChoices(given: ImportFile, plain: ReadFile): KeptChoices {
  const columns = Object.entries(given.columns ?? {}).filter(
    ([field, name]) => name !== plain.columns[field as ImportField],
  );
  const { dateOrder, decimalMark, currency } = given.notation ?? {};
  const notation = {
    ...(dateOrder && dateOrder !== plain.notation.dateOrder && { dateOrder }),
    ...(decimalMark && decimalMark !== plain.notation.decimalMark && { decimalMark }),
    ...(currency && { currency }),
  };
  return {
    ...(columns.length > 0 && { columns: Object.fromEntries(columns) }),
    ...(Object.keys(notation).length > 0 && { notation }),
    ...(Object.keys(given.words ?? {}).length > 0 && { words: given.words ?? {} }),
  };
}

/** What a person said of an instrument of the file that its spelling does not say. */
function ownTickers(rows: readonly ImportRow[], { tickers = {} }: ImportFile): Record<string, string> {
  const spelled = new Map(rows.map(({ entry }) => [instrumentKey(entry), entry.instrument?.ticker]));
  const own = Object.entries(tickers).filter(
    ([symbol, ticker]) => spelled.has(symbol) && spelled.get(symbol) !== ticker && ticker.length <= 20,
  );
  return Object.fromEntries(own);
}

/** What is known beside the draft. */
interface Known {
  /** The file as it is read without a person's word. */
  readonly plain: ReadFile;
  readonly currencies: Currencies<RowInput>;
  /** Rows that were chosen and cannot be recorded, by line. */
  readonly left: ReadonlyMap<number, Remark>;
  readonly context: Pick<LedgerContext, "quotas" | "clock">;
}

/** The accounts, with those that the rows name and there are not yet. */
async function openNamed(
  context: Pick<LedgerContext, "quotas">,
  client: PoolClient,
  userId: number,
  rows: readonly ImportRow[],
  accounts: readonly Account[],
): Promise<readonly Account[]> {
  const known = [...accounts];
  for (const { input } of rows) {
    const name = input!.account;
    if (name === undefined || accountInFile(known, name)) continue;
    known.push(await insertAccount(context, client, userId, { name: String(name) }));
  }
  return known;
}

/** With ids in place of the placeholders by which the two sides of a conversion know each other. */
function withTransferIds(toInsert: (input: RowInput) => TransactionToInsert) {
  const ids = new Map<string, string>();
  return (input: RowInput): TransactionToInsert => {
    const row = toInsert(input);
    const placeholder = row.transfer_id;
    if (!placeholder?.startsWith("line ")) return row;
    const id = ids.get(placeholder) ?? randomUUID();
    ids.set(placeholder, id);
    return { ...row, transfer_id: id };
  };
}

/** What a file calls a purchase is its number there: a SELL of the file that names it is of the one that it became. */
async function insertRows(
  client: PoolClient,
  userId: number,
  rows: readonly ImportRow[],
  toInsert: (input: RowInput) => TransactionToInsert,
): Promise<Map<ImportRow, number>> {
  const ids = new Map<ImportRow, number>();
  const became = new Map<string, number>();
  const inserted = async (part: readonly ImportRow[]): Promise<void> => {
    const inputs = part.map(({ input }) => {
      const lots = input!.lots && Object.entries(input!.lots).map(([id, of]) => [became.get(id) ?? id, of]);
      return { ...toInsert(input!), ...(lots && { lots: Object.fromEntries(lots) }) };
    });
    const inserted = await insertMany(client, userId, inputs);
    for (const [index, row] of part.entries()) {
      const id = inserted[index]!;
      ids.set(row, id);
      if (row.entry.own?.row) became.set(row.entry.own.row, id);
    }
  };
  let from = 0;
  for (const [index, { input }] of rows.entries())
    if (input!.lots) {
      if (from < index) await inserted(rows.slice(from, index));
      from = index;
    }
  if (from < rows.length) await inserted(rows.slice(from));
  return ids;
}

async function recordDraft(
  client: PoolClient,
  userId: number,
  draft: Draft,
  { file, given, choice }: Prepared,
  { plain, currencies, left, context }: Known,
): Promise<Omit<Imported, "review">> {
  const recorded = inOrder(draft.selected.filter(({ input }) => input !== null));
  const accounts = await openNamed(context, client, userId, recorded, draft.accounts);
  const toInsert = withTransferIds((given) => {
    const { fx_rate, fx_currency, ...input } = given;
    const currency = currencies.of.get(given) ?? given.currency;
    // What a broker's client paid in their own currency needs no rate.
    const hasRate = fx_rate !== undefined && (isOwn(draft.rows) || currency !== currencies.base);
    return {
      ...input,
      account_id: requireNamed(accounts, input.account, null).account_id,
      ...(input.type !== "SPLIT" && { currency }),
      ...(hasRate && { fx_rate, fx_currency }),
    };
  });
  const transactionIds = await insertRows(client, userId, recorded, toInsert);
  const sides = recorded.flatMap(({ counterpart }) => (counterpart ? [toInsert(counterpart)] : []));
  await insertMany(client, userId, sides);
  const byLine = new Map(recorded.map((row) => [row.line, transactionIds.get(row)!]));
  for (const row of draft.selected)
    if (row.partOf !== undefined) transactionIds.set(row, byLine.get(row.partOf)!);
  const begun = await keepAccount(client, userId, choice, recorded);
  for (const holding of await readNamingHoldings(client, userId, [...transactionIds.values()]))
    await requireCovered(client, userId, holding, () => "edit");
  const reasons = reasonsOf(draft, left);
  const now = context.clock();
  const { format, signature } = file;
  const { csv, fileName = null } = given;
  const kept = { format, csv, fileName, begun, rows: draft.rows, transactionIds, reasons };
  const importId = recorded.length + reasons.size > 0 ? await keepImport(client, userId, kept, now) : null;
  await rememberChoices(client, userId, signature, ownChoices(given, plain), now);
  await rememberTickers(client, userId, signature, ownTickers(draft.rows, given), now);
  const imported = recorded.filter(isForLedger).length;
  return {
    imported,
    others: recorded.length - imported,
    kept: [...reasons.keys()].filter((row) => !isForLedger(row)).length,
    importId,
  };
}

/** Whether a look has shown what cannot be recorded of what is chosen: it would go in silence. */
export function isAllSeen({ recording, unrecorded }: ImportReview, selection: Selection | null): boolean {
  const seen = selection?.unrecorded;
  return (
    seen === undefined ||
    recordGroups.every((group) => !recording[group] || unrecorded[group] <= (seen[group] ?? 0))
  );
}

interface Chosen extends Pick<Known, "plain" | "left"> {
  readonly reviewed: Selection;
  readonly selected: readonly ImportRow[];
}

/** null: somebody has traded since the review, which is made anew then. */
async function recordReviewed(
  context: LedgerContext,
  userId: number,
  prepared: Prepared,
  { reviewed, selected, left, plain }: Chosen,
): Promise<Omit<Imported, "review"> | null> {
  const accounts = await listAccounts(context, userId);
  const inputs = selected.flatMap(({ input, counterpart }) => [input ?? [], counterpart ?? []].flat());
  const record = async (
    client: PoolClient,
    currencies: Currencies<RowInput>,
  ): Promise<Omit<Imported, "review"> | null> => {
    await lockLedger(client, userId, currencies.base);
    const covered = await draftCovered(client, userId, prepared, reviewed, left);
    const { draft } = covered;
    if (!draft.isSelectionKept || covered.uncovered.size > 0 || covered.left.size > left.size) return null;
    const done = await recordDraft(client, userId, draft, prepared, { plain, currencies, left, context });
    await requireLedgerQuota(client, userId, context.quotas);
    await requireImportQuota(client, userId, context.quotas);
    return done;
  };
  return whileBaseStays(async () => {
    const currencies = await requireCurrencies(
      context,
      userId,
      inputs,
      ({ account }) => accountInFile(accounts, account)?.currency ?? null,
    );
    return personTransaction(context.pool, userId, (client) => record(client, currencies), { isLong: true });
  });
}

/**
 * Records the selected rows in one transaction, all or none, and keeps the others with their reasons: nothing if a selected row
 * has an error, or if the file or the ledger is no longer the one that the selection was made for. `selection` null: every
 * trade but potential duplicates.
 * The review of one that is recorded says nothing of prices where one a moment ago said all.
 * Throws QuotaExceededError, MissingRateError, and HistoryUnavailableError when the history of a new ticker cannot be had; what is there by then stays.
 */
export async function importTransactions(
  context: LedgerContext,
  userId: number,
  importFile: ImportFile,
  selection: Selection | null,
  onProgress: (progress: ImportProgress) => void = () => {},
): Promise<Imported> {
  const deadline = performance.now() + patienceMilliseconds;
  const prepared = await prepareImport(context, userId, importFile, deadline, onProgress);
  const tell = await reviewPrepared(context, userId, prepared, { selection, deadline, onProgress });
  // Who chose rows in a preview has read there what the market says of their prices, which refuses nothing.
  const isPriced = selection === null || !arePricesTold(prepared.file, userId, selection.lines);
  const review = await tell({ isPriced });
  const selected = review.rows.filter(({ isSelected }) => isSelected);
  const isReady =
    review.problem === null && review.isSelectionKept && selected.every(({ status }) => status !== "ERROR");
  const hasKept = review.rows.some(({ status }) => status === "KEPT");
  const isSeen = isAllSeen(review, selection);
  if (!isReady || !isSeen || (selected.length === 0 && !hasKept))
    return {
      imported: 0,
      others: 0,
      kept: 0,
      importId: null,
      review: isPriced ? review : await tell({ isPriced: true }),
    };
  const reviewed: Selection = {
    fingerprint: review.fingerprint,
    lines: new Set(selected.map(({ line }) => line)),
  };
  const left = new Map(
    review.rows.flatMap(({ status, group, line, problem }) =>
      status === "KEPT" && group && problem ? [[line, problem] as const] : [],
    ),
  );
  // Histories first, all rows at once afterwards; patience for many.
  const tickers = selected.flatMap(({ input }) =>
    input?.ticker && incoming.has(input.type) ? [input.ticker] : [],
  );
  await requireHistories(context, tickers, {
    onProgress: ({ fetched, total }) => onProgress({ rows: review.rows.length, checked: fetched, total }),
  });
  const plain = isPlain(prepared.given)
    ? prepared.file
    : await readFileAside({ csv: importFile.csv }, context.clock());
  const recorded = await recordReviewed(context, userId, prepared, { reviewed, selected, left, plain });
  if (recorded && recorded.imported + recorded.others + recorded.kept > 0) return { ...recorded, review };
  const tellAgain = await reviewPrepared(context, userId, prepared, {
    selection: reviewed,
    deadline: performance.now() + patienceMilliseconds,
  });
  return { imported: 0, others: 0, kept: 0, importId: null, review: await tellAgain({ isPriced: true }) };
}
