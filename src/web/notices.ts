/** What is said to people by email: links that let them in, and news of their account. */
import type { Request } from "express";
import {
  confirmationHours,
  languageOfAccount,
  MailLimit,
  type PasswordPolicy,
  resetMinutes,
  resetPath,
} from "../accounts/index.ts";
import type { Message } from "../mail/index.ts";
import type { WebContext } from "./context.ts";
import { sayDevice } from "./devices.ts";
import { currentListener, defineMessage, speaking, t } from "./messages/index.ts";

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
    return t(
      "No email is sent: SMTP_URL is not set. Whoever forgot their password needs a link from an operator.",
    );
  if (!deployment.publicUrl)
    return t(
      "No email is sent: SMTP_URL is set, but PUBLIC_URL is not, and no link may be taken from a request.",
    );
  return null;
}

const confirmationPath = (token: string): string => `/confirm-account/${token}`;

interface Letter {
  readonly to: string;
  /** Called in the recipient's language. */
  readonly write: () => Omit<Message, "to">;
}

/**
 * Sends without making anybody wait, in the language of the recipient's account, or else of the request. `find` is called when nobody
 * waits any more; null: nothing is sent. Nothing where emails are not sent.
 */
function send(context: WebContext, find: (publicUrl: string) => Promise<Letter | null>): void {
  const { mail, deployment, pool, log } = context;
  const { publicUrl } = deployment;
  if (!mail || !publicUrl) return;
  const asked = currentListener();
  mail.add(async () => {
    const letter = await find(publicUrl);
    if (!letter) return null;
    const { to, write } = letter;
    const own = await languageOfAccount(pool, to).catch((error: unknown) => {
      log.error({ err: error }, "an email is written without its reader's language");
      return null;
    });
    return { to, ...speaking(() => (own === null ? asked : { language: own, locale: own }), write) };
  });
}

const ignore = (): string =>
  t("If it was not you, you need not do anything: nobody gets in by this email but its reader.");

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
        write: () => ({
          subject: t("Choose a new password for Stratafolio"),
          text: lines(
            t("Somebody, you we hope, has asked for a new password of your account. Choose one here:"),
            `${publicUrl}${resetPath(reset.token)}`,
            t("The link is good for {minutes, plural, one {# minute} other {# minutes}}, once.", {
              minutes: resetMinutes,
            }),
            ignore(),
          ),
        }),
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
    const write = () =>
      found === "taken" ? takenLetter(publicUrl) : confirmationLetter(publicUrl, found.token);
    return { to: email, write };
  });
}

const takenLetter = (publicUrl: string) => ({
  subject: t("You have a Stratafolio account already"),
  text: lines(
    t("Somebody, you perhaps, has asked for an account with your email address. You have one already:"),
    `${publicUrl}/sign-in`,
    t("If you forgot the password, choose another one:"),
    `${publicUrl}/forgot-password`,
    t("Nothing was changed."),
  ),
});

const confirmationLetter = (publicUrl: string, token: string) => ({
  subject: t("Confirm your Stratafolio account"),
  text: lines(
    t(
      "Somebody, you we hope, has asked for an account with your email address. It is made when you open this:",
    ),
    `${publicUrl}${confirmationPath(token)}`,
    t("The link is good for {hours, plural, one {# hour} other {# hours}}, once.", {
      hours: confirmationHours,
    }),
    ignore(),
  ),
});

export function notifyNewDevice(context: WebContext, email: string, agent: string | null): void {
  notify(context, email, () => ({
    subject: t("A sign-in from a new device"),
    what: t("{device} has signed in to your account.", { device: sayDevice(agent) }),
  }));
}

export function notifyPasswordChanged(context: WebContext, email: string): void {
  notify(context, email, () => ({
    subject: t("Your password was changed"),
    what: t("The password of your account was changed."),
  }));
}

export function notifyTokenMade(context: WebContext, email: string, name: string): void {
  notify(context, email, () => ({
    subject: t("A new API token"),
    what: t("An API token named “{name}” was made for your account.", { name }),
  }));
}

export function notifySharedLinkMade(context: WebContext, email: string, name: string): void {
  notify(context, email, () => ({
    subject: t("A link to your portfolio"),
    what: t("A link named “{name}” was made: whoever holds it sees some of your figures.", { name }),
  }));
}

/** `email`: whose account has it; by whom it is offered they see when they have signed in. */
export function notifyReadingOffered(context: WebContext, email: string): void {
  send(context, async (publicUrl) => {
    if (!(await new MailLimit(context).allowsOffer(email.toLowerCase()))) return null;
    return {
      to: email,
      write: () => ({
        subject: ofStratafolio(t("Somebody lets you read their portfolio")),
        text: lines(
          t(
            "Somebody of this installation lets you look at their portfolio. See who, and accept it or not, here:",
          ),
          `${publicUrl}/account/sharing`,
          t("Nothing is asked of you, and nothing of yours is shown to them."),
        ),
      }),
    };
  });
}

/** `passkey`: its name; null: the factor is an authenticator app. */
export function notifyFactorAdded(context: WebContext, email: string, passkey: string | null): void {
  notify(context, email, () => ({
    subject: t("A new second factor"),
    what:
      passkey === null
        ? t("An authenticator app was added to your account.")
        : t("A passkey named “{name}” was added to your account.", { name: passkey }),
  }));
}

const removals = {
  passkey: defineMessage("A passkey was removed from your account."),
  totp: defineMessage("The authenticator app was removed from your account."),
  all: defineMessage("Every second factor was removed from your account."),
};

export function notifyFactorRemoved(context: WebContext, email: string, factor: keyof typeof removals): void {
  notify(context, email, () => ({
    subject: t("A second factor was removed"),
    what: t(removals[factor]),
  }));
}

/** A way in of its own, as a second factor is: whoever has the account there has this one. */
export function notifyConnected(context: WebContext, email: string): void {
  notify(context, email, () => ({
    subject: t("A new way to sign in"),
    what: t("Your account can be signed in to by way of {name} now.", { name: providerName(context) }),
  }));
}

export function notifyDisconnected(context: WebContext, email: string): void {
  notify(context, email, () => ({
    subject: t("A way to sign in was removed"),
    what: t("Your account can no longer be signed in to by way of {name}.", { name: providerName(context) }),
  }));
}

const providerName = ({ identityProvider }: WebContext): string => identityProvider?.name ?? t("a provider");

interface News {
  readonly subject: string;
  readonly what: string;
}

function notify(context: WebContext, email: string, news: () => News): void {
  const at = context.clock().toISOString().slice(0, 16).replace("T", " ");
  send(context, async (publicUrl) => ({
    to: email,
    write: () => {
      const { subject, what } = news();
      return {
        subject: ofStratafolio(subject),
        text: lines(
          `${what} (${at} UTC)`,
          t(
            "If it was you, all is well. If not: sign out everywhere, choose a new password, and see what was done:",
          ),
          `${publicUrl}/account/security`,
        ),
      };
    },
  }));
}

const ofStratafolio = (subject: string): string => `${subject} (Stratafolio)`;

const lines = (...paragraphs: readonly string[]): string => `${paragraphs.join("\n\n")}\n`;
