import type { Request } from "express";
import { z } from "zod";

/** Only a path of this site, so that a link cannot send people elsewhere after signing in. */
const nextPath = z
  .string()
  .regex(/^\/(?![/\\])/)
  .max(2000);

/** Where to go on after signing in, as the address says; empty: nowhere in particular. */
export function nextOf({ query }: Request): string {
  return nextPath.safeParse(query.next).data ?? "";
}

/** Where to sign in and come back to `path`; one that is too long to be come back to would make a header that nobody reads. */
export function signInAddress(path: string): string {
  const { data } = nextPath.safeParse(path);
  return data === undefined ? "/sign-in" : `/sign-in?next=${encodeURIComponent(data)}`;
}

/** What `nextOf` gives for the address of a form: "?next=%2Ftransactions", or nothing. */
export function nextQuery(next: string): string {
  return next && `?${new URLSearchParams({ next })}`;
}

/** For the address of a page that somebody who was invited goes on to: "?invitation=...", or nothing. */
export function invitationQuery(invitation: string | undefined): string {
  return invitation === undefined ? "" : `?${new URLSearchParams({ invitation })}`;
}
