/** The accounts that a person's money lies in. */
import type { PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { isCurrency } from "../market/currency.ts";
import { plain, quoted } from "../plain.ts";
import { defaultQuotas, QuotaExceededError } from "../quotas.ts";
import { day, nonblank } from "../values.ts";
import {
  AccountClosedError,
  AccountNameTakenError,
  AccountNotFoundError,
  DefaultAccountError,
  FutureClosingError,
} from "./account-errors.ts";
import type { LedgerContext } from "./context.ts";
import { InvalidTransactionError } from "./errors.ts";
import { expectations } from "./fields.ts";
import { latestToday } from "./input.ts";
import { requireRates } from "./rates.ts";
import { lockLedger } from "./rows.ts";

export const accountKinds = [
  "brokerage",
  "bank",
  "pension",
  "tax_free",
  "crypto",
  "property",
  "other",
] as const;

export interface Account {
  readonly account_id: number;
  readonly name: string;
  /** null: the person's base currency. */
  readonly currency: string | null;
  /** false: a purchase is money in and a sale money out. */
  readonly tracks_cash: boolean;
  /** market: dividends as they were paid on what was held; ledger: as they are booked. */
  readonly income: "market" | "ledger";
  readonly kind: (typeof accountKinds)[number];
  /** Of what names no account. */
  readonly is_default: boolean;
  readonly closed_at: string | null;
  readonly transactions: number;
}

const currencyExpected = "the code of a currency, such as USD or KES";

// Whether there is such a currency is asked afterwards.
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, `expected ${currencyExpected}`)
  .nullable()
  .describe("Of its cash where nothing else is said; null: your base currency");

const properties = {
  name: nonblank(60),
  currency: currency.optional(),
  tracks_cash: z
    .boolean()
    .optional()
    .describe("Money comes and goes by deposits, withdrawals and transfers alone"),
  income: z
    .enum(["market", "ledger"])
    .optional()
    .describe("market: dividends as they were paid on what was held; ledger: as they are booked"),
  kind: z.enum(accountKinds).optional(),
  closed_at: day.nullable().optional().describe("null: it is open"),
  is_default: z.boolean().optional().describe("Of what names no account: one is"),
};

export const accountInput = z.strictObject(properties);
export const accountChange = z.strictObject({ ...properties, name: properties.name.optional() });

export type AccountInput = z.output<typeof accountInput>;
export type AccountChange = z.output<typeof accountChange>;

const columns = `
  account_id, name, currency, tracks_cash, income, kind, is_default, closed_at,
  (
    select count(*)
    from bronze.transactions
    where transactions.user_id = accounts.user_id
      and transactions.account_id = accounts.account_id
  ) as transactions`;

/** Within a transaction of the person's; the default one first, then by name. */
export async function readAccounts(client: PoolClient, userId: number): Promise<Account[]> {
  const { rows } = await client.query<Account>(
    `select ${columns}
     from public.accounts
     where user_id = $1
     order by is_default desc, lower(name)`,
    [userId],
  );
  return rows;
}

export function listAccounts(context: Pick<LedgerContext, "pool">, userId: number): Promise<Account[]> {
  return personTransaction(context.pool, userId, (client) => readAccounts(client, userId));
}

/** Throws AccountNotFoundError, also for another person's. */
export async function requireAccount(
  client: PoolClient,
  userId: number,
  accountId: number,
): Promise<Account> {
  const { rows } = await client.query<Account>(
    `select ${columns}
     from public.accounts
     where user_id = $1
       and account_id = $2`,
    [userId, accountId],
  );
  if (!rows[0]) throw new AccountNotFoundError(accountId);
  return rows[0];
}

/** What an account is named by: its id, or its name, which counts first. undefined: the default one. */
export function accountNamed(
  accounts: readonly Account[],
  named: number | string | undefined,
): Account | undefined {
  if (named === undefined) return accounts.find((account) => account.is_default);
  const text = String(named).trim();
  const byName = accounts.find(({ name }) => name.toLowerCase() === text.toLowerCase());
  const byId = accounts.find(({ account_id }) => String(account_id) === text);
  return typeof named === "number" ? byId : (byName ?? byId);
}

/** The same where a file names it: by its name alone, for whoever wrote the file had other ids. */
export const accountInFile = (
  accounts: readonly Account[],
  named: number | string | undefined,
): Account | undefined =>
  typeof named === "string"
    ? accounts.find(({ name }) => name.toLowerCase() === named.trim().toLowerCase())
    : accountNamed(accounts, named);

/** Throws InvalidTransactionError for one that there is not, or, with a day, for one that was closed by then. */
export function requireNamed(
  accounts: readonly Account[],
  named: number | string | undefined,
  date: string | null,
): Account {
  const account = accountNamed(accounts, named);
  if (!account) {
    const names = accounts.map(({ name }) => name).slice(0, 10);
    throw new InvalidTransactionError(
      "account",
      `${expectations.account} (${names.join(", ")})`,
      named,
      plain("You have no account “{named}”. Choose one of yours: {names}.", {
        named: quoted(named),
        names: names.join(", "),
      }),
    );
  }
  if (date !== null && account.closed_at !== null && date > account.closed_at)
    throw new InvalidTransactionError(
      "account",
      `one that is open on ${date}; ${account.name} was closed on ${account.closed_at}`,
      named,
      plain(
        "{name} was closed on {closed:day}, before {date:day}. Choose another account, or correct the date.",
        {
          name: account.name,
          closed: account.closed_at,
          date,
        },
      ),
    );
  return account;
}

