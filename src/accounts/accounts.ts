/** Accounts: emails, password hashes, who the first operator is, and how an account ends. */
import { createHash } from "node:crypto";
import bcrypt from "bcrypt";
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { transaction } from "../database/transaction.ts";
import { EmailTakenError, LastOperatorError } from "./errors.ts";
import type { Person, Role } from "./person.ts";
import { revokeSessions } from "./sessions.ts";
import { revokeTokens } from "./tokens.ts";

/** As answers show it. */
export interface Account {
  readonly id: number;
  readonly email: string;
  readonly role: Role;
}

/** Trimmed and in lower case, so that one mailbox is one account. */
export const emailSchema = z.string().trim().toLowerCase().max(254).check(z.email());

const passwordLength = "expected 8 to 200 characters";

export const passwordSchema = z.string(passwordLength).min(8, passwordLength).max(200, passwordLength);

/** Looser than when it was chosen: an old password that is too short today is still the password. */
export const currentPasswordSchema = z.string().max(200);

export const credentialsSchema = z.object({ email: emailSchema, password: passwordSchema });

export const costBasisMethods = ["average", "fifo"] as const;

export type CostBasisMethod = (typeof costBasisMethods)[number];

/** As its owner sees it. */
export interface OwnAccount extends Account {
  readonly cost_basis_method: CostBasisMethod;
  readonly created_at: Date;
}

export type Credentials = z.output<typeof credentialsSchema>;

/** 2^12 rounds: 0.25 s on one core of 2024, on a thread of its own. */
const bcryptCost = 12;

/** The hash of a password that nobody has: an unknown email takes as long to refuse as a wrong password. */
const nobodysHash = "$2b$12$nOhh91UAc9aNAglm787r2O8kTFTBoObICnp75N12QrGO/3cy3y5Mu";

/** bcrypt reads 72 bytes and stops at a NUL: a digest of the whole password is shorter and has none. */
function digest(password: string): string {
  return createHash("sha256").update(password.normalize("NFKC")).digest("base64");
}

function hash(password: string): Promise<string> {
  return bcrypt.hash(digest(password), bcryptCost);
}

/**
 * Makes an account; the first one ever is the operator's. Throws EmailTakenError.
 * The web's role may do this, and so may the owner's.
 */
export async function createAccount(pool: Pool, { email, password }: Credentials): Promise<Account> {
  const passwordHash = await hash(password);
  const account = await transaction(pool, (client) => insertAccount(client, email, passwordHash));
  if (!account) throw new EmailTakenError(email);
  return account;
}

/** Within a transaction. `passwordHash` null: the person signs in by a provider. null: the email has an account already. */
export async function insertAccount(
  client: PoolClient,
  email: string,
  passwordHash: string | null,
): Promise<Account | null> {
  // One statement would not do: of two first accounts made at once, neither would see the other.
  // Writers wait for each other, readers do not.
  await client.query("lock table public.users in share row exclusive mode");
  const { rows } = await client.query<Account>(
    `insert into public.users (email, password_hash, role)
     values ($1, $2, case when exists (select from public.users) then 'investor' else 'operator' end)
     on conflict (lower(email)) do nothing
     returning user_id as id, email, role`,
    [email, passwordHash],
  );
  return rows[0] ?? null;
}

/** The account with this email and password; null: there is none, which takes as long to find out either way. */
export async function findAccount(pool: Pool, { email, password }: Credentials): Promise<Account | null> {
  const { rows } = await pool.query<Account & { password_hash: string | null }>(
    `select user_id as id, email, role, password_hash
     from public.users
     where lower(email) = $1`,
    [email],
  );
  const row = rows[0];
  const matches = await bcrypt.compare(digest(password), row?.password_hash ?? nobodysHash);
  return row && matches ? { id: row.id, email: row.email, role: row.role } : null;
}

/** The account of a person who is signed in. */
export async function readAccount(client: Pool | PoolClient, userId: number): Promise<OwnAccount> {
  const { rows } = await client.query<OwnAccount>(
    `select user_id as id, email, role, cost_basis_method, created_at
     from public.users
     where user_id = $1`,
    [userId],
  );
  return rows[0]!;
}

export async function isPasswordOf(pool: Pool, userId: number, password: string): Promise<boolean> {
  const { rows } = await pool.query<{ password_hash: string | null }>(
    "select password_hash from public.users where user_id = $1",
    [userId],
  );
  return bcrypt.compare(digest(password), rows[0]?.password_hash ?? nobodysHash);
}

/** Sets the password and signs the person out but for the session they do it by; API tokens go on. */
export async function setPassword(
  pool: Pool,
  { userId, credentialId }: Person,
  password: string,
): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query("update public.users set password_hash = $2 where user_id = $1", [
      userId,
      await hash(password),
    ]);
    await revokeSessions(client, userId, credentialId);
  });
}

/** A trigger leaves a change row, and the person's figures follow as after a trade. */
export async function setCostBasisMethod(
  pool: Pool,
  userId: number,
  costBasisMethod: CostBasisMethod,
): Promise<void> {
  await pool.query(
    `update public.users
     set cost_basis_method = $2
     where user_id = $1
       and cost_basis_method <> $2`,
    [userId, costBasisMethod],
  );
}

/** Deletes the account with everything about the person, for good. Throws LastOperatorError. */
export async function deleteAccount(pool: Pool, { userId, role }: Person): Promise<void> {
  await personTransaction(pool, userId, async (client) => {
    if (role === "operator") await requireOtherOperator(client, userId);
    // Both end by themselves with the account; open event streams must hear of it.
    await revokeSessions(client, userId, null);
    await revokeTokens(client, userId);
    await client.query("select public.delete_own_account()");
  });
}

/** Has anybody an account yet? The first one is the operator's. */
export async function hasAccounts(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ has_accounts: boolean }>(
    "select exists (select from public.users) as has_accounts",
  );
  return rows[0]!.has_accounts;
}

/**
 * Throws LastOperatorError if nobody could run the installation without this operator. Holds off, until the end of
 * the transaction, what could make the answer wrong: a new account, another operator who leaves.
 */
async function requireOtherOperator(client: PoolClient, userId: number): Promise<void> {
  await client.query("lock table public.users in share row exclusive mode");
  const { rows } = await client.query<{ is_needed: boolean }>(
    `select count(*) > 0 and count(*) filter (where role = 'operator') = 0 as is_needed
     from public.users
     where user_id <> $1`,
    [userId],
  );
  if (rows[0]?.is_needed) throw new LastOperatorError();
}
