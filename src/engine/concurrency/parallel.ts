/**
 * Does `work` for each name, at most `concurrency` at a time, a name only when those in `before` are done. The first
 * error is thrown once what runs has ended; nothing is started after it.
 */
export async function inParallel(
  names: readonly string[],
  before: ReadonlyMap<string, readonly string[]>,
  concurrency: number,
  work: (name: string) => Promise<void>,
): Promise<void> {
  const waiting = new Set(names);
  const done = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const errors: unknown[] = [];
  const isReady = (name: string): boolean =>
    (before.get(name) ?? []).every((other) => done.has(other) || !names.includes(other));
  while (waiting.size + running.size > 0) {
    const startable = errors.length > 0 ? [] : [...waiting].filter(isReady);
    for (const name of startable.slice(0, concurrency - running.size)) {
      waiting.delete(name);
      running.set(
        name,
        work(name)
          .catch((error: unknown) => {
            errors.push(error);
          })
          .then(() => {
            running.delete(name);
            done.add(name);
          }),
      );
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (errors.length > 0) throw errors[0];
}
