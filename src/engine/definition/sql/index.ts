export { readBody } from "./known-bodies.ts";
export { clockLiterals, locateCall, locateCast, locateOutput } from "./locate.ts";
export { type Body, type ColumnLineage, parseBody } from "./parse.ts";
export { type Reach, reachOf, type TimeReach } from "./reach.ts";
export type { FindRelation } from "./resolve.ts";
