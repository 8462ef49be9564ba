/**
 * A grammar of models: SELECTs over relations that have (id, day, x, y), each of which gives such rows again, so that they
 * stack in any order, within a body and from model to model. Every result is determined by its input, with one row for an
 * id and a day: what differs between a refresh and a rebuild is then the engine's doing.
 */
import fc from "fast-check";

/** A SELECT over `r` and `s`, with what it does in a word. */
export interface Shape {
  readonly name: string;
  /** Several rows for an id and a day, or nulls in them, may come of it. */
  readonly repeats?: boolean;
  sql(r: string, s: string): string;
}

const pick = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

function shape(
  name: string,
  sql: fc.Arbitrary<(r: string, s: string) => string>,
  repeats = false,
): fc.Arbitrary<Shape> {
  return sql.map((build) => ({ name, repeats, sql: build }));
}

const filter = shape(
  "filter",
  pick(
    "x > 3",
    "y is not null",
    "day > date '2024-01-04'",
    "id <> 2",
    "x is distinct from y",
    "day = '2024-01-05' or x > 0",
  ).map((condition) => (r) => `select id, day, x + 1 as x, y from ${r} where ${condition}`),
);

const shift = shape(
  "shift",
  pick("day + 2", "day - 1", "day + 0", "(day + interval '1 day')::date", "day::timestamp::date").map(
    (day) => (r) => `select id, ${day} as day, x, y from ${r}`,
  ),
);

const otherColumn = shape(
  "other column",
  pick(
    ["id % 2 + 1", "day"],
    ["(abs(coalesce(y, 0)) % 4)::bigint + 1", "day"],
    ["id", "date '2024-01-01' + (abs(coalesce(x, 0)) % 9)::integer"],
    ["case when x > 2 then id else 1 end", "day"],
    ["id", "case when y > 2 then day else day + 1 end"],
    ["coalesce(id, 0)", "coalesce(day, day + 1)"],
    ["id", "date_trunc('week', day::timestamp)::date"],
  ).map(
    ([id, day]) =>
      (r: string) =>
        `select ${id} as id, ${day} as day, x, y from ${r}`,
  ),
  true,
);

const partition = pick(
  "",
  "partition by id",
  "partition by id, (y > 2)",
  "partition by day",
  "partition by id, day",
);
const totalOrder = pick(
  "day, id",
  "day desc, id",
  "x, day, id",
  "id, day",
  "day nulls first, id",
  "day asc nulls last, id",
);
const rowFrame = pick(
  "",
  "rows unbounded preceding",
  "rows between 2 preceding and current row",
  "rows between unbounded preceding and 1 preceding",
  "rows between 3 preceding and 2 preceding",
  "rows between 1 preceding and 1 following",
  "rows between current row and unbounded following",
  "rows between unbounded preceding and unbounded following",
  "groups between 1 preceding and current row",
  "rows between unbounded preceding and current row exclude current row",
);
const dayFrame = pick(
  "",
  "range between interval '2 days' preceding and current row",
  "range between interval '3 days' preceding and interval '1 day' preceding",
  "range between current row and interval '1 day' following",
  "range unbounded preceding",
  "groups between unbounded preceding and current row",
);
const aggregate = pick(
  "sum(x)",
  "max(x)",
  "min(y)",
  "count(x)",
  "count(*) filter (where x > 2)",
  "max(x) filter (where y > 1)",
);
const positional = pick(
  "row_number()",
  "rank()",
  "dense_rank()",
  "ntile(3)",
  "lag(x)",
  "lag(x, 2, 0)",
  "lag(x, (y is null)::integer)",
  "lead(x)",
  "lead(x, 1, 0)",
  "first_value(x)",
  "last_value(x)",
  "nth_value(x, 2)",
);

const windows = fc.oneof(
  fc.tuple(aggregate, partition, totalOrder, rowFrame),
  fc.tuple(positional, partition, totalOrder, rowFrame),
  fc.tuple(aggregate, partition, pick("day", "day desc"), dayFrame),
  fc.tuple(aggregate, partition, fc.constant(""), fc.constant("")),
);

