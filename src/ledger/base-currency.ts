/** A person's base currency may be changed while something is made ready that counts on it: then it is made ready anew. */

export class BaseCurrencyChangedError extends Error {}

const mostAttempts = 5;

/** `work` makes ready, and then locks the ledger with the base currency that it did so for (lockLedger). */
export async function whileBaseStays<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BaseCurrencyChangedError) || attempt === mostAttempts) throw error;
    }
}
