/** SELECTs that each do one thing, over `readings` (which changes) and `rates`, both (id, day, x). */
export const scopeShapes: readonly { readonly shape: string; readonly sql: string }[] = [
  { shape: "rows one by one", sql: "select id, day, x * 2 as x from readings where x > 1" },
  { shape: "another day, later", sql: "select id, day + 1 as day, x from readings" },
  { shape: "another day, earlier", sql: "select id, day - 1 as day, x from readings" },
  {
    shape: "the month of a day",
    sql: "select id, date_trunc('month', day::timestamp)::date as day, sum(x) as x from readings group by 1, 2",
  },
  { shape: "another id", sql: "select id % 2 as id, day, sum(x) as x from readings group by 1, 2" },
  { shape: "grouped by id and day", sql: "select id, day, sum(x) as x from readings group by id, day" },
  { shape: "grouped by id", sql: "select id, max(day) as day, sum(x) as x from readings group by id" },
  { shape: "grouped by day", sql: "select min(id) as id, day, sum(x) as x from readings group by day" },
  { shape: "distinct", sql: "select distinct id, day, x from readings" },
  {
    shape: "joined by id and day",
    sql: "select a.id, a.day, r.x from rates as a join readings as r using (id, day)",
  },
  {
    shape: "left join of what changes",
    sql: "select a.id, a.day, r.x from rates as a left join readings as r on r.id = a.id and r.day = a.day",
  },
  { shape: "full join", sql: "select id, day, r.x from rates as a full join readings as r using (id, day)" },
  {
    shape: "joined by id alone",
    sql: "select a.id, a.day, max(r.x) as x from rates as a join readings as r on r.id = a.id group by a.id, a.day",
  },
  {
    shape: "joined by day alone",
    sql: "select a.id, a.day, max(r.x) as x from rates as a join readings as r on r.day = a.day group by a.id, a.day",
  },
  {
    shape: "joined with the day before",
    sql: "select r.id, r.day, r.x - p.x as x from readings as r left join readings as p on p.id = r.id and p.day = r.day - 1",
  },
  {
    shape: "joined with the day after",
    sql: "select r.id, r.day, n.x - r.x as x from readings as r left join readings as n on n.id = r.id and n.day = r.day + 1",
  },
  {
    shape: "joined with all days before",
    sql: "select a.id, a.day, sum(r.x) as x from rates as a join readings as r on r.id = a.id and r.day <= a.day group by a.id, a.day",
  },
  {
    shape: "joined with all days after",
    sql: "select a.id, a.day, sum(r.x) as x from rates as a join readings as r on r.id = a.id and r.day >= a.day group by a.id, a.day",
  },
  {
    shape: "joined with some days before",
    sql: "select a.id, a.day, sum(r.x) as x from rates as a join readings as r on r.id = a.id and r.day between a.day - 3 and a.day group by a.id, a.day",
  },
  {
    shape: "the last one before, by lateral",
    sql: "select a.id, a.day, l.x from rates as a left join lateral (select r.x from readings as r where r.id = a.id and r.day <= a.day order by r.day desc limit 1) as l on true",
  },
  {
    shape: "the next one after, by lateral",
    sql: "select a.id, a.day, l.x from rates as a left join lateral (select r.x from readings as r where r.id = a.id and r.day > a.day order by r.day limit 1) as l on true",
  },
  {
    shape: "window: running sum",
    sql: "select id, day, sum(x) over (partition by id order by day) as x from readings",
  },
  {
    shape: "window: some rows before",
    sql: "select id, day, avg(x) over (partition by id order by day rows between 3 preceding and 1 preceding) as x from readings",
  },
  {
    shape: "window: without an order",
    sql: "select id, day, max(x) over (partition by id) as x from readings",
  },
  {
    shape: "window: days descending",
    sql: "select id, day, sum(x) over (partition by id order by day desc) as x from readings",
  },
  {
    shape: "window: rows that follow",
    sql: "select id, day, sum(x) over (partition by id order by day rows between 1 preceding and 1 following) as x from readings",
  },
  {
    shape: "window: in the order of something else",
    sql: "select id, day, sum(x) over (partition by id order by x, day) as x from readings",
  },
  { shape: "window: not partitioned", sql: "select id, day, sum(x) over (order by day) as x from readings" },
  {
    shape: "window: partitioned by the day",
    sql: "select id, day, rank() over (partition by day order by x, id) as x from readings",
  },
  {
    shape: "window: partitioned by more",
    sql: "select id, day, sum(x) over (partition by id, day < '2024-01-06' order by day) as x from readings",
  },
  { shape: "lag", sql: "select id, day, lag(x) over (partition by id order by day) as x from readings" },
  { shape: "lead", sql: "select id, day, lead(x) over (partition by id order by day) as x from readings" },
  {
    shape: "row_number",
    sql: "select id, day, row_number() over (partition by id order by day) as x from readings",
  },
  { shape: "ntile", sql: "select id, day, ntile(2) over (partition by id order by day) as x from readings" },
  { shape: "distinct on id", sql: "select distinct on (id) id, day, x from readings order by id, day desc" },
  {
    shape: "distinct on id and day",
    sql: "select distinct on (id, day) id, day, x from readings order by id, day",
  },
  { shape: "limit", sql: "select id, day, x from readings order by x desc, id, day limit 3" },
  {
    shape: "sub-select over all rows",
    sql: "select id, day, (select max(r.x) from readings as r) as x from rates",
  },
  {
    shape: "sub-select of the same id",
    sql: "select id, day, (select max(r.x) from readings as r where r.id = a.id) as x from rates as a",
  },
  {
    shape: "sub-select up to the day",
    sql: "select id, day, (select max(r.x) from readings as r where r.id = a.id and r.day <= a.day) as x from rates as a",
  },
  {
    shape: "exists on the same day",
    sql: "select id, day, x from rates as a where exists (select from readings as r where r.id = a.id and r.day = a.day)",
  },
  {
    shape: "not exists later",
    sql: "select id, day, x from rates as a where not exists (select from readings as r where r.id = a.id and r.day > a.day)",
  },
  { shape: "in", sql: "select id, day, x from rates where day in (select r.day from readings as r)" },
  { shape: "not in", sql: "select id, day, x from rates where day not in (select r.day from readings as r)" },
  { shape: "union all", sql: "select id, day, x from readings union all select id, day, x from rates" },
  { shape: "except", sql: "select id, day, x from rates except select id, day, x from readings" },
  {
    shape: "union of that day and a later one",
    sql: "select id, day, x from readings union select id, day + 7 as day, x from readings",
  },
  {
    shape: "recursion along an id",
    sql: "with recursive walk (id, day, x) as (select id, day, x from readings where x > 3 union all select w.id, r.day, r.x from walk as w join readings as r on r.id = w.id and r.day = w.day + 1) select id, day, sum(x) as x from walk group by id, day",
  },
  {
    shape: "recursion back in time",
    sql: "with recursive walk (id, day, x) as (select id, day, x from readings where x > 3 union all select w.id, r.day, r.x from walk as w join readings as r on r.id = w.id and r.day = w.day - 1) select id, day, sum(x) as x from walk group by id, day",
  },
  {
    shape: "grouping sets",
    sql: "select id, day, sum(x) as x from readings group by grouping sets ((id, day), (id))",
  },
  {
    shape: "a condition of two ways",
    sql: "select a.id, a.day, max(r.x) as x from rates as a join readings as r on r.id = a.id and (r.day = a.day or r.x > 3) group by a.id, a.day",
  },
];
