/** Everything that is kept about a person, for that person. */
import { stringify } from "csv-stringify/sync";
import type { PoolClient } from "pg";
import { z } from "zod";
import { gold_p_timeseries, gold_ticker_kpis } from "../../assets/gold.ts";
import { gold_regime_performance } from "../../assets/macro.ts";
import { gold__performance } from "../../assets/performance.ts";
import { personTransaction } from "../database/person.ts";
import type { AnyAsset, Columns } from "../engine/index.ts";
import { costBasisMethods, type OwnAccount, readAccount } from "./accounts.ts";
import { queryPersonRows } from "./api/portfolio.ts";
import type { WebContext } from "./context.ts";
import { choiceParameters, recallChoice } from "./portfolio/choice.ts";
import { decimal, instant, rowSchema } from "./schemas.ts";

/** A table of the export. */
interface Part {
  readonly row: z.ZodType;
  readonly columns: readonly string[];
  read(client: PoolClient, userId: number): Promise<readonly object[]>;
}

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

const selectTrade = `
  transaction_date as date,
  transaction_type as type,
  ticker,
  trim_scale(quantity) as quantity,
  trim_scale(price) as price,
  trim_scale(fee) as fee,
  transaction_id,
  created_at`;

const transactions: Part = {
  row: z.object(trade),
  columns: Object.keys(trade),
  read: async (client, userId) => {
    const { rows } = await client.query<object>(
      `select ${selectTrade}
       from bronze.transactions
       where user_id = $1
       order by transaction_date, transaction_id`,
      [userId],
    );
    return rows;
  },
};

const auditColumns = { operation: z.enum(["insert", "update", "delete"]), audited_at: instant };

const audit: Part = {
  row: z.object({ ...auditColumns, ...trade }),
  columns: Object.keys({ ...auditColumns, ...trade }),
  read: async (client, userId) => {
    const { rows } = await client.query<object>(
      `select operation, audited_at, ${selectTrade}
       from bronze.transactions_audit
       where user_id = $1
       order by audit_id`,
      [userId],
    );
    return rows;
  },
};

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

const imports: Part = {
  row: z.object(importRow),
  columns: Object.keys(importRow),
  read: async (client, userId) => {
    const { rows } = await client.query<object>(
      `select
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
      [userId],
    );
    return rows;
  },
};

const importChoice = { about: z.string(), choice: z.string(), chosen_at: instant };

/** What was said of files' columns and words, and of what they call instruments. */
const importChoices: Part = {
  row: z.object(importChoice),
  columns: Object.keys(importChoice),
  read: async (client, userId) => {
    const { rows } = await client.query<object>(
      `select signature as about, choices::text as choice, chosen_at
       from public.import_choices
       where user_id = $1
       union all
       select symbol, ticker, chosen_at
       from public.import_tickers
       where user_id = $1
       order by about`,
      [userId],
    );
    return rows;
  },
};

function figures(asset: AnyAsset & { columns: Columns }): Part {
  return {
    row: rowSchema(asset, "user_id" as never),
    columns: Object.keys(asset.columns).filter((column) => column !== "user_id"),
    read: (client, userId) => queryPersonRows(client, userId, asset),
  };
}

/** The tables of the export, by the name of their file and their field. */
export const personalTables = {
  transactions,
  audit,
  imports,
  import_choices: importChoices,
  timeseries: figures(gold_p_timeseries),
  performance: figures(gold__performance),
  tickers: figures(gold_ticker_kpis),
  regimes: figures(gold_regime_performance),
} satisfies Record<string, Part>;

export type PersonalTable = keyof typeof personalTables;

export const personalTableNames = Object.keys(personalTables) as readonly PersonalTable[];

interface Credential {
  readonly created_at: Date;
  readonly last_used_at: Date | null;
}

export type PersonalData = {
  readonly exported_at: Date;
  readonly account: OwnAccount;
  readonly portfolio_choice: Readonly<Record<string, string>> | null;
  readonly sessions: readonly (Credential & { user_agent: string | null; ended_at: Date | null })[];
  readonly api_tokens: readonly (Credential & { name: string; scope: string })[];
} & { readonly [Name in PersonalTable]: readonly object[] };

export const accountSchema = z.object({
  id: z.int(),
  email: z.string(),
  role: z.enum(["operator", "investor"]),
  cost_basis_method: z.enum(costBasisMethods),
  created_at: instant,
});

export const personalDataSchema = z.object({
  exported_at: instant,
  account: accountSchema,
  portfolio_choice: z
    .record(z.string(), z.string())
    .nullable()
    .describe(
      "What was last looked at: `range`, or `from` and `to`, and `benchmark`; null: nothing was chosen",
    ),
  sessions: z.array(
    z.object({
      user_agent: z.string().nullable(),
      created_at: instant,
      last_used_at: instant,
      ended_at: instant.nullable().describe("When it was signed out; null: it was not"),
    }),
  ),
  api_tokens: z.array(
    z.object({
      name: z.string(),
      scope: z.string(),
      created_at: instant,
      last_used_at: instant.nullable(),
    }),
  ),
  ...Object.fromEntries(Object.entries(personalTables).map(([name, { row }]) => [name, z.array(row)])),
}) as unknown as z.ZodType<PersonalData>;

/** Everything about a person as of one moment. Passwords and tokens are not in it: only their hashes are known. */
export function readPersonalData({ pool, clock }: WebContext, userId: number): Promise<PersonalData> {
  return personTransaction(pool, userId, async (client) => {
    // One snapshot: the figures are those of the trades beside them, or of the trades just before.
    await client.query("set transaction isolation level repeatable read, read only");
    const tables: Partial<Record<PersonalTable, readonly object[]>> = {};
    for (const name of personalTableNames) tables[name] = await personalTables[name].read(client, userId);
    const sessions = await client.query<PersonalData["sessions"][number]>(
      `select user_agent, created_at, last_used_at, revoked_at as ended_at
       from public.sessions
       where user_id = $1
       order by created_at`,
      [userId],
    );
    const tokens = await client.query<PersonalData["api_tokens"][number]>(
      `select name, scope, created_at, last_used_at
       from public.api_tokens
       where user_id = $1
       order by created_at`,
      [userId],
    );
    const choice = await recallChoice(client, userId);
    return {
      exported_at: clock(),
      account: await readAccount(client, userId),
      portfolio_choice: choice && choiceParameters(choice),
      sessions: sessions.rows,
      api_tokens: tokens.rows,
      ...(tables as Record<PersonalTable, readonly object[]>),
    };
  });
}

/** One table of it, comma-separated, with a header. */
export async function exportTable(
  { pool }: WebContext,
  userId: number,
  name: PersonalTable,
): Promise<string> {
  const { columns, read } = personalTables[name];
  const rows = await personTransaction(pool, userId, (client) => read(client, userId));
  return stringify([...rows], {
    header: true,
    columns: [...columns],
    cast: { date: (value) => value.toISOString(), boolean: String },
  });
}
