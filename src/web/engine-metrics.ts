/** What the engine tells Prometheus: how assets stand, what runs came to, how far changes are behind. */
import { Counter, Gauge, type Registry } from "prom-client";
import { firstOperator } from "../accounts/index.ts";
import { personPool } from "../database/person.ts";
import {
  assetStatuses,
  type CountedUntil,
  readChangeLag,
  readEnded,
  readFailingChecks,
  readRefreshTimes,
  readStates,
} from "../engine/index.ts";
import type { WebContext } from "./context.ts";

/** However many ask, the database is asked once in this time. */
const keptMilliseconds = 2_000;

type EngineContext = Pick<WebContext, "pool" | "registry" | "clock">;

/**
 * Adds the engine's metrics to the register. What is returned brings them up to date, before they are read; it never
 * throws: without a database, or an operator, the gauges are NaN or absent, and what the process knows by itself is wanted all the more.
 */
export function registerEngineMetrics(register: Registry, context: EngineContext): () => Promise<void> {
  const gauges = engineGauges(register);
  const counters = engineCounters(register);
  let counted: CountedUntil | null = null;
  let kept: { readonly at: number; readonly done: Promise<void> } | null = null;
  const look = async (): Promise<void> => {
    try {
      // The engine's record is shown to operators alone, and metrics are for them, whoever scrapes.
      const operator = await firstOperator(context.pool);
      if (operator === null) return gauges.clear();
      const own = { ...context, pool: personPool(context.pool, operator) };
      await gauges.set(own);
      counted = await counters.count(own, counted);
    } catch {
      gauges.clear();
    }
  };
  return async () => {
    const now = performance.now();
    if (kept === null || now - kept.at > keptMilliseconds) kept = { at: now, done: look() };
    await kept.done;
  };
}

function engineGauges(register: Registry) {
  const registers = [register];
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name: `stratafolio_${name}`, help, labelNames, registers });
  const status = gauge("asset_status", "1 for the state that the asset is in", ["asset", "status"]);
  const success = gauge("asset_last_success_timestamp_seconds", "When it was last brought up to date", [
    "asset",
  ]);
  const overdue = gauge("asset_overdue", "1: older than its freshness policy allows", ["asset"]);
  const failures = gauge("check_failures", "Rows that fail a check, of checks that fail", [
    "asset",
    "check",
    "severity",
  ]);
  const waiting = gauge("changes_waiting", "Change rows that have not reached their dependents");
  const lag = gauge("change_lag_seconds", "Age of the oldest change that has not reached its dependents");
  const arrival = gauge(
    "commit_to_gold_seconds",
    "From a change to what follows from it, of refreshes of the last hour",
    ["quantile"],
  );
  const step = gauge("refresh_step_seconds", "What tables took in refreshes of the last hour", [
    "asset",
    "quantile",
  ]);
  const labelled = [status, success, overdue, failures, arrival, step];
  return {
    async set({ pool, registry, clock }: EngineContext): Promise<void> {
      const states = await readStates(pool, registry().graph, clock());
      const failing = await readFailingChecks(pool);
      const { changes, seconds } = await readChangeLag(pool);
      for (const each of labelled) each.reset();
      for (const state of states.values()) {
        const { asset } = state;
        for (const each of assetStatuses) status.set({ asset, status: each }, state.status === each ? 1 : 0);
        if (state.lastSuccessAt) success.set({ asset }, state.lastSuccessAt.getTime() / 1000);
        overdue.set({ asset }, state.isOverdue ? 1 : 0);
      }
      for (const { asset, check, severity, failingRows } of failing)
        failures.set({ asset, check, severity }, failingRows);
      waiting.set(changes);
      lag.set(seconds);
      const { whole, steps } = await readRefreshTimes(pool);
      if (whole) {
        arrival.set({ quantile: "0.5" }, whole.p50);
        arrival.set({ quantile: "0.99" }, whole.p99);
      }
      for (const { asset, p50, p99 } of steps) {
        step.set({ asset, quantile: "0.5" }, p50);
        step.set({ asset, quantile: "0.99" }, p99);
      }
    },
    clear(): void {
      for (const each of labelled) each.reset();
      for (const each of [waiting, lag]) each.set(Number.NaN);
    },
  };
}

/** They count from the day before the process's first look on, and up from there. */
function engineCounters(register: Registry) {
  const registers = [register];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `stratafolio_${name}`, help, labelNames, registers });
  const runs = counter("runs_total", "Runs that ended", ["status"]);
  const seconds = counter("step_seconds_sum", "Time that steps took", ["asset", "action"]);
  const steps = counter("step_seconds_count", "Steps that ended", ["asset", "action"]);
  for (const status of ["succeeded", "failed", "cancelled"]) runs.inc({ status }, 0);
  return {
    async count({ pool }: EngineContext, after: CountedUntil | null): Promise<CountedUntil> {
      const ended = await readEnded(pool, after);
      for (const [status, count] of Object.entries(ended.runs)) runs.inc({ status }, count);
      for (const step of ended.steps) {
        const { asset, action } = step;
        seconds.inc({ asset, action }, Math.max(0, step.seconds));
        steps.inc({ asset, action }, step.count);
      }
      return ended.until;
    },
  };
}
