/** The weights that a person aims at, and what to buy or sell to reach them: a calculation, and no advice. Errors are told apart by their `code`. */
export { targetTables } from "./personal-tables.ts";
export { readTargets, type TargetedPart, type Targets } from "./read.ts";
export { mostTargets, replaceTargets, targetsInput } from "./targets.ts";
