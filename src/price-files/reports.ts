/** What was made of each price file, newest first. */
import type { Pool } from "pg";
import type { PriceFileReport } from "./store.ts";

export interface ListedFile {
  readonly file_id: number;
  readonly name: string;
  readonly origin: string;
  readonly received_by: string;
  readonly received_at: Date;
  /** Null: it was read. */
  readonly problem: string | null;
  readonly rows: number;
  readonly refused: number;
  readonly inserted: number;
  readonly contradicting: number;
}

const listed = 100;

export async function listPriceFiles(pool: Pool): Promise<ListedFile[]> {
  const { rows } = await pool.query<ListedFile>(
    `select
       file_id,
       name,
       origin,
       received_by,
       received_at,
       report ->> 'problem' as problem,
       (report ->> 'rows')::integer as rows,
       (report ->> 'refused')::integer as refused,
       (report ->> 'inserted')::integer as inserted,
       (report ->> 'contradicting')::integer as contradicting
     from bronze.price_files
     order by file_id desc
     limit $1`,
    [listed],
  );
  return rows;
}

/** null: there is no such file. */
export async function readPriceFileReport(
  pool: Pool,
  fileId: number,
): Promise<(PriceFileReport & { readonly name: string; readonly received_by: string }) | null> {
  const { rows } = await pool.query<{ report: PriceFileReport & { name: string; received_by: string } }>(
    `select
       report || jsonb_build_object('file_id', file_id, 'received_at', received_at, 'name', name, 'received_by', received_by) as report
     from bronze.price_files
     where file_id = $1`,
    [fileId],
  );
  return rows[0]?.report ?? null;
}
