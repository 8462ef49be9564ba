/** The log of a run: what of it is asked for, and as a stream of events, line by line as it is written. */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { Request, Response } from "express";
import type { Pool } from "pg";
import { z } from "zod";
import { type LogLevel, type LogRecord, readLogs, readRunStatus } from "../../engine/index.ts";
import { parseInput } from "../route.ts";

/** A line is a hint of progress: half a second late is at once, and costs one index scan for each open page. */
const pollMilliseconds = 500;
/** Then the browser connects again, and whoever is no longer signed in is refused. */
const streamMilliseconds = 10 * 60_000;

/** What can be asked for instead of everything. */
export const logLevels = ["warnings", "errors"] as const;

export const logFilter = z.object({
  /** An asset: only what its step said. */
  step: z.string().optional().catch(undefined),
  /** warnings: with the errors. */
  level: z.enum(logLevels).optional().catch(undefined),
});

export type LogFilter = z.output<typeof logFilter>;

const levelsOf: Readonly<Record<(typeof logLevels)[number], readonly LogLevel[]>> = {
  warnings: ["warn", "error"],
  errors: ["error"],
};

export function matches({ asset, level }: LogRecord, filter: LogFilter): boolean {
  const isOfStep = filter.step === undefined || asset === filter.step;
  return isOfStep && (filter.level === undefined || levelsOf[filter.level].includes(level));
}

/** The page of a run at its log; with `after`, the stream of the lines behind that one. */
export function logAddress(runId: number, { step, level }: LogFilter, after?: number): string {
  const query = new URLSearchParams({
    ...(step !== undefined && { step }),
    ...(level !== undefined && { level }),
    ...(after !== undefined && { after: String(after) }),
  });
  return after === undefined
    ? `/runs/${runId}${query.size > 0 ? `?${query}` : ""}#logs`
    : `/runs/${runId}/logs?${query}`;
}

const lineId = z.coerce.number().int().nonnegative().catch(0);

/**
 * Answers with an event `line` for each line that the query asks for, after `?after=` (or the browser's Last-Event-ID), and `end` when the run
 * has ended and all is told.
 */
export async function streamLogs(
  pool: Pool,
  runId: number,
  request: Request,
  response: Response,
): Promise<void> {
  const filter = parseInput(logFilter, request.query);
  let after = parseInput(lineId, request.get("Last-Event-ID") ?? request.query.after ?? 0);
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
    const lines = await readLogs(pool, runId, { after });
    for (const record of lines) {
      const { logId, loggedAt, level, asset, message } = record;
      after = logId;
      if (!matches(record, filter)) continue;
      const line = { time: loggedAt.toISOString(), level, asset, message };
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
