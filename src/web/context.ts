/** What every part of the web is given, and who a request speaks for. */
import type { Request } from "express";
import type { Pool } from "pg";
import { type Actor, isProved, type Person, type Scope, scopes } from "../accounts/index.ts";
import type { IdentityProvider } from "../config.ts";
import { personPool } from "../database/person.ts";
import type { Registry } from "../engine/index.ts";
import type { Log } from "../log.ts";
import type { MailQueue } from "../mail/index.ts";
import type { PriceSource } from "../market/source.ts";
import type { Quotas } from "../quotas.ts";
import type { Deployment } from "./deployment.ts";
import {
  ForbiddenError,
  InsufficientScopeError,
  ReauthenticationRequiredError,
  UnauthenticatedError,
} from "./errors.ts";
import type { EventHub } from "./events.ts";

export interface WebContext {
  /** Connections of role stratafolio_web: row-level security holds for all of them. */
  readonly pool: Pool;
  readonly prices: PriceSource;
  readonly clock: () => Date;
  readonly log: Log;
  /** Asked for on every use: a hot reload replaces it. */
  readonly registry: () => Registry;
  /** At least 32 characters. Signs tokens and CSRF tokens. */
  readonly jwtSecret: string;
  /** Sign nothing any more; what they have signed still counts. */
  readonly formerJwtSecrets?: readonly string[];
  readonly events: EventHub;
  readonly version: string;
  /** Set: every page says that its figures are synthetic. */
  readonly isDemo: boolean;
  /** Where prices come from, as pages name it: "Yahoo Finance". */
  readonly marketDataName: string;
  /** Tickers that everybody may compare with. Unset: none. */
  readonly benchmarks?: readonly string[];
  readonly deployment: Deployment;
  /** How much may be kept here. Default `defaultQuotas`. */
  readonly quotas?: Quotas;
  /** Unset: no email can be sent. */
  readonly mail?: MailQueue | null;
  /** A service of HIBP's range API that new passwords are looked up in. Unset: none. */
  readonly breachedPasswordsUrl?: string | null;
  /** By which people may sign in, too. Unset or null: none. */
  readonly identityProvider?: IdentityProvider | null;
}

declare global {
  namespace Express {
    interface Request {
      /** Absent: nobody is signed in. */
      person?: Person;
      /** Set: who is signed in reads for `person`, whose portfolio is looked at. Nothing may be changed. */
      reading?: { readonly reader: Person; readonly grantId: string; readonly expiresAt: Date | null };
    }
  }
}

/** Who acts by a request, for the security log. */
export function actorOf(request: Request): Actor {
  return {
    userId: request.person?.userId ?? null,
    via: "web",
    address: request.ip ?? null,
    agent: request.get("User-Agent") ?? null,
  };
}

/** The same where it does not count who is signed in: who asks to get in is nobody yet. */
export function strangerOf(request: Request): Actor {
  return { ...actorOf(request), userId: null };
}

/** The person who is signed in. Throws UnauthenticatedError (401). */
export function requirePerson(request: Request): Person {
  if (!request.person) throw new UnauthenticatedError();
  return request.person;
}

/** The operator who is signed in. Throws UnauthenticatedError (401) or ForbiddenError (403). */
export function requireOperator(request: Request): Person {
  const person = requirePerson(request);
  if (person.role !== "operator") throw new ForbiddenError(person.role);
  return person;
}

export interface OperatorContext extends WebContext {
  readonly operator: Person;
}

/**
 * The context in which an operator's request is answered: its statements act for the operator, since the database itself shows the
 * engine's record to nobody else. Throws UnauthenticatedError (401) or ForbiddenError (403).
 */
export function operatorContext(context: WebContext, request: Request): OperatorContext {
  const operator = requireOperator(request);
  return { ...context, operator, pool: personPool(context.pool, operator.userId) };
}

/** Throws InsufficientScopeError (403) unless the person's credential is good for `needed`. */
export function requireScope({ scope }: Person, needed: Scope): void {
  if (scopes.indexOf(scope) < scopes.indexOf(needed)) throw new InsufficientScopeError(needed, scope);
}

/**
 * The person of a session, who has proved within ten minutes who they are. Throws UnauthenticatedError, InsufficientScopeError or
 * ReauthenticationRequiredError (403).
 */
export function requireProof({ clock }: WebContext, request: Request): Person {
  const person = requirePerson(request);
  requireScope(person, "account");
  if (!isProved(person, clock())) throw new ReauthenticationRequiredError();
  return person;
}

/** The same of an operator: what is done to other people's accounts asks for it. Throws ForbiddenError (403), too. */
export function requireOperatorProof(context: WebContext, request: Request): Person {
  requireOperator(request);
  return requireProof(context, request);
}
