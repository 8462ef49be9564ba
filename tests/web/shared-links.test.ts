import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createSharedLink, type SharedPart, sharedParts } from "../../src/accounts/index.ts";
import type { Engine } from "../../src/engine/index.ts";
import { deployedEngine } from "../support/engine.ts";
import { startWebServer, type WebServer } from "./server.ts";

// What a stranger with a link sees, and what nobody can work out from it.

let server: WebServer;
let engine: Engine;
let anna: { token: string; id: number };

const tickers = ["ACME", "BOLT", "CERA"] as const;
const firstDay = "2023-03-01";
const lastDay = "2024-06-28";
const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
const daysInAll = (Date.parse(lastDay) - Date.parse(firstDay)) / 86_400_000;

/** Prices that no two tickers share, with a dividend of each a quarter. */
async function fillMarket(): Promise<void> {
  const { pool } = server.database;
  await pool.query(
    `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
     select ticker, initcap(ticker) || ' Corporation', 'stock', 'USD', 'America/New_York'
     from unnest($1::text[]) as ticker`,
    [tickers],
  );
  await pool.query(
    `insert into raw_prices (ticker, price_date, close)
     select
       ticker,
       price_date::date,
       round((100 + 40 * number + 12 * sin(number + extract(epoch from price_date) / 2e6) + extract(epoch from price_date - $2) / 4e5)::numeric, 2)
     from unnest($1::text[]) with ordinality as traded (ticker, number)
     cross join generate_series($2::timestamptz, $3::timestamptz, '1 day') as price_date
     where extract(isodow from price_date) < 6`,
    [tickers, firstDay, lastDay],
  );
  await pool.query(
    `insert into raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
     select ticker, day::date, 'dividend', 0.37
     from unnest($1::text[]) as ticker
     cross join generate_series('2023-05-10'::date, $2::date, '3 months') as day`,
    [tickers, lastDay],
  );
}

interface Trade {
  readonly ticker: string;
  readonly type: "BUY" | "SELL";
  readonly quantity: number;
  readonly price: number;
  readonly fee: number;
  readonly date: string;
}

interface Cash {
  readonly deposit: number;
  readonly fees: readonly { readonly amount: number; readonly date: string }[];
}

/** Somebody with a ledger, all of it `times` as large but for the fees; `cash`: of the account, which then has some. */
async function person(
  email: string,
  trades: readonly Trade[],
  times: number,
  cash: Cash | null = null,
): Promise<number> {
  const { pool } = server.database;
  const { rows } = await pool.query<{ user_id: number }>(
    "insert into public.users (email, password_hash, role) values ($1, 'none', 'investor') returning user_id",
    [email],
  );
  const userId = rows[0]!.user_id;
  const account = cash && (await cashAccount(userId, cash, times));
  for (const { ticker, type, quantity, price, fee, date } of trades)
    await pool.query(
      `insert into transactions (user_id, account_id, ticker, transaction_type, quantity, price, fee, transaction_date)
       values ($1, $9, $2, $3, $4::numeric * $8, $5, $6, $7)`,
      [userId, ticker, type, quantity, price, fee, date, times, account],
    );
  return userId;
}

async function cashAccount(userId: number, { deposit, fees }: Cash, times: number): Promise<number> {
  const { pool } = server.database;
  const { rows } = await pool.query<{ account_id: number }>(
    "insert into accounts (user_id, name, tracks_cash) values ($1, 'Broker', true) returning account_id",
    [userId],
  );
  const account = rows[0]!.account_id;
  const move = (type: string, amount: number, date: string) =>
    pool.query(
      `insert into transactions (user_id, account_id, transaction_type, amount, currency, transaction_date)
       values ($1, $2, $3, $4, 'USD', $5)`,
      [userId, account, type, amount, date],
    );
  await move("DEPOSIT", deposit * times, firstDay);
  for (const { amount, date } of fees) await move("FEE", amount, date);
  return account;
}

const actor = { userId: null, via: "web", address: null, agent: null } as const;

