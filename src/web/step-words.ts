/** What the engine keeps in English of steps, runs and ticks, as people read it: why, of what, and why not. */
import { plain } from "../plain.ts";
import { kept, knownOf, sayKnown } from "./kept-patterns.ts";
import { sayKept } from "./kept-words.ts";

/** An error of an error of an error: what quotes itself further than that is nobody's sentence. */
const mostDepth = 3;
let depth = 0;

function sayError({ error = "" }): { error: string } {
  if (depth === mostDepth) return { error };
  depth += 1;
  try {
    return { error: sayOfStep(error) };
  } finally {
    depth -= 1;
  }
}

/** Tickers with their errors: "AAPL (…), MSFT (…)". */
const sayErrors = ({ errors = "" }): { errors: string } => ({
  errors: errors
    .replace(/\)$/, "")
    .split(/\), (?=\S+ \()/)
    .map((one) =>
      one.replace(/^(\S+) \((.*)$/s, (_, name: string, error: string) => `${name} (${sayKept(error)})`),
    )
    .join(", "),
});

/** Why a step does something, and why an asset is stale. */
const ofReasons = [
  plain("selected"),
  plain("changed"),
  plain("changed upstream"),
  plain("code changed"),
  plain("never materialized"),
  plain("newer upstream {asset}"),
  plain("below stale {asset}"),
  plain("below more that is stale"),
  plain("below {asset}, made anew"),
  plain("{count:number} change of {asset} waiting"),
  plain("{count:number} changes of {asset} waiting"),
  plain("changes of more sources waiting"),
  plain("what the steps before it change"),
  plain("what {assets} and others brings"),
  plain("what {assets} brings"),
  plain("writes {assets}"),
  plain("full refresh"),
  plain("rolled back"),
  plain("sampled"),
  plain("sampled; scopes as declared: {assets}"),
  plain("overdue: last materialized {hours:number} h ago, policy {policy:number} h"),
  kept("broken: {error}", plain("broken: {error}"), sayError),
  kept(
    "failed since {date:day} {time} UTC: {error}",
    plain("failed since {date:day} {time} UTC: {error}"),
    sayError,
  ),
];

/** Of what: src/engine/planning/scope.ts. */
const ofScopes = [
  plain("everything"),
  plain("from {since:day}"),
  plain("{column} {values} and {more:number} more from {since:day}"),
  plain("{column} {values} and {more:number} more"),
  plain("{column} {values} from {since:day}"),
];

/** Why a step, or a run, did not do it, and what a tick found. */
const ofOutcomes = [
  plain("{asset} was not materialized"),
  kept("not published: {error}", plain("not published: {error}"), sayError),
  kept(
    "held back: {asset}, which was not materialized, would not work on it: {error}",
    plain("held back: {asset}, which was not materialized, would not work on it: {error}"),
    sayError,
  ),
  plain("changes of {assets} are left to the sensor: not all that depends on them was selected"),
  plain(
    "{differing:number} of {rows:number} rows differ from what its body gives, although no change of them waits",
  ),
  kept(
    "{asset}: expected every partition to be ingested, got {count:number} failed: {errors}",
    plain("{count:number} of its parts could not be fetched: {errors}"),
    sayErrors,
  ),
  kept(
    "expected every partition to be ingested, got {count:number} failed: {errors}",
    plain("{count:number} of its parts could not be fetched: {errors}"),
    sayErrors,
  ),
  plain("failed: {assets}"),
  plain("differ although fresh: {assets}"),
  plain("could not be computed: {assets}"),
  plain("the process that ran it is gone"),
  plain("run {run} was cancelled"),
  kept(
    "run {run} lost a connection that holds its lock: {error}",
    plain("run {run} lost a connection that holds its lock: {error}"),
    sayError,
  ),
  plain("run {run} lost a connection that holds its lock"),
  plain("cancelled before it began"),
  plain("changes refreshed: {changes:number}, runs requested: {requested:number}"),
  plain("edited: {assets}"),
];

const reasons = knownOf([...ofReasons, ...ofScopes]);
const scopes = knownOf(ofScopes);
const outcomes = knownOf(ofOutcomes);

/** A reason, or several in one text: "failed since …: …, code changed, newer upstream int_lots". */
export function sayReasonsOfStep(text: string): string {
  const parts = text.split(", ");
  const last: string[] = [];
  // From the end: a list of assets has commas too, and so has an error.
  while (parts.length > 1) {
    const said = sayKnown(reasons, parts.at(-1)!);
    if (said === null) break;
    last.unshift(said);
    parts.pop();
  }
  const first = parts.join(", ");
  return [sayKnown(reasons, first) ?? first, ...last].join(", ");
}

/** What the scope of a step comes to. */
export const sayScope = (text: string): string => sayKnown(scopes, text) ?? text;

/** Why it failed, or was left out, and what a tick found; what PostgreSQL says stays as it is. */
export function sayOfStep(text: string): string {
  const parts = text.split("; ").map((part) => sayKnown(outcomes, part));
  if (parts.every((part) => part !== null)) return parts.join("; ");
  return sayKnown(outcomes, text) ?? sayKept(text);
}
