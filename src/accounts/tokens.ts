/** API tokens: for programs that speak for a person, each with a scope, until revoked. */
import { createHash, randomBytes } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { text } from "../values.ts";
import type { AccountContext } from "./context.ts";
import { TokenNameTakenError } from "./errors.ts";
import type { Person, Role } from "./person.ts";
import { revokedChannel } from "./sessions.ts";

/** Tells an API token from a session's, to us and to those who search leaked files for secrets. */
const prefix = "sf_";

export const tokenScopes = ["read", "write"] as const;

export type TokenScope = (typeof tokenScopes)[number];

export const tokenInput = z.object({
  name: text.trim().min(1).max(100),
  scope: z.enum(tokenScopes),
});

export type TokenInput = z.output<typeof tokenInput>;

/** As lists show it: the token itself is not kept. */
export interface ApiToken {
  readonly token_id: string;
  readonly name: string;
  readonly scope: TokenScope;
  readonly created_at: Date;
  /** To the minute; null: never. */
  readonly last_used_at: Date | null;
}

export function isApiToken(token: string): boolean {
  return token.startsWith(prefix);
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

const tokenColumns = "token_id, name, scope, created_at, last_used_at";

/** Makes a token; `token` is returned this once. Throws TokenNameTakenError. */
export async function createToken(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  userId: number,
  { name, scope }: TokenInput,
): Promise<{ token: string; apiToken: ApiToken }> {
  const token = prefix + randomBytes(32).toString("base64url");
  const apiToken = await personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<ApiToken>(
      `insert into public.api_tokens (user_id, name, scope, token_hash, created_at)
       values ($1, $2, $3, $4, $5)
       on conflict (user_id, name) do nothing
       returning ${tokenColumns}`,
      [userId, name, scope, hashOf(token), clock()],
    );
    return rows[0];
  });
  if (!apiToken) throw new TokenNameTakenError(name);
  return { token, apiToken };
}

/** A person's tokens, the newest first. */
export async function listTokens(pool: Pool, userId: number): Promise<ApiToken[]> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<ApiToken>(
      `select ${tokenColumns}
       from public.api_tokens
       where user_id = $1
       order by created_at desc, token_id`,
      [userId],
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
  return { userId: user_id, email, role, credentialId: token_id, scope, provedAt: null };
}

/** Ends a token at once, in every process. False: the person has no such token. */
export async function revokeToken(pool: Pool, userId: number, tokenId: string): Promise<boolean> {
  return personTransaction(pool, userId, async (client) => {
    const { rowCount } = await client.query(
      `with revoked as (
         delete from public.api_tokens
         where user_id = $1 and token_id::text = $2
         returning token_id
       )
       select pg_notify($3, token_id::text) from revoked`,
      [userId, tokenId, revokedChannel],
    );
    return rowCount === 1;
  });
}

/** Ends all tokens of the person for whom the transaction runs. */
export async function revokeTokens(client: PoolClient, userId: number): Promise<void> {
  await client.query(
    `with revoked as (
       delete from public.api_tokens
       where user_id = $1
       returning token_id
     )
     select pg_notify($2, token_id::text) from revoked`,
    [userId, revokedChannel],
  );
}
