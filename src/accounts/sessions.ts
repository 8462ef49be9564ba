/** Sessions: rows that vouch for tokens. A token is a signed session id, good while its row stands unrevoked. */
import { createHash } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { knownLanguage } from "../languages.ts";
import { defaultQuotas } from "../quotas.ts";
import type { AccountContext } from "./context.ts";
import { deviceName } from "./device.ts";
import { AccountDisabledError, AccountGoneError, CredentialsChangedError } from "./errors.ts";
import type { Person, Reading, Role } from "./person.ts";
import { type Actor, actorTransaction, recordSecurityEvent } from "./security-log.ts";
import { signClaims, verifiedClaims } from "./signatures.ts";

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
  /** Not the first sign-in, and the first one from such a device: "Firefox on Windows". */
  readonly isNewDevice: boolean;
}

/**
 * What a sign-in rests on. Looking at a password takes a while, a second step minutes: it must still be so when the session begins, or a
 * password that was changed meanwhile, because somebody else knew it, would let them in once more.
 */
export interface Basis {
  /** Digest of the hash that the password was compared with; null: no password took part. */
  readonly password: string | null;
  /** A second factor took part, or a passkey, which is both. */
  readonly isSecondProved: boolean;
}

/** A sign-in that lacks its second factor: whose it is, and the password of its basis. */
export interface Step extends Pick<Basis, "password"> {
  readonly id: number;
  readonly email: string;
}

export function digestOfHash(passwordHash: string): string {
  return createHash("sha256").update(passwordHash).digest("base64url");
}

/** Within the transaction that holds the account: nobody changes what is looked at here until its end. */
async function stands(client: PoolClient, userId: number, basis: Basis): Promise<boolean> {
  const { rows } = await client.query<{ password_hash: string | null; has_second: boolean }>(
    `select
       public.own_password_hash() as password_hash,
       exists (select from public.totp_secrets where user_id = $1)
       or exists (select from public.passkeys where user_id = $1) as has_second`,
    [userId],
  );
  const { password_hash, has_second } = rows[0]!;
  const isSame =
    basis.password === null || (password_hash !== null && digestOfHash(password_hash) === basis.password);
  return isSame && (basis.isSecondProved || !has_second);
}

/** What the log says of a sign-in from a device that is new. */
export const newDevice = "new device";

/**
 * Starts a session of 30 days, and writes it into the security log. `userAgent` is kept so that its owner can recognise it.
 * Of more than a person may have, those end that were used longest ago: who signs in is not to be kept out by what they
 * forgot to sign out of. `basis` null: of an account that was made just now. Throws AccountGoneError, AccountDisabledError or
 * CredentialsChangedError.
 */
export async function startSession(
  { pool, clock, jwtSecret, quotas = defaultQuotas }: AccountContext,
  userId: number,
  userAgent: string | null,
  address: string | null = null,
  basis: Basis | null = null,
): Promise<StartedSession> {
  const now = clock();
  const expiresAt = new Date(now.getTime() + sessionDays * 86_400_000);
  const agent = userAgent?.slice(0, 300) ?? null;
  const started = await personTransaction(pool, userId, async (client) => {
    // One at a time: two would not see each other, and end too few.
    const { rows: owners } = await client.query<{ is_disabled: boolean }>(
      `select disabled_at is not null as is_disabled
       from public.users
       where user_id = $1
       for no key update`,
      [userId],
    );
    if (!owners[0]) throw new AccountGoneError();
    if (owners[0].is_disabled) return new AccountDisabledError();
    if (basis && !(await stands(client, userId, basis))) return new CredentialsChangedError();
    const known = await knownDevices(client, userId);
    const isNewDevice = known.size > 0 && !known.has(deviceName(agent));
    const { rows } = await client.query<{ session_id: string }>(
      `with expired as (
         delete from public.sessions
         where user_id = $1 and expires_at <= $3
       )
       insert into public.sessions (user_id, user_agent, created_at, last_used_at, proved_at, expires_at)
       values ($1, $2, $3, $3, $3, $4)
       returning session_id`,
      [userId, agent, now, expiresAt],
    );
    const sessionId = rows[0]!.session_id;
    await endForgotten(client, userId, sessionId, quotas.sessions);
    await recordSecurityEvent(
      client,
      { userId, via: "web", address, agent },
      { kind: "sign_in", userId, ...(isNewDevice && { detail: newDevice }) },
    );
    return { sessionId, isNewDevice };
  });
  if (started instanceof Error) {
    const detail =
      started instanceof AccountDisabledError
        ? "the account is disabled"
        : "the password or a second factor was changed meanwhile";
    const stranger: Actor = { userId: null, via: "web", address, agent };
    await recordSecurityEvent(pool, stranger, { kind: "sign_in", userId, outcome: "refused", detail });
    throw started;
  }
  const { sessionId, isNewDevice } = started;
  const token = signClaims({ sub: String(userId), jti: sessionId }, jwtSecret, now, expiresAt);
  return { token, sessionId, expiresAt, isNewDevice };
}

