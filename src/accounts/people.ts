/**
 * What operators, and the command line, may do with other people's accounts. What people own is not among it: neither
 * figures nor trades are read here. The last operator who can sign in stays one.
 */
import type { Pool, PoolClient } from "pg";
import { endAccessWithin } from "./access.ts";
import { recordDeletion } from "./accounts.ts";
import { LastOperatorError, NotOperatorError, UnknownPersonError } from "./errors.ts";
import type { Role } from "./person.ts";
import { type Actor, actorTransaction, recordSecurityEvent } from "./security-log.ts";
import { revokedChannel, revokeSessions } from "./sessions.ts";
import { revokeTokens } from "./tokens.ts";

/** An account as operators see it. */
export interface KnownPerson {
  readonly user_id: number;
  readonly email: string;
  readonly role: Role;
  readonly created_at: Date;
  readonly disabled_at: Date | null;
  /** By an open session; null: there is none. */
  readonly last_used_at: Date | null;
  /** Open ones. */
  readonly sessions: number;
  readonly api_tokens: number;
}

export interface PeopleFilter {
  /** A part of the email. */
  readonly email?: string | undefined;
  /** The user_id that the page before ended with. */
  readonly after?: number | undefined;
  readonly limit: number | null;
}

const selectPeople = `
  select
    users.user_id,
    users.email,
    users.role,
    users.created_at,
    users.disabled_at,
    open_sessions.last_used_at,
    open_sessions.sessions,
    tokens.api_tokens
  from public.users
  cross join lateral (
    select max(last_used_at) as last_used_at, count(*)::integer as sessions
    from public.sessions
    where sessions.user_id = users.user_id and revoked_at is null and expires_at > $1
  ) as open_sessions
  cross join lateral (
    select count(*)::integer as api_tokens
    from public.api_tokens
    where api_tokens.user_id = users.user_id and (api_tokens.expires_at is null or api_tokens.expires_at > $1)
  ) as tokens`;

/** Accounts in the order in which they were made. */
export function listPeople(
  pool: Pool,
  actor: Actor,
  now: Date,
  { email, after, limit }: PeopleFilter,
): Promise<KnownPerson[]> {
  return actorTransaction(pool, actor, async (client) => {
    const { rows } = await client.query<KnownPerson>(
      `${selectPeople}
       where ($2::text is null or strpos(lower(users.email), lower($2)) > 0)
         and ($3::bigint is null or users.user_id > $3)
       order by users.user_id
       limit $4`,
      [now, email ?? null, after ?? null, limit],
    );
    return rows;
  });
}

/** One account. Throws UnknownPersonError. */
export function readKnownPerson(pool: Pool, actor: Actor, now: Date, userId: number): Promise<KnownPerson> {
  return actorTransaction(pool, actor, async (client) => {
    const { rows } = await client.query<KnownPerson>(`${selectPeople} where users.user_id = $2`, [
      now,
      userId,
    ]);
    if (!rows[0]) throw new UnknownPersonError(String(userId));
    return rows[0];
  });
}

/** By email, as a person types it; null: there is none. */
export function findUserId(pool: Pool, actor: Actor, email: string): Promise<number | null> {
  return actorTransaction(pool, actor, async (client) => {
    const { rows } = await client.query<{ user_id: number }>(
      "select user_id from public.users where lower(email) = lower($1)",
      [email.trim()],
    );
    return rows[0]?.user_id ?? null;
  });
}

/** Counts at once, on what is open too. Throws UnknownPersonError or LastOperatorError. */
export function setRole(pool: Pool, userId: number, role: Role, actor: Actor): Promise<void> {
  return alter(pool, actor, async (client) => {
    const before = await alterAccount(client, actor, userId, { role });
    if (before === role) return;
    const detail = `from ${before} to ${role}`;
    await recordSecurityEvent(client, actor, { kind: "role_changed", userId, detail });
  });
}

