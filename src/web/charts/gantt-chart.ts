/** When each step of a run worked, as bars along the run's own time. */
import { scaleLinear } from "d3-scale";

export interface Span {
  readonly asset: string;
  readonly startedAt: Date | null;
  /** Its own work was done then; until `finishedAt` it waited to be published with the others. null: the same moment. */
  readonly filledAt: Date | null;
  /** null: still running. */
  readonly finishedAt: Date | null;
}

/** Percent of the chart's width. */
interface Stretch {
  readonly x: string;
  readonly width: string;
}

export interface Bar {
  readonly work: Stretch;
  /** null: it did not wait, or not so that one could see it. */
  readonly wait: Stretch | null;
}

export interface Gantt {
  /** From the first start to the last end or publication, or to `now`. */
  readonly milliseconds: number;
  readonly ticks: readonly { readonly x: string; readonly milliseconds: number }[];
  /** null: it has not started. */
  readonly bars: ReadonlyMap<string, Bar | null>;
  /** The steps without which the run would have been over sooner, in order; empty where nothing ran side by side. */
  readonly criticalPath: readonly string[];
  /** How long they worked, what two of them did at the same time counted once. */
  readonly criticalMilliseconds: number;
  /** From the end of the last work until everything was published; null: at once. */
  readonly publication: Stretch | null;
}

const percentOf = (fraction: number): string => `${(fraction * 100).toFixed(2)}%`;
/** What took no time can still be seen. */
const leastWidth = 0.004;
const ticksWanted = 6;

/** `upstream`: what a step comes after. `publishedAt`: when what takes no time of its own was there; null: it is not. */
export function ganttChart(
  spans: readonly Span[],
  upstream: (asset: string) => ReadonlySet<string>,
  now: Date,
  publishedAt: Date | null = null,
): Gantt {
  const started = spans.filter((span) => span.startedAt !== null);
  const endOf = ({ finishedAt }: Span): number => (finishedAt ?? now).getTime();
  const workEndOf = (span: Span): number => span.filledAt?.getTime() ?? endOf(span);
  const first = Math.min(...started.map((span) => span.startedAt?.getTime() ?? Infinity));
  const published = publishedAt?.getTime() ?? 0;
  const last = Math.max(published, ...started.map(endOf));
  const milliseconds = started.length === 0 ? 0 : Math.max(1, last - first);
  const stretch = (from: number, to: number): Stretch => {
    const width = Math.max(leastWidth, (to - from) / milliseconds);
    return {
      x: percentOf(Math.min((from - first) / milliseconds, 1 - leastWidth)),
      width: percentOf(width),
    };
  };
  const barOf = (span: Span): Bar | null => {
    if (span.startedAt === null) return null;
    const filled = workEndOf(span);
    const waited = (endOf(span) - filled) / milliseconds;
    return {
      work: stretch(span.startedAt.getTime(), filled),
      wait: waited > leastWidth ? stretch(filled, endOf(span)) : null,
    };
  };
  const path = criticalPath(started, upstream, workEndOf);
  const lastWork = Math.max(...started.map(workEndOf));
  const scale = scaleLinear().domain([0, milliseconds]);
  return {
    milliseconds,
    ticks: (milliseconds > 0 ? scale.ticks(ticksWanted) : []).map((tick) => ({
      x: percentOf(tick / milliseconds),
      milliseconds: tick,
    })),
    bars: new Map(spans.map((span) => [span.asset, barOf(span)])),
    criticalPath: path.map(({ asset }) => asset),
    criticalMilliseconds: timeOf(path, workEndOf),
    publication:
      milliseconds > 0 && (published - lastWork) / milliseconds > leastWidth
        ? stretch(lastWork, published)
        : null,
  };
}

/** From the last step to end, always to the one of those it comes after that ended last. */
function criticalPath(
  started: readonly Span[],
  upstream: (asset: string) => ReadonlySet<string>,
  workEndOf: (span: Span) => number,
): Span[] {
  const lastOf = (spans: readonly Span[]): Span | undefined =>
    spans.toSorted((a, b) => workEndOf(b) - workEndOf(a))[0];
  const path: Span[] = [];
  for (let step = lastOf(started); step !== undefined; ) {
    path.unshift(step);
    const before = upstream(step.asset);
    step = lastOf(started.filter((span) => before.has(span.asset) && !path.includes(span)));
  }
  return path.length > 1 && path.length < started.length ? path : [];
}

function timeOf(path: readonly Span[], workEndOf: (span: Span) => number): number {
  let until = 0;
  let time = 0;
  for (const span of path) {
    time += Math.max(0, workEndOf(span) - Math.max(until, span.startedAt!.getTime()));
    until = Math.max(until, workEndOf(span));
  }
  return time;
}
