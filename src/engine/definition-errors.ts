/** Mistakes in declarations and bodies. The registry collects them; none is ever thrown out of it. */
import { EngineError, nearestIs, nearestName } from "./errors.ts";

/** Where a mistake stands. line: 1-based, in `file`; null where the declaration itself is meant. */
export interface Place {
  readonly asset: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

export class DefinitionError extends EngineError implements Place {
  readonly code: string = "definition";
  readonly asset: string | null;
  readonly file: string | null;
  readonly line: number | null;

  constructor(place: Place, problem: string) {
    super(problem);
    this.asset = place.asset;
    this.file = place.file;
    this.line = place.line;
  }

  /** `sql-models/gold/gold_x.sql:12 gold_x: problem` */
  override toString(): string {
    const where = this.file === null ? null : this.file + (this.line === null ? "" : `:${this.line}`);
    const parts = [where, this.asset].filter((part) => part !== null);
    return parts.length === 0 ? this.message : `${parts.join(" ")}: ${this.message}`;
  }
}

function listed(names: Iterable<string>): string {
  return [...names].join(", ") || "none";
}

// Declarations

export class InvalidNameError extends DefinitionError {
  override readonly code = "invalid_name";

  constructor(place: Place, what: string, name: string) {
    super(place, `${what}: expected snake_case (a-z, 0-9, _), at most 63 characters, got: ${name}`);
  }
}

export class DuplicateAssetError extends DefinitionError {
  override readonly code = "duplicate_asset";

  constructor(place: Place) {
    super(place, `expected one declaration of ${place.asset}, got several: rename one`);
  }
}

export class DuplicateAutomationError extends DefinitionError {
  override readonly code = "duplicate_automation";

  constructor(name: string) {
    super({ asset: null, file: null, line: null }, `expected one schedule or sensor ${name}, got several`);
  }
}

/** An asset refers to another that is declared but not among the definitions. */
export class UnregisteredAssetError extends DefinitionError {
  override readonly code = "unregistered_asset";

  constructor(place: Place, what: string, name: string) {
    super(place, `${what}: expected an asset among the definitions, got: ${name}; add it to their assets`);
  }
}

export class CyclicAssetError extends DefinitionError {
  override readonly code = "cycle";

  constructor(place: Place, path: readonly string[]) {
    super(place, `expected no cycle, got: [${path.join(" > ")}]`);
  }
}

/** A key, partition column, check, ... names a column that the asset does not declare. */
export class UnknownColumnError extends DefinitionError {
  override readonly code = "unknown_column";

  constructor(place: Place, what: string, column: string, known: readonly string[]) {
    const meant = nearestIs(nearestName(column, known));
    super(place, `${what}: expected one of the columns ${listed(known)}, got: ${column}${meant}`);
  }
}

export class EmptyKeyError extends DefinitionError {
  override readonly code = "empty_key";

  constructor(place: Place) {
    super(place, "key: expected the columns that identify a row, got none");
  }
}

/** Two users' rows could take each other's place if the partition column were not part of the key. */
export class PartitionOutsideKeyError extends DefinitionError {
  override readonly code = "partition_outside_key";

  constructor(place: Place, column: string, key: readonly string[]) {
    super(place, `key: expected the partition column ${column} in the key of a table, got: ${listed(key)}`);
  }
}

export class MissingScopeColumnError extends DefinitionError {
  override readonly code = "missing_scope_column";

  constructor(place: Place) {
    super(
      place,
      "incremental: expected partitionBy or timeColumn, got neither; declare one, or materialize as table",
    );
  }
}

export class TimeColumnTypeError extends DefinitionError {
  override readonly code = "time_column_type";

  constructor(place: Place, column: string, type: string) {
    super(place, `${column}: expected a time column to be a date, got: ${type}`);
  }
}

export class MissingTimeColumnError extends DefinitionError {
  override readonly code = "missing_time_column";

  constructor(place: Place, timeEndColumn: string) {
    super(place, `timeEndColumn ${timeEndColumn}: expected a timeColumn beside it, got none`);
  }
}

export class ViaNotUpstreamError extends DefinitionError {
  override readonly code = "via_not_upstream";

  constructor(place: Place, dependency: string, via: string) {
    super(place, `dependency ${dependency}: expected via to be upstream of ${place.asset}, got: ${via}`);
  }
}

export class ProducerError extends DefinitionError {
  override readonly code = "producer_without_ingest";

  constructor(place: Place, producer: string) {
    super(place, `producedBy: expected a source with an ingest function, got: ${producer}`);
  }
}

export class CronError extends DefinitionError {
  override readonly code = "invalid_cron";

