/** Authenticator apps: codes of six digits for each half minute (TOTP, RFC 6238). */
import type { PoolClient } from "pg";
import { z } from "zod";
import type { AccountContext } from "./context.ts";
import { DraftOverError, TotpEnabledError, UnreadableSecretError, WrongCodeError } from "./errors.ts";
import { factorTransaction } from "./factors.ts";
import type { Person } from "./person.ts";
import { openTicket, seal, sealTicket, type TicketContext, unseal } from "./sealed.ts";
import type { Actor } from "./security-log.ts";

const periodSeconds = 30;
/** A code of the half minute before or after is taken too: phones' clocks go wrong, and people type. */
const window = 1;

/** As the security log calls it. */
const app = "authenticator app";

/** What an app is set up with; nothing is kept until a code of it has come back. */
export interface TotpDraft {
  /** Base32, to type. */
  readonly secret: string;
  /** `otpauth://...`, to scan. */
  readonly uri: string;
  /** To bring back with the first code. */
  readonly ticket: string;
}

const draftSchema = z.object({ secret: z.string() });

const purposeOf = (userId: number): string => `totp ${userId}`;

/** Loaded when needed: most people's sign-ins have no use for it. */
async function totpOf(secret: string, email: string) {
  const { Secret, TOTP } = await import("otpauth");
  return new TOTP({
    issuer: "Stratafolio",
    label: email,
    algorithm: "SHA1", // what every app understands; HMAC does not need more
    digits: 6,
    period: periodSeconds,
    secret: Secret.fromBase32(secret),
  });
}

export async function draftTotp(context: TicketContext, { userId, email }: Person): Promise<TotpDraft> {
  const { Secret } = await import("otpauth");
  const secret = new Secret({ size: 20 }).base32;
  const ticket = sealTicket(context, purposeOf(userId), { secret });
  return { secret, uri: (await totpOf(secret, email)).toString(), ticket };
}

/** The same once more, with a code. Throws DraftOverError if it was begun too long ago. */
export async function readTotpDraft(
  context: TicketContext,
  { userId, email }: Person,
  ticket: string,
): Promise<TotpDraft> {
  const draft = openTicket(context, purposeOf(userId), draftSchema, ticket);
  if (!draft) throw new DraftOverError();
  return { secret: draft.secret, uri: (await totpOf(draft.secret, email)).toString(), ticket };
}

/** The half minute that a code is of; null: of none that counts. */
async function stepOf(secret: string, code: string, now: Date): Promise<number | null> {
  const totp = await totpOf(secret, "");
  const timestamp = now.getTime();
  const delta = totp.validate({ token: code, timestamp, window });
  return delta === null ? null : totp.counter({ timestamp }) + delta;
}

/**
 * Turns the app on after a code of it; returns recovery codes if this is the first factor. The code is not good again.
 * Throws WrongCodeError or TotpEnabledError.
 */
export async function enableTotp(
  context: AccountContext,
  person: Person,
  { secret }: TotpDraft,
  code: string,
  actor: Actor,
): Promise<string[] | null> {
  const { pool, clock } = context;
  const step = await stepOf(secret, code, clock());
  if (step === null) throw new WrongCodeError();
  const sealed = seal(context, purposeOf(person.userId), secret);
  const { recoveryCodes } = await factorTransaction(pool, person, actor, async (client) => {
    const { rowCount } = await client.query(
      `insert into public.totp_secrets (user_id, sealed_secret, last_step, created_at)
       values ($1, $2, $3, $4)
       on conflict (user_id) do nothing`,
      [person.userId, sealed, step, clock()],
    );
    if (rowCount === 0) throw new TotpEnabledError();
    return { kind: "second_factor_added", detail: app };
  });
  return recoveryCodes;
}

/** Within a transaction of the person's. Throws UnreadableSecretError where the installation's secret is another now. */
export async function isTotpCode(
  client: PoolClient,
  context: TicketContext,
  userId: number,
  code: string,
): Promise<boolean> {
  const { rows } = await client.query<{ sealed_secret: Buffer }>(
    "select sealed_secret from public.totp_secrets where user_id = $1",
    [userId],
  );
  if (!rows[0]) return false;
  const secret = unseal(context, purposeOf(userId), rows[0].sealed_secret);
  if (secret === null) throw new UnreadableSecretError();
  const step = await stepOf(secret, code, context.clock());
  if (step === null) return false;
  // One statement, so that of two requests with one code only one is let in. Sealed anew, it outlives a former secret.
  const { rowCount } = await client.query(
    `update public.totp_secrets
     set last_step = $2, sealed_secret = $3
     where user_id = $1 and last_step < $2`,
    [userId, step, seal(context, purposeOf(userId), secret)],
  );
  return rowCount === 1;
}

/** False: there was none. */
export async function removeTotp(
  { pool }: Pick<AccountContext, "pool">,
  person: Person,
  actor: Actor,
): Promise<boolean> {
  const { isChanged } = await factorTransaction(pool, person, actor, async (client) => {
    const { rowCount } = await client.query("delete from public.totp_secrets where user_id = $1", [
      person.userId,
    ]);
    return rowCount === 1 ? { kind: "second_factor_removed", detail: app } : null;
  });
  return isChanged;
}
