/** A bounded place for work that is scarce: so much at once, a fair queue before it, and a plain refusal when that is full. */

export interface BulkheadOptions {
  /** How much of it goes on at once. */
  readonly atOnce: number;
  /** How much of that for one key: the others' share is never taken. */
  readonly atOncePerKey: number;
  /** How many may wait, in all and for one key; the next is refused at once. */
  readonly waiting: number;
  readonly waitingPerKey: number;
  /** How long one of them waits at most. */
  readonly waitMilliseconds: number;
  /** What is thrown at who cannot wait (`full`) or has waited for too long (`late`). */
  refuse(reason: "full" | "late"): Error;
}

interface Waiter {
  admit(): void;
}

/**
 * Admits work by key, a person or an address. Keys take turns, so that whoever asks a hundred times waits behind his own
 * and others behind one of his; within a key it is first come, first served.
 */
export class Bulkhead {
  readonly #options: BulkheadOptions;
  readonly #running = new Map<string, number>();
  /** In the order of their turns. */
  readonly #queues = new Map<string, Set<Waiter>>();
  #atOnce = 0;
  #waiting = 0;

  constructor(options: BulkheadOptions) {
    this.#options = options;
  }

  /** Throws what `refuse` makes, or the reason of `signal` when that aborts before it is the work's turn. */
  async run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const leave = await this.enter(key, signal);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** As `run`, for work whose end the caller tells by calling what is returned. */
  async enter(key: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (!this.#hasRoom(key)) await this.#wait(key, signal);
    else this.#begin(key);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#end(key);
    };
  }

  #hasRoom(key: string): boolean {
    const { atOnce, atOncePerKey } = this.#options;
    return this.#atOnce < atOnce && (this.#running.get(key) ?? 0) < atOncePerKey;
  }

  #begin(key: string): void {
    this.#atOnce++;
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  #end(key: string): void {
    this.#atOnce--;
    const left = this.#running.get(key)! - 1;
    if (left === 0) this.#running.delete(key);
    else this.#running.set(key, left);
    this.#admit();
  }

  async #wait(key: string, signal: AbortSignal | undefined): Promise<void> {
    const { waiting, waitingPerKey, waitMilliseconds, refuse } = this.#options;
    const queue = this.#queues.get(key) ?? new Set<Waiter>();
    if (this.#waiting >= waiting || queue.size >= waitingPerKey) throw refuse("full");
    const turn = Promise.withResolvers<void>();
    const waiter: Waiter = { admit: turn.resolve };
    this.#queues.set(key, queue.add(waiter));
    this.#waiting++;
    const giveUp = (reason: unknown): void => {
      if (!queue.has(waiter)) return; // it was its turn just now
      this.#remove(key, waiter);
      turn.reject(reason);
    };
    const onAbort = (): void => giveUp(signal!.reason);
    const late = setTimeout(() => giveUp(refuse("late")), waitMilliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await turn.promise;
    } finally {
      clearTimeout(late);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #remove(key: string, waiter: Waiter): void {
    const queue = this.#queues.get(key)!;
    queue.delete(waiter);
    this.#waiting--;
    if (queue.size === 0) this.#queues.delete(key);
  }

  #admit(): void {
    while (this.#atOnce < this.#options.atOnce) {
      const turn = [...this.#queues].find(([key]) => this.#hasRoom(key));
      if (!turn) return;
      const [key, queue] = turn;
      const [next] = queue;
      this.#remove(key, next!);
      if (this.#queues.delete(key)) this.#queues.set(key, queue); // behind the others
      this.#begin(key);
      next!.admit();
    }
  }
}
