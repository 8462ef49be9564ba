import { Command } from "commander";
import { version } from "../program.ts";
import { assetCommands } from "./assets.ts";
import { automationCommands } from "./automation.ts";
import { backupCommands } from "./backup.ts";
import type { Outcome } from "./exit.ts";
import { materializeCommands } from "./materialize.ts";
import { priceCommands } from "./prices.ts";
import { createRegister } from "./register.ts";
import { runCommands } from "./runs.ts";
import { secretCommands } from "./secrets.ts";
import { serveCommands } from "./serve.ts";
import { userCommands } from "./users.ts";

/** The command line. It throws what a verb throws, and CommanderError for bad usage (already written to stderr). */
export function createCommand(signal: AbortSignal, report: (outcome: Outcome) => void): Command {
  const program = new Command("stratafolio")
    .description("Portfolio analytics on an asset orchestrator for PostgreSQL")
    .version(version)
    .showHelpAfterError("(see stratafolio --help)")
    .exitOverride();
  const register = createRegister(signal, report);
  serveCommands(program, register);
  assetCommands(program, register);
  materializeCommands(program, register);
  runCommands(program, register);
  automationCommands(program, register);
  userCommands(program, register);
  secretCommands(program, register);
  backupCommands(program, register);
  priceCommands(program, register);
  return program;
}
