/** From the commit of one trade to the notification that gold has it, one trade at a time. */
import { lastDay } from "./load.ts";
import { milliseconds, percentile, printTable } from "./table.ts";
import type { World } from "./world.ts";

const patienceMilliseconds = 60_000;

export async function benchLatency(world: World, trades: number): Promise<void> {
  const { engine } = world;
  await engine.start();
  try {
    await settle(world);
    await measure(world, 10, () => lastDay); // warms plans and caches up, as a program that runs for a while has
    const today = await measure(world, trades, () => lastDay);
    const anyDay = await measure(world, trades, (trade) => dayBefore(world, trade));
    const row = (name: string, values: readonly number[]) => [
      name,
      milliseconds(percentile(values, 0.5)),
      milliseconds(percentile(values, 0.99)),
      milliseconds(Math.max(...values)),
    ];
    printTable(
      `Commit to gold, ${trades} single trades among ${world.size.users} people`,
      ["", "p50", "p99", "slowest"],
      [row("dated today", today), row("dated any day", anyDay)],
    );
    const batch = await measureOvertaking(world);
    printTable(
      `One trade during a batch of ${batch.people} people`,
      ["", "time"],
      [
        ["commit to gold of the one", milliseconds(batch.one)],
        ["commit to gold of all", milliseconds(batch.all)],
      ],
    );
  } finally {
    await engine.stop();
  }
}

/** Spread over all years, in no order. */
export function dayBefore({ size }: World, trade: number): string {
  const days = (trade * 7919) % (365 * size.years - 60);
  return new Date(Date.parse(lastDay) - days * 86_400_000).toISOString().slice(0, 10);
}

/** What the load and the build left behind is done with. */
export async function settle({ pool }: World): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ waiting: number }>(
      "select count(*) as waiting from orchestrator.changes",
    );
    if (rows[0]?.waiting === 0) return;
    await new Promise((later) => setTimeout(later, 100));
  }
}

/** Everybody but one trades in one transaction, the one right after it. */
async function measureOvertaking(world: World): Promise<{ people: number; one: number; all: number }> {
  const { pool, size } = world;
  const people = Math.min(size.users - 1, 100);
  await pool.query(
    `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select person, 'T' || lpad((1 + (person * 7 + 11) % $2)::text, 4, '0'), 'BUY', 1, 30, $3
     from generate_series(1, $1::integer) person`,
    [people, size.tickers, dayBefore(world, 1)],
  );
  const began = performance.now();
  const [one] = await measure(world, 1, () => lastDay, people + 1);
  await settle(world);
  return { people, one: one!, all: performance.now() - began };
}

/** person: whose trades; absent: of one person after the other. */
export async function measure(
  { pool, size }: World,
  trades: number,
  dateOf: (trade: number) => string,
  trader?: number,
): Promise<number[]> {
  const listener = await pool.connect();
  const writer = await pool.connect();
  const waiting = new Map<string, () => void>();
  listener.on("notification", ({ payload }) => {
    const { partitions, assets } = JSON.parse(payload ?? "") as {
      partitions: string[] | null;
      assets: string[];
    };
    if (!assets.includes("gold_p_timeseries") && !assets.includes("int_portfolio_daily")) return;
    for (const [person, arrived] of waiting) if (partitions?.includes(person) ?? true) arrived();
  });
  await listener.query("listen orchestrator_published");
  const latencies: number[] = [];
  try {
    for (let trade = 0; trade < trades; trade += 1) {
      const person = trader ?? 1 + ((trade * 37) % size.users);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.set(String(person), resolve);
      const timer = setTimeout(
        () => reject(new Error(`no gold for person ${person} within a minute`)),
        patienceMilliseconds,
      );
      await writer.query(
        `insert into bronze.transactions
           (user_id, account_id, ticker, transaction_type, quantity, price, transaction_date)
         select user_id, account_id, ticker, 'BUY', 1, 30, $2
         from bronze.transactions
         where user_id = $1 and ticker is not null
         order by transaction_id
         limit 1`,
        [person, dateOf(trade)],
      );
      const committed = performance.now();
      await promise;
      latencies.push(performance.now() - committed);
      clearTimeout(timer);
      waiting.delete(String(person));
    }
  } finally {
    listener.release(true);
    writer.release();
  }
  return latencies;
}