const windowed = shape(
  "window",
  fc.tuple(windows, fc.boolean()).map(([[call, by, order, frame], isNamed]) => (r) => {
    const ordered = order === "" ? "" : `order by ${order}`;
    return isNamed
      ? `select id, day, x, ${call} over (w ${frame}) as y from ${r} window w as (${by} ${ordered})`
      : `select id, day, ${call} over (${by} ${ordered} ${frame}) as x, y from ${r}`;
  }),
);

const twoWindows = shape(
  "two windows",
  fc.tuple(windows, windows).map(([a, b]) => (r) => {
    const over = ([call, by, order, frame]: string[]): string =>
      `${call} over (${by} ${order === "" ? "" : `order by ${order}`} ${frame})`;
    return `select id, day, ${over(a)} as x, ${over(b)} as y from ${r}`;
  }),
);

const grouped = shape(
  "group by",
  pick(
    (r: string, s: string) =>
      `select id, day, sum(x) as x, count(*) as y from (select * from ${r} union all select * from ${s}) as either group by id, day`,
    (r: string, s: string) =>
      `select id, day, sum(x) as x, sum(y) as y from (select * from ${r} union all select * from ${s}) as either group by id, day having count(*) > 1`,
    (r: string) => `select id, max(day) as day, sum(x) as x, count(y) as y from ${r} group by id`,
    (r: string) => `select id, min(day) as day, max(x) as x, count(*) as y from ${r} group by id`,
    (r: string) => `select min(id) as id, day, sum(x) as x, max(y) as y from ${r} group by day`,
    (r: string) =>
      `select id, date_trunc('week', day::timestamp)::date as day, sum(x) as x, sum(y) as y from ${r} group by 1, 2`,
    (r: string) =>
      `select id, day as day, min(x) as x, sum(max(y)) over (partition by id order by day) as y from ${r} group by id, day`,
    (r: string) =>
      `select id, day, max(x) as x, lead(max(y)) over (partition by id order by day) as y from ${r} group by 1, 2`,
    (r: string) => `select max(id) as id, max(day) as day, sum(x) as x, count(*) as y from ${r}`,
  ).map((build) => build),
  true,
);

const rolledUp = shape(
  "rollup",
  pick("rollup (id, day)", "cube (id, day)", "id, rollup (day)", "grouping sets ((id, day), (day))").map(
    (groups) => (r) =>
      `select coalesce(id, 9) as id, coalesce(day, '2024-01-01') as day, sum(x) as x, count(*) as y from ${r} group by ${groups}`,
  ),
  true,
);

const joinType = pick("join", "left join", "right join", "full join");

const usingJoin = shape(
  "join using",
  fc.tuple(joinType, pick("r.x", "s.x", "coalesce(r.x, 0)"), fc.boolean()).map(
    ([type, x, isNatural]) =>
      (r, s) =>
        isNatural
          ? `select id, day, x, y from (select id, day, x from ${r}) as r natural ${type} (select id, day, y from ${s}) as s`
          : `select id, day, ${x} as x, s.y from ${r} as r ${type} ${s} as s using (id, day)`,
  ),
);

const sameId = pick("s.id = r.id and", "s.id = r.id and", "s.id = r.id + 1 and", "");
const dayCondition = pick(
  "s.day = r.day",
  "s.day = r.day - 1",
  "s.day = r.day + 1",
  "s.day + 1 = r.day",
  "s.day <= r.day",
  "s.day < r.day",
  "s.day >= r.day",
  "r.day > s.day",
  "s.day between r.day - 2 and r.day",
  "s.day between r.day and r.day + 2",
  "s.day > r.day - 2",
  "s.day + 2 <= r.day",
  "s.day - 2 <= r.day",
  "s.day = date_trunc('week', r.day::timestamp)::date",
  "(s.id, s.day) = (r.id, r.day)",
  "(s.id, s.day) <= (r.id, r.day)",
  "true",
  "(s.day = r.day or s.x > 3)",
  "not s.day > r.day",
);

