import type { ClientBase } from "pg";
import { type AnyAsset, type Check, isView, readableName } from "../definition/index.ts";
import { everything, type Scope, scopeFilter } from "../planning/index.ts";
import { EngineError, messageOf, quoteColumns, quoteIdentifier, sqlState } from "../postgres/index.ts";
import type { CheckResult } from "../records/index.ts";
import { prepared } from "./prepared.ts";

/** A check with severity error failed: nothing of the run is published. */
export class AssetCheckError extends EngineError {
  readonly code: string = "asset_check_failed";
  readonly result: CheckResult;

  constructor(result: CheckResult) {
    const { asset, check, failingRows, sample } = result;
    const rows = failingRows === 1 ? "1 row fails" : `${failingRows} rows fail`;
    super(
      `${asset}: expected check ${check} to pass; ${rows}, for instance ${sample.map(describe).join(", ")}`,
    );
    this.result = result;
  }
}

/** The body, as PostgreSQL ran it, failed. */
export class BodyError extends EngineError {
  readonly code = "body_failed";
  readonly asset: string;

  constructor(asset: string, cause: unknown) {
    super(`${asset}: ${adviceOf(cause)}`, { cause });
    this.asset = asset;
  }
}

/** PostgreSQL does not take a check of what is published, which may be another version than the check was written for. */
export class CheckRefusedError extends EngineError {
  readonly code = "check_refused";

  constructor(asset: string, cause: unknown) {
    super(
      `${asset}: expected its checks to run on what is published, got: ${adviceOf(cause)}; materialize it first if it was edited`,
      { cause },
    );
  }
}

/** What PostgreSQL says, with its hint. */
function adviceOf(error: unknown): string {
  const hint = (error as { hint?: string }).hint;
  return messageOf(error) + (hint ? ` (${hint})` : "");
}

/** The body gives more than one row for a key. */
export class DuplicateKeyError extends AssetCheckError {
  override readonly code = "duplicate_key";

  constructor(asset: string, key: readonly string[], duplicates: number, sample?: string) {
    super({
      asset,
      check: "unique_key",
      severity: "error",
      failingRows: duplicates,
      sample: [sample ?? `(${key.join(", ")})`],
    });
  }
}

function describe(sample: unknown): string {
  return typeof sample === "string" ? sample : JSON.stringify(sample);
}

/** How many failing rows are named. */
export const mostNamed = 5;

/**
 * Turns the violation of a constraint that stands for a check (the key, not null) into that check's failure; any
 * other error is given back.
 */
export function asCheckFailure(error: unknown, asset: string): unknown {
  const violation = error as { detail?: string; column?: string };
  const sample = violation.detail ? [violation.detail] : [];
  switch (sqlState(error)) {
    case "23505": // unique_violation
    case "21000": // cardinality_violation: a merge would change a row twice
      return new DuplicateKeyError(asset, [], 1, violation.detail ?? "a key that came more than once");
    case "23502": // not_null_violation
      return new AssetCheckError({
        asset,
        check: `not_null(${violation.column})`,
        severity: "error",
        failingRows: 1,
        sample,
      });
    default:
      return error;
  }
}

/**
 * What was declared, and that keys are unique and required columns are not null, which constraints see to in a table.
 * For a view that costs a reading of all its rows, so it is done when it is published and when checks are asked for,
 * not with every change.
 */
export function allChecks(asset: AnyAsset): Check[] {
  const required = Object.entries(asset.columns).filter(([, { nullable }]) => !nullable);
  const builtIn: Check[] = [
    { kind: "unique_key" },
    { kind: "not_null", columns: required.map(([column]) => column) },
  ];
  const declared = new Set(asset.checks.map(checkName));
  return [...builtIn.filter((check) => !declared.has(checkName(check))), ...asset.checks];
}

/** What is to be checked of an asset. */
export interface CheckRequest {
  readonly asset: AnyAsset;
  readonly checks: readonly Check[];
  readonly scope: Scope;
}

/** Runs checks on the rows of the asset in the scope. Names are resolved by the connection's search path. */
export function runChecks(
  client: ClientBase,
  asset: AnyAsset,
  checks: readonly Check[],
  scope: Scope = everything,
): Promise<CheckResult[]> {
  return runChecksOf(client, [{ asset, checks, scope }]);
}

/** The same of several assets: those of a few partition values in one statement, so that a single write does not pay for each. */
export async function runChecksOf(
  client: ClientBase,
  requests: readonly CheckRequest[],
): Promise<CheckResult[]> {
  const wanted = requests.filter(({ checks }) => checks.length > 0);
  const few = wanted.filter(
    ({ scope }) => scope.partitions !== null && scope.partitions.length <= mostTogether,
  );
  const statements = [few, ...wanted.filter((request) => !few.includes(request)).map((request) => [request])];
  const results: CheckResult[] = [];
  for (const together of statements)
    if (together.length > 0) results.push(...(await runTogether(client, together)));
  return results;
}

