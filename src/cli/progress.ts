import type { Pool } from "pg";
import { readRunProgress } from "../engine/index.ts";

/** A bar for work that takes less would only flicker. */
const appearsAfterMilliseconds = 1000;
const refreshMilliseconds = 200;

/**
 * Shows on a terminal how far the run is that `triggerName` asked for, while `work` is under way. Elsewhere, and for
 * work that takes less than a second, nothing is shown.
 */
export async function withProgress<T>(pool: Pool, triggerName: string, work: Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work;
  const { SingleBar } = await import("cli-progress");
  const bar = new SingleBar({
    format: "{bar} {value}/{total} {label}",
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  const began = performance.now();
  let reading = false;
  const timer = setInterval(async () => {
    if (reading || performance.now() - began < appearsAfterMilliseconds) return;
    reading = true;
    const progress = await readRunProgress(pool, triggerName).catch(() => null); // a bar is not worth a failed run
    reading = false;
    if (progress === null) return;
    if (!bar.isActive) bar.start(progress.total, 0, { label: "" });
    bar.setTotal(progress.total);
    bar.update(progress.done, { label: progress.label });
  }, refreshMilliseconds);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (bar.isActive) bar.stop();
  }
}
