/** What is said to people by email: links that let them in, and news of their account. */
import type { Request } from "express";
import {
  confirmationHours,
  deviceName,
  MailLimit,
  type PasswordPolicy,
  resetMinutes,
  resetPath,
} from "../accounts/index.ts";
import type { Message } from "../mail/index.ts";
import type { WebContext } from "./context.ts";

/** How this installation looks at new passwords. */
export function passwordPolicy({ breachedPasswordsUrl = null, log }: WebContext): PasswordPolicy {
  return { breachedPasswordsUrl, log };
}

/**
 * Where links lead that are shown to who asks for them: to the public address, or else to where the request was sent.
 * Not for emails: anybody can send a request that names another host.
 */
export function linkBase({ deployment }: WebContext, request: Request): string {
  return deployment.publicUrl ?? `${request.protocol}://${request.headers.host}`;
}

/** Whether emails are sent: they name the public address, and without one nothing is sent. */
export function sendsMail({ mail, deployment }: WebContext): boolean {
  return Boolean(mail && deployment.publicUrl);
}

/** Why no email is sent, for operators; null: they are. */
export function mailProblem({ mail, deployment }: WebContext): string | null {
  if (!mail)
    return "No email is sent: SMTP_URL is not set. Whoever forgot their password needs a link from an operator.";
  if (!deployment.publicUrl)
    return "No email is sent: SMTP_URL is set, but PUBLIC_URL is not, and no link may be taken from a request.";
  return null;
}

const confirmationPath = (token: string): string => `/confirm-account/${token}`;

/** Sends without making anybody wait. Nothing where emails are not sent. */
function send(context: WebContext, write: (publicUrl: string) => Promise<Message | null>): void {
  const { mail, deployment } = context;
  const { publicUrl } = deployment;
  if (mail && publicUrl) mail.add(() => write(publicUrl));
}

const ignore = "If it was not you, you need not do anything: nobody gets in by this email but its reader.";

/** `find` is called when nobody waits any more; null: nothing is sent. */
export function sendReset(
  context: WebContext,
  find: () => Promise<{ readonly email: string; readonly token: string } | null>,
): void {
  send(context, async (publicUrl) => {
    const reset = await find();
    return (
      reset && {
        to: reset.email,
        subject: "Choose a new password for Stratafolio",
        text: lines(
          "Somebody, you we hope, has asked for a new password of your account. Choose one here:",
          `${publicUrl}${resetPath(reset.token)}`,
          `The link is good for ${resetMinutes} minutes, once.`,
          ignore,
        ),
      }
    );
  });
}

/** For who asked for an account: a link that makes it, or, to who has one, word of that. */
export function sendConfirmation(
  context: WebContext,
  email: string,
  find: () => Promise<{ readonly token: string } | "taken" | null>,
): void {
  send(context, async (publicUrl) => {
    const found = await find();
    if (found === null) return null;
    if (found === "taken")
      return {
        to: email,
        subject: "You have a Stratafolio account already",
        text: lines(
          "Somebody, you perhaps, has asked for an account with your email address. You have one already:",
          `${publicUrl}/sign-in`,
          "If you forgot the password, choose another one:",
          `${publicUrl}/forgot-password`,
          "Nothing was changed.",
        ),
      };
    return {
      to: email,
      subject: "Confirm your Stratafolio account",
      text: lines(
        "Somebody, you we hope, has asked for an account with your email address. It is made when you open this:",
        `${publicUrl}${confirmationPath(found.token)}`,
        `The link is good for ${confirmationHours} hours, once.`,
        ignore,
      ),
    };
  });
}

export function notifyNewDevice(context: WebContext, email: string, agent: string | null): void {
  notify(
    context,
    email,
    "A sign-in from a new device",
    `${deviceName(agent)} has signed in to your account.`,
  );
}

export function notifyPasswordChanged(context: WebContext, email: string): void {
  notify(context, email, "Your password was changed", "The password of your account was changed.");
}

export function notifyTokenMade(context: WebContext, email: string, name: string): void {
  notify(context, email, "A new API token", `An API token named “${name}” was made for your account.`);
}

export function notifySharedLinkMade(context: WebContext, email: string, name: string): void {
  const what = `A link named “${name}” was made: whoever holds it sees some of your figures.`;
  notify(context, email, "A link to your portfolio", what);
}

/** `email`: whose account has it; by whom it is offered they see when they have signed in. */
export function notifyReadingOffered(context: WebContext, email: string): void {
  send(context, async (publicUrl) => {
    if (!(await new MailLimit(context).allowsOffer(email.toLowerCase()))) return null;
    return {
      to: email,
      subject: "Somebody lets you read their portfolio (Stratafolio)",
      text: lines(
        "Somebody of this installation lets you look at their portfolio. See who, and accept it or not, here:",
        `${publicUrl}/account/sharing`,
        "Nothing is asked of you, and nothing of yours is shown to them.",
      ),
    };
  });
}

/** `factor`: "A passkey named “phone”". */
export function notifyFactorAdded(context: WebContext, email: string, factor: string): void {
  notify(context, email, "A new second factor", `${factor} was added to your account.`);
}

export function notifyFactorRemoved(context: WebContext, email: string, factor: string): void {
  notify(context, email, "A second factor was removed", `${factor} was removed from your account.`);
}

/** A way in of its own, as a second factor is: whoever has the account there has this one. */
export function notifyConnected(context: WebContext, email: string): void {
  const name = context.identityProvider?.name ?? "a provider";
  notify(context, email, "A new way to sign in", `Your account can be signed in to by way of ${name} now.`);
}

export function notifyDisconnected(context: WebContext, email: string): void {
  const name = context.identityProvider?.name ?? "a provider";
  notify(
    context,
    email,
    "A way to sign in was removed",
    `Your account can no longer be signed in to by way of ${name}.`,
  );
}

function notify(context: WebContext, email: string, subject: string, what: string): void {
  const at = context.clock().toISOString().slice(0, 16).replace("T", " ");
  send(context, async (publicUrl) => ({
    to: email,
    subject: `${subject} (Stratafolio)`,
    text: lines(
      `${what} (${at} UTC)`,
      "If it was you, all is well. If not: sign out everywhere, choose a new password, and see what was done:",
      `${publicUrl}/account/security`,
    ),
  }));
}

const lines = (...paragraphs: readonly string[]): string => `${paragraphs.join("\n\n")}\n`;
