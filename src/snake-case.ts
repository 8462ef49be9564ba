import type { RunDetail } from "./engine/index.ts";

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name;

export type SnakeCased<T> = { -readonly [K in keyof T as K extends string ? SnakeCase<K> : never]: T[K] };

/** `runId` -> `run_id`: JSON and SQL have one way of writing, TypeScript another. Only the keys of the record itself. */
export function snakeCased<T extends object>(record: T): SnakeCased<T> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  ) as SnakeCased<T>;
}

/** A run as JSON has it, with its steps, logs and checks: the same from the command line as from the API. */
export function runRecord({ steps, logs, checks, ...run }: RunDetail) {
  return {
    ...snakeCased(run),
    steps: steps.map(snakeCased),
    logs: logs.map(snakeCased),
    checks: checks.map(snakeCased),
  };
}
