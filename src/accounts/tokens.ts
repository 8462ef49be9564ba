/** API tokens: for programs that speak for a person, each with a scope, until revoked. */
import { createHash, randomBytes } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { defaultQuotas, QuotaExceededError } from "../quotas.ts";
import { nonblank } from "../values.ts";
import type { AccountContext } from "./context.ts";
import { TokenNameTakenError } from "./errors.ts";
import type { Person, Role } from "./person.ts";
import { type Actor, recordSecurityEvent } from "./security-log.ts";
import { revokedChannel } from "./sessions.ts";

/** Tells an API token from a session's, to us and to those who search leaked files for secrets. */
const prefix = "sf_";

export const tokenScopes = ["read", "write"] as const;

export type TokenScope = (typeof tokenScopes)[number];

/** For how many days a token may be made, beside "never". */
export const tokenDays = [30, 90, 365] as const;

const defaultDays = 90;
/** How long before its end a token is shown as ending. */
const warningDays = 14;

const daysExpected = `expected one of ${tokenDays.join(", ")}, or null`;

export const tokenInput = z.object({
  name: nonblank(100),
  scope: z.enum(tokenScopes),
  expires_in_days: z
    .union(
      tokenDays.map((days) => z.literal(days)),
      daysExpected,
    )
    .nullable()
    .default(defaultDays)
    .describe("null: never"),
});

/** As callers give it. */
export type TokenInput = z.input<typeof tokenInput>;

/** As lists show it: the token itself is not kept. */
export interface ApiToken {
  readonly token_id: string;
  readonly name: string;
  readonly scope: TokenScope;
  readonly created_at: Date;
  /** To the minute; null: never. */
  readonly last_used_at: Date | null;
  /** null: never. */
  readonly expires_at: Date | null;
}

/** Whether a token has ended, or soon does; null: neither. */
export function expiryOf({ expires_at }: ApiToken, now: Date): "expired" | "soon" | null {
  if (expires_at === null) return null;
  const days = (expires_at.getTime() - now.getTime()) / dayMilliseconds;
  return days <= 0 ? "expired" : days <= warningDays ? "soon" : null;
}

const dayMilliseconds = 86_400_000;

export function isApiToken(token: string): boolean {
  return token.startsWith(prefix);
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

const tokenColumns = "token_id, name, scope, created_at, last_used_at, expires_at";

/** Makes a token; `token` is returned this once. Throws TokenNameTakenError or QuotaExceededError. */
export async function createToken(
  { pool, clock, quotas = defaultQuotas }: Pick<AccountContext, "pool" | "clock" | "quotas">,
  userId: number,
  { name, scope, expires_in_days = defaultDays }: TokenInput,
  actor: Actor,
): Promise<{ token: string; apiToken: ApiToken }> {
  const token = prefix + randomBytes(32).toString("base64url");
  const now = clock();
  const expiresAt =
    expires_in_days === null ? null : new Date(now.getTime() + expires_in_days * dayMilliseconds);
  const apiToken = await personTransaction(pool, userId, async (client) => {
    // The name of a token that has ended is free again.
    await client.query(
      `delete from public.api_tokens
       where user_id = $1
         and name = $2
         and expires_at <= $3`,
      [userId, name, now],
    );
    await requireRoom(client, userId, quotas.tokens);
    const { rows } = await client.query<ApiToken>(
      `insert into public.api_tokens (user_id, name, scope, token_hash, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (user_id, name) do nothing
       returning ${tokenColumns}`,
      [userId, name, scope, hashOf(token), now, expiresAt],
    );
    if (rows[0]) {
      const detail = `${scope}, ${expires_in_days === null ? "without end" : `for ${expires_in_days} days`}: ${name}`;
      await recordSecurityEvent(client, actor, { kind: "token_made", userId, detail });
    }
    return rows[0];
  });
  if (!apiToken) throw new TokenNameTakenError(name);
  return { token, apiToken };
}

/** Holds off the person's other new tokens until the end of the transaction. Throws QuotaExceededError unless one more may be made. */
async function requireRoom(client: PoolClient, userId: number, limit: number): Promise<void> {
  await client.query("select from public.users where user_id = $1 for no key update", [userId]);
  const { rows } = await client.query<{ tokens: number }>(
    "select count(*) as tokens from public.api_tokens where user_id = $1",
    [userId],
  );
  if (rows[0]!.tokens < limit) return;
  throw new QuotaExceededError(
    limit,
    "API tokens of one person",
    "revoke one that is not used",
    "QUOTA_TOKENS",
  );
}

/** As many as the quota, unless that was set very high. */
const mostListed = 1000;

/** A person's tokens, the newest first. */
export async function listTokens(pool: Pool, userId: number): Promise<ApiToken[]> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<ApiToken>(
      `select ${tokenColumns}
       from public.api_tokens
       where user_id = $1
       order by created_at desc, token_id
       limit $2`,
      [userId, mostListed],
    );
    return rows;
  });
}

/** The person a token speaks for; null: there is no such token, or no longer. */
export async function findTokenPerson(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  token: string,
): Promise<Person | null> {
  const { rows } = await pool.query<{
    token_id: string;
    scope: TokenScope;
    user_id: number;
    email: string;
    role: Role;
  }>({
    name: "use_api_token", // prepared: it precedes every request
    text: "select token_id, scope, user_id, email, role from public.use_api_token($1, $2)",
    values: [hashOf(token), clock()],
  });
  const row = rows[0];
  if (!row) return null;
  const { token_id, scope, user_id, email, role } = row;
  return {
    userId: user_id,
    email,
    role,
    credentialId: token_id,
    scope,
    language: null,
    provedAt: null,
    reads: [],
  };
}

/** Ends a token at once, in every process. False: the person has no such token. */
export async function revokeToken(
  pool: Pool,
  userId: number,
  tokenId: string,
  actor: Actor,
): Promise<boolean> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `with revoked as (
         delete from public.api_tokens
         where user_id = $1 and token_id::text = $2
         returning token_id, name
       )
       select name, pg_notify($3, token_id::text) from revoked`,
      [userId, tokenId, revokedChannel],
    );
    if (!rows[0]) return false;
    await recordSecurityEvent(client, actor, { kind: "tokens_revoked", userId, detail: rows[0].name });
    return true;
  });
}

/** Ends all tokens of a person, of whom the transaction may; returns how many. */
export async function revokeTokens(client: PoolClient, userId: number): Promise<number> {
  const { rowCount } = await client.query(
    `with revoked as (
       delete from public.api_tokens
       where user_id = $1
       returning token_id
     )
     select pg_notify($2, token_id::text) from revoked`,
    [userId, revokedChannel],
  );
  return rowCount ?? 0;
}
