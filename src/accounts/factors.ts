/**
 * Second factors as a whole. One rule: once an account has an authenticator app or a passkey, its password, or its provider, alone signs
 * nobody in. Recovery codes come with the first factor and go with the last.
 */
import type { Pool, PoolClient } from "pg";
import { personTransaction } from "../database/person.ts";
import { AccountGoneError, NoSecondFactorError } from "./errors.ts";
import type { Person } from "./person.ts";
import { replaceRecoveryCodes } from "./recovery-codes.ts";
import { type Actor, recordSecurityEvent } from "./security-log.ts";
import { revokeSessions } from "./sessions.ts";

/** What proves who a person is, as they may know it. */
export interface Factors {
  readonly has_password: boolean;
  /** null: no authenticator app. */
  readonly totp_since: Date | null;
  readonly passkeys: number;
  /** Unused ones. */
  readonly recovery_codes: number;
  /** Of the OpenID providers by which they sign in. */
  readonly issuers: readonly string[];
}

/** Does a sign-in by password or provider need a second factor? */
export function hasSecondFactor({ totp_since, passkeys }: Factors): boolean {
  return totp_since !== null || passkeys > 0;
}

export function readFactors(pool: Pool, userId: number): Promise<Factors> {
  return personTransaction(pool, userId, (client) => factorsOf(client, userId));
}

/** Within a transaction of the person's. Throws AccountGoneError. */
async function factorsOf(client: PoolClient, userId: number): Promise<Factors> {
  const { rows } = await client.query<Factors>(
    `select
       public.own_password_hash() is not null as has_password,
       (select created_at from public.totp_secrets where totp_secrets.user_id = $1) as totp_since,
       (select count(*)::integer from public.passkeys where passkeys.user_id = $1) as passkeys,
       (
         select count(*)::integer
         from public.recovery_codes
         where recovery_codes.user_id = $1 and used_at is null
       ) as recovery_codes,
       array(select issuer from public.identities where identities.user_id = $1 order by issuer) as issuers
     from public.users
     where users.user_id = $1`,
    [userId],
  );
  if (!rows[0]) throw new AccountGoneError();
  return rows[0];
}

/** What was done with a factor, for the security log. */
export interface FactorChange {
  readonly kind: "second_factor_added" | "second_factor_removed";
  readonly detail: string;
}

/**
 * Runs `work`, which adds or removes a factor; null: it had nothing to change. The first factor brings recovery codes, which are
 * returned (else null). It and a removal sign out every other session: they began under the rule of before, or with what was removed.
 */
export function factorTransaction(
  pool: Pool,
  { userId, credentialId }: Person,
  actor: Actor,
  work: (client: PoolClient) => Promise<FactorChange | null>,
): Promise<{ readonly isChanged: boolean; readonly recoveryCodes: string[] | null }> {
  return personTransaction(pool, userId, async (client) => {
    // Two additions at once: each must see whether it is the first.
    await client.query("select from public.users where user_id = $1 for no key update", [userId]);
    const before = await factorsOf(client, userId);
    const change = await work(client);
    if (!change) return { isChanged: false, recoveryCodes: null };
    await recordSecurityEvent(client, actor, { ...change, userId });
    const after = await factorsOf(client, userId);
    const isFirst = !hasSecondFactor(before) && hasSecondFactor(after);
    if (isFirst || change.kind === "second_factor_removed")
      await revokeSessions(client, userId, credentialId);
    if (!hasSecondFactor(after))
      await client.query("delete from public.recovery_codes where user_id = $1", [userId]);
    return { isChanged: true, recoveryCodes: isFirst ? await replaceRecoveryCodes(client, userId) : null };
  });
}

/** New recovery codes; the ones before are no longer good. Throws NoSecondFactorError. */
export function renewRecoveryCodes(pool: Pool, userId: number, actor: Actor): Promise<string[]> {
  return personTransaction(pool, userId, async (client) => {
    if (!hasSecondFactor(await factorsOf(client, userId))) throw new NoSecondFactorError();
    await recordSecurityEvent(client, actor, { kind: "recovery_codes_made", userId });
    return replaceRecoveryCodes(client, userId);
  });
}
