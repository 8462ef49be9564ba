/** What one person's burst does to another: slow pages that are dropped, registrations, searches of the market. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { milliseconds, printTable, timed } from "./table.ts";
import type { World } from "./world.ts";

const ticker = "T0001";
const password = "correct horse battery";
const longestMilliseconds = 120_000;

type Headers = Record<string, string>;

/** A market that knows nothing, and how often it was asked. */
async function startMarket() {
  const market = { url: "", asked: 0, close: () => {} };
  const server = createServer((_request, response) => {
    market.asked++;
    response.setHeader("Content-Type", "application/json").end('{"quotes": []}');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  market.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  market.close = () => server.close();
  return market;
}

async function register(url: string, email: string): Promise<Headers> {
  const response = await fetch(`${url}/auth/register`, {
    method: "POST",
    headers: { Origin: url, "Content-Type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  if (response.status !== 201)
    throw new Error(`expected 201, got ${response.status}: ${await response.text()}`);
  const { token } = (await response.json()) as { token: string };
  return { Authorization: `Bearer ${token}`, Accept: "text/html", "Accept-Encoding": "gzip" };
}

async function get(url: string, headers: Headers = {}, signal?: AbortSignal): Promise<number> {
  const limit = AbortSignal.timeout(longestMilliseconds);
  const response = await fetch(url, { headers, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  await response.arrayBuffer();
  return response.status;
}

/** The slowest of the pages that are asked for one after the other until `isOver`. */
async function slowestUntil(isOver: () => boolean | Promise<boolean>, page: () => Promise<unknown>) {
  let slowest = 0;
  do slowest = Math.max(slowest, await timed(page));
  while (!(await isOver()));
  return slowest;
}

/** A person with one ticker traded `trades` times, in lots. */
async function makeBusy({ pool, engine }: World, trades: number): Promise<void> {
  await pool.query(
    `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, $1, case when number % 2 = 0 then 'SELL' else 'BUY' end, 1, 30, date '2025-01-06' + number / ($2::integer / 300 + 1)
     from public.users
     cross join generate_series(1, $2::integer) as number
     where email = 'busy@example.org'`,
    [ticker, trades],
  );
  await pool.query("update public.users set cost_basis_method = 'fifo' where email = 'busy@example.org'");
  await engine.refresh("transaction_sensor");
}

async function isQuiet({ pool }: World): Promise<boolean> {
  const { rows } = await pool.query<{ active: number }>(
    "select count(*) as active from pg_stat_activity where application_name = 'stratafolio web' and state = 'active'",
  );
  return rows[0]!.active === 0;
}

async function searchFor(seconds: number, url: string, person: Headers): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const search = async (worker: number): Promise<void> => {
    for (let index = 0; performance.now() < end; index++)
      await get(`${url}/api/tickers?q=${worker}x${index}`, person);
  };
  await Promise.all(Array.from({ length: 40 }, (_, worker) => search(worker)));
}

/** `trades`: of the one ticker whose page is slow. */
export async function benchBurst(world: World, trades: number, seconds: number): Promise<void> {
  const market = await startMarket();
  const server = await world.startWeb({ yahooBaseUrl: market.url });
  const { url } = server;
  try {
    // Its people were given their ids.
    await world.pool.query(
      "select setval('public.users_user_id_seq', (select max(user_id) from public.users))",
    );
    const busy = await register(url, "busy@example.org");
    const other = await register(url, "other@example.org");
    await makeBusy(world, trades);
    const page = () => get(`${url}/transactions`, other);
    await page();
    const quiet = await timed(page);

    const dropping = new AbortController();
    const slow = Array.from({ length: 12 }, () => get(`${url}/tickers/${ticker}`, busy, dropping.signal));
    const slowEnded = Promise.allSettled(slow);
    setTimeout(() => dropping.abort(), 500);
    await new Promise((later) => setTimeout(later, 100));
    let health = 0;
    const until = performance.now() + 1000;
    const dropped = await slowestUntil(async () => {
      health = Math.max(health, await timed(() => get(`${url}/healthz`, other)));
      return performance.now() > until && (await isQuiet(world));
    }, page);
    await slowEnded;

    let isOver = false;
    const registrations = timed(() =>
      Promise.all(Array.from({ length: 16 }, (_, index) => register(url, `new${index}@example.org`))),
    ).finally(() => {
      isOver = true;
    });
    const hashing = await slowestUntil(() => isOver, page);

    await searchFor(seconds, url, busy); // the burst that everybody may have once
    market.asked = 0;
    await searchFor(seconds, url, busy);
    const asked = market.asked / seconds;

    printTable(
      `One person's bursts, seen by another (a ticker of ${trades} trades in lots)`,
      ["", "time"],
      [
        ["a page while nothing else is done", milliseconds(quiet)],
        ["the slowest page while 12 slow ones are asked for and dropped", milliseconds(dropped)],
        ["the slowest /healthz meanwhile", milliseconds(health)],
        ["16 registrations at once", milliseconds(await registrations)],
        ["the slowest page meanwhile", milliseconds(hashing)],
        ["searches a second that reach the market, of one person, after the first burst", asked.toFixed(1)],
      ],
    );
  } finally {
    await server.close();
    market.close();
  }
}
