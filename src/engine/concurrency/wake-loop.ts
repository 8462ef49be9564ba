/**
 * Does `work` when woken, one piece at a time: a wake-up during the work makes it go round once more, however many
 * there were. Errors go to `onError`; the next wake-up tries again.
 */
export class WakeLoop {
  readonly #work: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #woken = false;
  #stopped = false;
  #running: Promise<void> | null = null;

  constructor(work: () => Promise<void>, onError: (error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  wake(): void {
    if (this.#stopped) return;
    this.#woken = true;
    this.#running ??= this.#run();
  }

  get isBusy(): boolean {
    return this.#running !== null;
  }

  /** Nothing is begun any more; resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#woken && !this.#stopped) {
      this.#woken = false;
      try {
        await this.#work();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#running = null;
  }
}
