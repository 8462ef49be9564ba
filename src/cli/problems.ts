import { type Registry, renderProblem } from "../engine/index.ts";
import type { Output } from "./output.ts";

/** Says what is to be mended in the definitions, and what may be. */
export function sayProblems(
  output: Output,
  { problems, warnings = [] }: Pick<Registry, "problems" | "warnings">,
): void {
  for (const problem of [...problems, ...warnings]) output.say(renderProblem(problem));
}
