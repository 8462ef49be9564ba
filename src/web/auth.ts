/** Signing in and out, and what asks for the password again: what the API and the pages share. */
import { parseCookie } from "cookie";
import type { Request, RequestHandler, Response } from "express";
import {
  type Account,
  type Credentials,
  connectIdentity,
  createAccount,
  deleteAccount,
  findAccount,
  findPasskeyAccount,
  findPerson,
  findTokenPerson,
  hasSecondFactor,
  IdentityTakenError,
  isApiToken,
  isPasswordOf,
  isProved,
  type PasskeyAnswer,
  type Person,
  RegistrationLimit,
  readFactors,
  revokeSession,
  revokeSessions,
  SignInLimit,
  setPassword,
  startSession,
  useCode,
} from "../accounts/index.ts";
import type { WebContext } from "./context.ts";
import {
  OtherEmailError,
  ReauthenticationRequiredError,
  SecondFactorRequiredError,
  WrongCredentialsError,
  WrongPasswordError,
} from "./errors.ts";
import { requireRelyingParty } from "./origin.ts";
import { hasBearer } from "./security.ts";
import { readTicket, takeTicket, waitingSchema } from "./tickets.ts";

const cookieName = "stratafolio_session";

export interface SignedIn {
  readonly user: Account;
  readonly token: string;
}

