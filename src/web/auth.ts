/** Signing in and out, and what asks for the password again: what the API and the pages share. */
import type { Request, RequestHandler, Response } from "express";
import type { Pool, PoolClient } from "pg";
import {
  type Account,
  admit,
  type Credentials,
  createAccount,
  deleteAccount,
  findAccount,
  findPerson,
  findTokenPerson,
  isApiToken,
  isPasswordOf,
  knownDevice,
  type Person,
  RegistrationLimit,
  type Role,
  rememberDevice,
  revokeSession,
  revokeSessions,
  SignInLimit,
  setPassword,
  startSession,
} from "../accounts/index.ts";
import type { WebContext } from "./context.ts";
import {
  deviceTokenOf,
  forgetSessionCookie,
  sessionTokenOf,
  setDeviceCookie,
  setSessionCookie,
} from "./cookies.ts";
import { isFromThisMachine, isLocalOnly } from "./deployment.ts";
import { OtherEmailError, WrongCredentialsError, WrongPasswordError } from "./errors.ts";
import { hasBearer } from "./security.ts";

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
  const token = sessionTokenOf(context, request);
  return token ? findPerson(context, token) : null;
}

export type Registration = Credentials & { readonly invitation?: string | undefined };

/** The role of the account that somebody may make by this request. Throws as `admit` does. */
export function admitNewcomer(
  { clock, deployment }: WebContext,
  client: Pool | PoolClient,
  request: Request,
  { email, invitation = null }: { readonly email: string; readonly invitation?: string | null | undefined },
): Promise<Role> {
  const isLocal = isLocalOnly(deployment) && isFromThisMachine(request);
  return admit(client, clock(), deployment.registration, { email, invitation, isLocal });
}

/** Makes an account and signs it in. Throws as `admit` does, EmailTakenError, or TooManyAttemptsError after 1,000 from an address. */
export async function register(
  context: WebContext,
  request: Request,
  response: Response,
  registration: Registration,
): Promise<SignedIn> {
  const { pool } = context;
  const allow = (client: Pool | PoolClient) => admitNewcomer(context, client, request, registration);
  await allow(pool); // before the password is hashed, which costs
  await limitsOf(context).registration.attempt(request.ip ?? "");
  const user = await createAccount(pool, registration, allow);
  return { user, token: await openSession(context, request, response, user) };
}

interface Limits {
  readonly signIn: SignInLimit;
  readonly registration: RegistrationLimit;
}

export function limitsOf(context: WebContext): Limits {
  return { signIn: new SignInLimit(context), registration: new RegistrationLimit(context) };
}

/** Throws WrongCredentialsError, or TooManyAttemptsError after ten failures for an account. */
export async function signIn(
  context: WebContext,
  request: Request,
  response: Response,
  credentials: Credentials,
): Promise<SignedIn> {
  const device = knownDevice(context, deviceTokenOf(context, request), credentials.email);
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", credentials.email, device);
  const user = await findAccount(context.pool, credentials);
  if (!user) throw new WrongCredentialsError();
  await forgive();
  return { user, token: await openSession(context, request, response, user) };
}

/** The token stops working at once, and open event streams of the session end. */
export async function signOut(context: WebContext, person: Person, response: Response): Promise<void> {
  await revokeSession(context.pool, person.userId, person.credentialId);
  forgetSessionCookie(context, response);
}

/** Signs the person out on every device, this one included. */
export async function signOutEverywhere(
  context: WebContext,
  person: Person,
  response: Response,
): Promise<void> {
  await revokeSessions(context.pool, person.userId, null);
  forgetSessionCookie(context, response);
}

/** A stolen session is not to guess the password: it counts as a known device does, apart from strangers. Throws WrongPasswordError for `field`. */
async function confirmPassword(
  context: WebContext,
  request: Request,
  person: Person,
  password: string,
  field: string,
): Promise<void> {
  const forgive = await limitsOf(context).signIn.attempt(request.ip ?? "", person.email, person.credentialId);
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
  forgetSessionCookie(context, response);
}

async function openSession(
  context: WebContext,
  request: Request,
  response: Response,
  user: Account,
): Promise<string> {
  const { token, expiresAt } = await startSession(context, user.id, request.get("User-Agent") ?? null);
  setSessionCookie(context, response, token, expiresAt);
  const device = rememberDevice(context, deviceTokenOf(context, request), user.email);
  setDeviceCookie(context, response, device.note, device.expiresAt);
  return token;
}