const positions = shape(
  "columns by position",
  pick(
    (r: string, s: string) =>
      `select id, day, x, y from (select * from (select day, id, x from ${r}) as a join (select id, day, y from ${s}) as b using (id, day)) as j (id, day, x, y)`,
    (r: string, s: string) =>
      `select id, day, x, y from (select * from (select day, id, x from ${r}) as a full join (select y, id, day from ${s}) as b using (day, id)) as j (day, id, x, y)`,
    (r: string, s: string) =>
      `select id, day, x, y from (select * from ${r} union select id, day - 1 as x, x as day, y from ${s}) as u`,
    (r: string, s: string) =>
      `select b as id, a as day, x, y from (select day, id, x, y from ${r} union all select day, id % 2, x, y from ${s}) as u (a, b)`,
    (r: string) =>
      `select id, next as day, x, y from (select *, day + 3 from ${r}) as u (id, day, x, y, next)`,
    (r: string, s: string) =>
      `select j.id, j.day, j.x, j.y from (select id, day, x from ${r}) as a (k, d, x) join (select id as k, day as e, y from ${s}) as b using (k) cross join lateral (select a.k as id, greatest(a.d, b.e) as day, a.x, b.y) as j`,
  ).map((build) => build),
  true,
);

const rangeJoin = shape(
  "range join",
  fc
    .tuple(
      joinType.filter((type) => type !== "full join"),
      sameId,
      dayCondition,
      pick("r", "s"),
    )
    .map(
      ([type, id, day, side]) =>
        (r, s) =>
          `select ${side}.id, ${side}.day, max(s.x) as x, count(r.y) as y from ${r} as r ${type} ${s} as s on ${id} ${day} group by ${side}.id, ${side}.day`,
    ),
  true,
);

const mixedJoin = shape(
  "day of two",
  fc
    .tuple(
      joinType.filter((type) => type !== "full join"),
      sameId,
      dayCondition,
      pick("greatest", "least", "coalesce"),
    )
    .map(
      ([type, id, day, choose]) =>
        (r, s) =>
          `select coalesce(r.id, s.id) as id, ${choose}(s.day, r.day) as day, r.x, s.y from ${r} as r ${type} ${s} as s on ${id} ${day}`,
    ),
  true,
);

const lateral = shape(
  "lateral",
  fc
    .tuple(
      pick("cross join lateral", "left join lateral"),
      sameId,
      dayCondition,
      pick("", "desc"),
      fc.boolean(),
    )
    .map(([type, id, day, direction, isNested]) => (r, s) => {
      const source = isNested
        ? `(select * from ${s} as s where ${id} ${day}) as s`
        : `${s} as s where ${id} ${day}`;
      const found = `(select s.x, s.day from ${source} order by s.day ${direction}, s.id limit 1) as found`;
      return `select r.id, r.day, found.x, r.y from ${r} as r ${type} ${found} ${type.startsWith("left") ? "on true" : ""}`;
    }),
);

const subSelect = shape(
  "sub-select",
  fc.tuple(pick("max(s.x)", "min(s.x)", "count(*)", "sum(s.y)"), sameId, dayCondition).map(
    ([call, id, day]) =>
      (r, s) =>
        `select r.id, r.day, (select ${call} from ${s} as s where ${id} ${day}) as x, r.y from ${r} as r`,
  ),
);

const existence = shape(
  "exists",
  fc.tuple(pick("exists", "not exists"), sameId, dayCondition).map(
    ([test, id, day]) =>
      (r, s) =>
        `select r.id, r.day, r.x, r.y from ${r} as r where ${test} (select from ${s} as s where ${id} ${day})`,
  ),
);

const membership = shape(
  "in",
  pick(
    "r.day in (select s.day from",
    "r.day not in (select s.day from",
    "r.id in (select s.id from",
    "(r.id, r.day) in (select s.id, s.day from",
    "r.x in (select s.x from",
    "r.day = any (select s.day from",
    "r.day >= all (select s.day from",
    "r.day <= (select max(s.day) from",
  ).map((test) => (r, s) => `select r.id, r.day, r.x, r.y from ${r} as r where ${test} ${s} as s)`),
);

const distinctOn = shape(
  "distinct on",
  pick(
    ["id", "id, day"],
    ["id", "id, day desc"],
    ["day", "day, id"],
    ["id, day", "id, day"],
    ["1", "1, x, day"],
  ).map(
    ([columns, order]) =>
      (r: string) =>
        `select distinct on (${columns}) id, day, x, y from ${r} order by ${order}`,
  ),
);

