/** Mistakes in declarations and bodies. The registry collects them; none is ever thrown out of it. */

import { EngineError } from "../postgres/index.ts";
import { nearestIs, nearestName } from "./errors.ts";
import type { Place } from "./places.ts";

const nowhere: Place = { asset: null, file: null, line: null };

/** `code` says which mistake it is; there is a function below for each, which makes its message from data. */
export class DefinitionError extends EngineError implements Place {
  readonly code: string;
  readonly asset: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** The text of the line; null: it stands in the file. */
  readonly excerpt: string | null;
  /** What PostgreSQL advises. */
  readonly hint: string | null;
  /** warning: it may be wrong, which cannot be told from here; nothing is held up by it. */
  readonly severity: "error" | "warning";

  constructor(
    code: string,
    place: Place,
    message: string,
    { hint = null, severity = "error" }: { hint?: string | null; severity?: "error" | "warning" } = {},
  ) {
    super(message);
    this.code = code;
    this.asset = place.asset;
    this.file = place.file;
    this.line = place.line;
    this.column = place.column ?? null;
    this.excerpt = place.excerpt ?? null;
    this.hint = hint;
    this.severity = severity;
  }

  /** `models/gold/shop_totals.sql:12:8 shop_totals: problem` */
  override toString(): string {
    const parts = [whereOf(this), this.asset].filter((part) => part !== null);
    return parts.length === 0 ? this.message : `${parts.join(" ")}: ${this.message}`;
  }
}

/** `file:line:column`, as far as it is known, as editors and terminals follow it. */
function whereOf({ file, line, column }: Place): string | null {
  if (file === null) return null;
  return [file, line, column].filter((part) => part !== null && part !== undefined).join(":");
}

function listed(names: Iterable<string>): string {
  return [...names].join(", ") || "none";
}

function nearest(name: string, known: Iterable<string>): string {
  return nearestIs(nearestName(name, known));
}

// Declarations

export function invalidName(place: Place, what: string, name: string): DefinitionError {
  const expected = "expected snake_case (a-z, 0-9, _), at most 63 characters";
  return new DefinitionError("invalid_name", place, `${what}: ${expected}, got: ${name}`);
}

export function unknownLayer(place: Place, layer: string, known: readonly string[]): DefinitionError {
  const message = `layer: expected one of ${listed(known)}, got: ${layer}${nearest(layer, known)}`;
  return new DefinitionError("unknown_layer", place, message);
}

export function duplicateAsset(place: Place): DefinitionError {
  const message = `expected one declaration of ${place.asset}, got several: rename one`;
  return new DefinitionError("duplicate_asset", place, message);
}

export function duplicateAutomation(place: Place, name: string): DefinitionError {
  const message = `expected one schedule or sensor ${name}, got several`;
  return new DefinitionError("duplicate_automation", place, message);
}

/** An asset refers to another that is declared but not among the definitions. */
export function unregisteredAsset(place: Place, what: string, name: string): DefinitionError {
  const message = `${what}: expected an asset among the definitions, got: ${name}; add it to their assets`;
  return new DefinitionError("unregistered_asset", place, message);
}

export function cyclicAsset(place: Place, path: readonly string[]): DefinitionError {
  return new DefinitionError("cycle", place, `expected no cycle, got: [${path.join(" > ")}]`);
}

/** A key, partition column, check, ... names a column that the asset does not declare. */
export function unknownColumn(
  place: Place,
  what: string,
  column: string,
  known: readonly string[],
): DefinitionError {
  const message = `${what}: expected one of the columns ${listed(known)}, got: ${column}${nearest(column, known)}`;
  return new DefinitionError("unknown_column", place, message);
}

export function emptyKey(place: Place): DefinitionError {
  return new DefinitionError("empty_key", place, "key: expected the columns that identify a row, got none");
}

/** Two users' rows could take each other's place if the partition column were not part of the key. */
export function partitionOutsideKey(place: Place, column: string, key: readonly string[]): DefinitionError {
  const message = `key: expected the partition column ${column} in the key of a table, got: ${listed(key)}`;
  return new DefinitionError("partition_outside_key", place, message);
}

