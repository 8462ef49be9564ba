/** What can be said of declarations without reading a body. Every mistake is collected; none is thrown. */
import { Cron } from "croner";
import { EngineError } from "../postgres/index.ts";
import type { AnyAsset, Check, Definitions, Layer, Schedule, Sensor } from "./declare.ts";
import { type Graph, isView } from "./graph.ts";
import { declarationPlace, type Place } from "./places.ts";
import type { DefinitionError } from "./problems.ts";
import * as problem from "./problems.ts";
import { resolvable } from "./selection.ts";

// PostgreSQL cuts longer identifiers short without a word.
const snakeCase = /^[a-z_][a-z0-9_]{0,62}$/;

/** The asset by itself: names, key, scope columns, checks. */
export function validateAsset(asset: AnyAsset, layers: readonly Layer[]): DefinitionError[] {
  const place = declarationPlace(asset, asset.name);
  return [
    ...validateNames(asset, place),
    ...(layers.includes(asset.layer) ? [] : [problem.unknownLayer(place, asset.layer, layers)]),
    ...validateColumnsNamed(asset, place),
    ...validateKey(asset, place),
    ...validateTime(asset, place),
  ];
}

function validateNames(asset: AnyAsset, place: Place): DefinitionError[] {
  const names: [what: string, name: string][] = [
    ["name", asset.name],
    ...Object.keys(asset.columns).map((column): [string, string] => ["column", column]),
  ];
  return names
    .filter(([, name]) => !snakeCase.test(name))
    .map(([what, name]) => problem.invalidName(place, what, name));
}

/** Every column that the declaration names anywhere must be one it declares. */
function validateColumnsNamed(asset: AnyAsset, place: Place): DefinitionError[] {
  const named: [what: string, columns: readonly (string | undefined)[]][] = [
    ["key", asset.key],
    ["partitionBy", [asset.partitionBy]],
    ["timeColumn", [asset.timeColumn]],
    ["timeEndColumn", [asset.timeEndColumn]],
    ["endColumns", asset.endColumns ?? []],
    ...(asset.kind === "model" ? asset.indexes : []).map((columns): [string, readonly string[]] => [
      "index",
      columns,
    ]),
    ...asset.checks.map((check): [string, readonly string[]] => [
      `check ${check.kind}`,
      columnsOfCheck(check),
    ]),
  ];
  const unknown = named.flatMap(([what, columns]) =>
    columns
      .filter((column) => column !== undefined)
      .filter((column) => !(column in asset.columns))
      .map((column) => problem.unknownColumn(place, what, column, Object.keys(asset.columns))),
  );
  return [...unknown, ...asset.checks.flatMap((check) => validateRelationship(check, place))];
}

function columnsOfCheck(check: Check): readonly string[] {
  if (check.kind === "not_null") return check.columns;
  return check.kind === "accepted_values" || check.kind === "relationship" ? [check.column] : [];
}

function validateRelationship(check: Check, place: Place): DefinitionError[] {
  if (check.kind !== "relationship" || check.toColumn in check.to.columns) return [];
  const what = `check relationship to ${check.to.name}`;
  return [problem.unknownColumn(place, what, check.toColumn, Object.keys(check.to.columns))];
}

function validateKey(asset: AnyAsset, place: Place): DefinitionError[] {
  const { key, partitionBy } = asset;
  if (key.length === 0) return [problem.emptyKey(place)];
  const stored = asset.kind === "model" && !isView(asset);
  return stored && partitionBy && !key.includes(partitionBy)
    ? [problem.partitionOutsideKey(place, partitionBy, key)]
    : [];
}

function validateTime(asset: AnyAsset, place: Place): DefinitionError[] {
  const problems: DefinitionError[] = [];
  const { timeColumn, timeEndColumn, partitionBy } = asset;
  for (const column of [timeColumn, timeEndColumn]) {
    const type = column === undefined ? undefined : asset.columns[column]?.type;
    if (column && type && type !== "date") problems.push(problem.timeColumnType(place, column, type));
  }
  if (timeEndColumn && !timeColumn) problems.push(problem.missingTimeColumn(place, timeEndColumn));
  if (asset.kind === "model" && asset.materialized === "incremental" && !partitionBy && !timeColumn) {
    problems.push(problem.missingScopeColumn(place));
  }
  return problems;
}

