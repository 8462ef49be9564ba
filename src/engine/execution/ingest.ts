import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import type { Context } from "../context.ts";
import type { IngestResult, SourceAsset } from "../definition/index.ts";
import type { Scope } from "../planning/index.ts";
import { EngineError, messageOf } from "../postgres/index.ts";
import type { LogLevel } from "../records/index.ts";

export interface IngestRequest {
  readonly asset: SourceAsset;
  readonly runId: number;
  readonly pool: Pool;
  readonly scope: Scope;
  readonly fullRefresh: boolean;
  readonly signal: AbortSignal;
  readonly onAttempt: (attempt: number) => Promise<void>;
  readonly log: (level: LogLevel, message: string) => void;
  readonly progress: (done: number, total: number, label: string) => void;
}

/** The function of a source went on for longer than it may. */
export class IngestTimeoutError extends EngineError {
  readonly code = "ingest_timeout";

  constructor(asset: string, seconds: number) {
    super(
      `${asset}: expected its function to end within ${seconds} s, got: no end; raise timeoutSeconds or ask for less`,
    );
  }
}

/** Some partition values could not be ingested; the rows of the others stand. */
export class PartialIngestError extends EngineError {
  readonly code = "partial_ingest";
  readonly failed: ReadonlyMap<string, string>;

  constructor(asset: string, failed: ReadonlyMap<string, string>) {
    const listed = [...failed].map(([partition, error]) => `${partition} (${error})`).join(", ");
    super(`${asset}: expected every partition to be ingested, got ${failed.size} failed: ${listed}`);
    this.failed = failed;
  }
}

/**
 * Runs the function of a source, again after a pause while attempts are left: for everything after an error, for just
 * the partition values that failed after a partial one. The rows of all attempts are summed; `failed` is the last's.
 */
export async function ingest(context: Context, request: IngestRequest): Promise<IngestResult> {
  const { attempts, backoffSeconds } = request.asset.retry;
  let partitions = request.scope.partitions;
  const rows = { rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0 };
  for (let attempt = 1; ; attempt++) {
    await request.onAttempt(attempt);
    try {
      const result = await attemptOnce(context, request, partitions);
      rows.rowsInserted += result.rowsInserted;
      rows.rowsUpdated += result.rowsUpdated;
      rows.rowsDeleted += result.rowsDeleted;
      if (result.failed.size === 0 || attempt >= attempts) return { ...rows, failed: result.failed };
      partitions = [...result.failed.keys()];
      request.log(
        "warn",
        `${new PartialIngestError(request.asset.name, result.failed).message}; trying them again`,
      );
    } catch (error) {
      if (request.signal.aborted || attempt >= attempts) throw error;
      request.log("warn", `attempt ${attempt} failed: ${messageOf(error)}; trying again`);
    }
    await delay(backoffSeconds * 1000 * 2 ** (attempt - 1), undefined, { signal: request.signal });
  }
}

async function attemptOnce(
  { resources }: Context,
  { asset, runId, pool, fullRefresh, signal, log, progress }: IngestRequest,
  partitions: readonly string[] | null,
): Promise<IngestResult> {
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(new IngestTimeoutError(asset.name, asset.timeoutSeconds)),
    asset.timeoutSeconds * 1000,
  );
  const either = AbortSignal.any([signal, timeout.signal]);
  try {
    const work = asset.ingest!({
      resources,
      runId,
      pool,
      partitions,
      fullRefresh,
      signal: either,
      log,
      progress,
    });
    return await Promise.race([work, aborted(either)]);
  } finally {
    clearTimeout(timer);
  }
}

/** A function that does not heed its signal must not hold up the run. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