interface Asked {
  readonly parts?: readonly SharedPart[];
  readonly amounts?: boolean;
  readonly name?: string;
  readonly expiresOn?: string;
}

async function linkOf(
  userId: number,
  { parts = sharedParts, amounts = false, name = "For Ada", expiresOn }: Asked = {},
): Promise<string> {
  const { token } = await createSharedLink(
    server.context,
    userId,
    { name, parts: [...parts], shows_amounts: amounts, expires_on: expiresOn },
    { ...actor, userId },
  );
  return `/shared/${token}`;
}

const open = (path: string, headers: Record<string, string> = {}) =>
  server.call("GET", path, {
    origin: null,
    headers: { Accept: "text/html", "Accept-Language": "en-US", ...headers },
  });

beforeAll(async () => {
  server = await startWebServer(() => engine.registry);
  engine = await deployedEngine(server.database);
  await fillMarket();
  anna = await server.register("anna@example.org");
  await server.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
     values ($1, 'ACME', 'BUY', 10, 141, 1, '2023-03-06'), ($1, 'BOLT', 'BUY', 3, 181, 1, '2023-04-03')`,
    [anna.id],
  );
  await engine.refresh("transaction_sensor");
});
beforeEach(() => server.database.pool.query("delete from public.attempts"));

describe("percentages only", () => {
  const trade = fc.record({
    ticker: fc.constantFrom(...tickers),
    quantity: fc.integer({ min: 1, max: 5000 }).map((thousandths) => thousandths / 100),
    price: fc.integer({ min: 9000, max: 25_000 }).map((cents) => cents / 100),
    fee: fc.integer({ min: 0, max: 900 }).map((cents) => cents / 100),
    after: fc.integer({ min: 1, max: daysInAll - 10 }),
    /** Of it a part is sold later, or all. */
    sold: fc.constantFrom(0, 0, 0.25, 1),
  });
  const ledger = fc.array(trade, { minLength: 1, maxLength: 5 }).map((buys) =>
    buys.flatMap(({ ticker, quantity, price, fee, after, sold }): Trade[] => [
      { ticker, type: "BUY", quantity, price, fee, date: dayAfter(firstDay, after) },
      ...(sold > 0
        ? [
            {
              ticker,
              type: "SELL" as const,
              quantity: quantity * sold,
              price: price * 1.1,
              fee,
              date: dayAfter(firstDay, after + 8),
            },
          ]
        : []),
    ]),
  );

  const weekend = fc
    .integer({ min: 10, max: 68 })
    .chain((week) => fc.constantFrom(5, 6).map((day) => dayAfter("2023-02-27", 7 * week + day)));
  const fees = fc.array(fc.record({ amount: fc.integer({ min: 1, max: 900 }), date: weekend }), {
    maxLength: 2,
  });
  const cash = fc.option(
    fc
      .record({ deposit: fc.integer({ min: 1, max: 2_000_000 }), fees, others: fees })
      // In it before anything was bought.
      .map(({ deposit, fees: own, others }) => ({
        small: { deposit, fees: own },
        large: { deposit, fees: others },
      })),
  );
  /** What else was paid, of each purchase and each sale. */
  const paid = fc.array(
    fc.integer({ min: 40, max: 260 }).map((percent) => percent / 100),
    {
      minLength: 10,
      maxLength: 10,
    },
  );

  test("a ledger seven times as large, at other prices and with the same or other fees, gives the same page, byte by byte, and no amount is on it", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        ledger,
        cash,
        paid,
        fc.subarray([...sharedParts], { minLength: 1 }),
        async (trades, account, factors, parts) => {
          run += 1;
          const one = await person(`one-${run}@example.org`, trades, 1, account?.small);
          const others = trades.map((one, index) => ({ ...one, price: one.price * factors[index]! }));
          const seven = await person(`seven-${run}@example.org`, others, 7, account?.large);
          await engine.refresh("transaction_sensor");
          const links = [await linkOf(one, { parts }), await linkOf(seven, { parts })];
          for (const range of ["1Y", "Max", "3M"]) {
            const [small, large] = await Promise.all(links.map((link) => open(`${link}?range=${range}`)));
            expect(small!.status).toBe(200);
            expect(large!.body).toBe(small!.body);
            expect(small!.body).not.toContain("There are no figures yet");
            expect(small!.body).not.toMatch(/[$€£¥]|data-currency|data-unit="(money|price)"/);
            expect(small!.body).not.toContain("@example.org");
          }
        },
      ),
      { numRuns: 4 },
    );
  });

  test("what was paid on the first day, fees too, is on none of it", async () => {
    const bought = (prices: readonly number[], fee: number): Trade[] =>
      tickers.map((ticker, index) => ({
        ticker,
        type: "BUY",
        quantity: index + 2,
        price: prices[index]!,
        fee,
        date: "2024-01-10",
      }));
    const cheap = await person("cheap@example.org", bought([100, 120, 140], 0), 1);
    const dear = await person("dear@example.org", bought([170, 260, 230], 9), 1);
    await engine.refresh("transaction_sensor");
    const links = [await linkOf(cheap), await linkOf(dear)];
    for (const range of ["1Y", "Max", "1M"]) {
      const [one, other] = await Promise.all(links.map((link) => open(`${link}?range=${range}`)));
      expect(one!.body).not.toContain("There are no figures yet");
      expect(other!.body).toBe(one!.body);
    }
  });

  test("of one day there is nothing to show", async () => {
    const late = await person(
      "late@example.org",
      [{ ticker: "ACME", type: "BUY", quantity: 1, price: 150, fee: 0, date: lastDay }],
      1,
    );
    await engine.refresh("transaction_sensor");
    const { status, body } = await open(await linkOf(late));
    expect(status).toBe(200);
    expect(body).toContain("There are no figures yet");
  });

  test("assets of one’s own go by a number, and neither accounts nor people are named", async () => {
    const { pool } = server.database;
    const owner = await person("owner@example.org", [], 1);
    const house = `~${owner}.1`;
    await pool.query(
      `insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange_timezone, source, owner_id)
       values ($1, 'Grandmother''s house', 'other', 'USD', 'UTC', 'manual', $2)`,
      [house, owner],
    );
    await pool.query(
      "insert into bronze.raw_prices (ticker, price_date, close) values ($1, '2024-01-02', 1000), ($1, '2024-06-03', 1200)",
      [house],
    );
    await pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values ($1, $2, 'BUY', 1, 1000, '2024-01-02'), ($1, 'ACME', 'BUY', 2, 150, '2024-01-02')`,
      [owner, house],
    );
    await engine.refresh("transaction_sensor");
    for (const amounts of [false, true]) {
      const { body } = await open(`${await linkOf(owner, { amounts, name: `With ${amounts}` })}?range=Max`);
      expect(body).toContain("Own asset 1");
      expect(body).not.toMatch(/Grandmother|~\d|\u{E000}|owner@/u);
    }
  });
});

