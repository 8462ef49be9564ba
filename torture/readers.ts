/** Somebody who reads throughout, past the relay: what is committed must hang together in every single look. */
import { setTimeout as delay } from "node:timers/promises";
import type { ClientBase } from "pg";
import type { World } from "./world.ts";

const pauseMilliseconds = 100;

/**
 * Rows that no snapshot may have: figures of one person that do not agree with each other, and, where no change of the
 * person waits, positions that are not those of the ledger. (Nothing in the made-up market that is traded here splits.)
 */
const halfStates = `
  with quiet as (
    select user_id
    from public.users
    where not exists (
      select
      from orchestrator.changes
      where partition_value is null or (asset = 'transactions' and partition_value = users.user_id::text)
    )
  ),
  ledger as (
    select user_id, ticker, sum(case transaction_type when 'BUY' then quantity else - quantity end) as quantity
    from bronze.transactions
    group by user_id, ticker
  ),
  positions as (
    select user_id, sum(current_value) as market_value, sum(cost_basis) as cost_basis
    from gold_ticker_kpis
    group by user_id
  ),
  last_days as (
    select distinct on (user_id) user_id, market_value, cost_basis
    from gold_p_timeseries
    order by user_id, price_date desc
  )
  select 'ledger' as what, user_id, ticker as detail
  from ledger
  full join gold_ticker_kpis as gold using (user_id, ticker)
  join quiet using (user_id)
  where ledger.quantity is distinct from gold.quantity
  union all
  select 'sums', user_id, concat_ws(' ', performance.market_value, positions.market_value, last_days.market_value)
  from gold__performance as performance
  full join positions using (user_id)
  full join last_days using (user_id)
  where (performance.market_value, performance.cost_basis) is distinct from (positions.market_value, positions.cost_basis)
    or (performance.market_value, performance.cost_basis) is distinct from (last_days.market_value, last_days.cost_basis)`;

export async function readHalfStates(client: ClientBase | World["pool"]): Promise<string[]> {
  const { rows } = await client.query<{ what: string; user_id: number; detail: string }>(halfStates);
  return rows.map(({ what, user_id, detail }) => `a reader saw half: ${what} of ${user_id} (${detail})`);
}

export class Reader {
  readonly #world: World;
  #reading = true;
  #loop: Promise<void> | null = null;
  looks = 0;
  longestMilliseconds = 0;
  readonly #seen = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  begin(): void {
    this.#loop = this.#read();
  }

  /** What it has seen since it was asked last. */
  take(): string[] {
    const seen = [...this.#seen];
    this.#seen.clear();
    return seen;
  }

  async end(): Promise<void> {
    this.#reading = false;
    await this.#loop;
  }

  async #read(): Promise<void> {
    while (this.#reading) {
      const began = performance.now();
      try {
        for (const half of await readHalfStates(this.#world.pool)) this.#seen.add(half);
        this.looks += 1;
        this.longestMilliseconds = Math.max(this.longestMilliseconds, performance.now() - began);
      } catch {
        // The server was stopped under it, or a model is not published yet: no answer is no half one.
      }
      await delay(pauseMilliseconds);
    }
  }
}
