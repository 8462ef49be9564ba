/** What several accounts, currencies and cash cost: people who have all of that beside people who have none, in one world. */
import type { Pool } from "pg";
import { startSession } from "../src/accounts/index.ts";
import { dayBefore, measure, settle } from "./latency.ts";
import { type LoadSize, lastDay } from "./load.ts";
import { milliseconds, percentile, printTable } from "./table.ts";
import { createWorld, type World } from "./world.ts";

/**
 * Gives everybody with an even number three accounts with cash, shillings as the base currency, and tickers in four
 * currencies: the same trades at the same prices, quarterly deposits, and nothing else that the others have not.
 */
export async function spreadOverAccounts(pool: Pool, { years }: LoadSize): Promise<void> {
  await pool.query(
    `create temporary table twin as
     select
       ticker,
       'F' || substr(ticker, 2) as twin,
       (array['KES', 'USD', 'EUR', 'ZAR'])[1 + substr(ticker, 2)::integer % 4] as currency
     from bronze.raw_assets
     where ticker like 'T%';

     insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange, exchange_timezone)
     select t.twin, a.name, a.asset_class, t.currency, a.exchange, a.exchange_timezone
     from bronze.raw_assets as a join twin as t using (ticker);

     insert into bronze.raw_prices (ticker, price_date, open, high, low, close, adj_close, volume)
     select t.twin, p.price_date, p.open, p.high, p.low, p.close, p.adj_close, p.volume
     from bronze.raw_prices as p join twin as t using (ticker);

     insert into bronze.raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
     select t.twin, c.action_date, c.action_type, c.cash_per_share
     from bronze.raw_corporate_actions as c join twin as t using (ticker);

     update public.users set base_currency = 'KES' where user_id % 2 = 0;

     update public.accounts as a set tracks_cash = true, currency = 'KES' where user_id % 2 = 0;

     insert into public.accounts (user_id, name, currency, tracks_cash)
     select u.user_id, a.name, a.currency, true
     from public.users as u, (values ('Dollars', 'USD'), ('Overseas', 'EUR')) as a (name, currency)
     where u.user_id % 2 = 0;

     update bronze.transactions as x
     set
       ticker = t.twin,
       account_id = (
         select a.account_id
         from public.accounts as a
         where a.user_id = x.user_id and a.currency = case t.currency when 'ZAR' then 'EUR' else t.currency end
       )
     from twin as t
     where t.ticker = x.ticker and x.user_id % 2 = 0;`,
  );
  await pool.query(
    `insert into bronze.raw_fx_rates (currency, rate_date, usd_per_unit, source)
     select
       currency,
       day::date,
       round(rate * (1 + (hashint8(length(currency || number::text) * 100003 + number * 7 + (day::date - $1::date)) % 100) / 10000.0), 8),
       'yahoo'
     from
       (values (1, 'KES', 0.0077), (2, 'EUR', 1.1), (3, 'ZAR', 0.055)) as quoted (number, currency, rate),
       generate_series($1::date - 365 * $2::integer, $1::date, '1 day') as day
     where extract(isodow from day) < 6`,
    [lastDay, years],
  );
  await pool.query(
    `insert into bronze.transactions (user_id, account_id, transaction_type, amount, currency, transaction_date)
     select
       a.user_id,
       a.account_id,
       'DEPOSIT',
       500,
       currency.paid,
       $1::date - 365 * $2::integer + 90 * quarter
     from
       public.accounts as a
       cross join lateral unnest(case a.currency when 'EUR' then array['EUR', 'ZAR'] else array[a.currency] end) as currency (paid)
       cross join generate_series(0, 4 * $2::integer - 1) as quarter
     where a.user_id % 2 = 0`,
    [lastDay, years],
  );
  await pool.query("analyze");
}

/** Figures of one kind of people beside the other's, by turns. */
export async function benchAccounts(size: LoadSize, trades: number): Promise<void> {
  const world = await createWorld(size);
  try {
    await spreadOverAccounts(world.pool, size);
    const run = await world.engine.deploy();
    if (run?.status !== "succeeded") throw new Error(`the first build ${run?.status}: ${run?.error}`);
    const rows: string[][] = [];
    const row = (name: string, one: readonly number[], several: readonly number[]) => {
      const [of, beside] = [percentile(one, 0.5), percentile(several, 0.5)];
      rows.push([name, milliseconds(of), milliseconds(beside), (beside / of).toFixed(2)]);
    };
    await world.engine.start();
    try {
      await settle(world);
      for (const [name, date] of [
        ["commit to gold, dated today", () => lastDay],
        ["commit to gold, any day", (trade: number) => dayBefore(world, trade)],
      ] as const) {
        await byTurns(world, 5, date);
        const { one, several } = await byTurns(world, trades, date);
        row(name, one, several);
      }
    } finally {
      await world.engine.stop();
    }
    const web = await world.startWeb();
    try {
      for (const path of ["/portfolio?range=Max", "/portfolio?range=1Y", "/api/portfolio/tickers"]) {
        const [one, several] = [await looks(world, web.url + path, 1), await looks(world, web.url + path, 2)];
        row(`${path}, first look`, one, several);
      }
    } finally {
      await web.close();
    }
    printTable(
      `${size.positions} positions: one account in dollars, or three with cash in four currencies`,
      ["", "one", "three", "ratio"],
      rows,
    );
  } finally {
    await world.close();
  }
}

async function byTurns(world: World, trades: number, date: (trade: number) => string) {
  const one: number[] = [];
  const several: number[] = [];
  const people = world.size.users / 2;
  for (let trade = 0; trade < trades; trade += 1) {
    const person = 1 + 2 * ((trade * 7) % people);
    one.push(...(await measure(world, 1, () => date(trade), person)));
    several.push(...(await measure(world, 1, () => date(trade), person + 1)));
  }
  return { one, several };
}

/** Each person's first: nothing of the page is kept. kind: 1 of the odd, 2 of the even. */
async function looks({ pool, surroundings, size }: World, url: string, kind: 1 | 2): Promise<number[]> {
  const { clock, config } = surroundings;
  const took: number[] = [];
  for (let person = kind; person <= size.users; person += 2) {
    const session = await startSession({ pool, clock, jwtSecret: config.jwtSecret ?? "" }, person, null);
    const began = performance.now();
    const response = await fetch(url, { headers: { Cookie: `stratafolio_session=${session.token}` } });
    await response.arrayBuffer();
    if (!response.ok || response.redirected) throw new Error(`expected ${url}, got ${response.status}`);
    took.push(performance.now() - began);
  }
  return took;
}
