/** How long the last materializations of an asset took and what they wrote, as two rows of bars, oldest first. */

export interface Materialization {
  readonly runId: number;
  readonly status: string;
  /** What set it off, in words. */
  readonly trigger: string;
  /** null: not ended. */
  readonly milliseconds: number | null;
  /** Inserted, updated and deleted; null: not told. */
  readonly rows: number | null;
}

export interface HistoryBar {
  readonly runId: number;
  readonly status: string;
  readonly trigger: string;
  readonly x: string;
  readonly width: string;
  readonly y: number;
  readonly height: number;
  readonly value: number;
}

/** Pixels of a row of bars. */
export const historyHeight = 72;
/** What is there at all can be seen. */
const leastHeight = 2;
/** More bars than this could not be told apart. */
const mostBars = 30;
const leastSlots = 12;
const leastNamed = 4;

function bars(history: readonly Materialization[], figureOf: (one: Materialization) => number | null) {
  const values = history.map(figureOf);
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  const slot = 100 / Math.max(history.length, leastSlots);
  return {
    most,
    bars: history.flatMap(({ runId, status, trigger }, index): HistoryBar[] => {
      const value = values[index];
      if (value === null || value === undefined) return [];
      const height = Math.max(leastHeight, Math.round((value / (most || 1)) * historyHeight));
      return [
        {
          runId,
          status,
          trigger,
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
  const oldestFirst = history.slice(0, mostBars).reverse();
  const slots = Math.max(oldestFirst.length, leastSlots);
  return {
    height: historyHeight,
    middle: historyHeight / 2,
    count: oldestFirst.length,
    firstRun: oldestFirst[0]?.runId,
    /** null: so few bars that its name would run into the first one's. */
    lastRun: oldestFirst.length < leastNamed ? null : oldestFirst.at(-1)!.runId,
    /** Where the last bar ends. */
    end: `${((100 * (oldestFirst.length - 0.2)) / slots).toFixed(2)}%`,
    durations: bars(oldestFirst, ({ milliseconds }) => milliseconds),
    rows: bars(oldestFirst, ({ rows }) => rows),
  };
}
