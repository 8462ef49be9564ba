/** Sessions: rows that vouch for tokens. A token is a signed session id, good while its row stands unrevoked. */
import jwt from "jsonwebtoken";
import type { Pool, PoolClient } from "pg";
import type { AccountContext } from "./context.ts";
import type { Person, Role } from "./person.ts";

/** Another process may hold an event stream of the session or API token: it is told here. Payload: the id of either. */
export const revokedChannel = "web_credentials_revoked";

export const sessionDays = 30;

/** A session as the account page lists it. */
export interface Session {
  readonly session_id: string;
  readonly user_agent: string | null;
  readonly created_at: Date;
  readonly last_used_at: Date;
  readonly expires_at: Date;
}

export interface StartedSession {
  readonly token: string;
  readonly sessionId: string;
  readonly expiresAt: Date;
}

/** Starts a session of 30 days. `userAgent` is kept so that its owner can recognise it. */
export async function startSession(
  { pool, clock, jwtSecret }: AccountContext,
  userId: number,
  userAgent: string | null,
): Promise<StartedSession> {
  const now = clock();
  const expiresAt = new Date(now.getTime() + sessionDays * 86_400_000);
  const { rows } = await pool.query<{ session_id: string }>(
    `with expired as (
       delete from public.sessions
       where user_id = $1 and expires_at <= $3
     )
     insert into public.sessions (user_id, user_agent, created_at, last_used_at, proved_at, expires_at)
     values ($1, $2, $3, $3, $3, $4)
     returning session_id`,
    [userId, userAgent?.slice(0, 300) ?? null, now, expiresAt],
  );
  const sessionId = rows[0]!.session_id;
  const claims = { iat: Math.floor(now.getTime() / 1000), exp: Math.floor(expiresAt.getTime() / 1000) };
  const token = jwt.sign(claims, jwtSecret, {
    algorithm: "HS256",
    subject: String(userId),
    jwtid: sessionId,
  });
  return { token, sessionId, expiresAt };
}

/** The person a token speaks for; null: forged, expired, revoked, or the account is gone. */
export async function findPerson(
  { pool, clock, jwtSecret }: AccountContext,
  token: string,
): Promise<Person | null> {
  const now = clock();
  const sessionId = verifiedSessionId(token, jwtSecret, now);
  if (!sessionId) return null;
  const { rows } = await pool.query<{
    user_id: number;
    email: string;
    role: Role;
    proved_at: Date;
    is_recent: boolean;
  }>({
    name: "find_person", // prepared: it precedes every request
    text: `select
             users.user_id, users.email, users.role, proved_at,
             last_used_at > $2::timestamptz - interval '1 minute' as is_recent
           from public.sessions
           join public.users using (user_id)
           where session_id = $1 and revoked_at is null and expires_at > $2`,
    values: [sessionId, now],
  });
  const row = rows[0];
  if (!row) return null;
  if (!row.is_recent)
    await pool.query("update public.sessions set last_used_at = $2 where session_id = $1", [sessionId, now]);
  const { user_id, email, role, proved_at } = row;
  return { userId: user_id, email, role, credentialId: sessionId, scope: "account", provedAt: proved_at };
}

/** How long it counts that a session's person proved who they are. */
export const proofMinutes = 10;

/** Has the person proved within ten minutes, in this session, who they are? What changes the account asks for that. */
export function isProved({ provedAt }: Person, now: Date): boolean {
  return provedAt !== null && now.getTime() - provedAt.getTime() < proofMinutes * 60_000;
}

/** The session's person has just proved who they are. */
export async function markProved(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  person: Person,
): Promise<Person> {
  const provedAt = clock();
  await pool.query("update public.sessions set proved_at = $2 where session_id = $1", [
    person.credentialId,
    provedAt,
  ]);
  return { ...person, provedAt };
}

function verifiedSessionId(token: string, secret: string, now: Date): string | null {
  try {
    const claims = jwt.verify(token, secret, {
      algorithms: ["HS256"], // pinned: the token's own header must not choose
      clockTimestamp: Math.floor(now.getTime() / 1000),
    });
    return typeof claims === "object" ? (claims.jti ?? null) : null;
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) return null;
    throw error;
  }
}

/** Ends a session at once, in every process. False: the person has no such open session. */
export async function revokeSession(pool: Pool, userId: number, sessionId: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `with revoked as (
       update public.sessions
       set revoked_at = clock_timestamp()
       where session_id::text = $1 and user_id = $2 and revoked_at is null
       returning session_id
     )
     select pg_notify($3, session_id::text) from revoked`,
    [sessionId, userId, revokedChannel],
  );
  return rowCount === 1;
}

/** Ends all sessions of a person at once, in every process, but `kept`. */
export async function revokeSessions(
  client: Pool | PoolClient,
  userId: number,
  kept: string | null,
): Promise<void> {
  await client.query(
    `with revoked as (
       update public.sessions
       set revoked_at = clock_timestamp()
       where user_id = $1 and revoked_at is null and session_id::text is distinct from $2
       returning session_id
     )
     select pg_notify($3, session_id::text) from revoked`,
    [userId, kept, revokedChannel],
  );
}

/** Open sessions of a person, the last used first. */
export async function listSessions(pool: Pool, userId: number, now: Date): Promise<Session[]> {
  const { rows } = await pool.query<Session>(
    `select session_id, user_agent, created_at, last_used_at, expires_at
     from public.sessions
     where user_id = $1 and revoked_at is null and expires_at > $2
     order by last_used_at desc`,
    [userId, now],
  );
  return rows;
}
