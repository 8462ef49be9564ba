/** What links are for: an account that was asked for by email, and a new password. */
import type { Request } from "express";
import {
  type Account,
  confirmAccount,
  finishReset,
  type NewPassword,
  startReset,
} from "../accounts/index.ts";
import { defaultQuotas } from "../quotas.ts";
import { admitNewcomer, limitsOf } from "./auth.ts";
import { strangerOf, type WebContext } from "./context.ts";
import { NoMailError } from "./errors.ts";
import { notifyPasswordChanged, passwordPolicy, sendReset, sendsMail } from "./notices.ts";

/** Makes the account that was asked for; signing it in is the caller's. Throws SpentLinkError or EmailTakenError. */
export function confirm(context: WebContext, request: Request, token: string): Promise<Account> {
  return confirmAccount(context, token, {
    actor: strangerOf(request),
    admit: (client, email) => admitNewcomer(context, client, request, { email }),
    quotas: context.quotas ?? defaultQuotas,
  });
}

/** Mails a link to who has an account with this email, if anybody. Throws NoMailError or TooManyAttemptsError. */
export async function askForReset(context: WebContext, request: Request, email: string): Promise<void> {
  if (!sendsMail(context)) throw new NoMailError();
  const { mail } = limitsOf(context);
  await mail.attempt(request.ip ?? "");
  const actor = strangerOf(request);
  sendReset(context, async () => ((await mail.allows(email)) ? startReset(context, email, actor) : null));
}

/**
 * Sets the password by a link; every session ends, and API tokens where asked. Throws SpentLinkError, WeakPasswordError or
 * PasswordReusedError.
 */
export async function resetPassword(
  context: WebContext,
  request: Request,
  newPassword: NewPassword,
): Promise<void> {
  const { email } = await finishReset(context, passwordPolicy(context), newPassword, strangerOf(request));
  notifyPasswordChanged(context, email);
}
