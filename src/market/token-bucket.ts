/** What may be asked in a burst, and how often after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Tokens that come back with time. By performance.now(), as the wall clock may jump. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #countedAt = performance.now();

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  get isFull(): boolean {
    return this.#count() >= this.#rate.burst;
  }

  /** Takes a token: 0. Else how many milliseconds it is until there is one; none is taken. */
  take(): number {
    const tokens = this.#count();
    if (tokens < 1) return Math.ceil(((1 - tokens) / this.#rate.perSecond) * 1000);
    this.#tokens--;
    return 0;
  }

  #count(): number {
    const now = performance.now();
    const { burst, perSecond } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#countedAt) / 1000) * perSecond);
    this.#countedAt = now;
    return this.#tokens;
  }
}