/** Sets `request.person` from the bearer token, of a session or of the API, or else from the session cookie. */
export function authenticate(context: WebContext): RequestHandler {
  return async (request, _response, next) => {
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
  const token = cookieToken(request);
  return token ? findPerson(context, token) : null;
}

function cookieToken(request: Request): string | undefined {
  return parseCookie(request.get("Cookie") ?? "")[cookieName];
}

/** Makes an account and signs it in. Throws EmailTakenError, or TooManyAttemptsError after 1,000 from an address in 15 minutes. */
export async function register(
  context: WebContext,
  request: Request,
  response: Response,
  credentials: Credentials,
): Promise<SignedIn> {
  await limitsOf(context).registration.attempt(request.ip ?? "");
  const user = await createAccount(context.pool, credentials);
  return { user, token: await openSession(context, request, response, user) };
}

interface Limits {
  readonly signIn: SignInLimit;
  readonly registration: RegistrationLimit;
}

const limitsByApp = new WeakMap<WebContext, Limits>();

/** Made when they are first needed: two apps in a process count apart. */
export function limitsOf(context: WebContext): Limits {
  const limits = limitsByApp.get(context) ?? {
    signIn: new SignInLimit(),
    registration: new RegistrationLimit(),
  };
  limitsByApp.set(context, limits);
  return limits;
}

export interface SignIn extends Credentials {
  /** Of an authenticator app, or a recovery code. */
  readonly code?: string | undefined;
}

/**
 * Throws WrongCredentialsError; SecondFactorRequiredError or WrongCodeError for an account that has a second factor; or
 * TooManyAttemptsError after 10 failures for an account in 15 minutes. What lacks its second factor is forgiven nothing: a known
 * password is not to buy more guesses at codes.
 */
export async function signIn(
  context: WebContext,
  request: Request,
  response: Response,
  { email, password, code }: SignIn,
): Promise<SignedIn> {
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", email);
  const user = await findAccount(context.pool, { email, password });
  if (!user) throw new WrongCredentialsError();
  if (hasSecondFactor(await readFactors(context.pool, user.id))) {
    if (!code) throw new SecondFactorRequiredError(user);
    await useCode(context, user.id, code);
  }
  await forgive();
  return { user, token: await openSession(context, request, response, user) };
}

/** The second step of somebody whose first one was right. Throws WrongCodeError or TooManyAttemptsError. */
export async function signInByCode(
  context: WebContext,
  request: Request,
  response: Response,
  account: Pick<Account, "id" | "email">,
  code: string,
): Promise<void> {
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", account.email);
  await useCode(context, account.id, code);
  await forgive();
  await openSession(context, request, response, account);
}

/** Both factors at once. Throws PasskeyRefusedError or TooManyAttemptsError. */
export async function signInByPasskey(
  context: WebContext,
  request: Request,
  response: Response,
  answer: PasskeyAnswer,
): Promise<Account> {
  const account = await passkeyAccount(context, request, "", answer, null);
  await openSession(context, request, response, account);
  return account;
}

/** Whose passkey it is, or that it is `userId`'s; a wrong one counts as a failed sign-in of `subject`. */
export async function passkeyAccount(
  context: WebContext,
  request: Request,
  subject: string,
  answer: PasskeyAnswer,
  userId: number | null,
): Promise<Account> {
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", subject);
  const account = await findPasskeyAccount(context, requireRelyingParty(context, request), answer, userId);
  await forgive();
  return account;
}

/** The token stops working at once, and open event streams of the session end. */
export async function signOut(context: WebContext, person: Person, response: Response): Promise<void> {
  await revokeSession(context.pool, person.userId, person.credentialId);
  forgetCookie(response);
}

/** Signs the person out on every device, this one included. */
export async function signOutEverywhere(
  context: WebContext,
  person: Person,
  response: Response,
): Promise<void> {
  await revokeSessions(context.pool, person.userId, null);
  forgetCookie(response);
}

function forgetCookie(response: Response): void {
  response.clearCookie(cookieName, { path: "/" });
}

/** A stolen session is not to guess the password: counts as a sign-in does. Throws WrongPasswordError for `field`. */
async function confirmPassword(
  context: WebContext,
  request: Request,
  person: Person,
  password: string,
  field: string,
): Promise<void> {
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", person.email);
  if (!(await isPasswordOf(context.pool, person.userId, password))) throw new WrongPasswordError(field);
  await forgive();
}

/**
 * What a form asks for itself: the password, where there is one. With a second factor that is half of the proof, and the session must have
 * seen the whole one lately. Throws WrongPasswordError for `field`, TooManyAttemptsError or ReauthenticationRequiredError.
 */
async function confirmPerson(
  context: WebContext,
  request: Request,
  person: Person,
  password: string | undefined,
  field: string,
): Promise<void> {
  const factors = await readFactors(context.pool, person.userId);
  if (factors.has_password) await confirmPassword(context, request, person, password ?? "", field);
  if (factors.has_password && !hasSecondFactor(factors)) return;
  if (!isProved(person, context.clock())) throw new ReauthenticationRequiredError(factors.has_password);
}

export interface PasswordChange {
  /** Of an account that has one. */
  readonly current_password?: string | undefined;
  readonly new_password: string;
}

/** Other sessions are signed out; API tokens go on. Throws what `confirmPerson` does. */
export async function changePassword(
  context: WebContext,
  request: Request,
  person: Person,
  { current_password, new_password }: PasswordChange,
): Promise<void> {
  await confirmPerson(context, request, person, current_password, "current_password");
  await setPassword(context.pool, person, new_password);
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
  await confirmPerson(context, request, person, confirmation.password, "password");
  await deleteAccount(context.pool, person);
  forgetCookie(response);
}

/** Every way to sign in ends here. */
export async function openSession(
  context: WebContext,
  request: Request,
  response: Response,
  user: Pick<Account, "id" | "email">,
): Promise<string> {
  const { token, expiresAt } = await startSession(context, user.id, request.get("User-Agent") ?? null);
  response.cookie(cookieName, token, {
    httpOnly: true,
    sameSite: "lax",
    secure: context.secureCookies ?? request.secure,
    expires: expiresAt,
    path: "/",
  });
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
  takeTicket(response, "identity");
  try {
    await connectIdentity(context, id, waiting.identity);
  } catch (error) {
    // They are connected to another one there: that is no reason to keep them out.
    if (!(error instanceof IdentityTakenError)) throw error;
  }
}
