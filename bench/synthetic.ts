/**
 * Graphs of any size, to measure the engine on: people have events, and every model says the largest amount of each
 * person and day of what it reads, so that one event at the top changes a row of every model down to the bottom.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Pool } from "pg";
import {
  type AnyAsset,
  type Definitions,
  type SqlAsset,
  sensor,
  sourceAsset,
  sqlAsset,
} from "../src/engine/index.ts";

/**
 * deep: levels of two models, each of which reads both above; wide: all read the source; diamond: one model, from which
 * 48 read, which one reads, and so on.
 */
export type Shape = "deep" | "wide" | "diamond";
export const shapes: readonly Shape[] = ["deep", "wide", "diamond"];

export interface Synthetic {
  readonly definitions: Definitions;
  /** File in the folder of bodies -> its text. */
  readonly bodies: ReadonlyMap<string, string>;
}

const columns = {
  person_id: { type: "bigint", description: "Whose." },
  day: { type: "date", description: "When." },
  amount: { type: "numeric", description: "How much." },
} as const;

const events = sourceAsset({
  name: "events",
  schema: "synthetic",
  description: "What happened to whom.",
  columns: { event_id: { type: "bigint", description: "Counts." }, ...columns },
  key: ["event_id"],
  partitionBy: "person_id",
  timeColumn: "day",
});

/** The models that the one at `index` reads, by index; none: the source. */
const readsOf: Readonly<Record<Shape, (index: number) => number[]>> = {
  deep: (index) => {
    const level = Math.floor(index / 2);
    return level === 0 ? [] : [2 * level - 2, 2 * level - 1];
  },
  wide: () => [],
  diamond: (index) => {
    const [block, place] = [Math.floor(index / 50), index % 50];
    const first = 50 * block;
    if (place === 0) return block === 0 ? [] : [first - 1];
    return place < 49 ? [first] : Array.from({ length: 48 }, (_, middle) => first + 1 + middle);
  },
};

/** Every fourth model (every fourth level of a deep graph) is a view: stacks of them stay as low as people make them. */
function isView(shape: Shape, index: number): boolean {
  return (shape === "deep" ? Math.floor(index / 2) : index) % 4 === 1;
}

/** prefix: what the names of the models begin with, up to their number. */
export function synthetic(shape: Shape, models: number, prefix = "model"): Synthetic {
  const made: SqlAsset[] = [];
  const bodies = new Map<string, string>();
  for (let index = 0; index < models; index++) {
    const name = `${prefix}_${String(index).padStart(4, "0")}`;
    const deps: AnyAsset[] = readsOf[shape](index).map((read) => made[read]!);
    if (deps.length === 0) deps.push(events);
    const asset = sqlAsset({
      name,
      layer: "intermediate",
      description: "The largest amounts.",
      materialized: isView(shape, index) ? "view" : "incremental",
      columns,
      key: ["person_id", "day"],
      partitionBy: "person_id",
      timeColumn: "day",
      deps,
    });
    made.push(asset);
    bodies.set(`intermediate/${name}.sql`, bodyOf(deps));
  }
  const watch = sensor({ name: "events_sensor", description: "Carries on events.", sources: [events] });
  return { definitions: { assets: [events, ...made], schedules: [], sensors: [watch] }, bodies };
}

function bodyOf(deps: readonly AnyAsset[]): string {
  const parts = deps.map(({ name, kind }) => {
    return `select person_id, day, amount from ${kind === "source" ? `synthetic.${name}` : name}`;
  });
  return `select person_id, day, max(amount) as amount
from (
  ${parts.join("\n  union all\n  ")}
) as part
group by person_id, day
`;
}

export function writeBodies(folder: string, { bodies }: Synthetic): void {
  for (const [file, text] of bodies) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

/** The source's table, with one event of each of `people` on each of ten days. */
export async function createEvents(pool: Pool, people: number): Promise<void> {
  await pool.query(
    `create schema synthetic;
     create table synthetic.events (
       event_id bigint generated always as identity primary key,
       person_id bigint not null,
       day date not null,
       amount numeric not null
     );
     create index on synthetic.events (person_id, day)`,
  );
  await pool.query(
    `insert into synthetic.events (person_id, day, amount)
     select person, '2024-01-01'::date + day, 1
     from generate_series(1, $1::integer) person, generate_series(1, 10) day`,
    [people],
  );
}
