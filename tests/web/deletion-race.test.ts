/**
 * An account that is deleted while its requests are under way: each is answered as before the deletion or as after it, never
 * by an error of ours, and nothing of the person is left.
 */
import { beforeAll, expect, test } from "vitest";
import { emptyRegistry } from "./registry.ts";
import { password, startWebServer, type WebServer } from "./server.ts";

let server: WebServer;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await server.register("first@example.org");
  await server.database.pool.query(
    `insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange, exchange_timezone)
     values ('T', 'T', 'stock', 'USD', 'NMS', 'America/New_York')`,
  );
  await server.database.pool.query(
    `insert into bronze.raw_prices (ticker, price_date, open, high, low, close, adj_close, volume)
     select 'T', day, 10, 10, 10, 10, 10, 1 from generate_series(date '2024-01-02', date '2024-02-05', '1 day') as day`,
  );
});

/** Every table that has rows of a person, but for what a sensor takes away after them. */
async function leftOf(userId: number): Promise<string[]> {
  const { pool } = server.database;
  const { rows } = await pool.query<{ relation: string }>(
    `select format('%I.%I', nspname, relname) as relation
     from pg_attribute
     join pg_class on pg_class.oid = attrelid
     join pg_namespace on pg_namespace.oid = relnamespace
     where attname = 'user_id' and not attisdropped and relkind in ('r', 'p') and nspname in ('public', 'bronze')`,
  );
  expect(rows.length).toBeGreaterThan(8);
  const left: string[] = [];
  for (const { relation } of rows)
    if ((await pool.query(`select from ${relation} where user_id = $1`, [userId])).rowCount)
      left.push(relation);
  return left;
}

test("trades, choices, tokens and sign-ins that race with the deletion end cleanly", async () => {
  const statuses = new Map<string, Set<number>>();
  for (let round = 0; round < 4; round++) {
    const email = `racer-${round}@example.org`;
    const { token, id } = await server.register(email);
    const { token: program } = (
      await server.call("POST", "/api/account/tokens", { token, body: { name: "racer", scope: "write" } })
    ).body;
    const trade = (credential: string, key: number) =>
      server.call("POST", "/api/transactions", {
        token: credential,
        body: { ticker: "T", type: "BUY", quantity: "1", price: "10", date: "2024-01-03" },
        headers: { "Idempotency-Key": `${round} ${key}` },
      });
    // Some trades stand before; the deletion starts among the others, a little later in each round.
    await trade(token, -1);
    const requests: readonly (() => ReturnType<typeof server.call>)[] = [
      ...Array.from({ length: 6 }, (_, key) => () => trade(key % 2 ? token : program, key)),
      () =>
        server.call("POST", "/api/account/cost-basis-method", { token, body: { cost_basis_method: "fifo" } }),
      () => server.call("GET", "/api/account", { token: program }),
      () => server.call("GET", "/api/account/security-events", { token }),
      () => server.call("POST", "/api/account/tokens", { token, body: { name: "late", scope: "read" } }),
      () => server.call("DELETE", "/api/transactions/1", { token }),
      () => server.call("DELETE", "/api/account/sessions", { token: program }),
      () => server.call("POST", "/auth/login", { body: { email, password } }),
      () => server.call("GET", "/account", { token, headers: { Accept: "text/html" } }),
      () => server.call("GET", "/transactions", { token, headers: { Accept: "text/html" } }),
    ];
    const deletion = () => server.call("DELETE", "/api/account", { token, body: { email, password } });
    const order = [...requests];
    order.splice(round * 4, 0, deletion);
    const answers = await Promise.all(order.map((send) => send()));
    for (const { status, body } of answers) {
      const key = typeof body === "object" ? (body.error?.code ?? "done") : "page";
      statuses.set(key, (statuses.get(key) ?? new Set()).add(status));
      expect(status, JSON.stringify(body).slice(0, 300)).toBeLessThan(500);
    }
    expect((await deletion()).status).toBe(401);
    expect(await leftOf(id)).toEqual([]);
  }
});

test.each([
  [
    "a trade",
    "POST",
    "/api/transactions",
    { ticker: "T", type: "BUY", quantity: "1", price: "10", date: "2024-01-03" },
  ],
  ["a token", "POST", "/api/account/tokens", { name: "late", scope: "read" }],
  ["a setting", "POST", "/api/account/cost-basis-method", { cost_basis_method: "fifo" }],
])(
  "%s that waits for the deletion is refused as by somebody who is not signed in",
  async (what, method, path, body) => {
    const { token, id } = await server.register(`${what.replace(" ", "-")}@example.org`);
    const { pool } = server.database;
    const deletion = await pool.connect();
    await deletion.query("begin");
    await deletion.query("select public.erase_account($1)", [id]);
    // The request passes the door, where the account stands still, and waits for the row.
    const answer = server.call(method, path, { token, body });
    const isWaiting = async () =>
      (
        await pool.query(
          "select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0",
        )
      ).rowCount !== 0;
    while (!(await isWaiting()));
    await deletion.query("commit");
    deletion.release();
    const { status, body: said } = await answer;
    expect([status, said.error?.code]).toEqual([401, "unauthenticated"]);
    expect(await leftOf(id)).toEqual([]);
  },
);
