/** When each step of a run worked, as bars along the run's own time. */

export interface Span {
  readonly startedAt: Date | null;
  /** null: still running. */
  readonly finishedAt: Date | null;
}

export interface Bar {
  readonly x: string;
  readonly width: string;
}

const percentOf = (fraction: number): string => `${(fraction * 100).toFixed(2)}%`;

/** One bar a span, in percent of the time from the first start to the last end (or `now`); null where nothing started. */
export function ganttBars(spans: readonly Span[], now: Date): { bars: (Bar | null)[]; milliseconds: number } {
  const started = spans.filter((span) => span.startedAt !== null);
  const end = ({ finishedAt }: Span): number => (finishedAt ?? now).getTime();
  const first = Math.min(...started.map((span) => span.startedAt?.getTime() ?? Infinity));
  const last = Math.max(...started.map(end));
  const milliseconds = started.length === 0 ? 0 : Math.max(1, last - first);
  const bars = spans.map((span) => {
    if (span.startedAt === null) return null;
    const from = span.startedAt.getTime();
    return {
      x: percentOf((from - first) / milliseconds),
      width: percentOf(Math.max(0.004, (end(span) - from) / milliseconds)),
    };
  });
  return { bars, milliseconds };
}
