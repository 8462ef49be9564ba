import { Command } from "commander";
import { version } from "../version.ts";
import type { Outcome } from "./exit.ts";
import { createRegister } from "./register.ts";
import { declareVerbs } from "./verbs.ts";

/** The command line. It throws what a verb throws, and CommanderError for bad usage (already written to stderr). */
export function createCommand(signal: AbortSignal, report: (outcome: Outcome) => void): Command {
  const program = new Command("stratafolio")
    .description("Portfolio analytics on an asset orchestrator for PostgreSQL")
    .version(version)
    .showHelpAfterError("(see stratafolio --help)")
    .exitOverride();
  declareVerbs(program, createRegister(signal, report));
  return program;
}
