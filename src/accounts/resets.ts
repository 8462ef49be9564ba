/** The way back in for who forgot the password: a link that is good for an hour, once. */
import type { Pool } from "pg";
import { transaction } from "../database/transaction.ts";
import { endAccessWithin } from "./access.ts";
import type { AccountContext } from "./context.ts";
import { PasswordReusedError, SpentLinkError } from "./errors.ts";
import { hashPassword, isHashOf } from "./hashing.ts";
import { hashOfLinkToken, makeLinkToken } from "./link-tokens.ts";
import { type PasswordPolicy, requireGoodPassword } from "./password-policy.ts";
import { type Actor, actorTransaction, recordSecurityEvent } from "./security-log.ts";

export const resetMinutes = 60;

/** Of the page on which the password is chosen, whoever makes the link. */
export const resetPath = (token: string): string => `/reset-password/${token}`;

type Context = Pick<AccountContext, "pool" | "clock">;

export interface PasswordReset {
  readonly email: string;
  /** Told this once: only its hash is kept. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** Makes a link for the account with this email; null: there is none that could be used. */
export function startReset(
  { pool, clock }: Context,
  email: string,
  actor: Actor,
): Promise<PasswordReset | null> {
  const now = clock();
  const expiresAt = new Date(now.getTime() + resetMinutes * 60_000);
  const { token, tokenHash } = makeLinkToken();
  return actorTransaction(pool, actor, async (client) => {
    const { rows } = await client.query<{ user_id: number; email: string }>(
      "select user_id, email from public.start_password_reset($1, $2, $3, $4)",
      [email, tokenHash, now, expiresAt],
    );
    const account = rows[0];
    if (!account) return null;
    await recordSecurityEvent(client, actor, { kind: "password_reset_requested", userId: account.user_id });
    return { email: account.email, token, expiresAt };
  });
}

interface Resetting {
  readonly user_id: number;
  readonly email: string;
  /** null: they signed in by a provider alone. */
  readonly password_hash: string | null;
}

async function findReset({ pool, clock }: Context, token: string): Promise<Resetting> {
  const { rows } = await pool.query<Resetting>(
    "select user_id, email, password_hash from public.find_password_reset($1, $2)",
    [hashOfLinkToken(token), clock()],
  );
  if (!rows[0]) throw new SpentLinkError();
  return rows[0];
}

/** Whose password the link resets; looking at it does not spend it. Throws SpentLinkError. */
export async function readReset(context: Context, token: string): Promise<{ readonly email: string }> {
  const { email } = await findReset(context, token);
  return { email };
}

export interface NewPassword {
  readonly token: string;
  readonly password: string;
  /** API tokens end too. */
  readonly revoke_tokens: boolean;
}

/**
 * Sets the password and spends the link; every session ends, and API tokens where asked. Throws SpentLinkError,
 * WeakPasswordError or PasswordReusedError.
 */
export async function finishReset(
  context: Context,
  policy: PasswordPolicy,
  { token, password, revoke_tokens }: NewPassword,
  actor: Actor,
): Promise<{ readonly userId: number; readonly email: string }> {
  const { email, password_hash } = await findReset(context, token);
  await requireGoodPassword(policy, password, { email, field: "password" });
  if (await isHashOf(password, password_hash)) throw new PasswordReusedError("password");
  const newHash = await hashPassword(password);
  const userId = await spend(context, token, newHash, revoke_tokens, actor);
  return { userId, email };
}

function spend(
  { pool, clock }: { readonly pool: Pool; readonly clock: () => Date },
  token: string,
  passwordHash: string,
  tokens: boolean,
  actor: Actor,
): Promise<number> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ user_id: number | null }>(
      "select public.use_password_reset($1, $2, $3) as user_id",
      [hashOfLinkToken(token), clock(), passwordHash],
    );
    const userId = rows[0]?.user_id ?? null;
    if (userId === null) throw new SpentLinkError();
    // The link has shown who acts: what follows is done on their behalf.
    await client.query(`set local app.user_id = '${userId}'`);
    const owner = { ...actor, userId };
    await recordSecurityEvent(client, owner, { kind: "password_reset", userId });
    await endAccessWithin(client, userId, { tokens }, owner);
    return userId;
  });
}
