export { type Portion, readWaitingChanges, type WaitingChanges } from "./changes.ts";
export {
  AssetCheckError,
  allChecks,
  asCheckFailure,
  BodyError,
  CheckRefusedError,
  checkName,
  failureCondition,
  firstFailure,
  mostNamed,
  refuseFailures,
  runChecks,
} from "./checks.ts";
export { propagate } from "./propagate.ts";
export { scopeRecord } from "./record-refresh.ts";
export {
  type RefreshOutcome,
  type RefreshResult,
  refresh,
  refreshIsolating,
  usualPortion,
} from "./refresh.ts";
export { mostLockedValues, ScopeLocks } from "./scope-locks.ts";
export { type RowDifference, type Verification, type VerifyRequest, verify } from "./verify.ts";
