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
  "commit to gold, dated today, p50": { most: 10 },
  "commit to gold, dated today, p99": { most: 50 },
  "commit to gold, any day, p50": { most: 20 },
  "commit to gold, any day, p99": { most: 50 },
  "one person's trades far back: the last ten": { timesFloor: 1.3 },
  "one person's trades far back: last ten over first ten": { most: 1.2 },
  "rebuild of all tables, beside one connection": { timesFloor: 1.1 },
  "rebuild of all tables, beside two connections": { timesFloor: 1.1 },
  "first start on a loaded database": { timesFloor: 1.1 },
  "start when all is built": { most: 1500 },
  "new trading day, to all gold": { most: 400 },
  "sustained writes, freshness p50": { most: 250 },
  "sustained writes, freshness p99": { most: 1000 },
  "import of many rows": { timesFloor: 20 },
  "import of many rows, to gold": { timesFloor: 5 },
  "first histories of many tickers": { timesFloor: 1.3 },
  "overview, first look after a trade": { most: 40 },
  "overview, again": { most: 10 },
  "overviews a second over the API": { least: 400 },
  "a step that does nothing": { most: 2 },
  "plan of 5,000 assets": { most: 100 },
  "stratafolio --help": { most: 150 },
  "stratafolio list": { most: 300 },
  "stratafolio status": { most: 400 },
  "idle, memory": { most: 150 },
  "idle, CPU": { most: 1 },
} as const satisfies Readonly<Record<string, Aim>>;

export type Measure = keyof typeof aims;
