export { mapScope, ValueLookups } from "./map-scope.ts";
export type { Failure } from "./outcomes.ts";
export { MixedPartitionColumnsError, type PlanRequest, type PlanStep, plan } from "./plan.ts";
export { pushdownWarning, type Reach, readPushdown } from "./pushdown.ts";
export { describeScope, everything, outgoingScope, type Scope, unionScopes } from "./scope.ts";
export { scopeFilter } from "./scope-filter.ts";
export {
  type AssetState,
  type AssetStatus,
  assetStatuses,
  type PublishedState,
  readStates,
  selectable,
  statesOf,
} from "./staleness.ts";
