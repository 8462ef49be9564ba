/** Keeps the results of the last calls, so that looking again at what has not changed costs nothing. */
export class Recent<T> {
  readonly #kept = new Map<string, Promise<T>>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  /**
   * What was made under this key, or is being made, or what `make` makes now. `key` names everything that the result depends
   * on. What could not be made is not kept.
   */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const result = this.#kept.get(key) ?? make();
    this.#kept.delete(key);
    this.#kept.set(key, result); // the last in a Map's order, and so the last to go
    result.catch(() => {
      if (this.#kept.get(key) === result) this.#kept.delete(key);
    });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#most && oldest !== undefined) this.#kept.delete(oldest);
    return result;
  }
}
