/** Imports as they are kept: every row as it was understood, so that what the ledger cannot take yet is not lost. */
import { createHash, hash } from "node:crypto";
import type { PoolClient } from "pg";
import { mapInTurns } from "../../event-loop.ts";
import { isDate } from "../input.ts";
import type { Entry } from "./entry.ts";
import type { ImportRow } from "./rows.ts";

/** Of the rows of a review, which are asked for by each look at the ledger. */
const keys = new WeakMap<readonly ImportRow[], Promise<ReadonlyMap<ImportRow, string>>>();

/** Of what stands in each row, and how often that stood above it: fills that are alike are still told apart. */
export function keyRows(rows: readonly ImportRow[]): Promise<ReadonlyMap<ImportRow, string>> {
  const known = keys.get(rows) ?? findKeys(rows);
  keys.set(rows, known);
  return known;
}

async function findKeys(rows: readonly ImportRow[]): Promise<Map<ImportRow, string>> {
  const times = new Map<string, number>();
  return new Map(
    await mapInTurns(rows, (row) => {
      // Rates were no text of a row when the first keys were made.
      const { fxRate: _, key, ...texts } = row.entry.texts;
      if (key) return [row, key] as const;
      const own = hash("sha256", JSON.stringify(texts), "base64url").slice(0, 22);
      const time = (times.get(own) ?? 0) + 1;
      times.set(own, time);
      return [row, `${own} ${time}`];
    }),
  );
}

export interface ImportedRow {
  /** null: it was kept or left out. */
  readonly transactionId: number | null;
  /** YYYY-MM-DD. */
  readonly importedOn: string;
}

/** By key: the last import of each, one that became a trade first. */
export async function readImportedRows(
  client: PoolClient,
  userId: number,
  keys: readonly string[],
): Promise<Map<string, ImportedRow>> {
  const { rows } = await client.query<ImportedRow & { key: string }>(
    `select distinct on (row_key)
       row_key as key,
       transaction_id as "transactionId",
       to_char(imported_at at time zone 'UTC', 'YYYY-MM-DD') as "importedOn"
     from public.import_rows
     join public.imports using (user_id, import_id)
     where user_id = $1
       and row_key = any ($2)
     order by row_key, transaction_id is null, imported_at desc`,
    [userId, keys],
  );
  return new Map(rows.map(({ key, ...row }) => [key, row]));
}

/** What began in the account with an import. */
export interface Begun {
  /** null: nothing did. */
  readonly accountId: number | null;
  readonly cash: boolean;
  readonly income: boolean;
}

export interface KeptImport {
  readonly format: string | null;
  readonly csv: string;
  /** null: nobody said it. */
  readonly fileName: string | null;
  readonly begun: Begun;
  readonly rows: readonly ImportRow[];
  /** Of each row that was recorded. */
  readonly transactionIds: ReadonlyMap<ImportRow, number>;
  /** Of each other one, why it was not; a row that is not here is not kept once more. */
  readonly reasons: ReadonlyMap<ImportRow, string>;
}

const columns = {
  line: "integer",
  row_key: "text",
  kind: "text",
  word: "text",
  entry_date: "date",
  symbol: "text",
  identifier: "text",
  quantity: "numeric",
  price: "numeric",
  amount: "numeric",
  fee: "numeric",
  currency: "text",
  texts: "jsonb",
  transaction_id: "bigint",
  reason: "text",
} as const;

/** In one statement. */
const rowsAtOnce = 5000;

/** Text as PostgreSQL takes it: it has no character 0, and none that is cut in two. */
const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "");

/** What JSON writes for either. */
const unstorable = /\\u(?:0000|d[89a-f])/;

/** Of a row, with nothing that PostgreSQL does not take. */
function storableJson(row: object): string {
  const json = JSON.stringify(row);
  if (!unstorable.test(json)) return json;
  return JSON.stringify(row, (_, value: unknown) => (typeof value === "string" ? storable(value) : value));
}

function valuesOf({ kind, word, date, instrument, quantity, price, amount, fee, currency, texts }: Entry) {
  return {
    kind,
    word: word.slice(0, 200),
    entry_date: date !== null && isDate(date) ? date : null,
    symbol: storable(instrument?.symbol ?? "") || null,
    identifier: storable(instrument?.identifier ?? "") || null,
    quantity,
    price,
    amount,
    fee,
    currency,
    texts,
  };
}

/** Within the transaction that records the trades. */
export async function keepImport(
  client: PoolClient,
  userId: number,
  { format, csv, fileName, begun, rows, transactionIds, reasons }: KeptImport,
  now: Date,
): Promise<string> {
  const rowKeys = await keyRows(rows);
  const kept = rows.filter((row) => transactionIds.has(row) || reasons.has(row));
  const { rows: inserted } = await client.query<{ id: string }>(
    `insert into public.imports
       (user_id, format, file_hash, imported_at, file_name, account_id, began_cash, began_income)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     returning import_id as id`,
    [
      userId,
      format,
      createHash("sha256").update(csv).digest(),
      now,
      fileName && storable(fileName).slice(0, 200),
      begun.accountId,
      begun.cash,
      begun.income,
    ],
  );
  const names = Object.keys(columns);
  for (let from = 0; from < kept.length; from += rowsAtOnce) {
    const written = await mapInTurns(kept.slice(from, from + rowsAtOnce), (row) =>
      storableJson({
        line: row.line,
        row_key: rowKeys.get(row)!,
        ...valuesOf(row.entry),
        transaction_id: transactionIds.get(row) ?? null,
        reason: transactionIds.has(row) ? null : reasons.get(row)!.slice(0, 500),
      }),
    );
    await client.query(
      `insert into public.import_rows (user_id, import_id, ${names.join(", ")})
       select $1, $2, ${names.join(", ")}
       from json_to_recordset($3::json) as kept (${Object.entries(columns).map(([name, type]) => `${name} ${type}`)})`,
      [userId, inserted[0]!.id, `[${written.join(",")}]`],
    );
  }
  return inserted[0]!.id;
}
