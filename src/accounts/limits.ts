/**
 * How often a sign-in may fail, and an account be made: counted in the database, for all processes together. An account under
 * attack slows strangers down, and lets in whoever comes from a device that has signed in to it before.
 */
import { createHmac } from "node:crypto";
import { ipKeyGenerator } from "express-rate-limit";
import type { AccountContext } from "./context.ts";
import { type Attempts, TooManyAttemptsError } from "./errors.ts";

/** So many attempts need no wait; each one after them makes the next wait twice as long, up to a longest wait. */
interface Allowance {
  readonly attempts: number;
  readonly firstWaitSeconds: number;
  readonly longestWaitSeconds: number;
  /** When it is counted anew, from the first attempt on. */
  readonly hours: number;
}

/** Of somebody for one account: from a known device, or as a stranger from one address. */
const oneForAccount: Allowance = { attempts: 10, firstWaitSeconds: 120, longestWaitSeconds: 900, hours: 1 };
/** Of an address, for all accounts: an office, or everybody behind a proxy that is not trusted. */
const address: Allowance = { attempts: 100, firstWaitSeconds: 10, longestWaitSeconds: 900, hours: 1 };
/** Of all strangers for one account, from however many addresses: 60 guesses an hour in the end, and never a lock-out. */
const strangersForAccount: Allowance = {
  attempts: 30,
  firstWaitSeconds: 1,
  longestWaitSeconds: 60,
  hours: 24,
};
/** Hashing the passwords of so many takes four minutes of one core. */
const newAccounts: Allowance = {
  attempts: 1000,
  firstWaitSeconds: 120,
  longestWaitSeconds: 900,
  hours: 0.25,
};
/** Answers to an address that an email has an account. */
const takenEmails: Allowance = { ...newAccounts, attempts: 100 };
/** Pages by links: of an office, every range of one a few times. */
const sharedPages: Allowance = { attempts: 300, firstWaitSeconds: 10, longestWaitSeconds: 900, hours: 1 };
const mailsToRecipient: Allowance = { ...newAccounts, attempts: 3 };
/** A counter of its own: whoever offers to read has none of the mails that let somebody back in. */
const offersToRecipient: Allowance = { ...mailsToRecipient, hours: 24 };
/** Of one person, to whomever: each stands in the log of both for a year, and most write an email. */
const offersOfPerson: Allowance = {
  attempts: 50,
  firstWaitSeconds: 3600,
  longestWaitSeconds: 86_400,
  hours: 24,
};
const mailsFromAddress: Allowance = { ...newAccounts, attempts: 30 };

type LimitContext = Pick<AccountContext, "pool" | "clock" | "jwtSecret">;

/** One thing that is counted. Hashed with a key, or a table of addresses and emails could be guessed back. */
class Counter {
  readonly #context: LimitContext;
  readonly #allowance: Allowance;
  readonly #key: Buffer;

  constructor(context: LimitContext, allowance: Allowance, subject: readonly string[]) {
    this.#context = context;
    this.#allowance = allowance;
    this.#key = createHmac("sha256", context.jwtSecret)
      .update(JSON.stringify(["attempts", ...subject]))
      .digest();
  }

  /** Throws TooManyAttemptsError, and has then counted nothing. */
  async count(what: Attempts): Promise<void> {
    const { pool, clock } = this.#context;
    const now = clock();
    const { attempts, firstWaitSeconds, longestWaitSeconds, hours } = this.#allowance;
    const { rows } = await pool.query<{ free_at: Date | null }>(
      `select public.count_attempt(
         $1, $2, $3, make_interval(secs => $4), make_interval(secs => $5), make_interval(secs => $6)
       ) as free_at`,
      [this.#key, now, attempts, firstWaitSeconds, longestWaitSeconds, hours * 3600],
    );
    const freeAt = rows[0]?.free_at;
    if (freeAt)
      throw new TooManyAttemptsError(what, Math.max(1, Math.ceil((freeAt.getTime() - now.getTime()) / 1000)));
  }

  async forgive(): Promise<void> {
    await this.#context.pool.query("select public.forgive_attempt($1, $2)", [
      this.#key,
      this.#context.clock(),
    ]);
  }

  async forget(): Promise<void> {
    await this.#context.pool.query("select public.forget_attempts($1)", [this.#key]);
  }
}

