/** What is typed as the second step: a code of the authenticator app, or a recovery code in its place. */
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import type { AccountContext } from "./context.ts";
import { WrongCodeError } from "./errors.ts";
import { useRecoveryCode } from "./recovery-codes.ts";
import { isTotpCode } from "./totp.ts";

/** However people set it in groups. */
export const codeSchema = z.string().max(100);

/** Uses up a code of the person's app, or a recovery code. Throws WrongCodeError or UnreadableSecretError. */
export async function useCode(context: AccountContext, userId: number, typed: string): Promise<void> {
  const digits = typed.replaceAll(" ", "");
  const isRight = await personTransaction(context.pool, userId, (client) =>
    /^\d{6}$/.test(digits)
      ? isTotpCode(client, context, userId, digits)
      : useRecoveryCode(client, typed, context.clock()),
  );
  if (!isRight) throw new WrongCodeError();
}
