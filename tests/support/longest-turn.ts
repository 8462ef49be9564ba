/** How long this thread was not to be spoken to, in time of the processor: what other programs take of it does not count. */
export interface Turns {
  /** Milliseconds of the longest turn since the last call. */
  longest(): number;
  stop(): void;
}

const everyMilliseconds = 4;

/** Between two looks of a timer there are short turns and at most one long one, which held the timer up. */
export function watchTurns(): Turns {
  let before = process.threadCpuUsage();
  let longest = 0;
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.threadCpuUsage();
  };
  const timer = setInterval(look, everyMilliseconds);
  return {
    longest() {
      look();
      const found = longest;
      longest = 0;
      return found;
    },
    stop: () => clearInterval(timer),
  };
}