/**
 * A disabled account cannot sign in; its sessions end, and its tokens are good for nothing until it is enabled again.
 * Throws UnknownPersonError or LastOperatorError.
 */
export function setDisabled(pool: Pool, userId: number, isDisabled: boolean, actor: Actor): Promise<void> {
  return alter(pool, actor, async (client) => {
    await alterAccount(client, actor, userId, { isDisabled });
    if (isDisabled) {
      await revokeSessions(client, userId, null);
      await closeTokenStreams(client, userId);
    }
    const kind = isDisabled ? "account_disabled" : "account_enabled";
    await recordSecurityEvent(client, actor, { kind, userId });
  });
}

/** Returns the role before. The owner of the database needs no operator's leave, which the web's role does. */
async function alterAccount(
  client: PoolClient,
  actor: Actor,
  userId: number,
  { role = null, isDisabled = null }: { readonly role?: Role | null; readonly isDisabled?: boolean | null },
): Promise<Role> {
  const alteration = actor.userId === null ? "public.alter_account" : "public.alter_account_as_operator";
  const { rows } = await client.query<{ before: Role | null }>(`select ${alteration}($1, $2, $3) as before`, [
    userId,
    role,
    isDisabled,
  ]);
  const before = rows[0]?.before ?? null;
  if (before === null) throw new UnknownPersonError(String(userId));
  return before;
}

/** PostgreSQL's own code for it. */
const insufficientPrivilege = "42501";

/** A transaction on behalf of who acts. Throws LastOperatorError or NotOperatorError where the database refused. */
async function alter(pool: Pool, actor: Actor, work: (client: PoolClient) => Promise<void>): Promise<void> {
  try {
    await actorTransaction(pool, actor, work);
  } catch (error) {
    const { code, constraint } = error as { readonly code?: unknown; readonly constraint?: unknown };
    if (constraint === "last_operator") throw new LastOperatorError();
    if (code === insufficientPrivilege) throw new NotOperatorError();
    throw error;
  }
}

/** The tokens stay, and nobody is let in by them; what they hold open ends. */
async function closeTokenStreams(client: PoolClient, userId: number): Promise<void> {
  await client.query("select pg_notify($2, token_id::text) from public.api_tokens where user_id = $1", [
    userId,
    revokedChannel,
  ]);
}

/** Ends every session and API token of a person. Throws UnknownPersonError. */
export function revokeAccess(pool: Pool, userId: number, actor: Actor): Promise<void> {
  return actorTransaction(pool, actor, async (client) => {
    await requirePresent(client, userId);
    await endAccessWithin(client, userId, { tokens: true }, actor);
  });
}

/** Erases an account with everything about the person. Throws UnknownPersonError or LastOperatorError. */
export function removePerson(pool: Pool, userId: number, actor: Actor): Promise<void> {
  return alter(pool, actor, async (client) => {
    await requirePresent(client, userId);
    await revokeSessions(client, userId, null);
    await revokeTokens(client, userId);
    const deletion = actor.userId === null ? "public.delete_account" : "public.delete_account_as_operator";
    await client.query(`select ${deletion}($1)`, [userId]);
    await recordDeletion(client, actor, userId);
  });
}

/**
 * For who has lost what they prove themselves with: every second factor goes, and every session ends; the password stays. Throws
 * UnknownPersonError.
 */
export function resetFactors(pool: Pool, userId: number, actor: Actor): Promise<void> {
  return alter(pool, actor, async (client) => {
    await requirePresent(client, userId);
    const reset = actor.userId === null ? "public.reset_factors" : "public.reset_factors_as_operator";
    await client.query(`select ${reset}($1)`, [userId]);
    await revokeSessions(client, userId, null);
    await recordSecurityEvent(client, actor, { kind: "second_factors_reset", userId });
  });
}

async function requirePresent(client: PoolClient, userId: number): Promise<void> {
  const { rowCount } = await client.query("select from public.users where user_id = $1", [userId]);
  if (rowCount === 0) throw new UnknownPersonError(String(userId));
}
