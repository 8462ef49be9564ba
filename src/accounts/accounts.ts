/** Accounts: emails, password hashes, who the first operator is, and how an account ends. */

import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { transaction } from "../database/transaction.ts";
import { knownLanguage, type Language } from "../languages.ts";
import { QuotaExceededError, type Quotas } from "../quotas.ts";
import { AccountDisabledError, AccountGoneError, EmailTakenError, LastOperatorError } from "./errors.ts";
import { hashPassword, isHashOf } from "./hashing.ts";
import { hashOfLinkToken } from "./link-tokens.ts";
import type { Person, Role } from "./person.ts";
import { type Actor, commandLine, recordSecurityEvent } from "./security-log.ts";
import { digestOfHash, revokeSessions } from "./sessions.ts";
import { revokeTokens } from "./tokens.ts";

/** As answers show it. */
export interface Account {
  readonly id: number;
  readonly email: string;
  readonly role: Role;
}

/** Trimmed and in lower case, so that one mailbox is one account. */
export const emailSchema = z
  .string()
  .max(254, { abort: true })
  .trim()
  .check(z.email())
  .toLowerCase() // afterwards: a Kelvin sign would become a k
  .meta({ format: undefined, pattern: z.regexes.email.source.replace("^", "^\\s*").replace(/\$$/, "\\s*$") });

const passwordLength = "expected 8 to 200 characters";

export const passwordSchema = z.string(passwordLength).min(8, passwordLength).max(200, passwordLength);

/** Looser than when it was chosen: an old password that is too short today is still the password. */
export const currentPasswordSchema = z.string().max(200);

export const credentialsSchema = z.object({ email: emailSchema, password: passwordSchema });

export const costBasisMethods = ["average", "fifo", "lifo", "hifo"] as const;

export type CostBasisMethod = (typeof costBasisMethods)[number];

/** As its owner sees it. */
export interface OwnAccount extends Account {
  readonly cost_basis_method: CostBasisMethod;
  /** Month and day on which their tax year begins: 01-01 is the calendar year. */
  readonly tax_year_start: string;
  /** null: as the browser asks. */
  readonly language: Language | null;
  /** ISO code of the currency in which their figures are. */
  readonly base_currency: string;
  readonly created_at: Date;
}

export type Credentials = z.output<typeof credentialsSchema>;

export interface Newcomers {
  /** Who makes the account, for the security log. Default: the command line. */
  readonly actor?: Actor;
  /** Throws where none may be made. Asked while nobody else can make one. Default: it may. */
  readonly admit?: (client: PoolClient) => Promise<unknown>;
  /** Default: none. */
  readonly quotas?: Pick<Quotas, "accounts">;
  /** By whose link it is made. */
  readonly invitation?: { readonly token: string; readonly now: Date } | undefined;
}

/**
 * Makes an account; the first one ever is an operator's, and so is one that was invited as such. Throws as `admit` does,
 * EmailTakenError, SignInBusyError or, where `quotas` are given, QuotaExceededError. The web's role may do this, and so may
 * the owner's.
 */
export async function createAccount(
  pool: Pool,
  { email, password }: Credentials,
  newcomers: Newcomers = {},
): Promise<Account> {
  const passwordHash = await hashPassword(password); // before a connection is taken, which would wait with it
  return transaction(pool, (client) => insertAccount(client, email, passwordHash, newcomers));
}

/** The same within a transaction, of a password that is hashed already; null: the person signs in by a provider. */
export async function insertAccount(
  client: PoolClient,
  email: string,
  passwordHash: string | null,
  { actor = commandLine, admit, quotas, invitation }: Newcomers,
): Promise<Account> {
  // One statement would not do: of two first accounts made at once, neither would see the other.
  await client.query("select public.lock_accounts()");
  if (quotas) await requireRoom(client, quotas.accounts);
  await admit?.(client);
  const { rows } = await client.query<Account>(
    "select user_id as id, email, role from public.create_account($1, $2, $3, $4)",
    [email, passwordHash, invitation && hashOfLinkToken(invitation.token), invitation?.now],
  );
  const account = rows[0];
  if (!account) throw new EmailTakenError(email);
  await recordSecurityEvent(client, actor, { kind: "account_created", userId: account.id });
  return account;
}

