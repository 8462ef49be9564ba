/** Proving anew who one is, in a session that goes on: the same as signing in, but for one person. */
import type { Request } from "express";
import { z } from "zod";
import {
  actorTransaction,
  codeSchema,
  currentPasswordSchema,
  hasSecondFactor,
  isPasswordOf,
  markProved,
  type PasskeyAnswer,
  type Person,
  readFactors,
  recordSecurityEvent,
  useCode,
} from "../accounts/index.ts";
import { limitsOf, passkeyAccount } from "./auth.ts";
import { actorOf, type WebContext } from "./context.ts";
import { SecondFactorRequiredError, WrongPasswordError } from "./errors.ts";

export const proofSchema = z.object({
  password: currentPasswordSchema.optional(),
  code: codeSchema.optional(),
});

export type Proof = z.output<typeof proofSchema>;

/**
 * `isFirstProved`: the password, or the provider, was asked already. Counts as a sign-in does. Throws WrongPasswordError,
 * SecondFactorRequiredError, WrongCodeError or TooManyAttemptsError.
 */
export async function prove(
  context: WebContext,
  request: Request,
  person: Person,
  { password, code }: Proof,
  isFirstProved = false,
): Promise<Person> {
  const { pool } = context;
  const actor = actorOf(request);
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", person.email, person.credentialId);
  if (!isFirstProved && !(await isPasswordOf(pool, person.userId, password ?? ""))) {
    const refused = { userId: person.userId, outcome: "refused", detail: "wrong password" } as const;
    await actorTransaction(pool, actor, (client) =>
      recordSecurityEvent(client, actor, { kind: "proof", ...refused }),
    );
    throw new WrongPasswordError("password");
  }
  if (hasSecondFactor(await readFactors(pool, person.userId))) {
    if (!code) throw new SecondFactorRequiredError(null);
    await useCode(context, person.userId, code, actor, "proof");
  }
  await forgive();
  return markProved(context, person);
}

/** Throws PasskeyRefusedError, also for a passkey of somebody else, or TooManyAttemptsError. */
export async function proveByPasskey(
  context: WebContext,
  request: Request,
  person: Person,
  answer: PasskeyAnswer,
): Promise<Person> {
  await passkeyAccount(context, request, answer, person);
  return markProved(context, person);
}
