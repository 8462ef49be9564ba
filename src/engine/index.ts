/** The public surface of the engine. */

// What is done: runs, refreshes, publication, automation.
export {
  type Asked,
  type Automation,
  AutomationOffError,
  type AutomationRecord,
  automationsOf,
  readAutomations,
  runAutomation,
  setAutomationEnabled,
  type TickRecord,
  UnknownAutomationError,
} from "./automation.ts";
export { readWaitingChanges, type WaitingChanges } from "./changes.ts";
export { AssetCheckError, type CheckResult } from "./checks.ts";
export type { EngineOptions, Log } from "./context.ts";
export * from "./declare.ts";
// What is defined: declarations and bodies, checked.
export { DefinitionError, type Place } from "./definition-errors.ts";
export { createEngine, type Engine } from "./engine.ts";
export {
  CycleError,
  EmptySelectionError,
  EngineError,
  MixedPartitionColumnsError,
  SelectionSyntaxError,
  UnknownAssetColumnError,
  UnknownAssetError,
} from "./errors.ts";
export { readFunctionDefinitions } from "./functions.ts";
export { type ColumnLineage, Graph, type Node } from "./graph.ts";
// What follows from it: what is stale, what to do, what reads what.
export {
  type ColumnTree,
  columnTree,
  type Direction,
  type Lineage,
  type LineageNode,
  lineageOf,
} from "./lineage.ts";
export { type Channel, Listener } from "./listen.ts";
export type { OrchestratorStatus } from "./orchestrator.ts";
export { type PlanRequest, type PlanStep, plan } from "./plan.ts";
export { ForeignDependentError } from "./publish.ts";
export { type Published, readPublished } from "./published.ts";
export { pushdownWarning, type Reach, readPushdown } from "./pushdown.ts";
export { loadRegistry, type Registry, type RegistryOptions } from "./registry.ts";
export { NoPreviousVersionError } from "./rollback.ts";
export {
  type CheckRecord,
  cancelRun,
  type LogLevel,
  type LogRecord,
  listRuns,
  type RunDetail,
  type RunFilter,
  type RunRecord,
  type RunRequestInput,
  type RunStatus,
  type RunSummary,
  readLogs,
  readRun,
  readRunStatus,
  requestRun,
  type StepRecord,
  type StepStatus,
  summarizeRuns,
  type TriggerKind,
  triggerKinds,
  UnknownRunError,
} from "./runs.ts";
export { nextTick } from "./schedule.ts";
export { describeScope, everything, type Scope } from "./scope.ts";
export { type Selection, select } from "./selection.ts";
export type { SensorResult } from "./sensor.ts";
export { quoteColumns, quoteIdentifier, quoteRelation } from "./sql.ts";
export { type AssetState, readStates } from "./state.ts";
export type { RowDifference, Verification, VerifyRequest } from "./verify.ts";
export { type BodyWatch, type WatchOptions, watchBodies } from "./watch.ts";
export { modelWatcher, type Watcher } from "./watcher.ts";
