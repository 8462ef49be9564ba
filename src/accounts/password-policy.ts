/** What a new password must not be. Passwords that stand go on working, whatever is asked of new ones. */
import { createHash } from "node:crypto";
import type { ZxcvbnFactory } from "@zxcvbn-ts/core";
import type { Log } from "../log.ts";
import { defineMessage, type Plain, plain } from "../plain.ts";
import { WeakPasswordError } from "./errors.ts";

/** How new passwords are looked at. */
export interface PasswordPolicy {
  /** null: only the list that comes along is asked. Else the address of a service that speaks HIBP's range API. */
  readonly breachedPasswordsUrl: string | null;
  readonly log: Log;
}

/** Whose password it is to be. */
export interface PasswordOwner {
  readonly email: string;
  /** The field of the form or the body, for the answer. */
  readonly field: string;
}

/** The time it takes grows faster than what is looked at: 10 ms at worst within these, 3 s of 200 characters without. */
const estimatedCharacters = 40;
const letterSubstitutions = 3;
/** 0 to 4. Below 2, a million guesses are enough: common passwords and what is made of one. */
const leastScore = 2;
const breachTimeoutMilliseconds = 2_000;

/** Throws WeakPasswordError, which says why: the email itself, a common one, easily guessed, or seen in a breach. */
export async function requireGoodPassword(
  policy: PasswordPolicy,
  password: string,
  { email, field }: PasswordOwner,
): Promise<void> {
  const simple = password.normalize("NFKC").toLowerCase();
  if (simple === email || simple === email.split("@")[0])
    throw new WeakPasswordError(
      field,
      plain("This is your email address, which others know; choose another one."),
    );
  const { score, feedback, sequence } = (await estimator()).check(
    password.slice(0, estimatedCharacters),
    ownWords(email),
  );
  if (score < leastScore)
    throw new WeakPasswordError(
      field,
      reasons[sequence.length === 1 ? (feedback.warning ?? "") : ""] ??
        similar[feedback.warning ?? ""] ??
        plain(
          "This is easily guessed; choose a longer one, such as four words that have nothing to do with each other.",
        ),
    );
  if (await isBreached(policy, password))
    throw new WeakPasswordError(
      field,
      plain(
        "This one is in a list of passwords that were stolen elsewhere; choose one that you use nowhere else.",
      ),
    );
}

const common = plain("This is one of the passwords that are tried first; choose one that nobody else would.");

/** By the name of what zxcvbn found, where it is all of the password. */
const reasons: Readonly<Record<string, Plain>> = {
  topTen: common,
  topHundred: common,
  common,
  userInputs: plain(
    defineMessage(
      "This is made of your email address or of this site's name; " +
        "choose a longer one, such as four words that have nothing to do with each other.",
    ),
  ),
};

/** And where it is what most of it is made of. */
const similar: Readonly<Record<string, Plain>> = {
  ...reasons,
  similarToCommon: plain(
    defineMessage(
      "This is a common password with little added; " +
        "choose a longer one, such as four words that have nothing to do with each other.",
    ),
  ),
  simpleRepeat: plain(
    defineMessage(
      "This repeats one character; " +
        "choose a longer one, such as four words that have nothing to do with each other.",
    ),
  ),
  extendedRepeat: plain(
    defineMessage(
      "This repeats one pattern; " +
        "choose a longer one, such as four words that have nothing to do with each other.",
    ),
  ),
  sequences: plain(
    defineMessage(
      "This is a sequence, like abc or 6543; " +
        "choose a longer one, such as four words that have nothing to do with each other.",
    ),
  ),
  straightRow: plain(
    defineMessage(
      "This is a row of keys; " +
        "choose a longer one, such as four words that have nothing to do with each other.",
    ),
  ),
  keyPattern: plain(
    defineMessage(
      "This is a pattern on the keyboard; " +
        "choose a longer one, such as four words that have nothing to do with each other.",
    ),
  ),
  dates: plain(
    defineMessage(
      "This is a date; " + "choose a longer one, such as four words that have nothing to do with each other.",
    ),
  ),
  recentYears: plain(
    defineMessage(
      "This is a year; " + "choose a longer one, such as four words that have nothing to do with each other.",
    ),
  ),
};

/** What nobody else would think of first, but who guesses this person's would. */
function ownWords(email: string): string[] {
  const [name = "", host = ""] = email.split("@");
  return [email, name, ...name.split(/[._+-]/), host, ...host.split(".").slice(0, -1), "stratafolio"].filter(
    (word) => word.length > 2,
  );
}

let loaded: Promise<ZxcvbnFactory> | null = null;

/** Loaded when the first password is chosen: 0.1 s and 11 MB, which most processes never need. */
function estimator(): Promise<ZxcvbnFactory> {
  loaded ??= Promise.all([import("@zxcvbn-ts/core"), import("@zxcvbn-ts/language-common")]).then(
    ([{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }]) =>
      new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, l33tMaxSubstitutions: letterSubstitutions }),
  );
  return loaded;
}

/**
 * Is it in the service's list? Only the first 5 of the 40 hexadecimal digits of its SHA-1 are sent; the service answers with
 * all that begin so. A service that does not answer keeps nobody from choosing a password.
 */
async function isBreached({ breachedPasswordsUrl, log }: PasswordPolicy, password: string): Promise<boolean> {
  if (breachedPasswordsUrl === null) return false;
  const digest = createHash("sha1").update(password).digest("hex").toUpperCase();
  const rest = digest.slice(5);
  try {
    const response = await fetch(`${breachedPasswordsUrl}/range/${digest.slice(0, 5)}`, {
      headers: { "Add-Padding": "true" }, // what is asked for cannot be told by the answer's length
      redirect: "error",
      signal: AbortSignal.timeout(breachTimeoutMilliseconds),
    });
    if (!response.ok) throw new Error(`expected 200, got ${response.status}`);
    const lines = (await response.text()).split("\n").map((line) => line.trim().split(":"));
    // Padding counts 0.
    return lines.some(([suffix, count]) => suffix?.toUpperCase() === rest && Number(count) > 0);
  } catch (error) {
    log.warn(
      { err: error },
      "breached passwords could not be looked up; the password was checked without them",
    );
    return false;
  }
}
