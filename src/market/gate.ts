import { setTimeout as sleep } from "node:timers/promises";
import { MarketDataUnavailableError } from "./errors.ts";

/** How long a caller puts up with a source that has trouble. */
export interface Patience {
  /** Attempts at a request that fails for a passing reason other than a rate limit. */
  readonly attempts: number;
  /** Longest single wait for a rate limit to pass; a longer one is reported at once instead. */
  readonly maximumWaitSeconds: number;
  /** Whether who did not answer in time is asked once more: that takes as long again. */
  readonly repeatsTimeouts: boolean;
}

/** Somebody is watching a form: say soon that it does not work. */
export const interactive: Patience = { attempts: 2, maximumWaitSeconds: 2, repeatsTimeouts: false };
/** Nobody is: 1 + 2 + 4 + ... + 64 s, then the source is given up until it is due. */
export const unattended: Patience = { attempts: 4, maximumWaitSeconds: 64, repeatsTimeouts: true };

export interface GateOptions {
  readonly source: string;
  /** First wait after a failure; doubled for each one in a row. Default 1000. */
  readonly firstDelayMs?: number | undefined;
  /** Least time between the starts of two requests. Default 0. */
  readonly minimumIntervalMs?: number | undefined;
}

const longestDelayMs = 15 * 60_000;

/**
 * What all requests to one source pass. A rate limit closes it for everybody, as it is the source that is
 * overrun and not a ticker; other passing failures are retried one by one. Every wait ends when `signal` aborts.
 */
export class Gate {
  readonly #source: string;
  readonly #firstDelayMs: number;
  readonly #minimumIntervalMs: number;
  #closedUntil = 0; // performance.now() milliseconds, as the wall clock may jump
  #closedAt = -1;
  #closings = 0; // in a row, without a success between them
  #nextStart = 0;

  constructor(options: GateOptions) {
    this.#source = options.source;
    this.#firstDelayMs = options.firstDelayMs ?? 1000;
    this.#minimumIntervalMs = options.minimumIntervalMs ?? 0;
  }

  /** Runs `attempt` until it succeeds, fails for good or `patience` ends; the last failure is thrown. */
  async run<T>(attempt: () => Promise<T>, patience: Patience, signal?: AbortSignal): Promise<T> {
    for (let failures = 0; ; ) {
      await this.#pass(patience, signal);
      const startedAt = performance.now();
      try {
        const result = await attempt();
        this.#closings = 0;
        return result;
      } catch (error) {
        if (!(error instanceof MarketDataUnavailableError) || !error.isTransient) throw error;
        if (error.reason === "rate_limited") this.#close(error.retryAfterSeconds, startedAt);
        else {
          failures++;
          if (failures >= patience.attempts) throw error;
          if (error.reason === "timeout" && !patience.repeatsTimeouts) throw error;
          await sleep(this.#delay(failures), undefined, { signal });
        }
      }
    }
  }

  async #pass(patience: Patience, signal?: AbortSignal): Promise<void> {
    for (let waitMs = this.#closedFor(); waitMs > 0; waitMs = this.#closedFor()) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      if (waitMs > patience.maximumWaitSeconds * 1000)
        throw new MarketDataUnavailableError(this.#source, "rate_limited", { retryAfterSeconds });
      await sleep(waitMs, undefined, { signal });
    }
    signal?.throwIfAborted();
    if (this.#minimumIntervalMs === 0) return;
    const now = performance.now();
    const start = Math.max(now, this.#nextStart);
    this.#nextStart = start + this.#minimumIntervalMs;
    if (start > now) await sleep(start - now, undefined, { signal });
  }

  #closedFor(): number {
    return this.#closedUntil - performance.now();
  }

  #close(retryAfterSeconds: number, startedAt: number): void {
    if (startedAt < this.#closedAt) return; // refused together with the one that closed it: one closing
    this.#closings++;
    this.#closedAt = performance.now();
    this.#closedUntil = this.#closedAt + Math.max(this.#delay(this.#closings), retryAfterSeconds * 1000);
  }

  /** Exponential, with jitter: between half of it and all of it. */
  #delay(failures: number): number {
    const full = Math.min(this.#firstDelayMs * 2 ** (failures - 1), longestDelayMs);
    return full * (0.5 + Math.random() / 2);
  }
}
