export { type CheckResult, insertCheckResults, recordCheckResults } from "./check-results.ts";
export { finishRun } from "./finish-run.ts";
export {
  dropPropagations,
  insertPropagations,
  type Propagation,
  passBarrier,
  readPropagations,
} from "./propagations.ts";
export {
  countWaitingChanges,
  type MaterializationRecord,
  type PastCheckResult,
  readIngestions,
  readLastSuccess,
  readLastWrite,
  readMaterializations,
  readPastChecks,
  readRunProgress,
  runIdSetting,
} from "./read-models.ts";
export { openRun, type RunRequestInput, requestRun } from "./request-run.ts";
export { beginRun, type RunLease, takeRun } from "./run-lease.ts";
export { appendLog, endLine, type Line, type Outcome, startLine, stepLine } from "./run-log.ts";
export {
  type CheckRecord,
  cancelRun,
  type LogLevel,
  type LogRecord,
  listRuns,
  type Operation,
  type RunDetail,
  type RunFilter,
  type RunRecord,
  type RunStatus,
  type RunSummary,
  readLogs,
  readRun,
  readRunStatus,
  type Sample,
  type StepAction,
  type StepProgress,
  type StepRecord,
  type StepStatus,
  summarizeRuns,
  type TriggerKind,
  triggerKinds,
  UnknownRunError,
} from "./runs.ts";
export { attachRun, recordTick } from "./ticks.ts";
export {
  type CurrentVersion,
  definitionOf,
  dropOldVersions,
  readCurrentVersions,
  readPreviousVersion,
  readUndeclared,
  recordVersions,
  selectCurrentVersions,
} from "./versions.ts";
