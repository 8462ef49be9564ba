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

  /** Counts an attempt before its password is hashed, which is what costs. Throws TooManyAttemptsError. */
  async attempt(ip: string): Promise<void> {
    await count(
      this.#byAddress,
      ipKeyGenerator(ip),
      registrationsPerAddress,
      "new accounts from this address",
    );
  }
}

async function count(counter: MemoryStore, key: string, limit: number, what: string): Promise<void> {
  const { totalHits, resetTime } = await counter.increment(key);
  if (totalHits <= limit) return;
  const milliseconds = resetTime ? resetTime.getTime() - Date.now() : windowMinutes * 60_000;
  throw new TooManyAttemptsError(what, Math.max(1, Math.ceil(milliseconds / 1000)));
}