  constructor(scheduleName: string, cron: string, reason: string) {
    super(
      { asset: null, file: null, line: null },
      `schedule ${scheduleName}: expected a cron expression of five fields, got: ${cron} (${reason})`,
    );
  }
}

export class TimeZoneError extends DefinitionError {
  override readonly code = "invalid_time_zone";

  constructor(scheduleName: string, timeZone: string) {
    super(
      { asset: null, file: null, line: null },
      `schedule ${scheduleName}: expected an IANA time zone such as Europe/Vienna, got: ${timeZone}`,
    );
  }
}

export class ScheduleSelectionError extends DefinitionError {
  override readonly code = "invalid_schedule_selection";

  constructor(scheduleName: string, cause: Error) {
    super({ asset: null, file: null, line: null }, `schedule ${scheduleName}: ${cause.message}`);
  }
}

export class SensorSourceError extends DefinitionError {
  override readonly code = "invalid_sensor_source";

  constructor(sensorName: string, asset: string) {
    super(
      { asset: null, file: null, line: null },
      `sensor ${sensorName}: expected sources among the definitions, got: ${asset}`,
    );
  }
}

// Bodies

export class MissingBodyError extends DefinitionError {
  override readonly code = "missing_body";

  constructor(place: Place, file: string) {
    super(place, `expected the body of ${place.asset} in ${file}, got no such file`);
  }
}

export class OrphanBodyError extends DefinitionError {
  override readonly code = "orphan_body";

  constructor(file: string, expected: string, known: Iterable<string>) {
    const meant = nearestIs(nearestName(expected, known));
    super(
      { asset: null, file, line: null },
      `expected a declared model for this file, got none called ${expected} in this layer${meant}`,
    );
  }
}

export class BodySyntaxError extends DefinitionError {
  override readonly code = "body_syntax";

  constructor(place: Place, message: string) {
    super(place, `PostgreSQL cannot parse this: ${message}`);
  }
}

export class StatementCountError extends DefinitionError {
  override readonly code = "statement_count";

  constructor(place: Place, statements: number) {
    super(place, `expected one SELECT, got ${statements} statements`);
  }
}

export class NotSelectError extends DefinitionError {
  override readonly code = "not_select";

  constructor(place: Place, got: string) {
    super(place, `expected a SELECT that only reads, got: ${got}`);
  }
}

/** The same rows in, other rows out: nothing could then be verified or refreshed in part. */
export class ImpureBodyError extends DefinitionError {
  override readonly code = "impure_body";

  constructor(place: Place, what: string, why: string) {
    super(place, `expected a body that gives the same rows every time, got: ${what} (${why})`);
  }
}

export class StarError extends DefinitionError {
  override readonly code = "star";

  constructor(place: Place) {
    super(place, "expected the output columns by name, got: *; list them, as the declaration does");
  }
}

export class OutputColumnsError extends DefinitionError {
  override readonly code = "output_columns";

  constructor(place: Place, missing: readonly string[], unexpected: readonly string[]) {
    const parts = [
      missing.length > 0 ? `without ${missing.join(", ")}` : "",
      unexpected.length > 0 ? `with undeclared ${unexpected.join(", ")}` : "",
    ];
    super(place, `expected exactly the declared columns, got them ${parts.filter(Boolean).join(" and ")}`);
  }
}

export class DuplicateOutputColumnError extends DefinitionError {
  override readonly code = "duplicate_output_column";

  constructor(place: Place, column: string) {
    super(place, `expected each output column once, got twice: ${column}`);
  }
}

/** The body reads a column that no relation in scope declares. */
export class UnknownBodyColumnError extends DefinitionError {
  override readonly code = "unknown_body_column";

  constructor(place: Place, column: string, known: Iterable<string>) {
    const meant = nearestIs(nearestName(column, known));
    super(place, `expected a column of what is read here, got: ${column}${meant}`);
  }
}

export class UndeclaredDependencyError extends DefinitionError {
  override readonly code = "undeclared_dependency";

  constructor(place: Place, relation: string) {
    super(place, `the body reads ${relation}: expected it among deps; add it there`);
  }
}

export class UnknownRelationError extends DefinitionError {
  override readonly code = "unknown_relation";

  constructor(place: Place, relation: string, known: Iterable<string>) {
    const meant = nearestIs(nearestName(relation, known));
    super(
      place,
      `the body reads ${relation}: expected an asset, a model by its name and a source as schema.name${meant}`,
    );
  }
}

export class UnusedDependencyError extends DefinitionError {
  override readonly code = "unused_dependency";

  constructor(place: Place, dependency: string) {
    super(place, `deps name ${dependency}: expected the body to read it; remove it from deps`);
  }
}

/** Nothing wrong here, but what it reads cannot be built. */
export class BelowBrokenError extends DefinitionError {
  override readonly code = "below_broken";

  constructor(place: Place, broken: string) {
    super(place, `below broken ${broken}`);
  }
}
