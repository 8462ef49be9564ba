/**
 * What an asset is, as its author writes it down.
 *
 * Words (each means one thing everywhere: here, in the tables, on the pages, in the CLI):
 * - asset: a named relation that the engine keeps. **source**: rows come from outside (a form, a fetch);
 *   **model**: a SELECT over other assets.
 * - layer: how far from what was received. By default bronze (as received) -> staging -> intermediate -> gold.
 * - body: the SELECT of a model, or the TypeScript function that fetches a source.
 * - key: the columns that identify a row. partition column: whose row it is. time column: which day it is about.
 * - scope: some partition values from some day on; or everything.
 * - change: a row saying that a scope of a source differs from what its dependents last read.
 * - materialize: make an asset's rows right. ingest: run a source's function. refresh: write what differs in a
 *   scope, in place. rebuild: fill a new physical table. publish: move the names people query to new tables.
 * - run, step: one execution of a plan, one asset's part of it. tick: one firing of a schedule or sensor.
 * - code version: fingerprint of what makes the rows. data version: a number that grows when rows change.
 */
import type { Pool } from "pg";
import { noteDeclaration } from "./places.ts";

/** One of the layers that the registry was loaded with. */
export type Layer = string;

/** From what comes in to what is read: the order in which assets are listed, and the folders of their bodies. */
export const defaultLayers: readonly [Layer, ...Layer[]] = ["bronze", "staging", "intermediate", "gold"];

export type ColumnType =
  | "text"
  | "bigint"
  | "integer"
  | "numeric"
  | "double precision"
  | "boolean"
  | "date"
  | "timestamp with time zone"
  | "jsonb";

export interface Column {
  readonly type: ColumnType;
  readonly description: string;
  /** May it be null? Default false: a null in it fails the built-in check `not_null`. */
  readonly nullable?: boolean;
}

export type Columns = Readonly<Record<string, Column>>;

interface JavaScriptTypes {
  text: string;
  bigint: number;
  integer: number;
  numeric: string;
  "double precision": number;
  boolean: boolean;
  date: string;
  "timestamp with time zone": Date;
  jsonb: unknown;
}

/** The TypeScript type of a row: `RowOf<typeof shop_totals>`. A numeric is a decimal string, a date `YYYY-MM-DD`. */
export type RowOf<A extends { columns: Columns }> = {
  -readonly [C in keyof A["columns"]]: A["columns"][C] extends { nullable: true }
    ? JavaScriptTypes[A["columns"][C]["type"]] | null
    : JavaScriptTypes[A["columns"][C]["type"]];
};

/** error: publication of the whole run is refused. warn: it is recorded and shown. */
export type Severity = "warn" | "error";

export type Check =
  | { readonly kind: "unique_key"; readonly severity?: Severity }
  | { readonly kind: "not_null"; readonly columns: readonly string[]; readonly severity?: Severity }
  | {
      readonly kind: "accepted_values";
      readonly column: string;
      readonly values: readonly string[];
      readonly severity?: Severity;
    }
  | {
      readonly kind: "relationship";
      readonly column: string;
      readonly to: AnyAsset;
      readonly toColumn: string;
      readonly severity?: Severity;
    }
  | {
      readonly kind: "expression";
      readonly name: string;
      readonly description: string;
      /** A boolean SQL expression over the row's columns that must not be false. */
      readonly expression: string;
      readonly severity?: Severity;
    };

/** How a change of a dependency becomes a scope of the asset. */
export interface Dependency {
  readonly asset: AnyAsset;
  /**
   * Where the partition columns differ: a relation that has both (the dependency's and the asset's), so that
   * the values of one can be looked up by those of the other. Absent and different: every partition. Where they are the same:
   * the values that the relation has, no others; a body that joins the relation has no rows of others.
   */
  readonly via?: AnyAsset;
  /**
   * What a change reaches is read off the body (see sql/reach.ts), and is everything where nothing less can be proven.
   * carry: a change of day d touches no day before d, although the body does not show it. everything: it may touch any
   * day, although it does.
   */
  readonly time?: "carry" | "everything";
  /** same: a change of a partition value touches only rows of that value, although the body does not show it. all: any. */
  readonly partitions?: "same" | "all";
  /** Why less is touched than the body shows: required where that is declared, shown in plans, sampled by verifications. */
  readonly reason?: string;
}

export interface Freshness {
  /** Overdue when the last materialization is older than this. */
  readonly maximumAgeHours: number;
}

interface Declared {
  readonly name: string;
  readonly layer: Layer;
  readonly description: string;
  readonly columns: Columns;
  readonly key: readonly string[];
  readonly partitionBy?: string;
  readonly timeColumn?: string;
  /** For a period, valid from timeColumn up to but not including this: a scope takes every period that reaches into it. */
  readonly timeEndColumn?: string;
  /**
   * Further columns that follow from where the period ends and how it began: where nothing but these and the end differ, no
   * day before the end does.
   */
  readonly endColumns?: readonly string[];
  readonly checks: readonly Check[];
  readonly freshness?: Freshness;
  readonly tags: readonly string[];
  readonly owner: string;
}

/** What the function of an ingested source is given. It writes the rows itself, in transactions of its own. */
export interface IngestContext<Resources> {
  /** What the program made available to all functions: clients, clocks. */
  readonly resources: Resources;
  readonly runId: number;
  /** Connections of this pool mark the changes they cause as this run's, which then propagates them itself. */
  readonly pool: Pool;
  /** null: every partition the source should have. */
  readonly partitions: readonly string[] | null;
  readonly fullRefresh: boolean;
  readonly signal: AbortSignal;
  log(level: "debug" | "info" | "warn" | "error", message: string): void;
  progress(done: number, total: number, label: string): void;
}

