/** Passwords and their hashes. Slow on purpose, so that few are hashed at once and the rest waits in turn. */
import { createHash } from "node:crypto";
import bcrypt from "bcrypt";
import { Bulkhead } from "../bulkhead.ts";
import { currentRequest, requesterKey } from "../request-scope.ts";
import { SignInBusyError } from "./errors.ts";

/** 2^12 rounds: 0.25 s on one core of 2024, on a thread of its own. */
const bcryptCost = 12;

/** The hash of a password that nobody has: an unknown email takes as long to refuse as a wrong password. */
const nobodysHash = "$2b$12$nOhh91UAc9aNAglm787r2O8kTFTBoObICnp75N12QrGO/3cy3y5Mu";

const waitMilliseconds = 60_000;

/**
 * bcrypt works on libuv's four threads, on which every page is compressed: two are left for that. Who tries a hundred passwords
 * at once waits behind his own, and others take turns with him.
 */
const hashing = new Bulkhead({
  atOnce: 2,
  atOncePerKey: 2,
  waiting: 128,
  waitingPerKey: 32,
  waitMilliseconds,
  refuse: () => new SignInBusyError(waitMilliseconds / 1000),
});

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const request = currentRequest();
  return hashing.run(request ? requesterKey(request) : "program", work, request?.signal);
}

/** bcrypt reads 72 bytes and stops at a NUL: a digest of the whole password is shorter and has none. */
function digest(password: string): string {
  return createHash("sha256").update(password.normalize("NFKC")).digest("base64");
}

/** Throws SignInBusyError. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => bcrypt.hash(digest(password), bcryptCost));
}

/** `hash` null: there is no account, or no password of it, which takes as long to find out. Throws SignInBusyError. */
export function isHashOf(password: string, hash: string | null): Promise<boolean> {
  return inTurn(() => bcrypt.compare(digest(password), hash ?? nobodysHash));
}