export function missingScopeColumn(place: Place): DefinitionError {
  const message =
    "incremental: expected partitionBy or timeColumn, got neither; declare one, or materialize as table";
  return new DefinitionError("missing_scope_column", place, message);
}

export function timeColumnType(place: Place, column: string, type: string): DefinitionError {
  const message = `${column}: expected a time column to be a date, got: ${type}`;
  return new DefinitionError("time_column_type", place, message);
}

export function missingTimeColumn(place: Place, timeEndColumn: string): DefinitionError {
  const message = `timeEndColumn ${timeEndColumn}: expected a timeColumn beside it, got none`;
  return new DefinitionError("missing_time_column", place, message);
}

export function viaNotUpstream(place: Place, dependency: string, via: string): DefinitionError {
  const message = `dependency ${dependency}: expected via to be upstream of ${place.asset}, got: ${via}`;
  return new DefinitionError("via_not_upstream", place, message);
}

/** Less is declared to be touched than the body proves, and no reason is given. */
export function unprovenScope(place: Place, dependency: string, why: string): DefinitionError {
  const message = `dependency ${dependency}: expected a reason for a scope that the body does not prove (${why}), got none; give one, or declare no scope`;
  return new DefinitionError("unproven_scope", place, message);
}

export function producerWithoutIngest(place: Place, producer: string): DefinitionError {
  const message = `producedBy: expected a source with an ingest function, got: ${producer}`;
  return new DefinitionError("producer_without_ingest", place, message);
}

export function invalidCron(place: Place, schedule: string, cron: string, reason: string): DefinitionError {
  const message = `schedule ${schedule}: expected a cron expression of five fields, got: ${cron} (${reason})`;
  return new DefinitionError("invalid_cron", place, message);
}

export function invalidSampleSize(place: Place, schedule: string, size: number): DefinitionError {
  const message = `schedule ${schedule}: expected a whole number of values above 0 to verify, got: ${size}`;
  return new DefinitionError("invalid_sample_size", place, message);
}

export function invalidTimeZone(place: Place, schedule: string, timeZone: string): DefinitionError {
  const message = `schedule ${schedule}: expected an IANA time zone such as Europe/Vienna, got: ${timeZone}`;
  return new DefinitionError("invalid_time_zone", place, message);
}

export function invalidScheduleSelection(place: Place, schedule: string, cause: Error): DefinitionError {
  return new DefinitionError("invalid_schedule_selection", place, `schedule ${schedule}: ${cause.message}`);
}

export function invalidSensorSource(place: Place, sensor: string, asset: string): DefinitionError {
  const message = `sensor ${sensor}: expected sources among the definitions, got: ${asset}`;
  return new DefinitionError("invalid_sensor_source", place, message);
}

export function unwatchedSource(place: Place): DefinitionError {
  const message =
    "expected a sensor that has this source among its sources, got none: what depends on it would be stale from its first " +
    "change on; add it to one, or declare captures: [] if it never changes";
  return new DefinitionError("unwatched_source", place, message);
}

// Bodies

export function missingBody(place: Place, file: string): DefinitionError {
  const message = `expected the body of ${place.asset} in ${file}, got no such file`;
  return new DefinitionError("missing_body", place, message);
}

export function orphanBody(file: string, expected: string, known: Iterable<string>): DefinitionError {
  const message = `expected a declared model for this file, got none called ${expected} in this layer`;
  return new DefinitionError("orphan_body", { ...nowhere, file }, message + nearest(expected, known));
}

export function bodySyntax(place: Place, message: string): DefinitionError {
  return new DefinitionError("body_syntax", place, `PostgreSQL cannot parse this: ${message}`);
}

export function statementCount(place: Place, statements: number): DefinitionError {
  return new DefinitionError("statement_count", place, `expected one SELECT, got ${statements} statements`);
}

export function notSelect(place: Place, got: string): DefinitionError {
  return new DefinitionError("not_select", place, `expected a SELECT that only reads, got: ${got}`);
}

