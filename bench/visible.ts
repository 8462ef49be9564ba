/** From the commit of a trade until a client that listens has read in gold what it changed. */
import type { PoolClient } from "pg";
import { lastDay } from "./load.ts";
import type { World } from "./world.ts";

/** What one trade adds to the contributions of its person. */
const price = 30;
const patienceMilliseconds = 120_000;

export interface Seen {
  /** Milliseconds from the commit to the notification, */
  readonly announced: number;
  /** and until gold was read. */
  readonly seen: number;
  /** What refreshed it. */
  readonly runId: number;
}

interface Waiting {
  readonly person: number;
  readonly contributions: number;
  committed: number;
  resolve(seen: Seen): void;
}

export class GoldWatch {
  readonly #listener: PoolClient;
  readonly #writer: PoolClient;
  readonly #reader: PoolClient;
  /** What gold is to say of a person once all their trades are in it. */
  readonly #expected = new Map<number, number>();
  readonly #waiting = new Set<Waiting>();

  private constructor(listener: PoolClient, writer: PoolClient, reader: PoolClient) {
    this.#listener = listener;
    this.#writer = writer;
    this.#reader = reader;
    listener.on("notification", ({ payload }) => void this.#hear(payload ?? ""));
  }

  static async open({ pool }: World): Promise<GoldWatch> {
    const [listener, writer, reader] = [await pool.connect(), await pool.connect(), await pool.connect()];
    await listener.query("listen orchestrator_published");
    return new GoldWatch(listener, writer, reader);
  }

  /** Commits a trade; what it returns resolves once gold has it. */
  async commit(person: number, day: string): Promise<{ readonly seen: Promise<Seen> }> {
    const before = this.#expected.get(person) ?? (await this.#read(person));
    const { promise, resolve, reject } = Promise.withResolvers<Seen>();
    const waiting: Waiting = { person, contributions: before + price, committed: Number.NaN, resolve };
    this.#expected.set(person, waiting.contributions);
    this.#waiting.add(waiting);
    await this.#writer.query({
      name: "trade",
      text: `insert into bronze.transactions
         (user_id, account_id, ticker, transaction_type, quantity, price, transaction_date)
       select user_id, account_id, ticker, 'BUY', 1, ${price}, $2
       from bronze.transactions
       where user_id = $1 and ticker is not null
       order by transaction_id
       limit 1`,
      values: [person, day],
    });
    waiting.committed = performance.now();
    const timer = setTimeout(
      () => reject(new Error(`no gold for person ${person} in time`)),
      patienceMilliseconds,
    );
    return { seen: promise.finally(() => clearTimeout(timer)) };
  }

  async trade(person: number, day: string): Promise<Seen> {
    return await (await this.commit(person, day)).seen;
  }

  /** Of one read of gold alone. */
  async read(person: number): Promise<void> {
    await this.#read(person);
  }

  close(): void {
    this.#listener.release(true);
    this.#writer.release();
    this.#reader.release();
  }

  async #hear(payload: string): Promise<void> {
    const announced = performance.now();
    const { assets, partitions, run_id } = JSON.parse(payload) as {
      readonly assets: readonly string[];
      readonly partitions: readonly string[] | null;
      readonly run_id: number;
    };
    if (!assets.includes("gold_p_timeseries") && !assets.includes("int_portfolio_daily")) return;
    const people = new Set([...this.#waiting].map(({ person }) => person));
    for (const person of people) {
      if (!(partitions?.includes(String(person)) ?? true)) continue;
      const contributions = await this.#read(person);
      const now = performance.now();
      for (const waiting of this.#waiting) {
        if (waiting.person !== person || contributions < waiting.contributions - 0.005) continue;
        this.#waiting.delete(waiting);
        // Gold may be there before the writer hears that its commit is done.
        const committed = Number.isNaN(waiting.committed) ? announced : waiting.committed;
        waiting.resolve({
          announced: Math.max(0, announced - committed),
          seen: Math.max(0, now - committed),
          runId: run_id,
        });
      }
    }
  }

  async #read(person: number): Promise<number> {
    const { rows } = await this.#reader.query<{ contributions: string }>({
      name: "gold",
      text: `select net_contributions as contributions
       from gold_p_timeseries
       where user_id = $1 and price_date = $2`,
      values: [person, lastDay],
    });
    return Number(rows[0]!.contributions);
  }
}
