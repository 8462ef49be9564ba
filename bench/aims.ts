/** What each measure is to come to, whatever the size it is taken at. One that is not kept is told, and fails nothing: a machine may be busy. */

export interface Aim {
  /** At most so many times the floor. */
  readonly timesFloor?: number;
  /** At most so much, in the measure's own unit. */
  readonly most?: number;
  /** At least so much. */
  readonly least?: number;
}

export const aims = {
  "commit to gold, dated today, p50": { timesFloor: 2, most: 100 },
  "commit to gold, dated today, p99": { timesFloor: 3, most: 250 },
  "commit to gold, any day, p50": { timesFloor: 2, most: 150 },
  "commit to gold, any day, p99": { timesFloor: 3, most: 500 },
  "one person's trades far back: the last ten": { timesFloor: 2 },
  "one person's trades far back: last ten over first ten": { most: 1.2 },
  "rebuild of all tables, beside one connection": { timesFloor: 1.2 },
  "rebuild of all tables, beside two connections": { timesFloor: 1.5 },
  "first start on a loaded database": { timesFloor: 2 },
  "start when all is built": { most: 3000 },
  "new trading day, to all gold": { timesFloor: 2 },
  "sustained writes, freshness p50": { most: 250 },
  "sustained writes, freshness p99": { most: 1000 },
  "import of many rows": { timesFloor: 20 },
  "import of many rows, to gold": { timesFloor: 5 },
  "first histories of many tickers": { timesFloor: 2 },
  "overview, first look after a trade": { most: 250 },
  "overview, again": { most: 25 },
  "overviews a second over the API": { least: 100 },
  "a step that does nothing": { most: 50 },
  "plan of 5,000 assets": { most: 250 },
  "stratafolio --help": { most: 500 },
  "stratafolio list": { most: 1500 },
  "stratafolio status": { most: 2000 },
  "idle, memory": { most: 250 },
  "idle, CPU": { most: 1 },
} as const satisfies Readonly<Record<string, Aim>>;

export type Measure = keyof typeof aims;
