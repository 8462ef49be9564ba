/** Who people are to an OpenID provider: accounts are tied to it by issuer and subject, never by an email alone. */
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { transaction } from "../database/transaction.ts";
import { type Account, insertAccount } from "./accounts.ts";
import type { AccountContext } from "./context.ts";
import { EmailTakenError, IdentityTakenError, LastWayInError } from "./errors.ts";
import { readFactors } from "./factors.ts";

/** As a provider vouches for it. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

/** The account of this identity; null: none is tied to it. */
export async function findIdentityAccount(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  { issuer, subject }: Identity,
): Promise<Account | null> {
  const { rows } = await pool.query<Account>(
    "select user_id as id, email, role from public.find_identity($1, $2)",
    [issuer, subject],
  );
  const account = rows[0];
  if (!account) return null;
  await personTransaction(pool, account.id, (client) =>
    client.query("update public.identities set last_used_at = $3 where issuer = $1 and subject = $2", [
      issuer,
      subject,
      clock(),
    ]),
  );
  return account;
}

/** Is there an account with this email, whoever's it is? */
export async function isEmailTaken(pool: Pool, email: string): Promise<boolean> {
  const { rows } = await pool.query<{ is_taken: boolean }>(
    "select exists (select from public.users where lower(email) = $1) as is_taken",
    [email],
  );
  return rows[0]!.is_taken;
}

async function insertIdentity(
  client: PoolClient,
  userId: number,
  { issuer, subject }: Identity,
  now: Date,
): Promise<void> {
  const { rowCount } = await client.query(
    `insert into public.identities (issuer, subject, user_id, created_at, last_used_at)
     values ($1, $2, $3, $4, $4)
     on conflict do nothing`,
    [issuer, subject, userId, now],
  );
  if (rowCount === 0) throw new IdentityTakenError();
}

/** Makes an account without a password, tied to the identity. Throws EmailTakenError or IdentityTakenError. */
export function createIdentityAccount(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  identity: Identity,
  email: string,
): Promise<Account> {
  return transaction(pool, async (client) => {
    const account = await insertAccount(client, email, null);
    if (!account) throw new EmailTakenError(email);
    // Row-level security takes the identity of the person who has just come to be.
    await client.query(`set local app.user_id = '${account.id}'`);
    await insertIdentity(client, account.id, identity, clock());
    return account;
  });
}

/** Ties the person's own account to an identity. Throws IdentityTakenError. */
export function connectIdentity(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  userId: number,
  identity: Identity,
): Promise<void> {
  return personTransaction(pool, userId, (client) => insertIdentity(client, userId, identity, clock()));
}

/** Is this identity the person's? */
export async function isIdentityOf(pool: Pool, userId: number, identity: Identity): Promise<boolean> {
  return personTransaction(pool, userId, async (client) => {
    const { rowCount } = await client.query(
      "select from public.identities where user_id = $1 and issuer = $2 and subject = $3",
      [userId, identity.issuer, identity.subject],
    );
    return rowCount === 1;
  });
}

/** Throws LastWayInError where there is no password to sign in with. */
export async function disconnectIdentity(pool: Pool, userId: number, issuer: string): Promise<void> {
  if (!(await readFactors(pool, userId)).has_password) throw new LastWayInError();
  await personTransaction(pool, userId, (client) =>
    client.query("delete from public.identities where user_id = $1 and issuer = $2", [userId, issuer]),
  );
}