/** The same rows in, other rows out: nothing could then be verified or refreshed in part. */
export function impureBody(
  place: Place,
  what: string,
  why: string,
  hint: string | null = null,
): DefinitionError {
  const message = `expected a body that gives the same rows every time, got: ${what} (${why})`;
  return new DefinitionError("impure_body", place, message, { hint });
}

/** Nothing says in which order rows are counted, cut or gathered: any will do, another one another time. */
export function unordered(place: Place, what: string): DefinitionError {
  const message = `expected a body that gives the same rows every time, got: ${what} without an order (which rows come first is chance); add order by, down to the key`;
  return new DefinitionError("unordered", place, message);
}

/** Rows that differ only in the missing columns of the key are level: which of them comes first is chance. */
export function levelRows(place: Place, what: string, missing: readonly string[]): DefinitionError {
  const message = `${what}: expected an order that tells all rows apart, got one without ${listed(missing)} of the key; rows that are level come in any order`;
  return new DefinitionError("level_rows", place, message, { severity: "warning" });
}

export function star(place: Place): DefinitionError {
  const message = "expected the output columns by name, got: *; list them, as the declaration does";
  return new DefinitionError("star", place, message);
}

export function outputColumns(
  place: Place,
  missing: readonly string[],
  unexpected: readonly string[],
): DefinitionError {
  const parts = [
    missing.length > 0 ? `without ${missing.join(", ")}` : "",
    unexpected.length > 0 ? `with undeclared ${unexpected.join(", ")}` : "",
  ];
  const message = `expected exactly the declared columns, got them ${parts.filter(Boolean).join(" and ")}`;
  return new DefinitionError("output_columns", place, message);
}

export function duplicateOutputColumn(place: Place, column: string): DefinitionError {
  const message = `expected each output column once, got twice: ${column}`;
  return new DefinitionError("duplicate_output_column", place, message);
}

/** The body reads a column that no relation in scope declares. */
export function unknownBodyColumn(place: Place, column: string, known: Iterable<string>): DefinitionError {
  const message = `expected a column of what is read here, got: ${column}${nearest(column, known)}`;
  return new DefinitionError("unknown_body_column", place, message);
}

export function undeclaredDependency(place: Place, relation: string): DefinitionError {
  const message = `the body reads ${relation}: expected it among deps; add it there`;
  return new DefinitionError("undeclared_dependency", place, message);
}

export function unknownRelation(place: Place, relation: string, known: Iterable<string>): DefinitionError {
  const message = `the body reads ${relation}: expected an asset, a model by its name and a source as schema.name`;
  return new DefinitionError("unknown_relation", place, message + nearest(relation, known));
}

export function unusedDependency(place: Place, dependency: string): DefinitionError {
  const message = `deps name ${dependency}: expected the body to read it; remove it from deps`;
  return new DefinitionError("unused_dependency", place, message);
}

/** Nothing wrong here, but what it reads cannot be built. */
export function belowBroken(place: Place, broken: string): DefinitionError {
  return new DefinitionError("below_broken", place, `below broken ${broken}`);
}

// What PostgreSQL says

/** PostgreSQL does not take the body: an unknown function, types that do not fit. */
export function bodyRefused(place: Place, message: string, hint: string | null): DefinitionError {
  return new DefinitionError("body_refused", place, `PostgreSQL cannot run this: ${message}`, { hint });
}

/** A column is of another type than declared, or is none. got null: it is missing. */
export function columnType(place: Place, column: string, expected: string, got: string): DefinitionError {
  const message = `column ${column}: expected ${expected}, as declared, got: ${got}`;
  return new DefinitionError("column_type", place, message);
}

/** The table that a source stands for has other columns than declared. */
export function sourceColumn(place: Place, column: string, expected: string, got: string): DefinitionError {
  const message = `column ${column} of the table: expected ${expected}, as declared, got: ${got}; change the table or the declaration`;
  return new DefinitionError("source_column", place, message);
}

export function checkRefused(
  place: Place,
  check: string,
  message: string,
  hint: string | null,
): DefinitionError {
  return new DefinitionError(
    "check_refused",
    place,
    `check ${check}: PostgreSQL cannot run this: ${message}`,
    { hint },
  );
}