/** Its references to others: each must be the very asset among the definitions, and `via` above it. */
export function validateReferences(
  asset: AnyAsset,
  registered: ReadonlyMap<string, AnyAsset>,
): DefinitionError[] {
  const place = declarationPlace(asset, asset.name);
  const references: [what: string, asset: AnyAsset][] = [
    ...asset.deps.map((dependency): [string, AnyAsset] => ["deps", dependency.asset]),
    ...asset.checks.flatMap((check): [string, AnyAsset][] =>
      check.kind === "relationship" ? [["check relationship", check.to]] : [],
    ),
  ];
  if (asset.kind === "source" && asset.producedBy) references.push(["producedBy", asset.producedBy]);
  const problems: DefinitionError[] = references
    .filter(([, { name }]) => !registered.has(name))
    .map(([what, { name }]) => problem.unregisteredAsset(place, what, name));
  const producer = asset.kind === "source" ? asset.producedBy : undefined;
  if (producer && !(producer.kind === "source" && producer.ingest)) {
    problems.push(problem.producerWithoutIngest(place, producer.name));
  }
  return problems;
}

/** `via` is read when a change passes from the dependency on, so it must be right by then. */
export function validateVia(asset: AnyAsset, graph: Graph): DefinitionError[] {
  const place = declarationPlace(asset, asset.name);
  return asset.deps.flatMap(({ asset: dependency, via }): DefinitionError[] => {
    if (!via) return [];
    if (!graph.dependsOn(asset.name, via.name))
      return [problem.viaNotUpstream(place, dependency.name, via.name)];
    return [dependency.partitionBy, asset.partitionBy]
      .filter((column) => column !== undefined && !(column in via.columns))
      .map((column) => problem.unknownColumn(place, `via ${via.name}`, column!, Object.keys(via.columns)));
  });
}

/** Schedules and sensors. */
export function validateAutomations(definitions: Definitions, graph: Graph): DefinitionError[] {
  const names = [...definitions.schedules, ...definitions.sensors].map(({ name }) => name);
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [
    ...[...repeated].map((name) => {
      const later = [...definitions.schedules, ...definitions.sensors].findLast(
        (other) => other.name === name,
      );
      return problem.duplicateAutomation(declarationPlace(later!, null), name);
    }),
    ...definitions.schedules.flatMap((schedule) => validateSchedule(schedule, graph)),
    ...definitions.sensors.flatMap((sensor) => validateSensor(sensor, graph)),
    ...unwatchedSources(definitions.sensors, graph),
  ];
}

/** Changes that are captured and that nobody claims make what depends on the source stale for ever. */
function unwatchedSources(sensors: readonly Sensor[], graph: Graph): DefinitionError[] {
  const watched = new Set(sensors.flatMap(({ sources }) => sources.map(({ name }) => name)));
  return [...graph.nodes].flatMap(([name, { asset }]): DefinitionError[] => {
    if (asset.kind !== "source" || asset.captures?.length === 0 || watched.has(name)) return [];
    const dependents = graph.dependents(name).filter((node) => node.asset.kind === "model");
    return dependents.length === 0 ? [] : [problem.unwatchedSource(declarationPlace(asset, name))];
  });
}

function validateSchedule(schedule: Schedule, graph: Graph): DefinitionError[] {
  const { name, cron, timeZone, selection, verifies } = schedule;
  const place = declarationPlace(schedule, null);
  const problems: DefinitionError[] = [];
  if (verifies && !(Number.isInteger(verifies.valuesPerColumn) && verifies.valuesPerColumn > 0))
    problems.push(problem.invalidSampleSize(place, name, verifies.valuesPerColumn));
  if (!isTimeZone(timeZone)) problems.push(problem.invalidTimeZone(place, name, timeZone));
  const fields = cron.trim().split(/\s+/).length;
  try {
    if (fields !== 5) throw new TypeError(`${fields} fields`);
    new Cron(cron, { paused: true });
  } catch (error) {
    problems.push(problem.invalidCron(place, name, cron, (error as Error).message));
  }
  try {
    resolvable(graph, selection);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    problems.push(problem.invalidScheduleSelection(place, name, error));
  }
  return problems;
}

function isTimeZone(timeZone: string): boolean {
  if (timeZone === "UTC") return true; // the others' rules are read first, which takes 6 ms
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

function validateSensor(sensor: Sensor, graph: Graph): DefinitionError[] {
  return sensor.sources
    .filter((source) => source.kind !== "source" || !graph.nodes.has(source.name))
    .map((source) => problem.invalidSensorSource(declarationPlace(sensor, null), sensor.name, source.name));
}