/** Partition values that could not be ingested do not stop the others; the step fails if `failed` is not empty. */
export interface IngestResult {
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly rowsDeleted: number;
  readonly failed: ReadonlyMap<string, string>;
}

export interface Retry {
  readonly attempts: number;
  /** Seconds before the second attempt; doubled for each further one. */
  readonly backoffSeconds: number;
}

export type CapturedOperation = "insert" | "update" | "delete" | "truncate";

export interface SourceAsset<Resources = unknown> extends Declared {
  readonly kind: "source";
  /** The schema its table lives in, made by a migration. Models name it `schema.name`. */
  readonly schema: string;
  readonly deps: readonly Dependency[];
  readonly retry: Retry;
  readonly timeoutSeconds: number;
  /** Absent: rows come from people or programs outside, or from the source named in `producedBy`. */
  ingest?(context: IngestContext<Resources>): Promise<IngestResult>;
  /** Which writes are captured as changes. Default all; none of a table that never changes. */
  readonly captures?: readonly CapturedOperation[];
  /** The reader sees every row, though the table has the column of row-level security. Default false. */
  readonly isShared?: boolean;
  /** This source is written by the function of another one. */
  readonly producedBy?: AnyAsset;
}

export interface SqlAsset extends Declared {
  readonly kind: "model";
  readonly materialized: "view" | "table" | "incremental";
  readonly deps: readonly Dependency[];
  /** Extra indexes of the physical table, each a list of columns. The key is always one. */
  readonly indexes: readonly (readonly string[])[];
  readonly timeoutSeconds: number;
}

export type AnyAsset = SourceAsset | SqlAsset;

type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

type Defaulted = "checks" | "tags" | "owner" | "timeoutSeconds";

function asDependency(dependency: AnyAsset | Dependency): Dependency {
  return "asset" in dependency ? dependency : { asset: dependency };
}

/** Declares a source: a table that a migration makes and that people, programs or `ingest` fill. */
export function sourceAsset<const C extends Columns, Resources = unknown>(
  declaration: Omit<
    Optional<SourceAsset<Resources>, Defaulted | "retry">,
    "kind" | "deps" | "columns" | "layer"
  > & {
    readonly columns: C;
    readonly layer?: Layer;
    readonly deps?: readonly (AnyAsset | Dependency)[];
  },
): SourceAsset<Resources> & { readonly columns: C } {
  return noteDeclaration({
    layer: defaultLayers[0],
    checks: [],
    tags: [],
    owner: "",
    timeoutSeconds: 3600,
    retry: { attempts: 1, backoffSeconds: 0 },
    ...declaration,
    kind: "source" as const,
    deps: (declaration.deps ?? []).map(asDependency),
  });
}

/**
 * Declares a model. Its body is the one SELECT in `<bodies>/<layer>/<name>.sql`; the relations it reads must be
 * exactly `deps`, which the registry checks with PostgreSQL's own parser.
 */
export function sqlAsset<const C extends Columns>(
  declaration: Omit<Optional<SqlAsset, Defaulted | "indexes">, "kind" | "deps" | "columns"> & {
    readonly columns: C;
    readonly deps: readonly (AnyAsset | Dependency)[];
  },
): SqlAsset & { readonly columns: C } {
  return noteDeclaration({
    checks: [],
    tags: [],
    owner: "",
    indexes: [],
    timeoutSeconds: 3600,
    ...declaration,
    kind: "model" as const,
    deps: declaration.deps.map(asDependency),
  });
}

export interface Schedule {
  readonly kind: "schedule";
  readonly name: string;
  readonly description: string;
  /** Five-field cron expression, read in `timeZone` (an IANA name). */
  readonly cron: string;
  readonly timeZone: string;
  readonly selection: string;
  /**
   * Set: its runs materialize nothing. They compare the rows of as many partition values, chosen anew each time, with
   * what computing them gives, and fail when a row differs although no change of it waits.
   */
  readonly verifies?: { readonly valuesPerColumn: number };
}

/** A run that a sensor wants before it goes on, for instance to fetch what it has never seen. */
export interface RunRequest {
  readonly selection: string;
  readonly partitions: readonly string[];
  /** At most one queued or running run for each key; after a failure the next request waits. */
  readonly requestKey: string;
  readonly reason: string;
}

export interface Sensor {
  readonly kind: "sensor";
  readonly name: string;
  readonly description: string;
  /** The sources whose changes it claims and propagates to every dependent. */
  readonly sources: readonly AnyAsset[];
  /** Looked at on every wake-up, before changes are claimed; the runs it returns go on beside the sensor. */
  requests?(pool: Pool): Promise<readonly RunRequest[]>;
}

export function schedule(declaration: Omit<Schedule, "kind">): Schedule {
  return noteDeclaration({ ...declaration, kind: "schedule" });
}

export function sensor(declaration: Omit<Sensor, "kind">): Sensor {
  return noteDeclaration({ ...declaration, kind: "sensor" });
}

export interface Definitions {
  readonly assets: readonly AnyAsset[];
  readonly schedules: readonly Schedule[];
  readonly sensors: readonly Sensor[];
}
