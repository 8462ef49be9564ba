#!/usr/bin/env -S node --liftoff-only
// The flag is worth 40 MB: the SQL parser and Node's stripping of types are WebAssembly that is used for milliseconds,
// and optimizing it took 450 MB at its peak. It cannot be set from here: by now Node has compiled the first of them.
import { CommanderError } from "commander";
import { createCommand } from "./command.ts";
import { exitCodes } from "./exit.ts";

/** A second signal ends the program at once: the first one may wait for a run to stop. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.error);
      controller.abort(new Error(`got ${name}`));
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

try {
  await createCommand(interruption(), (outcome) => {
    process.exitCode = exitCodes[outcome];
  }).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.error; // it has written its message itself
  } else {
    process.stderr.write(`stratafolio: ${describe(error)}\n`);
    process.exitCode = exitCodes.error;
  }
}
