/** Signing in and out: what the API and the pages share. */
import { parseCookie } from "cookie";
import type { Request, RequestHandler, Response } from "express";
import { type Account, type Credentials, createAccount, findAccount } from "./accounts.ts";
import type { Person, WebContext } from "./context.ts";
import { WrongCredentialsError } from "./errors.ts";
import { SignInLimit } from "./limits.ts";
import { hasBearer } from "./security.ts";
import { findPerson, revokeSession, startSession } from "./sessions.ts";

const cookieName = "stratafolio_session";

export interface SignedIn {
  readonly user: Account;
  readonly token: string;
}

/** Sets `request.person` from the bearer token or, without one, from the session cookie. */
export function authenticate(context: WebContext): RequestHandler {
  return async (request, _response, next) => {
    const token = hasBearer(request) ? request.get("Authorization")!.slice(7).trim() : cookieToken(request);
    const person = token ? await findPerson(context, token) : null;
    if (person) request.person = person;
    next();
  };
}

function cookieToken(request: Request): string | undefined {
  return parseCookie(request.get("Cookie") ?? "")[cookieName];
}

/** Makes an account and signs it in. Throws EmailTakenError. */
export async function register(
  context: WebContext,
  request: Request,
  response: Response,
  credentials: Credentials,
): Promise<SignedIn> {
  const user = await createAccount(context.pool, credentials);
  return { user, token: await openSession(context, request, response, user) };
}

// One for each app, made when it is first needed: two apps in a process count apart.
const limits = new WeakMap<WebContext, SignInLimit>();

function limitOf(context: WebContext): SignInLimit {
  const limit = limits.get(context) ?? new SignInLimit();
  limits.set(context, limit);
  return limit;
}

/** Throws WrongCredentialsError, or TooManyAttemptsError after 10 failures for an account in 15 minutes. */
export async function signIn(
  context: WebContext,
  request: Request,
  response: Response,
  credentials: Credentials,
): Promise<SignedIn> {
  const forgive = await limitOf(context).attempt(request.ip ?? "", credentials.email);
  const user = await findAccount(context.pool, credentials);
  if (!user) throw new WrongCredentialsError();
  await forgive();
  return { user, token: await openSession(context, request, response, user) };
}

/** The token stops working at once, and open event streams of the session end. */
export async function signOut(context: WebContext, person: Person, response: Response): Promise<void> {
  await revokeSession(context.pool, person.userId, person.sessionId);
  response.clearCookie(cookieName, { path: "/" });
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
