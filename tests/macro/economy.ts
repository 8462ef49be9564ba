import type { Pool, PoolClient } from "pg";

/** Observations of FRED series, as bronze.raw_fred keeps them; value null: FRED says that it is missing. */
export interface Observed {
  readonly series: string;
  readonly date: string;
  readonly value: string | null;
  /** The day FRED first published it; absent: not known. */
  readonly published?: string | null;
}

export async function insertObservations(
  client: Pool | PoolClient,
  observations: readonly Observed[],
): Promise<void> {
  await client.query(
    `insert into bronze.raw_fred (series_id, observation_date, value, realtime_start)
     select series_id, observation_date, value, realtime_start
     from unnest($1::text[], $2::date[], $3::numeric[], $4::date[])
       as given (series_id, observation_date, value, realtime_start)`,
    [
      observations.map(({ series }) => series),
      observations.map(({ date }) => date),
      observations.map(({ value }) => value),
      observations.map(({ published }) => published ?? null),
    ],
  );
}

/** The 1st of the month `months` after January 2000. */
export function monthAfter(months: number): string {
  const year = 2000 + Math.floor(months / 12);
  return `${year}-${String((months % 12) + 1).padStart(2, "0")}-01`;
}

/** One observation a month from January 2000 on; `-` in the text is a month that was not observed. */
export function monthly(series: string, values: string): Observed[] {
  return values
    .trim()
    .split(/\s+/)
    .map((value, index) => ({ series, date: monthAfter(index), value: value === "-" ? null : value }));
}

/** Rates that do not move, observed once a month; the curve is inverted in the months from `inverted[0]` to `inverted[1]`. */
export function rates(months: number, inverted: readonly [number, number] = [0, -1]): Observed[] {
  return Array.from({ length: months }, (_, index) => index).flatMap((index) => [
    { series: "DFF", date: monthAfter(index), value: "2" },
    { series: "GS10", date: monthAfter(index), value: "4" },
    {
      series: "T10Y2Y",
      date: monthAfter(index),
      value: index >= inverted[0] && index <= inverted[1] ? "-0.2" : "1.5",
    },
  ]);
}

/** A boom of 20 months, a slump of 8, a recovery: unemployment in percent, industrial production as an index. */
export const unemployment = `
  4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0 4.0
  4.2 4.4 4.6 4.9 5.2 5.5 5.8 6.0
  6.0 5.9 5.8 5.7 5.6 5.5 5.4 5.3 5.2 5.1 5.0 4.9 4.8 4.7 4.6 4.5`;
export const production = `
  100 100 100 101 101 101 102 102 102 103 103 103 104 104 104 105 105 105 106 106
  104 103 102 101 100 99 98 97
  98 99 100 101 102 103 104 105 106 107 108 109 110 111 112 113`;
export const cycleMonths = 44;

/**
 * Regimes: expansion from 2001-04-10, slowdown from 2001-11-18, contraction from 2001-12-18, recovery from 2002-06-18,
 * expansion from 2003-03-10 to 2003-09-18.
 */
export const cycle = (): Observed[] => [
  ...monthly("UNRATE", unemployment),
  ...monthly("INDPRO", production),
  ...rates(cycleMonths, [19, 22]),
];
