/** Signing in and out, and what asks for the password again: what the API and the pages share. */
import type { Request, RequestHandler, Response } from "express";
import type { Pool, PoolClient } from "pg";
import {
  type Account,
  actorTransaction,
  admit,
  type Basis,
  type Credentials,
  connectIdentity,
  createAccount,
  deleteAccount,
  endAccess,
  findAccount,
  findPasskeyAccount,
  findPerson,
  findTokenPerson,
  hasAccounts,
  hashPassword,
  hasSecondFactor,
  IdentityTakenError,
  isApiToken,
  isEmailTaken,
  isPasswordOf,
  isProved,
  keepPendingAccount,
  knownDevice,
  MailLimit,
  type PasskeyAnswer,
  PasskeyRefusedError,
  PasswordReusedError,
  type Person,
  RegistrationLimit,
  readFactors,
  recordSecurityEvent,
  rememberDevice,
  requireGoodPassword,
  revokeSession,
  SignInLimit,
  type Step,
  setPassword,
  startSession,
  useCode,
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
import {
  OtherEmailError,
  ReauthenticationRequiredError,
  SecondFactorRequiredError,
  WrongCredentialsError,
  WrongPasswordError,
} from "./errors.ts";
import {
  notifyConnected,
  notifyNewDevice,
  notifyPasswordChanged,
  passwordPolicy,
  sendConfirmation,
  sendsMail,
} from "./notices.ts";
import { requireRelyingParty } from "./origin.ts";
import { hasBearer } from "./security.ts";
import { readTicket, takeTicket, waitingSchema } from "./tickets.ts";

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
  return { user, token: await openSession(context, request, response, user, null) };
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

export interface SignIn extends Credentials {
  /** Of an authenticator app, or a recovery code. */
  readonly code?: string | undefined;
}

/** Counts an attempt to sign in; returns how to take it back. A device that has signed in before is counted apart. */
function attempt(context: WebContext, request: Request, email: string): Promise<() => Promise<void>> {
  const device = knownDevice(context, deviceTokenOf(context, request), email);
  return limitsOf(context).signIn.attempt(request.ip ?? "", email, device);
}

/**
 * Throws WrongCredentialsError; CredentialsChangedError; AccountDisabledError; SecondFactorRequiredError or WrongCodeError for an account that has a second
 * factor; or TooManyAttemptsError after ten failures for an account. What lacks its second factor is forgiven nothing: a known
 * password is not to buy more guesses at codes.
 */
export async function signIn(
  context: WebContext,
  request: Request,
  response: Response,
  { email, password, code }: SignIn,
): Promise<SignedIn> {
  const forgive = await attempt(context, request, email);
  const found = await findAccount(context.pool, { email, password }, strangerOf(request));
  if (!found) throw new WrongCredentialsError();
  const { account: user, password: digest } = found;
  const isTwofold = hasSecondFactor(await readFactors(context.pool, user.id));
  if (isTwofold) {
    if (!code) throw new SecondFactorRequiredError({ id: user.id, email: user.email, password: digest });
    await useCode(context, user.id, code, strangerOf(request), "sign_in");
  }
  await forgive();
  const basis = { password: digest, isSecondProved: isTwofold };
  return { user, token: await openSession(context, request, response, user, basis) };
}

/** The second step of somebody whose first one was right. Throws WrongCodeError, TooManyAttemptsError or CredentialsChangedError. */
export async function signInByCode(
  context: WebContext,
  request: Request,
  response: Response,
  step: Step,
  code: string,
): Promise<void> {
  const forgive = await attempt(context, request, step.email);
  await useCode(context, step.id, code, strangerOf(request), "sign_in");
  await forgive();
  await openSession(context, request, response, step, { password: step.password, isSecondProved: true });
}

/** Both factors at once. Throws PasskeyRefusedError or TooManyAttemptsError. */
export async function signInByPasskey(
  context: WebContext,
  request: Request,
  response: Response,
  answer: PasskeyAnswer,
): Promise<Account> {
  const account = await passkeyAccount(context, request, answer, null);
  await openSession(context, request, response, account, { password: null, isSecondProved: true });
  return account;
}

/** Whose passkey it is, or that it is `person`'s; a wrong one counts as a failed sign-in, and stands in the security log. */
export async function passkeyAccount(
  context: WebContext,
  request: Request,
  answer: PasskeyAnswer,
  person: Person | null,
): Promise<Account> {
  const { signIn } = limitsOf(context);
  const forgive = await signIn.attempt(request.ip ?? "", person?.email ?? "", person?.credentialId);
  const userId = person?.userId ?? null;
  try {
    const account = await findPasskeyAccount(context, requireRelyingParty(context, request), answer, userId);
    await forgive();
    return account;
  } catch (error) {
    if (error instanceof PasskeyRefusedError) {
      const kind = person ? "proof" : "sign_in";
      const refused = { kind, userId, outcome: "refused", detail: "passkey" } as const;
      const actor = person ? actorOf(request) : strangerOf(request);
      await actorTransaction(context.pool, actor, (client) => recordSecurityEvent(client, actor, refused));
    }
    throw error;
  }
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

/** What is confirmed, for the security log, and by which field. */
interface Confirmed {
  readonly field: string;
  readonly kind: "password_changed" | "account_deleted";
}

/** A stolen session is not to guess the password: it counts as a known device does, apart from strangers. Throws WrongPasswordError for `field`. */
async function confirmPassword(
  context: WebContext,
  request: Request,
  person: Person,
  password: string,
  { field, kind }: Confirmed,
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

/**
 * What a form asks for itself: the password, where there is one. With a second factor that is half of the proof, and the session must have
 * seen the whole one lately. Throws WrongPasswordError for the field, TooManyAttemptsError or ReauthenticationRequiredError.
 */
async function confirmPerson(
  context: WebContext,
  request: Request,
  person: Person,
  password: string | undefined,
  confirmed: Confirmed,
): Promise<void> {
  const factors = await readFactors(context.pool, person.userId);
  if (factors.has_password) await confirmPassword(context, request, person, password ?? "", confirmed);
  if (factors.has_password && !hasSecondFactor(factors)) return;
  if (!isProved(person, context.clock())) throw new ReauthenticationRequiredError(factors.has_password);
}

export interface PasswordChange {
  /** Of an account that has one. */
  readonly current_password?: string | undefined;
  readonly new_password: string;
}

/**
 * Other sessions are signed out; API tokens go on. Throws WeakPasswordError, PasswordReusedError or what `confirmPerson` does.
 */
export async function changePassword(
  context: WebContext,
  request: Request,
  person: Person,
  { current_password, new_password }: PasswordChange,
): Promise<void> {
  await confirmPerson(context, request, person, current_password, {
    field: "current_password",
    kind: "password_changed",
  });
  if (new_password.normalize("NFKC") === current_password?.normalize("NFKC"))
    throw new PasswordReusedError("new_password");
  const owner = { email: person.email, field: "new_password" };
  await requireGoodPassword(passwordPolicy(context), new_password, owner);
  await setPassword(context.pool, person, new_password, actorOf(request));
  notifyPasswordChanged(context, person.email);
}

export interface Farewell {
  readonly email: string;
  /** Of an account that has one. */
  readonly password?: string | undefined;
}

/**
 * Deletes the account with everything about the person, for good. `confirmation`: their email and password, typed again.
 * Throws OtherEmailError, LastOperatorError, or what `confirmPerson` does.
 */
export async function endAccount(
  context: WebContext,
  request: Request,
  response: Response,
  person: Person,
  confirmation: Farewell,
): Promise<void> {
  if (confirmation.email !== person.email.toLowerCase()) throw new OtherEmailError(person.email);
  await confirmPerson(context, request, person, confirmation.password, {
    field: "password",
    kind: "account_deleted",
  });
  await deleteAccount(context.pool, person, actorOf(request));
  forgetSessionCookie(context, response);
}

/** Every way to sign in ends here; `basis` null: the account was made just now. Throws AccountDisabledError or CredentialsChangedError. */
export async function openSession(
  context: WebContext,
  request: Request,
  response: Response,
  user: Pick<Account, "id" | "email">,
  basis: Basis | null,
): Promise<string> {
  const agent = request.get("User-Agent") ?? null;
  const { token, expiresAt, isNewDevice } = await startSession(
    context,
    user.id,
    agent,
    request.ip ?? null,
    basis,
  );
  if (isNewDevice) notifyNewDevice(context, user.email, agent);
  setSessionCookie(context, response, token, expiresAt);
  const device = rememberDevice(context, deviceTokenOf(context, request), user.email);
  setDeviceCookie(context, response, device.note, device.expiresAt);
  await connectWaiting(context, request, response, user);
  return token;
}

/** An identity whose email is this account's waited for its person to sign in the way they did before. */
async function connectWaiting(
  context: WebContext,
  request: Request,
  response: Response,
  { id, email }: Pick<Account, "id" | "email">,
): Promise<void> {
  const waiting = readTicket(context, request, "identity", waitingSchema);
  if (waiting?.email !== email.toLowerCase()) return;
  takeTicket(context, response, "identity");
  try {
    await connectIdentity(context, id, waiting.identity, strangerOf(request));
    notifyConnected(context, email);
  } catch (error) {
    // They are connected to another one there: that is no reason to keep them out.
    if (!(error instanceof IdentityTakenError)) throw error;
  }
}