const isOfName = (error: unknown): boolean =>
  (error as { readonly constraint?: unknown }).constraint === "accounts_name_key";

async function requireAccountQuota(
  client: PoolClient,
  userId: number,
  { quotas = defaultQuotas }: Pick<LedgerContext, "quotas">,
): Promise<void> {
  const { rows } = await client.query<{ kept: number }>(
    "select count(*) as kept from public.accounts where user_id = $1",
    [userId],
  );
  if (rows[0]!.kept > quotas.portfolioAccounts)
    throw new QuotaExceededError(
      quotas.portfolioAccounts,
      "accounts of one person",
      "delete one that is not needed",
      "QUOTA_PORTFOLIO_ACCOUNTS",
    );
}

/** The one before is the default no more. */
async function giveUpDefault(client: PoolClient, userId: number): Promise<void> {
  await client.query("update public.accounts set is_default = false where user_id = $1 and is_default", [
    userId,
  ]);
}

/** The rates of an account's currency are there before anything counts on them. Throws InvalidTransactionError for none. */
async function requireItsRates(
  context: Pick<LedgerContext, "pool" | "prices">,
  { currency: own }: Pick<AccountChange, "currency">,
): Promise<void> {
  if (!own) return;
  if (!isCurrency(own)) throw new InvalidTransactionError("currency", currencyExpected, own);
  await requireRates(context, [own]);
}

function requirePast(
  { clock }: Pick<LedgerContext, "clock">,
  { closed_at }: Pick<AccountChange, "closed_at">,
): void {
  const today = latestToday(clock());
  if (closed_at && closed_at > today) throw new FutureClosingError(closed_at, today);
}

/** Within the person's transaction, under the lock of the ledger. Throws AccountNameTakenError or QuotaExceededError. */
export async function insertAccount(
  context: Pick<LedgerContext, "quotas">,
  client: PoolClient,
  userId: number,
  { name, is_default = false, ...given }: AccountInput,
): Promise<Account> {
  if (is_default && given.closed_at) throw new DefaultAccountError("closed");
  if (is_default) await giveUpDefault(client, userId);
  const { rows } = await client
    .query<{ account_id: number }>(
      `insert into public.accounts (user_id, name, currency, tracks_cash, income, kind, closed_at, is_default)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       returning account_id`,
      [
        userId,
        name,
        given.currency ?? null,
        given.tracks_cash ?? false,
        given.income ?? "market",
        given.kind ?? "brokerage",
        given.closed_at ?? null,
        is_default,
      ],
    )
    .catch((error: unknown) => {
      throw isOfName(error) ? new AccountNameTakenError(name) : error;
    });
  await requireAccountQuota(client, userId, context);
  return requireAccount(client, userId, rows[0]!.account_id);
}

/** Throws FutureClosingError, AccountNameTakenError, DefaultAccountError, QuotaExceededError, or what requireRates throws. */
export async function openAccount(
  context: Pick<LedgerContext, "pool" | "prices" | "quotas" | "clock">,
  userId: number,
  input: AccountInput,
): Promise<Account> {
  requirePast(context, input);
  await requireItsRates(context, input);
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    return insertAccount(context, client, userId, input);
  });
}

async function requireClosable(
  client: PoolClient,
  userId: number,
  { account_id, is_default }: Account,
  closedAt: string,
): Promise<void> {
  if (is_default) throw new DefaultAccountError("closed");
  const { rows } = await client.query<{ last: string | null }>(
    "select max(transaction_date) as last from bronze.transactions where user_id = $1 and account_id = $2",
    [userId, account_id],
  );
  const last = rows[0]?.last ?? null;
  if (last !== null && last > closedAt) throw new AccountClosedError(last);
}

/** Throws AccountNotFoundError, AccountClosedError, and what openAccount throws. */
export async function changeAccount(
  context: Pick<LedgerContext, "pool" | "prices" | "clock">,
  userId: number,
  accountId: number,
  change: AccountChange,
): Promise<Account> {
  requirePast(context, change);
  await requireItsRates(context, change);
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    const before = await requireAccount(client, userId, accountId);
    if (before.is_default && change.is_default === false)
      throw new DefaultAccountError("the default one no more");
    const after: Account = { ...before, ...(change as Partial<Account>) };
    if (after.closed_at !== null && (change.closed_at || change.is_default))
      await requireClosable(client, userId, after, after.closed_at);
    if (after.is_default && !before.is_default) await giveUpDefault(client, userId);
    await client
      .query(
        `update public.accounts
         set name = $3, currency = $4, tracks_cash = $5, income = $6, kind = $7, closed_at = $8, is_default = $9
         where user_id = $1
           and account_id = $2`,
        [
          userId,
          accountId,
          after.name,
          after.currency,
          after.tracks_cash,
          after.income,
          after.kind,
          after.closed_at,
          after.is_default,
        ],
      )
      .catch((error: unknown) => {
        throw isOfName(error) ? new AccountNameTakenError(after.name) : error;
      });
    return requireAccount(client, userId, accountId);
  });
}