const limited = shape(
  "limit",
  fc
    .tuple(
      pick("day, id", "day desc, id", "id, day", "x, id, day"),
      fc.integer({ min: 1, max: 20 }),
      pick("", "offset 2"),
    )
    .map(
      ([order, rows, offset]) =>
        (r) =>
          `select id, day, x, y from ${r} order by ${order} limit ${rows} ${offset}`,
    ),
);

const setOperation = shape(
  "set operation",
  pick("union", "union all", "intersect", "intersect all", "except", "except all").map(
    (operation) => (r, s) =>
      `select id, day, x, y from ${r} ${operation} select id, day, y as x, x as y from ${s}`,
  ),
  true,
);

const recursive = shape(
  "recursive",
  pick(
    ["id = 1", "w.id", "s.id = w.id and s.day = w.day + 1"],
    ["true", "w.id", "s.id = w.id and s.day = w.day - 1"],
    ["day < '2024-01-04'", "s.id", "s.day = w.day + 2"],
    ["true", "w.id", "s.id = w.id and s.day > w.day and s.x > 3"],
  ).map(
    ([first, id, next]) =>
      (r: string, s: string) =>
        `with recursive walk (id, day, x, y, n) as (
           select id, day, x::numeric, y::numeric, 0 from ${r} where ${first}
           union all
           select ${id}, s.day, s.x::numeric, w.y, n + 1 from walk as w join ${s} as s on ${next} where n < 2
         )
         select id, day, x, n as y from walk`,
  ),
  true,
);

const anyShape = fc.oneof(
  filter,
  shift,
  otherColumn,
  { arbitrary: windowed, weight: 4 },
  { arbitrary: twoWindows, weight: 2 },
  { arbitrary: grouped, weight: 2 },
  rolledUp,
  usingJoin,
  positions,
  { arbitrary: rangeJoin, weight: 3 },
  mixedJoin,
  { arbitrary: lateral, weight: 3 },
  { arbitrary: subSelect, weight: 2 },
  existence,
  membership,
  distinctOn,
  limited,
  setOperation,
  recursive,
);

export interface RandomModel {
  readonly shapes: readonly string[];
  readonly materialized: "view" | "incremental" | "table";
  readonly partitionBy: boolean;
  readonly timeColumn: boolean;
  /** The body over the relations given. */
  body(inputs: readonly string[]): string;
}

/** One row for an id and a day again. */
function onceEach(sql: string): string {
  return `select id, day, sum(x) as x, sum(y) as y from (${sql}) as raw where id is not null and day is not null group by id, day`;
}

const step = fc.record({ shape: anyShape, r: fc.nat(), s: fc.nat(), isMaterialized: fc.boolean() });

export const randomModel: fc.Arbitrary<RandomModel> = fc
  .record({
    steps: fc.array(step, { minLength: 1, maxLength: 3 }),
    kind: pick("incremental", "incremental", "incremental", "view", "view", "table"),
    scoped: pick("both", "both", "both", "partition", "time"),
  })
  .map(({ steps, kind, scoped }) => ({
    shapes: steps.map(({ shape }) => shape.name),
    materialized: kind as RandomModel["materialized"],
    partitionBy: scoped !== "time",
    timeColumn: scoped !== "partition",
    body: (inputs) => {
      const names = steps.map((_, index) => `step_${index + 1}`);
      const parts = steps.map(({ shape, r, s, isMaterialized }, index) => {
        const before = names.slice(0, index);
        // Mostly what the step before gives, so that steps build on each other.
        const left = index > 0 && r % 4 > 0 ? before.at(-1)! : inputs[r % inputs.length]!;
        const known = [...inputs, ...before];
        const sql = shape.sql(left, known[s % known.length]!);
        const kept = isMaterialized ? "materialized " : "";
        return `${names[index]} as ${kept}(${shape.repeats ? onceEach(sql) : sql})`;
      });
      return `with ${parts.join(",\n")}\nselect id, day, x::numeric as x, y::numeric as y from ${names.at(-1)}`;
    },
  }));
