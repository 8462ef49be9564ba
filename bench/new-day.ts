/** The bars of a new trading day of every ticker, committed at once, until all gold has them. */
import { Hand, scopesOf } from "./floor.ts";
import { settle } from "./latency.ts";
import { timed } from "./table.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

/** The weekdays after the load's last day. */
const newDays = ["2026-01-01", "2026-01-02", "2026-01-05", "2026-01-06"];

/** The engine is at work. The first of the days warms up. */
export async function measureNewDay(world: World, days: number): Promise<Figure[]> {
  const hand = await Hand.take(world);
  try {
    const ours: number[] = [];
    const floor: number[] = [];
    for (const [index, day] of newDays.slice(0, days + 1).entries()) {
      const before = await lastRun(world);
      await insertBars(world, day);
      const took = await timed(() => settle(world, 2));
      const scopes = await scopesOf(world, before + 1, await lastRun(world));
      const byHand = await hand.select(scopes);
      if (index === 0) continue;
      ours.push(took);
      floor.push(byHand);
      await hand.requireSame(scopes);
    }
    return [{ measure: "new trading day, to all gold", ours, floor }];
  } finally {
    hand.release();
  }
}

/** The last run that was before. */
export async function lastRun({ pool }: World): Promise<number> {
  const { rows } = await pool.query<{ last: number }>(
    "select coalesce(max(run_id), 0) as last from orchestrator.runs",
  );
  return rows[0]!.last;
}

async function insertBars(world: World, day: string): Promise<void> {
  await world.pool.query(
    `insert into bronze.raw_prices (ticker, price_date, open, high, low, close, adj_close, volume)
     select ticker, $1, open, high, low, close, adj_close, volume
     from bronze.raw_prices
     where price_date = (select max(price_date) from bronze.raw_prices)`,
    [day],
  );
}
