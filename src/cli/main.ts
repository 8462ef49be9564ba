/** The program: what is typed, the signals that end it, and its exit code. Started by `start.js`. */
import { CommanderError } from "commander";
import { createCommand } from "./command.ts";
import { exitCodes } from "./exit.ts";

/** A second signal ends the program at once: after the first one it finishes what it must not leave half done. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.error);
      controller.abort(new Error(`got ${name}`));
      if (process.stderr.isTTY) process.stderr.write("Stopping; once more to stop at once.\n");
    });
  }
  return controller.signal;
}

/** An error that says for itself what to do has a `code` of ours; of any other the stack is wanted. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOurs = "code" in error && typeof error.code === "string" && /^[a-z]+(_[a-z]+)*$/.test(error.code);
  return isOurs ? error.message : (error.stack ?? error.message);
}

function fail(error: unknown): void {
  process.stderr.write(`stratafolio: ${describe(error)}\n`);
  process.exitCode = exitCodes.error;
}

// Node's own code for these is 1, which says here that an asset failed.
process.on("uncaughtException", (error) => {
  fail(error);
  process.exit();
});
// `stratafolio list | head -1`: the reader has what it wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await createCommand(interruption(), (outcome) => {
    process.exitCode = exitCodes[outcome];
  }).parseAsync();
} catch (error) {
  // Commander has written its message itself.
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.error;
  else fail(error);
}
