/** The log of a run as a stream of events, line by line as it is written. */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { Request, Response } from "express";
import type { Pool } from "pg";
import { z } from "zod";
import { readLogs, readRunStatus } from "../../engine/index.ts";

/** A line is a hint of progress: half a second late is at once, and costs one index scan for each open page. */
const pollMilliseconds = 500;
/** Then the browser connects again, and whoever is no longer signed in is refused. */
const streamMilliseconds = 10 * 60_000;

const lineId = z.coerce.number().int().nonnegative().catch(0);

/**
 * Answers with an event `line` for each line after `?after=` (or the browser's Last-Event-ID), and `end` when the run
 * has ended and all is told.
 */
export async function streamLogs(
  pool: Pool,
  runId: number,
  request: Request,
  response: Response,
): Promise<void> {
  let after = lineId.parse(request.get("Last-Event-ID") ?? request.query.after ?? 0);
  response.set({
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store, no-transform", // no-transform: compression would hold lines back
    "X-Accel-Buffering": "no",
  });
  response.flushHeaders();
  const closed = new AbortController();
  response.once("close", () => closed.abort());
  const endsAt = performance.now() + streamMilliseconds;
  while (!closed.signal.aborted && performance.now() < endsAt) {
    // The status first: what was logged before the run ended is then among the lines read after.
    const status = await readRunStatus(pool, runId);
    const lines = await readLogs(pool, runId, after);
    for (const { logId, loggedAt, level, asset, message } of lines) {
      const line = { time: loggedAt.toISOString(), level, asset, message };
      after = logId;
      const isRead = response.write(`event: line\nid: ${logId}\ndata: ${JSON.stringify(line)}\n\n`);
      if (!isRead) await once(response, "drain", { signal: closed.signal }).catch(() => {});
    }
    if (status !== "queued" && status !== "running") {
      response.write(`event: end\ndata: ${JSON.stringify({ status })}\n\n`);
      break;
    }
    await setTimeout(pollMilliseconds, undefined, { signal: closed.signal, ref: false }).catch(() => {});
  }
  response.end();
}
