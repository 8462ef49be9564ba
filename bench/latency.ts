/** From the commit of one trade until gold has it, one trade at a time, beside the SELECTs that this takes. */
import { Hand, type Scopes, scopesOf } from "./floor.ts";
import { lastDay } from "./load.ts";
import { median, milliseconds, printTable, timed } from "./table.ts";
import { GoldWatch, type Seen } from "./visible.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

const patienceMilliseconds = 60_000;
/** Trades that warm plans and caches up, as in a program that runs for a while, before one is measured; so too by hand. */
const warmUps = 10;
const compared = 10;

export interface Trades {
  /** Of one person after the other. */
  readonly single: number;
  /** Of one person, each far back. */
  readonly farBack: number;
}

/** The engine is at work, and nothing waits. */
export async function measureLatency(world: World, { single, farBack }: Trades): Promise<Figure[]> {
  const watch = await GoldWatch.open(world);
  const hand = await Hand.take(world);
  try {
    const person = (trade: number): number => 1 + ((trade * 37) % world.size.users);
    const figures: Figure[] = [];
    for (const [name, day] of [
      ["dated today", () => lastDay],
      ["any day", (trade: number) => dayBefore(world, trade)],
    ] as const) {
      await tradeBy(watch, warmUps, person, day);
      const ours = await tradeBy(watch, single, person, day);
      const floor = await byHand(world, watch, hand, ours);
      const seen = ours.map((each) => each.seen);
      figures.push(
        { measure: `commit to gold, ${name}, p50`, ours: seen, floor },
        { measure: `commit to gold, ${name}, p99`, ours: seen, floor, share: 0.99 },
      );
    }
    const all = await tradeBy(
      watch,
      farBack,
      () => 1,
      () => dayBefore(world, 0, 1),
    );
    const [first, last] = [all.slice(0, compared), all.slice(-compared)];
    const seenOf = (trades: readonly Traded[]): number[] => trades.map(({ seen }) => seen);
    figures.push(
      {
        measure: "one person's trades far back: the last ten",
        ours: seenOf(last),
        floor: await byHand(world, watch, hand, last),
      },
      {
        measure: "one person's trades far back: last ten over first ten",
        ours: [median(seenOf(last)) / median(seenOf(first))],
        unit: "×",
      },
    );
    return figures;
  } finally {
    hand.release();
    watch.close();
  }
}

interface Traded extends Seen {
  readonly person: number;
}

async function tradeBy(
  watch: GoldWatch,
  trades: number,
  personOf: (trade: number) => number,
  dayOf: (trade: number) => string,
): Promise<Traded[]> {
  const seen: Traded[] = [];
  for (let trade = 0; trade < trades; trade += 1) {
    const person = personOf(trade);
    seen.push({ person, ...(await watch.trade(person, dayOf(trade))) });
  }
  return seen;
}

/** What the same refreshes computed, computed again, and the same look at gold. */
async function byHand(
  world: World,
  watch: GoldWatch,
  hand: Hand,
  trades: readonly Traded[],
): Promise<number[]> {
  const again: { readonly person: number; readonly scopes: Scopes }[] = [];
  for (const { person, runId } of trades) again.push({ person, scopes: await scopesOf(world, runId) });
  const one = async ({ person, scopes }: (typeof again)[number]): Promise<number> =>
    (await hand.select(scopes)) + (await timed(() => watch.read(person)));
  for (const each of again.slice(0, warmUps)) await one(each);
  const took: number[] = [];
  for (const each of again) took.push(await one(each));
  await hand.requireSame(again.at(-1)!.scopes);
  return took;
}

export async function benchOvertaking(world: World): Promise<void> {
  const { engine } = world;
  await engine.start();
  try {
    await settle(world);
    await measure(world, warmUps, () => lastDay);
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

/** Spread over all years, in no order. `share`: so far back of them, instead. */
export function dayBefore({ size }: World, trade: number, share?: number): string {
  const range = 365 * size.years - 60;
  const days = share === undefined ? (trade * 7919) % range : Math.floor(share * (range - 1));
  return new Date(Date.parse(lastDay) - days * 86_400_000).toISOString().slice(0, 10);
}

/** Whatever waited is done with. */
export async function settle({ pool }: World, pauseMilliseconds = 100): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ waiting: number }>(
      "select count(*) as waiting from orchestrator.changes",
    );
    if (rows[0]?.waiting === 0) return;
    await new Promise((later) => setTimeout(later, pauseMilliseconds));
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
