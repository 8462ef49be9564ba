/** What is typed as the second step: a code of the authenticator app, or a recovery code in its place. */
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import type { AccountContext } from "./context.ts";
import { WrongCodeError } from "./errors.ts";
import { useRecoveryCode } from "./recovery-codes.ts";
import { type Actor, actorTransaction, recordSecurityEvent } from "./security-log.ts";
import { isTotpCode } from "./totp.ts";

/** However people set it in groups. */
export const codeSchema = z.string().max(100);

/**
 * Uses up a code of the person's app, or a recovery code; what is refused stands in the security log as `kind`. Throws
 * WrongCodeError or UnreadableSecretError.
 */
export async function useCode(
  context: AccountContext,
  userId: number,
  typed: string,
  actor: Actor,
  kind: "sign_in" | "proof",
): Promise<void> {
  const digits = typed.replaceAll(" ", "");
  const isRight = await personTransaction(context.pool, userId, async (client) => {
    if (/^\d{6}$/.test(digits)) return isTotpCode(client, context, userId, digits);
    const isUsed = await useRecoveryCode(client, typed, context.clock());
    if (isUsed)
      await recordSecurityEvent(client, { ...actor, userId }, { kind: "recovery_code_used", userId });
    return isUsed;
  });
  if (isRight) return;
  const refused = { kind, userId, outcome: "refused", detail: "wrong code" } as const;
  await actorTransaction(context.pool, actor, (client) => recordSecurityEvent(client, actor, refused));
  throw new WrongCodeError();
}
