import type { Pool } from "pg";
import { beforeAll, expect, test } from "vitest";
import {
  type FindRelation,
  parseBody,
  type Reach,
  reachOf,
} from "../../../src/engine/definition/sql/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { scopeShapes } from "./scope-shapes.ts";

const columns = ["id", "day", "x"];
const scoped = (name: string) => ({ name, partitionBy: "id", timeColumn: "day" });

const find: FindRelation = (_, name) =>
  name === "readings" || name === "rates" ? { asset: name, columns, isExact: true } : null;

/** What a change of `readings` reaches in the SELECT. */
async function decide(sql: string): Promise<Reach> {
  const body = await parseBody({
    asset: "model",
    file: "model.sql",
    text: sql,
    columns,
    find,
  });
  expect(body.problems.map(String)).toEqual([]);
  return reachOf(body.statement!, find, scoped("readings"), scoped("model"));
}

let pool: Pool;

beforeAll(async () => {
  ({ pool } = await createTestDatabase());
  for (const [place, name] of ["readings", "rates"].entries()) {
    await pool.query(`create table ${name} (id bigint, day date, x numeric, primary key (id, day))`);
    await pool.query(
      `insert into ${name}
       select id, date '2024-01-01' + day, (id * 7 + day * $1) % 6
       from generate_series(1, 3) as id, generate_series(0, 11) as day
       where (id + day * $1) % 4 > 0`,
      [place + 3],
    );
  }
});

const changes = ["2024-01-02", "2024-01-06", "2024-01-11"].flatMap((day) =>
  ["1", "2"].flatMap((id) =>
    [
      "delete from readings where id = $1 and day = $2",
      "insert into readings values ($1, $2, 9) on conflict (id, day) do update set x = 9",
      "insert into readings values ($1, $2, 0) on conflict (id, day) do update set x = null",
    ].map((text) => ({ text, id, day })),
  ),
);

/** The ids and days of the rows that differ after a change of one row. */
async function touchedBy(sql: string, { text, id, day }: (typeof changes)[number]) {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query(`create temporary table before on commit drop as ${sql}`);
    await client.query(text, [id, day]);
    const { rows } = await client.query<{ id: string | null; day: string | null }>(
      `with after as (${sql}),
       differing as (
         (select * from before except all select * from after)
         union all
         (select * from after except all select * from before)
       )
       select distinct id::text, day::text from differing`,
    );
    return rows;
  } finally {
    await client.query("rollback");
    client.release();
  }
}

test("what each shape is decided to reach is in the docs, and is not less than it does", async () => {
  const rows: string[] = [];
  for (const { shape, sql } of scopeShapes) {
    const { time, partitions, why } = await decide(sql);
    const beyond = { time: 0, partitions: 0 };
    for (const change of changes) {
      for (const { id, day } of await touchedBy(sql, change)) {
        const isWithin = {
          day: day === null || day === change.day,
          onward: day === null || day >= change.day,
          everything: true,
        }[time];
        expect(isWithin, `${shape}: ${day} of a change of ${change.day}\n${sql}`).toBe(true);
        if (partitions === "same") expect([null, change.id], `${shape}: id\n${sql}`).toContain(id);
        if (day !== null && day < change.day) beyond.time++;
        if (id !== null && id !== change.id) beyond.partitions++;
      }
    }
    const reasons = [
      why.time === null ? null : `${why.time}${beyond.time > 0 ? "" : " (not proven)"}`,
      why.partitions === null ? null : `${why.partitions}${beyond.partitions > 0 ? "" : " (not proven)"}`,
    ];
    const because = [...new Set(reasons.filter((reason) => reason !== null))].join("; ");
    rows.push(
      `| ${shape} | \`${sql.replaceAll("|", "\\|")}\` | ${days[time]} | ${partitions} | ${because} |`,
    );
  }
  await expect(`${introduction}\n${rows.join("\n")}\n`).toMatchFileSnapshot("../../../docs/scopes.md");
}, 120_000);

const days = { day: "that day", onward: "from that day on", everything: "everything" };

const introduction = `# What a change reaches

A model is written as one SELECT, and refreshed in the scope that a change of what it reads can touch. This table is made
by a test (tests/engine/definition/reach.test.ts; \`npx vitest run tests/engine/definition/reach.test.ts -u\` writes it anew), which decides for each
shape what a change of one row of \`readings\` reaches and then makes such changes and compares: nothing beyond it ever
differs. *Days*: rows of that day, of that day and later ones, or of any. *Ids*, the partition column: rows of the same one, or of all.
*Not proven*: no change that was tried needed as much, but nothing less could be proven. What a declaration knows better it may say, with
the reason: \`{ asset: readings, time: "carry", partitions: "same", reason: ".." }\`; \`stratafolio plan\` then shows it.

| shape | body | days | ids | why no less |
|---|---|---|---|---|`;
