/** What the page of a run shows: its steps over time, what failed and the way out, checks, log. */
import {
  describeScope,
  type Graph,
  type Registry,
  type RunDetail,
  type StepRecord,
  type StepStatus,
} from "../../engine/index.ts";
import { type Bar, ganttChart } from "../charts/gantt-chart.ts";
import { t } from "../messages/index.ts";
import { sayScope } from "../step-words.ts";
import type { ViewEnvironment } from "../views.ts";
import { checkStatus, describeSample } from "./asset-checks.ts";
import { millisecondsBetween } from "./asset-data.ts";
import { type LogFilter, logAddress, logLevels, matches } from "./run-logs.ts";
import { describeTrigger } from "./trigger.ts";

/** The newest lines that the page itself shows; a run over thousands of tickers writes tens of thousands. */
const mostLogLines = 500;
/** A page of them has so many. */
const stepsPerPage = 100;
/** More assets than this are counted, and their names a click away. */
const mostNamed = 6;

export function isOpen({ status }: RunDetail): boolean {
  return status === "queued" || status === "running";
}

export function runData(
  run: RunDetail,
  registry: Registry,
  { filter, page }: { readonly filter: LogFilter; readonly page: number },
  environment: ViewEnvironment,
) {
  const { graph } = registry;
  const { format, now } = environment;
  const steps = stepsData(run, graph, page, environment);
  const ended = run.steps.filter(({ status }) => status !== "pending" && status !== "running").length;
  const selected = run.selection.split(/\s+/).filter((term) => term !== "");
  const checks = run.checks.map((check) => ({
    ...check,
    status: checkStatus(check.severity, check.failingRows),
    sample: describeSample(check.sample),
  }));
  return {
    run,
    trigger: describeTrigger(run.triggerKind, run.triggerName, registry),
    isOpen: isOpen(run),
    isCancelling: run.cancelRequestedAt !== null,
    milliseconds: millisecondsBetween(run.startedAt, run.finishedAt ?? (isOpen(run) ? now : null)),
    selected: selected.length > mostNamed ? selected : null,
    options: options(run, format),
    failures: failuresOf(run),
    wayOut: wayOut(run),
    written: run.steps.reduce((sum, step) => sum + (rowsOf(step) ?? 0), 0),
    ended,
    total: run.steps.length,
    ...steps,
    checks,
    failing: checks.filter(({ failingRows }) => failingRows > 0),
    passed: checks.filter(({ failingRows }) => failingRows === 0),
    ...logData(run, filter),
  };
}

/** Each step that failed, with why; errors of a body begin with its name already. */
function failuresOf({ steps }: RunDetail) {
  return steps.flatMap(({ asset, status, error }) =>
    status === "failed" && error !== null ? [{ asset, error: error.replace(`${asset}: `, "") }] : [],
  );
}

/** The axis and the critical path are of all steps; shown are those of a page. */
function stepsData(run: RunDetail, graph: Graph, page: number, environment: ViewEnvironment) {
  const { format, now } = environment;
  const upstream = (asset: string): ReadonlySet<string> =>
    graph.nodes.has(asset) ? graph.upstream(asset) : new Set();
  const views = run.steps.filter((step) => isQuiet(step) && step.status === "succeeded");
  const published = views.flatMap(({ finishedAt }) => finishedAt ?? []);
  const publishedAt = published.length === 0 ? null : new Date(Math.max(...published.map(Number)));
  const chart = ganttChart(run.steps, upstream, now, publishedAt);
  const first = Math.min(...run.steps.map(({ startedAt }) => startedAt?.getTime() ?? Infinity));
  const critical = new Set(chart.criticalPath);
  const loud = run.steps.filter((step) => !isQuiet(step));
  const pageOf = (asset: string): number =>
    Math.floor(loud.findIndex((step) => step.asset === asset) / stepsPerPage) + 1;
  const shown = pageOfSteps(run.runId, loud, page);
  const rows = shown.steps.map((step) => ({
    ...step,
    bar: chart.bars.get(step.asset) ?? null,
    barLabel: barLabel(step, chart.bars.get(step.asset) ?? null, first, environment),
    isCritical: critical.has(step.asset),
    isOpened: step.status === "failed",
    milliseconds: millisecondsBetween(step.startedAt, step.filledAt ?? step.finishedAt),
    rows: rowsOf(step),
    scopeText: scopeText(step, graph),
    isKnown: graph.nodes.has(step.asset),
    progress: step.status === "running" ? step.progress : null,
    logHref: logAddress(run.runId, { step: step.asset }),
  }));
  const quiet = run.steps.filter(isQuiet);
  return {
    steps: rows,
    pager: shown.pager,
    viewGroups: (["succeeded", "pending"] as const).flatMap((status) => viewGroup(status, quiet)),
    span: chart.milliseconds,
    ticks: chart.ticks.map(({ x, milliseconds }, index) => ({
      x,
      label: format.duration(milliseconds),
      // A phone has room for every other one.
      rank: index === 0 ? "first" : index % 2 === 1 ? "minor" : "major",
    })),
    criticalPath: chart.criticalPath.map((asset) => ({
      asset,
      href: `${shown.pager.pages > 1 ? stepsAddress(run.runId, pageOf(asset)) : ""}#step-${asset}`,
    })),
    criticalMilliseconds: chart.criticalMilliseconds,
    publication: chart.publication,
    hasWaits: chart.publication !== null || [...chart.bars.values()].some((bar) => bar?.wait),
  };
}

const stepsAddress = (runId: number, page: number): string => `/runs/${runId}?steps=${page}`;

