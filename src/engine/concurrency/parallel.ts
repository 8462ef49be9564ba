/**
 * Does `work` for each name, at most `concurrency` at a time, a name only when those in `before` are done. The first
 * error is thrown once what runs has ended; nothing is started after it. urgency: of what is free the most urgent is begun.
 */
export async function inParallel(
  names: readonly string[],
  before: ReadonlyMap<string, readonly string[]>,
  concurrency: number,
  work: (name: string) => Promise<void>,
  urgency: ReadonlyMap<string, number> = new Map(),
): Promise<void> {
  const { waitsFor, waitedForBy } = waitsOf(names, before);
  const urgencyOf = (name: string): number => urgency.get(name) ?? 0;
  // In the order of the names, those that became free later after those that were free from the beginning.
  const free = names
    .filter((name) => waitsFor.get(name) === 0)
    .sort((one, other) => urgencyOf(other) - urgencyOf(one));
  const running = new Set<Promise<void>>();
  const errors: unknown[] = [];
  const end = (name: string): void => {
    for (const other of waitedForBy.get(name) ?? []) {
      const left = waitsFor.get(other)! - 1;
      waitsFor.set(other, left);
      if (left === 0) put(other);
    }
  };
  let next = 0;
  /** Behind what is as urgent. */
  const put = (name: string): void => {
    let place = free.length;
    while (place > next && urgencyOf(free[place - 1]!) < urgencyOf(name)) place -= 1;
    free.splice(place, 0, name);
  };
  for (;;) {
    while (next < free.length && running.size < concurrency && errors.length === 0) {
      const name = free[next++]!;
      const done: Promise<void> = work(name)
        .catch((error: unknown) => {
          errors.push(error);
        })
        .then(() => {
          running.delete(done);
          end(name);
        });
      running.add(done);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (errors.length > 0) throw errors[0];
}

/** How many others each name waits for, and which wait for it; what is not among the names is taken as done. */
function waitsOf(names: readonly string[], before: ReadonlyMap<string, readonly string[]>) {
  const waitsFor = new Map(names.map((name) => [name, 0]));
  const waitedForBy = new Map<string, string[]>();
  for (const name of names) {
    for (const other of new Set(before.get(name) ?? [])) {
      if (!waitsFor.has(other)) continue;
      waitsFor.set(name, waitsFor.get(name)! + 1);
      const waiting = waitedForBy.get(other);
      if (waiting) waiting.push(name);
      else waitedForBy.set(other, [name]);
    }
  }
  return { waitsFor, waitedForBy };
}
