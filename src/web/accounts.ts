/** Accounts: emails, password hashes, and who the first operator is. */
import { createHash } from "node:crypto";
import bcrypt from "bcrypt";
import type { Pool } from "pg";
import { z } from "zod";
import { transaction } from "../database/transaction.ts";
import type { Role } from "./context.ts";
import { EmailTakenError } from "./errors.ts";

/** As answers show it. */
export interface Account {
  readonly id: number;
  readonly email: string;
  readonly role: Role;
}

/** Trimmed and in lower case, so that one mailbox is one account. */
export const emailSchema = z.string().trim().toLowerCase().max(254).check(z.email());

export const credentialsSchema = z.object({
  email: emailSchema,
  password: z.string().min(8).max(200),
});

export type Credentials = z.output<typeof credentialsSchema>;

/** 2^12 rounds: 0.25 s on one core of 2024, on a thread of its own. */
const bcryptCost = 12;

/** The hash of a password that nobody has: an unknown email takes as long to refuse as a wrong password. */
const nobodysHash = "$2b$12$nOhh91UAc9aNAglm787r2O8kTFTBoObICnp75N12QrGO/3cy3y5Mu";

/** bcrypt reads 72 bytes and stops at a NUL: a digest of the whole password is shorter and has none. */
function digest(password: string): string {
  return createHash("sha256").update(password.normalize("NFKC")).digest("base64");
}

/**
 * Makes an account; the first one ever is the operator's. Throws EmailTakenError.
 * The web's role may do this, and so may the owner's.
 */
export async function createAccount(pool: Pool, { email, password }: Credentials): Promise<Account> {
  const passwordHash = await bcrypt.hash(digest(password), bcryptCost);
  // One statement would not do: of two first accounts made at once, neither would see the other.
  const account = await transaction(pool, async (client) => {
    // Writers wait for each other, readers do not.
    await client.query("lock table public.users in share row exclusive mode");
    const { rows } = await client.query<Account>(
      `insert into public.users (email, password_hash, role)
       values ($1, $2, case when exists (select from public.users) then 'investor' else 'operator' end)
       on conflict (lower(email)) do nothing
       returning user_id as id, email, role`,
      [email, passwordHash],
    );
    return rows[0];
  });
  if (!account) throw new EmailTakenError(email);
  return account;
}

/** The account with this email and password; null: there is none, which takes as long to find out either way. */
export async function findAccount(pool: Pool, { email, password }: Credentials): Promise<Account | null> {
  const { rows } = await pool.query<Account & { password_hash: string }>(
    `select user_id as id, email, role, password_hash
     from public.users
     where lower(email) = $1`,
    [email],
  );
  const row = rows[0];
  const matches = await bcrypt.compare(digest(password), row?.password_hash ?? nobodysHash);
  return row && matches ? { id: row.id, email: row.email, role: row.role } : null;
}
