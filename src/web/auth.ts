/** Signing in and out, and what asks for the password again: what the API and the pages share. */
import type { Request, RequestHandler, Response } from "express";
import type { Pool, PoolClient } from "pg";
import {
  type Account,
  actorTransaction,
  admit,
  type Credentials,
  createAccount,
  deleteAccount,
  endAccess,
  findAccount,
  findPerson,
  findTokenPerson,
  hasAccounts,
  hashPassword,
  isApiToken,
  isEmailTaken,
  isPasswordOf,
  keepPendingAccount,
  knownDevice,
  MailLimit,
  PasswordReusedError,
  type Person,
  RegistrationLimit,
  recordSecurityEvent,
  rememberDevice,
  requireGoodPassword,
  revokeSession,
  SignInLimit,
  setPassword,
  startSession,
} from "../accounts/index.ts";
import { defaultQuotas } from "../quotas.ts";
import { actorOf, strangerOf, type WebContext } from "./context.ts";
import {
  deviceTokenOf,
  forgetSessionCookie,
  sessionTokenOf,
  setDeviceCookie,
  setSessionCookie,
} from "./cookies.ts";
import { isFromThisMachine, isLocalOnly } from "./deployment.ts";
import { OtherEmailError, WrongCredentialsError, WrongPasswordError } from "./errors.ts";
import {
  notifyNewDevice,
  notifyPasswordChanged,
  passwordPolicy,
  sendConfirmation,
  sendsMail,
} from "./notices.ts";
import { hasBearer } from "./security.ts";

export interface SignedIn {
  readonly user: Account;
  readonly token: string;
}

/** Sets `request.person` from the bearer token, of a session or of the API, or else from the session cookie. */
export function authenticate(context: WebContext): RequestHandler {
  return async (request, _response, next) => {
    if (request.person) return next();
    const person = await findRequester(context, request);
    if (person) request.person = person;
    next();
  };
}

async function findRequester(context: WebContext, request: Request): Promise<Person | null> {
  if (hasBearer(request)) {
    const token = request.get("Authorization")!.slice(7).trim();
    return isApiToken(token) ? findTokenPerson(context, token) : findPerson(context, token);
  }
  const token = sessionTokenOf(context, request);
  return token ? findPerson(context, token) : null;
}

export type Registration = Credentials & { readonly invitation?: string | undefined };

/** Returns where somebody may make an account by this request. Throws as `admit` does. */
export function admitNewcomer(
  { clock, deployment }: WebContext,
  client: Pool | PoolClient,
  request: Request,
  { email, invitation = null }: { readonly email: string; readonly invitation?: string | null | undefined },
): Promise<void> {
  const isLocal = isLocalOnly(deployment) && isFromThisMachine(request);
  return admit(client, clock(), deployment.registration, { email, invitation, isLocal });
}

/**
 * Makes an account and signs it in; null: where emails are sent, what comes next is in one, so that the answer tells
 * nobody who has an account (who was invited is known already). Throws as `admit` does, WeakPasswordError, EmailTakenError,
 * QuotaExceededError, SignInBusyError, or TooManyAttemptsError after 1,000 from an address in 15 minutes.
 */
export async function register(
  context: WebContext,
  request: Request,
  response: Response,
  newcomer: Registration,
): Promise<SignedIn | null> {
  const { pool, quotas = defaultQuotas } = context;
  const allow = (client: Pool | PoolClient) => admitNewcomer(context, client, request, newcomer);
  await allow(pool); // before the password is hashed, which costs
  const forgive = await limitsOf(context).registration.attempt(request.ip ?? "");
  const { email, password, invitation } = newcomer;
  await requireGoodPassword(passwordPolicy(context), password, { email, field: "password" });
  // The first one of all has nobody to be told of, and nobody who could have set up emails from the pages.
  if (!invitation && sendsMail(context) && (await hasAccounts(pool))) {
    await forgive();
    askForAccount(context, newcomer);
    return null;
  }
  const user = await createAccount(pool, newcomer, {
    actor: strangerOf(request),
    admit: allow,
    quotas,
    invitation: invitation === undefined ? undefined : { token: invitation, now: context.clock() },
  });
  await forgive();
  return { user, token: await openSession(context, request, response, user) };
}

interface Limits {
  readonly signIn: SignInLimit;
  readonly registration: RegistrationLimit;
  readonly mail: MailLimit;
}

export function limitsOf(context: WebContext): Limits {
  return {
    signIn: new SignInLimit(context),
    registration: new RegistrationLimit(context),
    mail: new MailLimit(context),
  };
}

