/** A file that is sent as it is made: its reader sets the pace, within bounds, since a connection to the database waits meanwhile. */
import { once } from "node:events";
import type { Response } from "express";
import { SlowReaderError } from "./errors.ts";

export interface Patience {
  /** For a reader who takes nothing. */
  readonly stallSeconds: number;
  /** For the whole file. */
  readonly totalSeconds: number;
}

const defaultPatience: Patience = { stallSeconds: 15, totalSeconds: 300 };

/**
 * `make` writes the file. What it throws before its first line is answered as any error is; later, and where the reader is too slow, the
 * answer is cut, so that nobody takes a part for the whole.
 */
export async function sendFile(
  response: Response,
  name: string,
  make: (write: (text: string) => Promise<void>) => Promise<void>,
  { stallSeconds, totalSeconds }: Patience = defaultPatience,
): Promise<void> {
  const endsAt = performance.now() + totalSeconds * 1000;
  await make(async (text) => {
    if (response.closed) throw new SlowReaderError(0); // 'drain' and 'close' come no more
    if (!response.headersSent) response.attachment(name).set("Cache-Control", "no-store");
    if (response.write(text)) return;
    const patience = Math.min(stallSeconds * 1000, endsAt - performance.now());
    if (patience <= 0) throw new SlowReaderError(totalSeconds);
    const given = AbortSignal.timeout(patience);
    const closed = new AbortController();
    const close = (): void => closed.abort();
    response.once("close", close);
    try {
      await once(response, "drain", { signal: AbortSignal.any([given, closed.signal]) });
    } catch {
      throw new SlowReaderError(stallSeconds);
    } finally {
      response.off("close", close);
    }
  });
  response.end();
}