/** All of them or none: who has to wait for one has not used up the others. */
async function countAll(counters: readonly Counter[]): Promise<void> {
  for (const [index, counter] of counters.entries())
    try {
      await counter.count("signIns");
    } catch (error) {
      for (const counted of counters.slice(0, index)) await counted.forgive();
      throw error;
    }
}

export class SignInLimit {
  readonly #context: LimitContext;

  constructor(context: LimitContext) {
    this.#context = context;
  }

  /**
   * Counts an attempt before the password is looked at, so that parallel guesses count too; returns how to take it
   * back when it was right. `device`: by which the account is known already; null: a stranger's. Nothing here depends on
   * whether there is such an account. Throws TooManyAttemptsError.
   */
  async attempt(ip: string, email: string, device: string | null = null): Promise<() => Promise<void>> {
    if (device !== null) {
      const own = new Counter(this.#context, oneForAccount, ["device", device, email]);
      await own.count("signIns");
      return () => own.forget();
    }
    const place = ipKeyGenerator(ip);
    const fromAddress = new Counter(this.#context, address, ["address", place]);
    const own = new Counter(this.#context, oneForAccount, ["address and account", place, email]);
    const strangers = new Counter(this.#context, strangersForAccount, ["account", email]);
    // The address first: one that is refused adds no more counters. What is no email is nobody's: everybody who mistypes
    // one would be counted together.
    await countAll(email === "" ? [fromAddress] : [fromAddress, own, strangers]);
    return async () => {
      await own.forget();
      await strangers.forgive();
      await fromAddress.forgive();
    };
  }
}

export class RegistrationLimit {
  readonly #context: LimitContext;

  constructor(context: LimitContext) {
    this.#context = context;
  }

  /**
   * Counts an attempt before its password is hashed, which is what costs. Returns what to call when the email turned out to
   * have no account yet: of the other answer, where it must be told, few are told. Throws TooManyAttemptsError.
   */
  async attempt(ip: string): Promise<() => Promise<void>> {
    const place = ipKeyGenerator(ip);
    const what = "accounts";
    await new Counter(this.#context, newAccounts, ["registrations", place]).count(what);
    const taken = new Counter(this.#context, takenEmails, ["taken emails", place]);
    await taken.count(what);
    return () => taken.forgive();
  }
}

/** Of strangers with a link, or who try to find one. */
export class SharedLinkLimit {
  readonly #context: LimitContext;

  constructor(context: LimitContext) {
    this.#context = context;
  }

  /**
   * Counts before the link is looked up; returns how to take the half of it back that counts wrong ones. What there is depends on no
   * link: who asks for too many learns of none whether it is one. Throws TooManyAttemptsError.
   */
  async attempt(ip: string): Promise<() => Promise<void>> {
    const place = ipKeyGenerator(ip);
    const wrong = new Counter(this.#context, address, ["wrong shared links", place]);
    await new Counter(this.#context, sharedPages, ["shared pages", place]).count("pages");
    await wrong.count("links");
    return () => wrong.forgive();
  }
}

/** Of a person's offers to let somebody read, ended ones too: the quota is of those that stand. Throws TooManyAttemptsError. */
export function countOffer(context: LimitContext, userId: number): Promise<void> {
  return new Counter(context, offersOfPerson, ["offers of", String(userId)]).count("offers");
}

/** So that nobody fills another's mailbox through us. */
export class MailLimit {
  readonly #context: LimitContext;

  constructor(context: LimitContext) {
    this.#context = context;
  }

  /** Whether one more may be sent to the recipient. Says nothing to who asks: the answer is the same. */
  allows(recipient: string): Promise<boolean> {
    return this.#isCounted(new Counter(this.#context, mailsToRecipient, ["mails to", recipient]));
  }

  /** The same of an offer to read, which takes nothing from what `allows` has. */
  allowsOffer(recipient: string): Promise<boolean> {
    return this.#isCounted(new Counter(this.#context, offersToRecipient, ["offers to", recipient]));
  }

  async #isCounted(counter: Counter): Promise<boolean> {
    try {
      await counter.count("mails");
      return true;
    } catch (error) {
      if (error instanceof TooManyAttemptsError) return false;
      throw error;
    }
  }

  /** Throws TooManyAttemptsError. */
  async attempt(ip: string): Promise<void> {
    const counter = new Counter(this.#context, mailsFromAddress, ["mails from", ipKeyGenerator(ip)]);
    await counter.count("mailRequests");
  }
}