/** From what a person has signed in, as far back as is known. */
async function knownDevices(client: PoolClient, userId: number): Promise<Set<string>> {
  const { rows } = await client.query<{ agent: string | null }>(
    `select user_agent as agent
     from public.sessions
     where user_id = $1
     union
     select agent
     from public.security_events
     where user_id = $1
       and kind = 'sign_in'
       and outcome = 'done'`,
    [userId],
  );
  return new Set(rows.map(({ agent }) => deviceName(agent)));
}

/** Ends all but the `limit` last used of the open sessions, `kept` among them; of those that have ended as many stay on record. */
async function endForgotten(client: PoolClient, userId: number, kept: string, limit: number): Promise<void> {
  const others = "user_id = $1 and session_id <> $2";
  await client.query(
    `with forgotten as (
       select session_id
       from public.sessions
       where ${others} and revoked_at is null
       order by last_used_at desc
       offset greatest($3 - 1, 0)
     ),
     ended as (
       select session_id
       from public.sessions
       where ${others} and revoked_at is not null
       order by revoked_at desc
       offset $3
     ),
     pruned as (
       delete from public.sessions
       using ended
       where sessions.session_id = ended.session_id
     ),
     revoked as (
       update public.sessions
       set revoked_at = clock_timestamp()
       from forgotten
       where sessions.session_id = forgotten.session_id
       returning sessions.session_id
     )
     select pg_notify($4, session_id::text) from revoked`,
    [userId, kept, limit, revokedChannel],
  );
}

interface SessionRow {
  readonly user_id: number;
  readonly email: string;
  readonly role: Role;
  readonly language: string | null;
  readonly proved_at: Date;
  readonly reads: readonly Reading[];
}

/** The person a token speaks for; null: forged, expired, revoked, or the account is gone. */
export async function findPerson(
  { pool, clock, jwtSecret, formerJwtSecrets = [] }: AccountContext,
  token: string,
): Promise<Person | null> {
  const now = clock();
  const sessionId = verifiedSessionId(token, [jwtSecret, ...formerJwtSecrets], now);
  if (!sessionId) return null;
  const { rows } = await pool.query<SessionRow>({
    name: "use_session", // prepared: it precedes every request
    text: "select user_id, email, role, language, proved_at, reads from public.use_session($1, $2)",
    values: [sessionId, now],
  });
  const row = rows[0];
  if (!row) return null;
  const { user_id, email, role, language, proved_at, reads } = row;
  return {
    userId: user_id,
    email,
    role,
    credentialId: sessionId,
    scope: "account",
    language: knownLanguage(language),
    provedAt: proved_at,
    reads,
  };
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
  await personTransaction(pool, person.userId, (client) =>
    client.query("update public.sessions set proved_at = $2 where session_id = $1", [
      person.credentialId,
      provedAt,
    ]),
  );
  return { ...person, provedAt };
}

function verifiedSessionId(token: string, secrets: readonly string[], now: Date): string | null {
  return verifiedClaims(token, secrets, now)?.jti ?? null;
}

/** Ends a session at once, in every process. False: the person has no such open session. */
export async function revokeSession(
  pool: Pool,
  userId: number,
  sessionId: string,
  actor: Actor,
): Promise<boolean> {
  return actorTransaction(pool, actor, async (client) => {
    const { rows } = await client.query<{ user_agent: string | null }>(
      `with revoked as (
         update public.sessions
         set revoked_at = clock_timestamp()
         where session_id::text = $1 and user_id = $2 and revoked_at is null
         returning session_id, user_agent
       )
       select user_agent, pg_notify($3, session_id::text) from revoked`,
      [sessionId, userId, revokedChannel],
    );
    if (!rows[0]) return false;
    const detail = deviceName(rows[0].user_agent);
    await recordSecurityEvent(client, actor, { kind: "sign_out", userId, detail });
    return true;
  });
}

/** Ends all sessions at once, in every process, but `kept`, of the person for whom the transaction runs, or of anybody for an operator. */
export async function revokeSessions(client: PoolClient, userId: number, kept: string | null): Promise<void> {
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

/** As many as the quota, unless that was set very high. */
const mostListed = 1000;

/** Open sessions of a person, the last used first. */
export async function listSessions(pool: Pool, userId: number, now: Date): Promise<Session[]> {
  const { rows } = await personTransaction(pool, userId, (client) =>
    client.query<Session>(
      `select session_id, user_agent, created_at, last_used_at, expires_at
       from public.sessions
       where user_id = $1 and revoked_at is null and expires_at > $2
       order by last_used_at desc
       limit $3`,
      [userId, now, mostListed],
    ),
  );
  return rows;
}