/** Partition values of each. */
const mostTogether = 20;

async function runTogether(client: ClientBase, requests: readonly CheckRequest[]): Promise<CheckResult[]> {
  const values: unknown[] = [];
  const parts = requests.map(
    (request, part) => `select ${part} as part, * from (${checksQuery(request, values)}) as checked_${part}`,
  );
  const text = `${parts.join("\nunion all\n")}\norder by part, number`;
  const { rows } = await client.query<{ failing: number; sample: unknown[] | null }>(
    prepared(text, values, requests[0]!.scope),
  );
  const ordered = requests.flatMap(({ asset, checks }) =>
    [...checks.filter(isKeyCheck).slice(0, 1), ...checks.filter((check) => !isKeyCheck(check))].map(
      (check) => ({ asset, check }),
    ),
  );
  return ordered.map(({ asset, check }, index) => ({
    asset: asset.name,
    check: checkName(check),
    severity: check.severity ?? "error",
    failingRows: rows[index]!.failing,
    sample: rows[index]!.sample ?? [],
  }));
}

const isKeyCheck = ({ kind }: Check): boolean => kind === "unique_key";

/**
 * A row for each check: its number (that of the key first), how many rows fail it, and some of them. Only rows that fail are kept, most
 * often none, and counted and named from there. Adds the parameters it needs to `values`.
 */
function checksQuery({ asset, checks, scope }: CheckRequest, values: unknown[]): string {
  const filter = scopeFilter(asset, scope, values.length + 1);
  values.push(...filter.values);
  const rowChecks = checks.filter((check) => check.kind !== "unique_key");
  const failures = rowChecks.map((check) => failureCondition(check, values));
  const key = quoteColumns(asset.key);
  const duplicates = `
    duplicate as materialized (
      select ${key} from checked group by ${key} having count(*) > 1
    )`;
  const failing = `
    failing as materialized (
      select ${key}, array[${failures.join(", ")}] as failures from checked where ${failures.join(" or ")}
    )`;
  const ofKey = `
    select
      0 as number,
      (select count(*) from duplicate) as failing,
      (select jsonb_agg(to_jsonb(named)) from (select * from duplicate limit ${mostNamed}) as named) as sample`;
  const ofRows = `
    select
      number,
      (select count(*) from failing where failures[number]) as failing,
      (
        select jsonb_agg(to_jsonb(named))
        from (select ${key} from failing where failures[number] order by ${key} limit ${mostNamed}) as named
      ) as sample
    from generate_series(1, ${failures.length}) as number`;
  const [withKey, withRows] = [rowChecks.length < checks.length, rowChecks.length > 0];
  // What both ask of a view is computed once, which is all of the work; a table is there, and may be large.
  return `
    with checked as ${isView(asset) && withKey && withRows ? "" : "not "}materialized (
      select * from ${readableName(asset)} where ${filter.condition}
    ),${[withKey ? duplicates : "", withRows ? failing : ""].filter(Boolean).join(",")}
    ${[withKey ? ofKey : "", withRows ? ofRows : ""].filter(Boolean).join("\nunion all")}`;
}

/** The first failure with severity error; null: none. */
export function firstFailure(results: readonly CheckResult[]): CheckResult | null {
  return results.find(({ severity, failingRows }) => severity === "error" && failingRows > 0) ?? null;
}

/** Throws AssetCheckError for the first failure with severity error. */
export function refuseFailures(results: readonly CheckResult[]): void {
  const failure = firstFailure(results);
  if (failure) throw new AssetCheckError(failure);
}

export function checkName(check: Check): string {
  switch (check.kind) {
    case "unique_key":
      return "unique_key";
    case "not_null":
      return `not_null(${check.columns.join(", ")})`;
    case "accepted_values":
    case "relationship":
      return `${check.kind}(${check.column})`;
    case "expression":
      return check.name;
  }
}

/** SQL over `checked`, the row: true where it fails. Adds the parameters it needs to `values`. */
export function failureCondition(check: Exclude<Check, { kind: "unique_key" }>, values: unknown[]): string {
  switch (check.kind) {
    case "not_null":
      return `(${check.columns.map((column) => `checked.${quoteIdentifier(column)} is null`).join(" or ")})`;
    case "accepted_values":
      values.push(check.values);
      return `checked.${quoteIdentifier(check.column)}::text <> all($${values.length}::text[])`;
    case "relationship": {
      const column = `checked.${quoteIdentifier(check.column)}`;
      const found = `found.${quoteIdentifier(check.toColumn)} = ${column}`;
      return `(${column} is not null and not exists (select from ${readableName(check.to)} as found where ${found}))`;
    }
    case "expression":
      return `((${check.expression}) is false)`;
  }
}
