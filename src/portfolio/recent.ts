interface Made<T> {
  readonly result: Promise<T>;
  weight: number;
  isDone: boolean;
}

/** Keeps the results of the last calls, so that looking again at what has not changed costs nothing. */
export class Recent<T> {
  readonly #kept = new Map<string, Made<T>>();
  readonly #most: number;
  readonly #weigh: (result: T) => number | null;
  #weight = 0;

  /** Results are kept until they weigh more than `most`, the oldest looks first. `weigh` null: this one is not kept. */
  constructor(most: number, weigh: (result: T) => number | null = () => 1) {
    this.#most = most;
    this.#weigh = weigh;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  /**
   * What was made under this key, or is being made, or what `make` makes now. `key` names everything that the result depends
   * on. What could not be made is not kept: who waited for it makes it once more, since it may have ended with the request that began it.
   * waits: for what is being made for another. Not to be where something is held meanwhile: that would be held as long as the other takes.
   */
  get(key: string, make: () => Promise<T>, { waits = true } = {}): Promise<T> {
    const known = this.#kept.get(key);
    if (known && !known.isDone && !waits) return make();
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known); // the last in a Map's order, and so the last to go
      return known.result.catch(make);
    }
    const made: Made<T> = { result: make(), weight: 1, isDone: false };
    this.#kept.set(key, made);
    this.#weight += made.weight;
    made.result.then(
      (result) => this.#settle(key, made, this.#weigh(result)),
      () => this.#settle(key, made, null),
    );
    this.#trim();
    return made.result;
  }

  /** Knows now what it weighs, unless it has gone meanwhile. */
  #settle(key: string, made: Made<T>, weight: number | null): void {
    made.isDone = true;
    if (this.#kept.get(key) !== made) return;
    // What is more than all that may be kept is not to drive out the rest first.
    if (weight === null || weight > this.#most) this.#forget(key, made);
    else {
      this.#weight += weight - made.weight;
      made.weight = weight;
      this.#trim();
    }
  }

  #trim(): void {
    for (const [key, made] of this.#kept) {
      if (this.#weight <= this.#most) return;
      this.#forget(key, made);
    }
  }

  #forget(key: string, { weight }: { readonly weight: number }): void {
    this.#kept.delete(key);
    this.#weight -= weight;
  }
}
