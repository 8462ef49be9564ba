/** What was made of each price file, newest first. */
import type { Pool } from "pg";
import { z } from "zod";
import { instant } from "../values.ts";
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

/** Who gave it, in words. The caller may see every account's email. */
const receivedBy = `
  coalesce(users.email, case origin
    when 'folder' then 'the folder of price files'
    when 'command' then 'the command line'
    when 'url' then 'its address'
    else 'somebody who has left'
  end)`;

export async function listPriceFiles(pool: Pool): Promise<ListedFile[]> {
  const { rows } = await pool.query<ListedFile>(
    `select
       file_id,
       name,
       origin,
       ${receivedBy} as received_by,
       received_at,
       report ->> 'problem' as problem,
       (report ->> 'rows')::integer as rows,
       (report ->> 'refused')::integer as refused,
       (report ->> 'inserted')::integer as inserted,
       (report ->> 'contradicting')::integer as contradicting
     from bronze.price_files
     left join public.users using (user_id)
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
       report || jsonb_build_object('file_id', file_id, 'received_at', received_at, 'name', name, 'received_by', ${receivedBy}) as report
     from bronze.price_files
     left join public.users using (user_id)
     where file_id = $1`,
    [fileId],
  );
  return rows[0]?.report ?? null;
}

const ownFile = z.object({ name: z.string(), received_at: instant, report: z.unknown() });

/** What a person has uploaded, for their export. */
export const priceFileTables = {
  price_files: {
    row: ownFile,
    columns: Object.keys(ownFile.shape),
    select: `
      select name, received_at, report
      from bronze.price_files
      where user_id = $1
      order by file_id`,
  },
};
