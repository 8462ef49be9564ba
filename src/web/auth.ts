/** Signing in and out, and what asks for the password again: what the API and the pages share. */
import { parseCookie } from "cookie";
import type { Request, RequestHandler, Response } from "express";
import {
  type Account,
  type Credentials,
  createAccount,
  deleteAccount,
  findAccount,
  findPerson,
  findTokenPerson,
  isApiToken,
  isPasswordOf,
  type Person,
  RegistrationLimit,
  revokeSession,
  revokeSessions,
  SignInLimit,
  setPassword,
  startSession,
} from "../accounts/index.ts";
import { personTransaction } from "../database/person.ts";
import type { WebContext } from "./context.ts";
import { OtherEmailError, WrongCredentialsError, WrongPasswordError } from "./errors.ts";
import { hasBearer } from "./security.ts";

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

/** Throws WrongCredentialsError, or TooManyAttemptsError after 10 failures for an account in 15 minutes. */
export async function signIn(
  context: WebContext,
  request: Request,
  response: Response,
  credentials: Credentials,
): Promise<SignedIn> {
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", credentials.email);
  const user = await findAccount(context.pool, credentials);
  if (!user) throw new WrongCredentialsError();
  await forgive();
  return { user, token: await openSession(context, request, response, user) };
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
  await personTransaction(context.pool, person.userId, (client) =>
    revokeSessions(client, person.userId, null),
  );
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

export interface PasswordChange {
  readonly current_password: string;
  readonly new_password: string;
}

/** Other sessions are signed out; API tokens go on. Throws WrongPasswordError or TooManyAttemptsError. */
export async function changePassword(
  context: WebContext,
  request: Request,
  person: Person,
  { current_password, new_password }: PasswordChange,
): Promise<void> {
  await confirmPassword(context, request, person, current_password, "current_password");
  await setPassword(context.pool, person, new_password);
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
  await confirmPassword(context, request, person, confirmation.password, "password");
  await deleteAccount(context.pool, person);
  forgetCookie(response);
}

async function openSession(
  context: WebContext,
  request: Request,
  response: Response,
  user: Account,
): Promise<string> {
  const { token, expiresAt } = await startSession(context, user.id, request.get("User-Agent") ?? null);
  response.cookie(cookieName, token, {
    httpOnly: true,
    sameSite: "lax",
    secure: context.secureCookies ?? request.secure,
    expires: expiresAt,
    path: "/",
  });
  return token;
}
