/** How far the work has come that a form waits for: one for each person, the last one begun; known to this process alone. */
export class Underway<Progress> {
  readonly #work = new Map<number, { progress: Progress | null }>();

  /** null: nothing is under way, or it has not begun to tell. */
  of(userId: number): Progress | null {
    return this.#work.get(userId)?.progress ?? null;
  }

  async during<T>(
    userId: number,
    work: (onProgress: (progress: Progress) => void) => Promise<T>,
  ): Promise<T> {
    const own: { progress: Progress | null } = { progress: null };
    this.#work.set(userId, own);
    try {
      return await work((progress) => {
        own.progress = progress;
      });
    } finally {
      if (this.#work.get(userId) === own) this.#work.delete(userId);
    }
  }
}
