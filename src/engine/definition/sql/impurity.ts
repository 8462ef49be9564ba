/** What a body must not use: it would give other rows another time, though nothing it reads had changed. */
import type { A_Const, ParamRef, SQLValueFunction, TypeCast } from "libpg-query";

const readsClock = "a model that reads the clock is not the same twice";
const random = "a model that draws at random is not the same twice";
const session = "a model must not depend on who reads it, or in which session";

const impureFunctions = new Map([
  ...[
    "now",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
    "pg_sleep",
    "pg_postmaster_start_time",
  ].map((name) => [name, readsClock] as const),
  ...["random", "random_normal", "setseed", "gen_random_uuid", "uuidv4", "uuidv7"].map(
    (name) => [name, random] as const,
  ),
  ...["nextval", "currval", "lastval", "setval"].map(
    (name) => [name, "a model must not count on what ran before"] as const,
  ),
  ...[
    "current_setting",
    "set_config",
    "pg_backend_pid",
    "pg_current_xact_id",
    "txid_current",
    "inet_client_addr",
  ].map((name) => [name, session] as const),
]);

/** Why a call must not stand in a body; null: it may. */
export function impurityOfCall(name: string, argumentCount: number): string | null {
  // age(x) is age(current_date, x).
  if (name === "age" && argumentCount === 1) return readsClock;
  return impureFunctions.get(name) ?? null;
}

export interface Impurity {
  readonly what: string;
  readonly reason: string;
  /** Byte in the text. */
  readonly location: number | undefined;
}

const clockWords = new Set(["now", "today", "tomorrow", "yesterday"]);
const timeTypes = new Set(["date", "time", "timetz", "timestamp", "timestamptz"]);

/** Impurities without parentheses: `current_date`, `'now'::date`, `$1`. kind: the node's in the syntax tree. */
export function impurityOfLiteral(kind: string, content: unknown): Impurity | null {
  if (kind === "SQLValueFunction") {
    const { op = "", location } = content as SQLValueFunction;
    const what = op.replace("SVFOP_", "").replace(/_N$/, "").toLowerCase();
    return { what, reason: /date|time/.test(what) ? readsClock : session, location };
  }
  if (kind === "ParamRef") {
    const { number, location } = content as ParamRef;
    return { what: `$${number ?? 0}`, reason: "a model has no parameters", location };
  }
  if (kind === "TypeCast") {
    const { arg, typeName } = content as TypeCast;
    const type = typeName?.names?.at(-1);
    const isTime = type !== undefined && "String" in type && timeTypes.has(type.String.sval ?? "");
    const constant = arg && "A_Const" in arg ? (arg.A_Const as A_Const) : undefined;
    const text = constant?.sval?.sval;
    if (isTime && text !== undefined && clockWords.has(text.trim().toLowerCase())) {
      return { what: `'${text}'`, reason: readsClock, location: constant?.location };
    }
  }
  return null;
}