describe("a link", () => {
  test("with amounts shows them, of the parts that it names alone", async () => {
    const path = await linkOf(anna.id, { amounts: true, parts: ["holdings"], name: "Amounts" });
    const { status, body } = await open(path);
    expect(status).toBe(200);
    expect(body).toMatch(/class="value">\$[\d,]+\.\d\d</);
    expect(body).toContain("ACME");
    for (const heading of ["Performance", "Risk", "Income of the last"])
      expect(body).not.toContain(`>${heading}`);
  });

  test("without the holdings names none of them", async () => {
    const path = await linkOf(anna.id, { parts: ["performance", "risk", "income"], name: "No names" });
    expect((await open(path)).body).not.toMatch(/ACME|BOLT/);
  });

  test("is for no search engine, no store, no other site, and leads nowhere", async () => {
    const { headers, body } = await open(await linkOf(anna.id, { name: "Headers" }));
    expect(headers.get("X-Robots-Tag")).toContain("noindex");
    expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(headers.get("Set-Cookie")).toBeNull();
    const links = [...String(body).matchAll(/(?:href|action|src)="([^"]*)"/g)].map(([, to]) => to!);
    for (const to of links)
      expect(to).toMatch(/^(\?range=|#main$|\/static\/|\/assets?\/|\/[\w.-]+\.(css|js|svg|woff2))/);
    expect(body).not.toMatch(/\/(explain|tickers|account|portfolio|sign-in|api)\b/);
  });

  test("looks the same to whoever is signed in", async () => {
    const path = await linkOf(anna.id, { name: "Signed in" });
    const signedIn = await server.call("GET", path, {
      token: anna.token,
      headers: { Accept: "text/html", "Accept-Language": "en-US" },
    });
    expect(signedIn.body).toBe((await open(path)).body);
  });

  test("that ended, was revoked or never was is answered alike", async () => {
    const path = await linkOf(anna.id, { name: "Over", expiresOn: dayAfter(today(), 40) });
    const revoked = await linkOf(anna.id, { name: "Revoked" });
    const own = await server.call("GET", "/api/account/shared-links", { token: anna.token });
    const { link_id } = own.body.shared_links.find(({ name }: { name: string }) => name === "Revoked");
    expect((await open(revoked)).status).toBe(200);
    const ended = await server.call("DELETE", `/api/account/shared-links/${link_id}`, { token: anna.token });
    expect(ended.status).toBe(204);
    // The end is asked of the database; a row of the past needs no job.
    await server.database.pool.query(
      `update public.shared_links
       set created_at = $1::timestamptz - interval '9 days', expires_at = $1::timestamptz - interval '1 second'
       where name = 'Over'`,
      [server.context.clock()],
    );
    const answers = await Promise.all([open(path), open(revoked), open("/shared/never"), open(`${path}x`)]);
    for (const { status, headers, body } of answers) {
      expect(status).toBe(404);
      expect(body).toBe(answers[0]!.body);
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    }
  });

  test("of an account that is disabled shows nothing, nor of one that is gone", async () => {
    const gone = await person("gone@example.org", [], 1);
    const path = await linkOf(gone);
    expect((await open(path)).status).toBe(200);
    const { pool } = server.database;
    await pool.query("update public.users set disabled_at = now() where user_id = $1", [gone]);
    expect((await open(path)).status).toBe(404);
    await pool.query("update public.users set disabled_at = null where user_id = $1", [gone]);
    await pool.query(`begin; set local app.user_id = '${gone}'; select public.delete_own_account(); commit`);
    expect((await open(path)).status).toBe(404);
    expect((await pool.query("select from public.shared_links where user_id = $1", [gone])).rowCount).toBe(0);
  });

  test("is throttled by address, whether it is one or not", async () => {
    for (let guess = 0; guess < 100; guess += 1)
      expect((await open(`/shared/guess-${guess}`)).status).toBe(404);
    const refused = await open("/shared/one-more");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    const good = await open(await linkOf(anna.id, { name: "Throttled" }));
    expect([good.status, good.body]).toEqual([429, refused.body]);
  });

  test("can write nothing: its transactions are read only", async () => {
    // Of parts that no other test looks at, or they would not be read.
    const path = await linkOf(anna.id, { name: "Read only", parts: ["risk", "income"] });
    const statements: string[] = [];
    const { pool } = server;
    const connect = pool.connect.bind(pool);
    const client = await connect();
    const { query } = Object.getPrototypeOf(client);
    client.release();
    Object.getPrototypeOf(client).query = function (this: object, ...given: unknown[]) {
      if (typeof given[0] === "string") statements.push(given[0]);
      return query.apply(this, given);
    };
    try {
      expect((await open(path)).status).toBe(200);
    } finally {
      Object.getPrototypeOf(client).query = query;
    }
    const begun = statements.filter((text) => text.startsWith("begin"));
    expect(begun.length).toBeGreaterThan(2);
    for (const text of begun) expect(text).toMatch(/^begin read only; set local app\.user_id/);
  });
});

const today = (): string => server.context.clock().toISOString().slice(0, 10);
