/** How long the last materializations of an asset took and what they wrote, as two rows of bars, oldest first. */

export interface Materialization {
  readonly runId: number;
  readonly status: string;
  /** null: not ended. */
  readonly milliseconds: number | null;
  /** Inserted, updated and deleted; null: not told. */
  readonly rows: number | null;
}

export interface HistoryBar {
  readonly runId: number;
  readonly status: string;
  readonly x: string;
  readonly width: string;
  readonly y: number;
  readonly height: number;
  readonly value: number;
}

/** Pixels of a row of bars. */
export const historyHeight = 56;
/** What is there at all can be seen. */
const leastHeight = 2;

function bars(history: readonly Materialization[], figureOf: (one: Materialization) => number | null) {
  const values = history.map(figureOf);
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  const slot = 100 / Math.max(history.length, 12);
  return {
    most,
    bars: history.flatMap(({ runId, status }, index): HistoryBar[] => {
      const value = values[index];
      if (value === null || value === undefined) return [];
      const height = Math.max(leastHeight, Math.round((value / (most || 1)) * historyHeight));
      return [
        {
          runId,
          status,
          value,
          x: `${(index * slot).toFixed(2)}%`,
          width: `${(slot * 0.8).toFixed(2)}%`,
          y: historyHeight - height,
          height,
        },
      ];
    }),
  };
}

/** `history`: the newest first, as tables have it. */
export function historyChart(history: readonly Materialization[]) {
  const oldestFirst = [...history].reverse();
  return {
    height: historyHeight,
    count: history.length,
    durations: bars(oldestFirst, ({ milliseconds }) => milliseconds),
    rows: bars(oldestFirst, ({ rows }) => rows),
  };
}
