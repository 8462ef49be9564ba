import { type Command, InvalidArgumentError, Option } from "commander";

/** What a command works on, as typed. */
export interface SelectionOptions {
  readonly select: readonly string[];
  readonly exclude: readonly string[];
}

/** Which of its rows. */
export interface ScopeOptions {
  readonly partition: readonly string[];
  readonly since?: string;
}

/** Names of automations, each to be done something with. */
export interface Switches {
  readonly on?: string;
  readonly off?: string;
  readonly now?: string;
}

const collect = (value: string, previous: readonly string[]): string[] => [...previous, value];

function date(text: string): string {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text) && Date.parse(text) === Date.parse(`${text}T00:00:00Z`);
  if (!isDate || new Date(text).toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError("expected a date as YYYY-MM-DD.");
  return text;
}

export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("expected a whole number above 0.");
  return Number(text);
}

export function runNumber(text: string): number {
  try {
    return positiveInteger(text);
  } catch {
    throw new InvalidArgumentError("expected the number of a run (see stratafolio runs).");
  }
}

export function withSelection(command: Command): Command {
  return command
    .option(
      "-s, --select <selection>",
      "assets in dbt's grammar: m, +m, m+, 2+m+1, @m, tag:x, layer:gold, state:stale, wildcards *; " +
        "a space or a repeated flag is union (default: all)",
      collect,
      [],
    )
    .option("--exclude <selection>", "assets to leave out, in the same grammar", collect, []);
}

export function withScope(command: Command): Command {
  return command
    .option(
      "--partition <column=value>",
      "only this partition: user_id=7, ticker=AAPL; the value alone where only one column has it; may be repeated",
      collect,
      [],
    )
    .option("--since <date>", "only from this day on (YYYY-MM-DD)", date);
}

export function withSwitches(command: Command, now: string): Command {
  return command
    .option("--on <name>", "switch it on")
    .option("--off <name>", "switch it off")
    .addOption(new Option("--now <name>", now));
}

export const outputOption = (): Option =>
  new Option("--output <format>", "how data is written to stdout").choices(["text", "json"]).default("text");
