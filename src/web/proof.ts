/** Proving anew who one is, in a session that goes on: the same as signing in, but for one person. */
import type { Request } from "express";
import { z } from "zod";
import {
  codeSchema,
  currentPasswordSchema,
  hasSecondFactor,
  isPasswordOf,
  markProved,
  type PasskeyAnswer,
  type Person,
  readFactors,
  useCode,
} from "../accounts/index.ts";
import { limitsOf, passkeyAccount } from "./auth.ts";
import type { WebContext } from "./context.ts";
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
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", person.email);
  if (!isFirstProved && !(await isPasswordOf(pool, person.userId, password ?? "")))
    throw new WrongPasswordError("password");
  if (hasSecondFactor(await readFactors(pool, person.userId))) {
    if (!code)
      throw new SecondFactorRequiredError({ id: person.userId, email: person.email, role: person.role });
    await useCode(context, person.userId, code);
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
  await passkeyAccount(context, request, person.email, answer, person.userId);
  return markProved(context, person);
}
