/** One person with many trades of one ticker: from their commit to gold, and the ticker's page. */
import { startSession } from "../src/accounts/index.ts";
import { lastDay } from "./load.ts";
import { milliseconds, printTable, timed } from "./table.ts";
import type { World } from "./world.ts";

const methods = ["average", "fifo"] as const;
const firstPerson = 1_000_000;

export async function benchLots(world: World, sizes: readonly number[]): Promise<void> {
  const { pool, surroundings } = world;
  const { clock, config } = surroundings;
  const web = await world.startWeb();
  const rows: string[][] = [];
  await settle(world);
  try {
    for (const [index, { method, trades }] of methods
      .flatMap((method) => sizes.map((trades) => ({ method, trades })))
      .entries()) {
      const person = firstPerson + index;
      await writeTrades(world, person, method, trades);
      const refresh = await timed(() => settle(world));
      const { token } = await startSession({ pool, clock, jwtSecret: config.jwtSecret ?? "" }, person, null);
      let bytes = 0;
      const page = await timed(async () => {
        const answer = await fetch(`${web.url}/tickers/T0001`, {
          headers: { Cookie: `stratafolio_session=${token}` },
        });
        if (answer.status !== 200) throw new Error(`expected the ticker's page, got ${answer.status}`);
        bytes = (await answer.text()).length;
      });
      rows.push([
        `${trades} trades, ${method}`,
        milliseconds(refresh),
        milliseconds(page),
        `${(bytes / 1000).toFixed(0)} kB`,
      ]);
    }
  } finally {
    await web.close();
  }
  printTable(
    "One ticker with many trades: commit to gold, and its page",
    ["", "refresh", "ticker page", ""],
    rows,
  );
}

/** Three purchases for each sale, so that most lots stay open; spread over the years of the load. */
async function writeTrades(
  { pool, size }: World,
  person: number,
  method: string,
  trades: number,
): Promise<void> {
  await pool.query(
    `insert into public.users (user_id, email, password_hash, role, cost_basis_method)
     values ($1::bigint, $1::text || '@example.org', 'x', 'investor', $2)`,
    [person, method],
  );
  await pool.query(
    `insert into bronze.transactions
       (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
     select
       $1, 'T0001', case when trade % 4 = 3 then 'SELL' else 'BUY' end,
       10 + trade % 5, 25 + trade % 50 + 0.37, 1,
       $3::date - $4::integer + (trade::bigint * $4::integer / $2)::integer
     from generate_series(0, $2::integer - 1) trade`,
    [person, trades, lastDay, 365 * size.years],
  );
}

/** All that waits is in gold. */
async function settle({ pool, engine }: World): Promise<void> {
  for (;;) {
    await engine.refresh("transaction_sensor");
    const { rows } = await pool.query<{ waiting: number }>(
      "select count(*) as waiting from orchestrator.changes",
    );
    if (rows[0]?.waiting === 0) return;
  }
}
