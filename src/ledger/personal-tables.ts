/** What the ledger keeps about a person, as their export has it. */
import { z } from "zod";
import { decimal, instant } from "../values.ts";

const trade = {
  date: z.iso.date(),
  type: z.enum(["BUY", "SELL"]),
  ticker: z.string(),
  quantity: decimal,
  price: decimal,
  fee: decimal,
  currency: z.string().nullable(),
  fx_rate: decimal.nullable(),
  fx_currency: z.string().nullable(),
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
  currency,
  trim_scale(fx_rate) as fx_rate,
  fx_currency,
  transaction_id,
  created_at`;

/** Rows of files that are no trades, or were left out, and which trade each other one became. */
const importRow = {
  import_id: z.string(),
  imported_at: instant,
  format: z.string().nullable(),
  line: z.int(),
  kind: z.string().nullable(),
  word: z.string(),
  entry_date: z.iso.date().nullable(),
  symbol: z.string().nullable(),
  identifier: z.string().nullable(),
  quantity: decimal.nullable(),
  price: decimal.nullable(),
  amount: decimal.nullable(),
  fee: decimal.nullable(),
  currency: z.string().nullable(),
  transaction_id: z.int().nullable(),
  reason: z.string().nullable(),
};

const newTickers = { brought_on: z.iso.date(), tickers: z.int() };

const importChoice = { about: z.string(), choice: z.string(), chosen_at: instant };

export const ledgerTables = {
  transactions: {
    row: z.object(trade),
    columns: Object.keys(trade),
    select: `
      select ${selectTrade}
      from bronze.transactions
      where user_id = $1
      order by transaction_date, transaction_id`,
  },
  audit: {
    row: z.object(auditedTrade),
    columns: Object.keys(auditedTrade),
    select: `
      select operation, audited_at, ${selectTrade}
      from bronze.transactions_audit
      where user_id = $1
      order by audit_id`,
  },
  imports: {
    row: z.object(importRow),
    columns: Object.keys(importRow),
    select: `
      select
        import_id, imported_at, format, line, kind, word, entry_date, symbol, identifier,
        trim_scale(quantity) as quantity,
        trim_scale(price) as price,
        trim_scale(amount) as amount,
        trim_scale(fee) as fee,
        currency, transaction_id, reason
      from public.import_rows
      join public.imports using (user_id, import_id)
      where user_id = $1
      order by imported_at, import_id, line`,
  },
  /** How many tickers that nobody here had used they brought, on the last day on which they did. */
  new_tickers: {
    row: z.object(newTickers),
    columns: Object.keys(newTickers),
    select: `
      select brought_on, tickers
      from public.new_tickers
      where user_id = $1
      order by brought_on`,
  },
  /** What was said of files' columns and words, and of what they call instruments. */
  import_choices: {
    row: z.object(importChoice),
    columns: Object.keys(importChoice),
    select: `
      select signature as about, choices::text as choice, chosen_at
      from public.import_choices
      where user_id = $1
      union all
      select symbol, ticker, chosen_at
      from public.import_tickers
      where user_id = $1
      order by about`,
  },
};
