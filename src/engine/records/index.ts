export {
  type Alert,
  type AlertSender,
  readFailedChanges,
  readFailedRuns,
  readFailingChecks,
  recordTroubles,
  sendAlerts,
  type Trouble,
} from "./alerts.ts";
export { type Announcement, announcedSeparately } from "./announcements.ts";
export { type CheckResult, insertCheckResults, recordCheckResults } from "./check-results.ts";
export { finishRun, isRunning } from "./finish-run.ts";
export {
  dropPropagations,
  insertPropagations,
  type Propagation,
  passBarrier,
  readPropagations,
  recordPropagations,
} from "./propagations.ts";
export {
  type MaterializationRecord,
  type PastCheckResult,
  readIngestions,
  readLastSuccess,
  readMaterializations,
  readPastChecks,
  readRunProgress,
} from "./read-models.ts";
export { openRun, type RunRequestInput, requestKeyOf, requestRun } from "./request-run.ts";
export { beginRun, type RunLease, takeRun } from "./run-lease.ts";
export { appendLog, appendLogs, endLine, type Line, type Outcome, startLine, stepLine } from "./run-log.ts";
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
  readCommonProgress,
  readLogs,
  readRun,
  readRunRecord,
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
export {
  type CountedUntil,
  type RefreshTimes,
  readChangeLag,
  readEnded,
  readRefreshTimes,
  type Times,
} from "./signals.ts";
export { attachRun, recordTick, type Tick } from "./ticks.ts";
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
