/** Who people are to an OpenID provider: accounts are tied to it by issuer and subject, never by an email alone. */
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { transaction } from "../database/transaction.ts";
import { type Account, insertAccount, type Newcomers } from "./accounts.ts";
import type { AccountContext } from "./context.ts";
import { IdentityTakenError, LastWayInError } from "./errors.ts";
import { readFactors } from "./factors.ts";
import type { Person } from "./person.ts";
import { type Actor, commandLine, recordSecurityEvent } from "./security-log.ts";
import { revokeSessions } from "./sessions.ts";

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

async function insertIdentity(
  client: PoolClient,
  userId: number,
  { issuer, subject }: Identity,
  now: Date,
  actor: Actor,
): Promise<void> {
  const { rowCount } = await client.query(
    `insert into public.identities (issuer, subject, user_id, created_at, last_used_at)
     values ($1, $2, $3, $4, $4)
     on conflict do nothing`,
    [issuer, subject, userId, now],
  );
  if (rowCount === 0) throw new IdentityTakenError();
  await recordSecurityEvent(client, actor, { kind: "provider_connected", userId, detail: issuer });
}

/**
 * Makes an account without a password, tied to the identity. Throws as `admit` does, EmailTakenError, QuotaExceededError or
 * IdentityTakenError.
 */
export function createIdentityAccount(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  identity: Identity,
  email: string,
  newcomers: Newcomers,
): Promise<Account> {
  return transaction(pool, async (client) => {
    const account = await insertAccount(client, email, null, newcomers);
    // Row-level security takes the identity of the person who has just come to be.
    await client.query(`set local app.user_id = '${account.id}'`);
    const owner = { ...(newcomers.actor ?? commandLine), userId: account.id };
    await insertIdentity(client, account.id, identity, clock(), owner);
    return account;
  });
}

/** Ties the person's own account to an identity. Throws IdentityTakenError. */
export function connectIdentity(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  userId: number,
  identity: Identity,
  actor: Actor,
): Promise<void> {
  return personTransaction(pool, userId, (client) =>
    insertIdentity(client, userId, identity, clock(), { ...actor, userId }),
  );
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

/**
 * Every other session ends: it may have begun by way of what is disconnected. Throws LastWayInError where there is no password to sign in
 * with.
 */
export async function disconnectIdentity(
  pool: Pool,
  { userId, credentialId }: Person,
  issuer: string,
  actor: Actor,
): Promise<void> {
  if (!(await readFactors(pool, userId)).has_password) throw new LastWayInError();
  await personTransaction(pool, userId, async (client) => {
    const { rowCount } = await client.query(
      "delete from public.identities where user_id = $1 and issuer = $2",
      [userId, issuer],
    );
    if (rowCount === 0) return;
    await revokeSessions(client, userId, credentialId);
    await recordSecurityEvent(client, actor, { kind: "provider_disconnected", userId, detail: issuer });
  });
}
