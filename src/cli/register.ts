import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import type { Outcome } from "./exit.ts";
import { outputOption } from "./options.ts";
import { Output, type OutputFormat } from "./output.ts";

/** What a verb does, with its arguments and options as Commander parsed them. */
export type Action<Arguments extends readonly unknown[]> = (
  context: CommandContext,
  ...values: Arguments
) => Promise<Outcome>;

/** Gives a verb its work, which is loaded when the verb is run: `values` are its positional arguments, then its options. */
export type Register = <Arguments extends readonly unknown[]>(
  command: Command,
  load: () => Promise<Action<Arguments>>,
) => void;

/** Every verb takes `--output`, works until `signal`, and ends in an outcome. */
export function createRegister(signal: AbortSignal, report: (outcome: Outcome) => void): Register {
  return (command, load) => {
    command.addOption(outputOption());
    command.action(async (...parsed: unknown[]) => {
      const values = parsed.slice(0, -1); // the last one is the command itself
      const { output } = values.at(-1) as { output: OutputFormat };
      const action = await load();
      report(await action({ output: new Output(output), signal }, ...(values as never)));
    });
  };
}
