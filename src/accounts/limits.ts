/**
 * How often a sign-in may fail, and an account be made. Counted in this process's memory: with several web processes a person gets as many
 * attempts from each, which is still far from guessing a password, and nothing is written for a stranger's attempts.
 */
import { ipKeyGenerator, MemoryStore, type Options } from "express-rate-limit";
import { TooManyAttemptsError } from "./errors.ts";

const windowMinutes = 15;
const failuresPerAccount = 10;
const failuresPerAddress = 100;
/** Hashing the passwords of so many takes four minutes of one core. */
export const registrationsPerAddress = 1000;
const takenPerAddress = 100;
const mailsPerRecipient = 3;
const mailsPerAddress = 30;

function createCounter(): MemoryStore {
  const counter = new MemoryStore();
  counter.init({ windowMs: windowMinutes * 60_000 } as Options);
  return counter;
}

export class SignInLimit {
  // An account is counted per address, so that a stranger elsewhere cannot lock its owner out.
  readonly #byAccount = createCounter();
  readonly #byAddress = createCounter();

  /**
   * Counts an attempt before the password is looked at, so that parallel guesses count too; returns how to take it
   * back when it was right. Throws TooManyAttemptsError.
   */
  async attempt(ip: string, email: string): Promise<() => Promise<void>> {
    const address = ipKeyGenerator(ip);
    const account = `${address} ${email}`;
    // The address first: one that is refused adds no more accounts to remember.
    await count(this.#byAddress, address, failuresPerAddress, "failed sign-ins");
    await count(this.#byAccount, account, failuresPerAccount, "failed sign-ins");
    return async () => {
      await this.#byAccount.resetKey(account);
      await this.#byAddress.decrement(address);
    };
  }
}

export class RegistrationLimit {
  readonly #byAddress = createCounter();
  readonly #takenByAddress = createCounter();

  /** Counts an attempt before its password is hashed, which is what costs. Throws TooManyAttemptsError. */
  async attempt(ip: string): Promise<void> {
    const address = ipKeyGenerator(ip);
    const what = "new accounts from this address";
    await count(this.#byAddress, address, registrationsPerAddress, what);
    // Whatever the email is: being refused must not tell either.
    const taken = await this.#takenByAddress.get(address);
    if (taken && taken.totalHits >= takenPerAddress) throw tooMany(what, taken.resetTime);
  }

  /** Counts an answer that an email has an account: where it must be told, few are told. */
  async taken(ip: string): Promise<void> {
    await this.#takenByAddress.increment(ipKeyGenerator(ip));
  }
}

/** So that nobody fills another's mailbox through us. */
export class MailLimit {
  readonly #byRecipient = createCounter();
  readonly #byAddress = createCounter();

  /** Whether one more may be sent to the recipient. Says nothing to who asks: the answer is the same. */
  async allows(recipient: string): Promise<boolean> {
    return (await this.#byRecipient.increment(recipient)).totalHits <= mailsPerRecipient;
  }

  /** Throws TooManyAttemptsError. */
  async attempt(ip: string): Promise<void> {
    await count(this.#byAddress, ipKeyGenerator(ip), mailsPerAddress, "requests for emails");
  }
}

async function count(counter: MemoryStore, key: string, limit: number, what: string): Promise<void> {
  const { totalHits, resetTime } = await counter.increment(key);
  if (totalHits > limit) throw tooMany(what, resetTime);
}

function tooMany(what: string, resetTime: Date | undefined): TooManyAttemptsError {
  const milliseconds = resetTime ? resetTime.getTime() - Date.now() : windowMinutes * 60_000;
  return new TooManyAttemptsError(what, Math.max(1, Math.ceil(milliseconds / 1000)));
}
