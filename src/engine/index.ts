/** The engine's only door: what an application may use of it. README.md beside this file teaches it. */

export {
  type Asked,
  type Automation,
  AutomationOffError,
  type AutomationRecord,
  automationsOf,
  modelWatcher,
  nextTick,
  type OrchestratorStatus,
  readAutomations,
  runAutomation,
  type SensorResult,
  setAutomationEnabled,
  type TickRecord,
  UnknownAutomationError,
  type Watcher,
} from "./automation/index.ts";
export type { EngineOptions, RowSecurity } from "./context.ts";
// What is defined: declarations and bodies, checked.
export * from "./definition/declare.ts";
export {
  type BodyWatch,
  type ColumnTree,
  CycleError,
  columnTree,
  DefinitionError,
  type Direction,
  defaultSchemas,
  describeProblem,
  EmptySelectionError,
  Graph,
  type Lineage,
  type LineageNode,
  lineageOf,
  loadRegistry,
  type Node,
  type Place,
  type ProblemRecord,
  type Registry,
  type RegistryOptions,
  readFunctionDefinitions,
  renderProblem,
  type Schemas,
  type Selection,
  SelectionSyntaxError,
  select,
  UnknownAssetColumnError,
  UnknownAssetError,
  type WatchOptions,
  watchBodies,
} from "./definition/index.ts";
export type { ColumnLineage } from "./definition/sql/index.ts";
export { createEngine, type Engine } from "./engine.ts";
export {
  createPool,
  type Finding,
  type InstallOptions,
  install,
  type PoolOptions,
  pendingInstallation,
  runIdSetting,
  sessionSettings,
} from "./installation/index.ts";
export {
  type AssetState,
  describeScope,
  everything,
  MixedPartitionColumnsError,
  type PlanRequest,
  type PlanStep,
  plan,
  pushdownWarning,
  type Reach,
  readPushdown,
  readStates,
  type Scope,
} from "./planning/index.ts";
export {
  type Channel,
  EngineError,
  Listener,
  type Log,
  quoteColumns,
  quoteIdentifier,
  quoteRelation,
} from "./postgres/index.ts";
export {
  ForeignDependentError,
  NoPreviousVersionError,
  type Remains,
  readRemains,
  validate,
} from "./publication/index.ts";
export {
  type CheckRecord,
  type CheckResult,
  type CurrentVersion,
  cancelRun,
  countWaitingChanges,
  type LogLevel,
  type LogRecord,
  listRuns,
  type MaterializationRecord,
  type PastCheckResult,
  type RunDetail,
  type RunFilter,
  type RunRecord,
  type RunRequestInput,
  type RunStatus,
  type RunSummary,
  readCurrentVersions,
  readIngestions,
  readLastSuccess,
  readLastWrite,
  readLogs,
  readMaterializations,
  readPastChecks,
  readRun,
  readRunProgress,
  readRunStatus,
  readUndeclared,
  requestRun,
  type StepProgress,
  type StepRecord,
  type StepStatus,
  summarizeRuns,
  type TriggerKind,
  triggerKinds,
  UnknownRunError,
} from "./records/index.ts";
export {
  AssetCheckError,
  type RowDifference,
  readWaitingChanges,
  type Verification,
  type VerifyRequest,
  type WaitingChanges,
} from "./refresh/index.ts";
// The hold of one process on all of it.
// Where it stands: its own schema, and what it relies on.
// What follows: what is stale, what to do, in which scope.
// What all of it is made with.
// What happened: runs, steps, logs, versions.
// What is done: refreshed, published, by itself.
