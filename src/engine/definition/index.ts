export { reachesOfBody } from "./body-reaches.ts";
export {
  type AnyAsset,
  type CapturedOperation,
  type Check,
  type Definitions,
  type Dependency,
  defaultLayers,
  type IngestResult,
  type RunRequest,
  type Schedule,
  type Sensor,
  type Severity,
  type SourceAsset,
  type SqlAsset,
  schedule,
  sensor,
  sourceAsset,
  sqlAsset,
} from "./declare.ts";
export { describeProblem, type ProblemRecord, renderProblem } from "./describe-problem.ts";
export {
  EmptySelectionError,
  nearestName,
  SelectionSyntaxError,
  UnknownAssetColumnError,
  UnknownAssetError,
} from "./errors.ts";
export { readFunctionDefinitions } from "./functions.ts";
export { CycleError, Graph, isView, type Node } from "./graph.ts";
export { type BodyWatch, type WatchOptions, watchBodies } from "./hot-reload.ts";
export {
  type ColumnTree,
  columnTree,
  type Direction,
  type Lineage,
  type LineageNode,
  lineageOf,
} from "./lineage.ts";
export { declarationPlace, type Place, placeOfText, positionIn } from "./places.ts";
export * as problem from "./problems.ts";
export { DefinitionError } from "./problems.ts";
export { type DependencyReach, type Reaches, reachNotes, unknownReach } from "./reach.ts";
export { loadRegistry, type Reading, type Registry, type RegistryOptions, withFindings } from "./registry.ts";
export {
  defaultSchemas,
  readableName,
  type Schemas,
  stableName,
  tableName,
} from "./relations.ts";
export { type Selection, select } from "./selection.ts";
export { clockLiterals, locateCall, locateCast, locateOutput } from "./sql/index.ts";
