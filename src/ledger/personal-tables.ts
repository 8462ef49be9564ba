/** What the ledger keeps about a person, as their export has it. */
import { z } from "zod";
import { decimal, instant } from "../values.ts";
import { accountKinds } from "./accounts.ts";
import { corporateActionKinds } from "./corporate-actions/terms.ts";
import { transactionTypes } from "./transaction-types.ts";

const transaction = {
  date: z.iso.date(),
  type: z.enum(transactionTypes),
  ticker: z.string().nullable(),
  quantity: decimal.nullable(),
  price: decimal.nullable(),
  fee: decimal,
  currency: z.string().nullable(),
  fx_rate: decimal.nullable(),
  fx_currency: z.string().nullable(),
  account: z.string().nullable().describe("Its name; null: the account was deleted"),
  amount: decimal.nullable(),
  tax: decimal,
  numerator: decimal.nullable(),
  denominator: decimal.nullable(),
  acquired_on: z.iso.date().nullable(),
  lots: z.record(z.string(), decimal).nullable(),
  market_value: decimal.nullable(),
  transfer_id: z.string().nullable(),
  group_id: z.string().nullable(),
  note: z.string().nullable(),
  tags: z.array(z.string()).nullable(),
  external_id: z.string().nullable(),
  transaction_id: z.int(),
  created_at: instant,
};

const audited = {
  operation: z.enum(["insert", "update", "delete"]),
  audited_at: instant,
  changes: z.string().nullable().describe("Of an update: what became other; the row is as it was before"),
  ...transaction,
};

const account = {
  account_id: z.int(),
  name: z.string(),
  currency: z.string().nullable(),
  tracks_cash: z.boolean(),
  income: z.enum(["market", "ledger"]),
  kind: z.enum(accountKinds),
  is_default: z.boolean(),
  closed_at: z.iso.date().nullable(),
  created_at: instant,
};

/** Of the ledger as it is, or as the audit has it. */
const selectTransaction = (table: string): string => `
  transaction_date as date,
  transaction_type as type,
  ticker,
  trim_scale(quantity) as quantity,
  trim_scale(price) as price,
  trim_scale(fee) as fee,
  currency,
  trim_scale(fx_rate) as fx_rate,
  fx_currency,
  (select name from public.accounts where accounts.account_id = ${table}.account_id) as account,
  trim_scale(amount) as amount,
  trim_scale(tax) as tax,
  trim_scale(numerator) as numerator,
  trim_scale(denominator) as denominator,
  acquired_on,
  lots,
  trim_scale(market_value) as market_value,
  transfer_id,
  group_id,
  note,
  tags,
  external_id,
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
  file_name: z.string().nullable(),
  undone_at: instant.nullable(),
};

const newTickers = { brought_on: z.iso.date(), tickers: z.int() };

const corporateAction = {
  action_id: z.string(),
  kind: z.enum(corporateActionKinds),
  ticker: z.string(),
  new_ticker: z.string().nullable(),
  date: z.iso.date(),
  terms: z.string().describe("JSON: as they were said, with the prices of the day"),
  renamed: z.array(z.int()).nullable().describe("Of a rename: transactions that have the new symbol"),
  announcement_id: z.string().nullable().describe("null: you wrote it yourself"),
  written_by: z.string(),
  written_at: instant,
  undone_at: instant.nullable(),
};

const dismissedDividend = {
  account: z.string(),
  ticker: z.string(),
  ex_date: z.iso.date(),
  dismissed_at: instant,
};

const importChoice = { about: z.string(), choice: z.string(), chosen_at: instant };

export const ledgerTables = {
  accounts: {
    row: z.object(account),
    columns: Object.keys(account),
    select: `
      select account_id, name, currency, tracks_cash, income, kind, is_default, closed_at, created_at
      from public.accounts
      where user_id = $1
      order by account_id`,
  },
  transactions: {
    row: z.object(transaction),
    columns: Object.keys(transaction),
    select: `
      select ${selectTransaction("transactions")}
      from bronze.transactions
      where user_id = $1
      order by transaction_date, transaction_id`,
  },
  audit: {
    row: z.object(audited),
    columns: Object.keys(audited),
    select: `
      select operation, audited_at, changes, ${selectTransaction("transactions_audit")}
      from bronze.transactions_audit
      where user_id = $1
      order by audit_id`,
  },
  corporate_actions: {
    row: z.object(corporateAction),
    columns: Object.keys(corporateAction),
    select: `
      select
        action_id, kind, ticker, new_ticker, action_date as date, terms::text as terms, renamed, announcement_id,
        written_by, written_at, undone_at
      from public.corporate_actions
      where user_id = $1
      order by written_at, action_id`,
  },
  /** Of the market's, without a booking, of which they want to hear no more. */
  dismissed_dividends: {
    row: z.object(dismissedDividend),
    columns: Object.keys(dismissedDividend),
    select: `
      select accounts.name as account, ticker, ex_date, dismissed_at
      from public.dismissed_dividends
      join public.accounts using (user_id, account_id)
      where user_id = $1
      order by ex_date, ticker, account_id`,
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
        currency, transaction_id, reason, file_name, undone_at
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
