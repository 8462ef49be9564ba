/** What every part of the web is given, and who a request speaks for. */
import type { Request } from "express";
import type { Pool } from "pg";
import { isProved, type Person, type Scope, scopes } from "../accounts/index.ts";
import type { IdentityProvider } from "../config.ts";
import type { Registry } from "../engine/index.ts";
import type { Log } from "../log.ts";
import type { PriceSource } from "../market/source.ts";
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
  /** Cookies only over https. Unset: Secure when the request came over https. */
  readonly secureCookies?: boolean;
  /** Where browsers find this installation. Unset or null: only an address of this machine is believed. */
  readonly publicUrl?: string | null;
  /** May whoever comes make an account? Unset: yes. */
  readonly isRegistrationOpen?: boolean;
  /** By which people may sign in, too. Unset or null: none. */
  readonly identityProvider?: IdentityProvider | null;
  /** Number of proxies in front whose X-Forwarded-* headers are believed. Unset: none. */
  readonly trustedProxies?: number;
}

declare global {
  namespace Express {
    interface Request {
      /** Absent: nobody is signed in. */
      person?: Person;
    }
  }
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
