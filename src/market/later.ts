/** A price source whose client is loaded when it is first asked: an hour may go by, and Yahoo's takes 12 MB and 60 ms. */
import type { PriceSource } from "./source.ts";

export function laterPriceSource(open: () => Promise<PriceSource>): PriceSource {
  let opened: Promise<PriceSource> | null = null;
  const source = (): Promise<PriceSource> =>
    (opened ??= open().catch((error: unknown) => {
      opened = null;
      throw error;
    }));
  return {
    search: async (...asked) => (await source()).search(...asked),
    describe: async (...asked) => (await source()).describe(...asked),
    history: async (...asked) => (await source()).history(...asked),
    profile: async (...asked) => (await source()).profile(...asked),
  };
}