/** Throws QuotaExceededError unless one more account may be made. */
async function requireRoom(client: PoolClient, limit: number): Promise<void> {
  const { rows } = await client.query<{ accounts: number }>("select public.count_accounts() as accounts");
  if (rows[0]!.accounts < limit) return;
  const wayOut = "this installation takes no more people: ask whoever runs it to make yours";
  throw new QuotaExceededError(limit, "accounts", wayOut, "QUOTA_ACCOUNTS");
}

/** An account, and the digest of the hash that its password was compared with. */
export interface FoundAccount {
  readonly account: Account;
  readonly password: string;
}

/**
 * The account with this email and password; null: there is none, which takes as long to find out either way, and
 * stands in the security log. Throws AccountDisabledError to who knows the password.
 */
export async function findAccount(
  pool: Pool,
  { email, password }: Credentials,
  actor: Actor,
): Promise<FoundAccount | null> {
  const { rows } = await pool.query<Account & { password_hash: string | null; is_disabled: boolean }>(
    "select user_id as id, email, role, password_hash, is_disabled from public.sign_in_hash($1)",
    [email],
  );
  const row = rows[0];
  const matches = await isHashOf(password, row?.password_hash ?? null);
  if (row?.password_hash && matches && !row.is_disabled) {
    const { id, email: known, role, password_hash } = row;
    return { account: { id, email: known, role }, password: digestOfHash(password_hash) };
  }
  const detail = row ? (matches ? "the account is disabled" : "wrong password") : "no such account";
  const refused = { kind: "sign_in", userId: row?.id ?? null, outcome: "refused", detail } as const;
  await recordSecurityEvent(pool, actor, refused);
  if (row && matches) throw new AccountDisabledError();
  return null;
}

/** The account of a person who is signed in. Throws AccountGoneError. */
export function readOwnAccount(pool: Pool, userId: number): Promise<OwnAccount> {
  return personTransaction(pool, userId, (client) => readAccount(client, userId));
}

/** The same within a transaction of theirs. */
export async function readAccount(client: PoolClient, userId: number): Promise<OwnAccount> {
  const { rows } = await client.query<OwnAccount>(
    `select user_id as id, email, role, cost_basis_method, base_currency, tax_year_start, language, created_at
     from public.users
     where user_id = $1`,
    [userId],
  );
  if (!rows[0]) throw new AccountGoneError();
  return { ...rows[0], language: knownLanguage(rows[0].language) };
}

export async function isPasswordOf(pool: Pool, userId: number, password: string): Promise<boolean> {
  const hash = await personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<{ hash: string | null }>("select public.own_password_hash() as hash");
    return rows[0]!.hash;
  });
  return isHashOf(password, hash);
}

/** Sets the password and signs the person out but for the session they do it by; API tokens go on. */
export async function setPassword(
  pool: Pool,
  { userId, credentialId }: Person,
  password: string,
  actor: Actor,
): Promise<void> {
  const passwordHash = await hashPassword(password); // before a connection is taken, which would wait with it
  await personTransaction(pool, userId, async (client) => {
    await client.query("update public.users set password_hash = $2 where user_id = $1", [
      userId,
      passwordHash,
    ]);
    await revokeSessions(client, userId, credentialId);
    await recordSecurityEvent(client, actor, { kind: "password_changed", userId });
  });
}

