/** The ledger as a file: comma-separated, with a header. */
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import type { PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { UnknownTickerError, UnsupportedCurrencyError } from "../market/errors.ts";
import type { LedgerContext } from "./context.ts";
import {
  FutureDateError,
  ImportError,
  type ImportProblem,
  InvalidTransactionError,
  OversellError,
} from "./errors.ts";
import { parseTransactionInput, type TransactionInput } from "./input.ts";
import { insertTransactions, lockLedger, readTransactions } from "./rows.ts";
import { requireTicker } from "./tickers.ts";
import { requireCovered, warningsOf } from "./transactions.ts";

const columns = ["date", "type", "ticker", "quantity", "price", "fee"] as const;
const requiredColumns = columns.filter((column) => column !== "fee");

/** All of a person's transactions, oldest first; `importTransactions` reads it back. */
export async function exportTransactions(
  context: Pick<LedgerContext, "pool">,
  userId: number,
): Promise<string> {
  const newestFirst = await personTransaction(context.pool, userId, (client) =>
    readTransactions(client, userId, null, null),
  );
  return stringify(newestFirst.reverse(), { header: true, columns: [...columns] });
}

interface ImportLine {
  readonly line: number;
  readonly input: TransactionInput;
}

interface RawLine {
  readonly info: { readonly lines: number };
  readonly record: Readonly<Record<string, string>>;
}

function readLines(csv: string): RawLine[] {
  try {
    const lines = parse(csv, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
      columns: (header: string[]) => header.map((name) => name.toLowerCase()),
    }) as unknown as RawLine[];
    const missing = requiredColumns.filter((column) => !lines[0] || !(column in lines[0].record));
    if (missing.length === 0) return lines;
    const message = `expected a header with ${columns.join(",")} and a transaction on each line below, missing: ${missing.join(", ")}`;
    throw new ImportError([{ line: 1, code: "invalid_header", message }]);
  } catch (error) {
    if (error instanceof ImportError || !(error instanceof Error)) throw error;
    throw new ImportError([{ line: null, code: "invalid_csv", message: error.message }]);
  }
}

function parseLines(csv: string, clock: () => Date): ImportLine[] {
  const problems: ImportProblem[] = [];
  const lines = readLines(csv).flatMap(({ info, record }): ImportLine[] => {
    try {
      const input = parseTransactionInput({ ...record, type: record.type?.toUpperCase() }, clock);
      return [{ line: info.lines, input }];
    } catch (error) {
      if (!(error instanceof InvalidTransactionError || error instanceof FutureDateError)) throw error;
      problems.push({ line: info.lines, code: error.code, message: error.message });
      return [];
    }
  });
  if (problems.length > 0) throw new ImportError(problems);
  return lines;
}

/** Returns warnings. Each ticker is looked up once; a problem with it stands at every line that names it. */
async function requireTickers(context: LedgerContext, lines: readonly ImportLine[]): Promise<string[]> {
  const problems: ImportProblem[] = [];
  const warnings: string[] = [];
  for (const [ticker, ofTicker] of Map.groupBy(lines, ({ input }) => input.ticker)) {
    try {
      const known = await requireTicker(context, ticker);
      warnings.push(...ofTicker.flatMap(({ input }) => warningsOf(input, known)));
    } catch (error) {
      if (!(error instanceof UnknownTickerError || error instanceof UnsupportedCurrencyError)) throw error;
      for (const { line } of ofTicker) problems.push({ line, code: error.code, message: error.message });
    }
  }
  if (problems.length > 0) throw new ImportError(problems.sort((a, b) => a.line! - b.line!));
  return warnings;
}

async function insertCovered(
  client: PoolClient,
  userId: number,
  lines: readonly ImportLine[],
): Promise<ImportProblem[]> {
  await lockLedger(client, userId);
  const inserted = await insertTransactions(
    client,
    userId,
    lines.map(({ input }) => input),
  );
  const ids = new Set(inserted.map((transaction) => transaction.transaction_id));
  const problems: ImportProblem[] = [];
  for (const [ticker, ofTicker] of Map.groupBy(lines, ({ input }) => input.ticker)) {
    try {
      await requireCovered(client, userId, ticker, (id) => ids.has(id));
    } catch (error) {
      if (!(error instanceof OversellError)) throw error;
      const { date, sold } = error;
      const uncovered = ofTicker.find(
        ({ input }) => input.type === "SELL" && input.date === date && input.quantity === sold,
      );
      problems.push({ line: uncovered?.line ?? null, code: error.code, message: error.message });
    }
  }
  return problems;
}

export interface Imported {
  readonly imported: number;
  readonly warnings: readonly string[];
}

/**
 * Records every line of the file or, if there is a problem with any of them, none: an ImportError names them all.
 * The header is date,type,ticker,quantity,price and optionally fee, in any order. Throws also
 * MarketDataUnavailableError, when a ticker that is new here cannot be looked up.
 */
export async function importTransactions(
  context: LedgerContext,
  userId: number,
  csv: string,
): Promise<Imported> {
  const lines = parseLines(csv, context.clock);
  const warnings = await requireTickers(context, lines);
  await personTransaction(context.pool, userId, async (client) => {
    const problems = await insertCovered(client, userId, lines);
    if (problems.length > 0) throw new ImportError(problems);
  });
  return { imported: lines.length, warnings };
}
