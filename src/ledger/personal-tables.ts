/** What the ledger keeps about a person, as their export has it. */
import type { PoolClient } from "pg";
import { z } from "zod";
import { decimal, instant } from "../values.ts";

const trade = {
  date: z.iso.date(),
  type: z.enum(["BUY", "SELL"]),
  ticker: z.string(),
  quantity: decimal,
  price: decimal,
  fee: decimal,
  transaction_id: z.int(),
  created_at: instant,
};

const auditedTrade = { operation: z.enum(["insert", "update", "delete"]), audited_at: instant, ...trade };

const selectTrade = `
  transaction_date as date,
  transaction_type as type,
  ticker,
  trim_scale(quantity) as quantity,
  trim_scale(price) as price,
  trim_scale(fee) as fee,
  transaction_id,
  created_at`;

export const ledgerTables = {
  transactions: {
    row: z.object(trade),
    columns: Object.keys(trade),
    read: async (client: PoolClient, userId: number): Promise<object[]> => {
      const { rows } = await client.query<object>(
        `select ${selectTrade}
         from bronze.transactions
         where user_id = $1
         order by transaction_date, transaction_id`,
        [userId],
      );
      return rows;
    },
  },
  audit: {
    row: z.object(auditedTrade),
    columns: Object.keys(auditedTrade),
    read: async (client: PoolClient, userId: number): Promise<object[]> => {
      const { rows } = await client.query<object>(
        `select operation, audited_at, ${selectTrade}
         from bronze.transactions_audit
         where user_id = $1
         order by audit_id`,
        [userId],
      );
      return rows;
    },
  },
};