/** Tells nobody whether there is such an account, not by the time it takes either: all of it is done afterwards. */
function askForAccount(context: WebContext, { email, password }: Credentials): void {
  const { mail } = limitsOf(context);
  sendConfirmation(context, email, async () => {
    if (!(await mail.allows(email))) return null;
    if (await isEmailTaken(context.pool, email)) return "taken";
    return { token: await keepPendingAccount(context, email, await hashPassword(password)) };
  });
}

/** Throws WrongCredentialsError, AccountDisabledError, or TooManyAttemptsError after ten failures for an account. */
export async function signIn(
  context: WebContext,
  request: Request,
  response: Response,
  credentials: Credentials,
): Promise<SignedIn> {
  const device = knownDevice(context, deviceTokenOf(context, request), credentials.email);
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", credentials.email, device);
  const user = await findAccount(context.pool, credentials, strangerOf(request));
  if (!user) throw new WrongCredentialsError();
  await forgive();
  return { user, token: await openSession(context, request, response, user) };
}

/** The token stops working at once, and open event streams of the session end. */
export async function signOut(
  context: WebContext,
  request: Request,
  person: Person,
  response: Response,
): Promise<void> {
  await revokeSession(context.pool, person.userId, person.credentialId, actorOf(request));
  forgetSessionCookie(context, response);
}

/** Signs the person out on every device, this one included; `tokens`: and ends the API tokens. */
export async function signOutEverywhere(
  context: WebContext,
  request: Request,
  person: Person,
  response: Response,
  tokens: boolean,
): Promise<void> {
  await endAccess(context.pool, person.userId, { tokens }, actorOf(request));
  forgetSessionCookie(context, response);
}

/** A stolen session is not to guess the password: it counts as a known device does, apart from strangers. Throws WrongPasswordError for `field`. */
async function confirmPassword(
  context: WebContext,
  request: Request,
  person: Person,
  password: string,
  { field, kind }: { readonly field: string; readonly kind: "password_changed" | "account_deleted" },
): Promise<void> {
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", person.email, person.credentialId);
  if (!(await isPasswordOf(context.pool, person.userId, password))) {
    const refused = { kind, userId: person.userId, outcome: "refused", detail: "wrong password" } as const;
    const actor = actorOf(request);
    await actorTransaction(context.pool, actor, (client) => recordSecurityEvent(client, actor, refused));
    throw new WrongPasswordError(field);
  }
  await forgive();
}

export interface PasswordChange {
  readonly current_password: string;
  readonly new_password: string;
}

/**
 * Other sessions are signed out; API tokens go on. Throws WrongPasswordError, WeakPasswordError, PasswordReusedError or
 * TooManyAttemptsError.
 */
export async function changePassword(
  context: WebContext,
  request: Request,
  person: Person,
  { current_password, new_password }: PasswordChange,
): Promise<void> {
  await confirmPassword(context, request, person, current_password, {
    field: "current_password",
    kind: "password_changed",
  });
  if (new_password.normalize("NFKC") === current_password.normalize("NFKC"))
    throw new PasswordReusedError("new_password");
  const owner = { email: person.email, field: "new_password" };
  await requireGoodPassword(passwordPolicy(context), new_password, owner);
  await setPassword(context.pool, person, new_password, actorOf(request));
  notifyPasswordChanged(context, person.email);
}

/**
 * Deletes the account with everything about the person, for good. `confirmation`: their email and password, typed again.
 * Throws OtherEmailError, WrongPasswordError, TooManyAttemptsError or LastOperatorError.
 */
export async function endAccount(
  context: WebContext,
  request: Request,
  response: Response,
  person: Person,
  confirmation: Credentials,
): Promise<void> {
  if (confirmation.email !== person.email.toLowerCase()) throw new OtherEmailError(person.email);
  await confirmPassword(context, request, person, confirmation.password, {
    field: "password",
    kind: "account_deleted",
  });
  await deleteAccount(context.pool, person, actorOf(request));
  forgetSessionCookie(context, response);
}

export async function openSession(
  context: WebContext,
  request: Request,
  response: Response,
  user: Account,
): Promise<string> {
  const agent = request.get("User-Agent") ?? null;
  const { token, expiresAt, isNewDevice } = await startSession(context, user.id, agent, request.ip ?? null);
  if (isNewDevice) notifyNewDevice(context, user.email, agent);
  setSessionCookie(context, response, token, expiresAt);
  const device = rememberDevice(context, deviceTokenOf(context, request), user.email);
  setDeviceCookie(context, response, device.note, device.expiresAt);
  return token;
}