/** A page that there is not is the last one. */
function pageOfSteps(runId: number, steps: readonly StepRecord[], asked: number) {
  const pages = Math.max(1, Math.ceil(steps.length / stepsPerPage));
  const page = Math.min(asked, pages);
  const addressOf = (other: number): string => `${stepsAddress(runId, other)}#steps-heading`;
  return {
    steps: steps.slice((page - 1) * stepsPerPage, page * stepsPerPage),
    pager: {
      page,
      pages,
      hasPages: pages > 1,
      previous: page > 1 ? addressOf(page - 1) : null,
      next: page < pages ? addressOf(page + 1) : null,
    },
  };
}

/** A view is defined in no time: there is nothing of it to see on an axis. */
function isQuiet({ action, startedAt, status }: StepRecord): boolean {
  return action === "view" && startedAt === null && (status === "succeeded" || status === "pending");
}

/** Views of one status, those of one reason together. */
function viewGroup(status: StepStatus, views: readonly StepRecord[]) {
  const own = views.filter((view) => view.status === status);
  if (own.length === 0) return [];
  const reasons = [...Map.groupBy(own, ({ reason }) => reason)].map(([reason, all]) => ({
    reason,
    assets: all.map(({ asset }) => asset),
  }));
  return [{ status, count: own.length, reasons }];
}

function logData(run: RunDetail, filter: LogFilter) {
  const matching = run.logs.filter((line) => matches(line, filter));
  const lines = matching.slice(-mostLogLines);
  return {
    logs: lines.map((line) => ({ ...line, time: line.loggedAt.toISOString().slice(11, 23) })),
    earlierLogs: matching.length - lines.length,
    isLogFiltered: filter.step !== undefined || filter.level !== undefined,
    hasLogs: run.logs.length > 0,
    logStep: filter.step,
    logAll: logAddress(run.runId, {}),
    logWithoutStep: logAddress(run.runId, { level: filter.level }),
    logLevels: [undefined, ...logLevels].map((level) => ({
      label: levelLabel(level),
      href: logAddress(run.runId, { ...filter, level }),
      isCurrent: level === filter.level,
    })),
    logStream: logAddress(run.runId, filter, run.logs.at(-1)?.logId ?? 0),
  };
}

/** null: it writes none, or has not told yet. */
function rowsOf({ rowsInserted, rowsUpdated, rowsDeleted }: StepRecord): number | null {
  const counts = [rowsInserted, rowsUpdated, rowsDeleted];
  if (counts.every((count) => count === null)) return null;
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** What a person can do about a run that failed; null: it did not. */
function wayOut({ status, triggerKind, steps, checks }: RunDetail): string | null {
  if (status !== "failed") return null;
  if (checks.some(({ failingRows, severity }) => failingRows > 0 && severity === "error"))
    return t(
      "Nothing was published: readers see what was there before. Correct the rows named below at their source, or the check, and run it again.",
    );
  if (triggerKind === "sensor" && steps.every(({ action }) => action === "refresh"))
    return t(
      "Nothing was written. The changes wait, and are tried again by themselves: Automation tells when.",
    );
  if (steps.some((step) => step.status === "failed" && step.action === "ingest"))
    return t(
      "What was fetched is kept, and goes on by itself. When the source answers again, run again what failed.",
    );
  return t(
    "Nothing was published: readers see what was there before. Correct the body of the asset that failed, or what it reads, and run again what failed.",
  );
}

/** An asset that was removed since can no longer say what its scope means. */
function scopeText({ asset, scope }: StepRecord, graph: Graph): string {
  const node = graph.nodes.get(asset);
  return node && scope ? sayScope(describeScope(node.asset, scope)) : "";
}

function options(run: RunDetail, format: ViewEnvironment["format"]) {
  const { partitions, since, fullRefresh, exclude, retryOf, rerunOf, attempt, sample } = run;
  return [
    ...(sample
      ? [
          {
            label: t("Verifies"),
            value: t("{count, plural, one {# value} other {# values}} of each kind", {
              count: sample.values,
            }),
          },
        ]
      : []),
    ...(exclude ? [{ label: t("Except"), value: exclude }] : []),
    ...(partitions ? [{ label: t("Partitions"), value: partitions.join(", ") }] : []),
    ...(since ? [{ label: t("Since"), value: format.date(since) }] : []),
    ...(fullRefresh ? [{ label: t("Full refresh"), value: t("yes") }] : []),
    ...(attempt > 1 ? [{ label: t("Attempt"), value: String(attempt) }] : []),
    ...(retryOf !== null
      ? [{ label: t("Retry of"), value: t("run {id}", { id: String(retryOf) }), href: `/runs/${retryOf}` }]
      : []),
    ...(rerunOf !== null
      ? [{ label: t("Again"), value: t("run {id}", { id: String(rerunOf) }), href: `/runs/${rerunOf}` }]
      : []),
  ];
}

/** What the bar shows, in words. */
function barLabel(
  { startedAt, filledAt, finishedAt }: StepRecord,
  bar: Bar | null,
  first: number,
  { format, now }: ViewEnvironment,
): string {
  if (startedAt === null) return t("not started");
  const after = format.duration(startedAt.getTime() - first);
  const end = filledAt ?? finishedAt;
  const lasted = format.duration((end ?? now).getTime() - startedAt.getTime());
  if (end === null) return t("began after {after}, has been running for {lasted}", { after, lasted });
  if (!filledAt || !bar?.wait) return t("began after {after}, took {lasted}", { after, lasted });
  const waited = format.duration((finishedAt ?? now).getTime() - filledAt.getTime());
  return t("began after {after}, took {lasted}, then waited {waited} to be published", {
    after,
    lasted,
    waited,
  });
}

function levelLabel(level: (typeof logLevels)[number] | undefined): string {
  if (level === undefined) return t("everything");
  return level === "warnings" ? t("warnings") : t("errors");
}