/** A trigger leaves a change row, and the person's figures follow as after a trade. */
export async function setCostBasisMethod(
  pool: Pool,
  userId: number,
  costBasisMethod: CostBasisMethod,
): Promise<void> {
  await personTransaction(pool, userId, (client) =>
    client.query(
      `update public.users
       set cost_basis_method = $2
       where user_id = $1
         and cost_basis_method <> $2`,
      [userId, costBasisMethod],
    ),
  );
}

/**
 * As setCostBasisMethod. `baseCurrency`: one whose rates are known. `check`: what has to be so of the ledger once it is set, when nobody
 * can write there any more before it is; it throws where it is not.
 */
export async function setBaseCurrency(
  pool: Pool,
  userId: number,
  baseCurrency: string,
  check: (client: PoolClient) => Promise<void> = async () => {},
): Promise<void> {
  await personTransaction(pool, userId, async (client) => {
    await client.query(
      `update public.users
       set base_currency = $2
       where user_id = $1
         and base_currency <> $2`,
      [userId, baseCurrency],
    );
    await check(client);
  });
}

/** No figure follows from it but those of a tax year. `start`: a month and day that every year has, such as 04-06. */
export async function setTaxYearStart(pool: Pool, userId: number, start: string): Promise<void> {
  await personTransaction(pool, userId, (client) =>
    client.query(
      `update public.users
       set tax_year_start = $2
       where user_id = $1
         and tax_year_start <> $2`,
      [userId, start],
    ),
  );
}

/** Which the person with this email has chosen; null: none, or nobody has the email. It is told to nobody: emails are written in it. */
export async function languageOfAccount(pool: Pool, email: string): Promise<Language | null> {
  const { rows } = await pool.query<{ language: string | null }>(
    "select public.language_of_account($1) as language",
    [email],
  );
  return knownLanguage(rows[0]!.language);
}

/** In which the person is spoken to; null: as their browser asks. */
export async function setLanguage(pool: Pool, userId: number, language: Language | null): Promise<void> {
  await personTransaction(pool, userId, (client) =>
    client.query("update public.users set language = $2 where user_id = $1", [userId, language]),
  );
}

/** Deletes the account with everything about the person, for good. Throws LastOperatorError. */
export async function deleteAccount(pool: Pool, { userId }: Person, actor: Actor): Promise<void> {
  const work = async (client: PoolClient): Promise<void> => {
    await requireOtherOperator(client);
    // Both end by themselves with the account; open event streams must hear of it.
    await revokeSessions(client, userId, null);
    await revokeTokens(client, userId);
    await client.query("select public.delete_own_account()");
    await recordDeletion(client, actor, userId);
  };
  await personTransaction(pool, userId, work, { isLong: true });
}

/** About nobody any more: the number is all that stays, and leads nowhere. */
export function recordDeletion(client: PoolClient, actor: Actor, userId: number): Promise<void> {
  return recordSecurityEvent(client, actor, {
    kind: "account_deleted",
    userId: null,
    detail: `account ${userId}`,
  });
}

export async function isEmailTaken(pool: Pool, email: string): Promise<boolean> {
  const { rowCount } = await pool.query("select from public.sign_in_hash($1)", [email]);
  return rowCount !== 0;
}

/** Has anybody an account yet? The first one is the operator's. */
export async function hasAccounts(client: Pool | PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ has_accounts: boolean }>(
    "select public.count_accounts() > 0 as has_accounts",
  );
  return rows[0]!.has_accounts;
}

/** An operator's id; null: there is none. */
export async function firstOperator(pool: Pool): Promise<number | null> {
  const { rows } = await pool.query<{ user_id: number | null }>("select public.first_operator() as user_id");
  return rows[0]!.user_id;
}

/**
 * Throws LastOperatorError if nobody could run the installation without the person for whom the transaction runs. Holds off, until
 * its end, what could make the answer wrong: a new account, another operator who leaves.
 */
async function requireOtherOperator(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ is_needed: boolean }>(
    "select public.is_needed_operator() as is_needed",
  );
  if (rows[0]?.is_needed) throw new LastOperatorError();
}
