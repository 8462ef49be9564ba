/** All rows of one query as CSV, however many: read a batch at a time, so that the memory of an export is that of one batch. */
import type { Pool, PoolClient } from "pg";
import { writeCsv } from "../csv.ts";
import { personTransaction } from "./person.ts";

const rowsAtOnce = 500;

export interface ExportedTable {
  /** `$1`: the person; the others: `values`. */
  readonly select: string;
  readonly values?: readonly unknown[];
  /** Of what it selects. */
  readonly columns: readonly string[];
}

async function* readBatches(
  client: PoolClient,
  values: readonly unknown[],
  select: string,
): AsyncGenerator<readonly object[]> {
  await client.query(`declare exported no scroll cursor for ${select}`, [...values]);
  for (;;) {
    const { rows } = await client.query<object>(`fetch ${rowsAtOnce} from exported`);
    if (rows.length > 0) yield rows;
    if (rows.length < rowsAtOnce) return;
  }
}

/** A person's rows as of one moment, with a header. `write` returns when there is room for more. */
export function exportTable(
  pool: Pool,
  userId: number,
  { select, columns, values = [] }: ExportedTable,
  write: (text: string) => Promise<void>,
): Promise<void> {
  return personTransaction(
    pool,
    userId,
    (client) => writeCsv(columns, readBatches(client, [userId, ...values], select), write),
    { isLong: true },
  );
}
