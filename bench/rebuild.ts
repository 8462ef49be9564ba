/** Every table made anew by the engine (checks, publication and all), next to the same SELECTs run by hand. */
import { milliseconds, printTable } from "./table.ts";
import type { World } from "./world.ts";

const repetitions = 3;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export async function benchRebuild({ pool, engine }: World): Promise<void> {
  const { graph } = engine.registry;
  const tables = [...graph.nodes.values()].filter(
    ({ asset }) => asset.kind === "model" && asset.materialized !== "view",
  );
  const names = tables.map(({ asset }) => asset.name).join(" ");
  const byEngine: number[] = [];
  const byHand: number[] = [];
  const each = new Map<string, number[]>(tables.map(({ asset }) => [asset.name, []]));
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    byEngine.push(
      await seconds(async () => {
        const run = await engine.run({
          triggerKind: "manual",
          triggerName: "bench",
          selection: names,
          fullRefresh: true,
        });
        if (run.status !== "succeeded") throw new Error(`the rebuild ${run.status}: ${run.error}`);
      }),
    );
    await pool.query("create schema by_hand");
    let total = 0;
    for (const { asset, body } of tables) {
      const took = await seconds(() => pool.query(`create table by_hand."${asset.name}" as ${body}`));
      each.get(asset.name)?.push(took);
      total += took;
    }
    byHand.push(total);
    await pool.query("drop schema by_hand cascade");
  }
  const rows = await Promise.all(
    tables.map(async ({ asset }) => {
      const count = await pool.query<{ rows: number }>(
        `select count(*) as rows from "default"."${asset.name}"`,
      );
      return [asset.name, count.rows[0]?.rows ?? 0, milliseconds(median(each.get(asset.name) ?? []))];
    }),
  );
  printTable("Each table by hand: create table as <its body>", ["", "rows", "time"], rows);
  printTable(
    `Rebuild of all tables (median of ${repetitions})`,
    ["", "time", "ratio"],
    [
      ["by hand, one after the other", milliseconds(median(byHand)), "1.00"],
      [
        "by the engine, with indexes, checks and publication",
        milliseconds(median(byEngine)),
        (median(byEngine) / median(byHand)).toFixed(2),
      ],
    ],
  );
}
