/** Who somebody is to the program, and what their credential is good for. */
import type { Language } from "../languages.ts";

export const roles = ["operator", "investor"] as const;

export type Role = (typeof roles)[number];

/** What a credential is good for, each with what stands before it. A session is good for the account itself. */
export const scopes = ["read", "write", "account"] as const;

export type Scope = (typeof scopes)[number];

/** Who is signed in, as the database said when it was asked: a promotion or revocation counts at once. */
export interface Person {
  readonly userId: number;
  readonly email: string;
  readonly role: Role;
  /** In which they chose to be spoken to; null: as their browser asks, and always of an API token. */
  readonly language: Language | null;
  /** Id of the session, or of the API token, that speaks for the person. */
  readonly credentialId: string;
  readonly scope: Scope;
  /** When the session's person last proved who they are; null: an API token, which never did. */
  readonly provedAt: Date | null;
  /** Whose portfolios the session's person may read; an API token: nobody's. */
  readonly reads: readonly Reading[];
}

/** That one person reads for another. */
export interface Reading {
  readonly grantId: string;
  /** Whose portfolio it is. */
  readonly userId: number;
  readonly email: string;
  /** As JSON of the database has an instant; null: until one of the two ends it. */
  readonly expiresAt: string | null;
}
