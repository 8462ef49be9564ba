import { beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { createApp } from "../../src/web/app.ts";
import { deployedEngine } from "../support/engine.ts";
import { openEvents } from "./event-stream.ts";
import { type CallOptions, startWebServer, type WebServer } from "./server.ts";

// One person reads for another: what they see, and that there is nothing they can do.

interface Who {
  readonly token: string;
  readonly id: number;
  readonly email: string;
}

let server: WebServer;
let engine: Engine;
/** An operator, who lets bert read. */
let anna: Who;
let bert: Who;
let carl: Who;

async function register(email: string): Promise<Who> {
  return { ...(await server.register(email)), email };
}

const call = (who: Who, method: string, path: string, options: CallOptions = {}) =>
  server.call(method, path, { token: who.token, ...options });
const look = (who: Who, path: string) =>
  call(who, "GET", path, { headers: { Accept: "text/html", "Accept-Language": "en-US" } });

const offer = (from: Who, email: string, more: object = {}) =>
  call(from, "POST", "/api/account/readers", { body: { email, ...more } });
const listOf = async (who: Who) => (await call(who, "GET", "/api/account/readers")).body;

/** The grant by which `reader` may read for `from`. */
async function granted(from: Who, reader: Who, more: object = {}): Promise<string> {
  expect((await offer(from, reader.email, more)).status).toBe(204);
  const { read_portfolios } = await listOf(reader);
  const { grant_id } = read_portfolios.find(({ email }: { email: string }) => email === from.email);
  expect((await call(reader, "POST", `/api/account/readers/${grant_id}/accept`)).status).toBe(204);
  return grant_id;
}

const end = (who: Who, grantId: string) => call(who, "DELETE", `/api/account/readers/${grantId}`);

beforeAll(async () => {
  server = await startWebServer(() => engine.registry);
  engine = await deployedEngine(server.database);
  anna = await register("anna@example.org");
  bert = await register("bert@example.org");
  carl = await register("carl@example.org");
  const { pool } = server.database;
  await pool.query(
    `insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone)
     values ('ACME', 'Acme Corporation', 'stock', 'USD', 'America/New_York');
     insert into raw_prices (ticker, price_date, close)
     select 'ACME', price_date::date, 100 + extract(day from price_date)
     from generate_series('2024-03-01'::timestamptz, '2024-06-28', '1 day') as price_date
     where extract(isodow from price_date) < 6`,
  );
  for (const [{ id }, quantity] of [
    [anna, 13],
    [bert, 2],
  ] as const)
    await pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values ($1, 'ACME', 'BUY', $2, 101, '2024-03-04'), ($1, 'ACME', 'SELL', 1, 120, '2024-04-04')`,
      [id, quantity],
    );
  await engine.refresh("transaction_sensor");
});

describe("an offer", () => {
  test("is answered alike whether or not somebody has the email, and says nothing until it is accepted", async () => {
    const known = await offer(anna, "carl@example.org");
    const unknown = await offer(anna, "nobody@example.org");
    expect([known.status, known.body]).toEqual([unknown.status, unknown.body]);
    const { readers } = await listOf(anna);
    const [nobodys, carls] = readers;
    expect({ ...nobodys, grant_id: "", email: "" }).toEqual({ ...carls, grant_id: "", email: "" });
    const exported = (await call(anna, "GET", "/api/account/export")).body;
    expect(exported.readers).toHaveLength(2);
    expect(JSON.stringify(exported.readers)).not.toContain("reader_id");
    expect((await offer(anna, "nobody@example.org")).body.error.code).toBe("name_taken");
    // Whoever takes the email later was not meant.
    const nobody = await register("nobody@example.org");
    expect((await listOf(nobody)).read_portfolios).toEqual([]);
    expect((await call(nobody, "POST", `/api/account/readers/${nobodys.grant_id}/accept`)).status).toBe(404);
    for (const { grant_id } of readers) expect((await end(anna, grant_id)).status).toBe(204);
  });

  test("shows nothing before it is accepted, and is declined by who was asked", async () => {
    await offer(anna, bert.email);
    const [{ grant_id }] = (await listOf(bert)).read_portfolios;
    expect((await look(bert, `/reading/${grant_id}/portfolio`)).status).toBe(404);
    expect((await end(carl, grant_id)).status).toBe(404);
    expect((await end(bert, grant_id)).status).toBe(204);
    // As of an email that nobody has: that it went would tell.
    expect((await listOf(bert)).read_portfolios).toEqual([]);
    expect((await listOf(anna)).readers).toMatchObject([{ grant_id, accepted_at: null }]);
    expect((await offer(anna, bert.email)).body.error.code).toBe("name_taken");
    expect((await end(anna, grant_id)).status).toBe(204);
    expect((await listOf(anna)).readers).toEqual([]);
    const logged = async (who: Who) =>
      (await call(who, "GET", "/api/account/security-events")).body.security_events
        .map(({ kind }: { kind: string }) => kind)
        .filter((kind: string) => kind.startsWith("reading_"));
    expect((await logged(bert)).slice(0, 9)).toEqual(["reading_ended"]);
  });

  test("stays when the account that it was for is deleted, and is in nobody else’s log before it is accepted", async () => {
    const erin = await register("erin@example.org");
    await offer(anna, erin.email);
    const events = await call(erin, "GET", "/api/account/security-events");
    expect(JSON.stringify(events.body)).not.toContain("reading_");
    const body = { email: erin.email, password: "correct horse battery" };
    expect((await call(erin, "DELETE", "/api/account", { body })).status).toBe(204);
    const { readers } = await listOf(anna);
    expect(readers).toMatchObject([{ email: erin.email, accepted_at: null }]);
    await end(anna, readers[0].grant_id);
  });

  test.each([
    ["one’s own email", { email: "Anna@example.org" }, "invalid_email"],
    ["an end in the past", { email: "x@example.org", expires_on: "2020-01-01" }, "invalid_expires_on"],
    [
      "an end after more than a year",
      { email: "x@example.org", expires_on: "2999-01-01" },
      "invalid_expires_on",
    ],
  ])("of %s is refused", async (_, body, code) => {
    const { status, body: answer } = await call(anna, "POST", "/api/account/readers", { body });
    expect([status, answer.error.code]).toEqual([422, code]);
  });

  test("is one of fifty in a day, ended ones too; the next waits, on the page as well", async () => {
    const greg = await register("greg@example.org");
    for (let made = 0; made < 50; made++) {
      expect((await offer(greg, `somebody-${made}@example.org`)).status).toBe(204);
      const { readers } = await listOf(greg);
      await end(greg, readers[0].grant_id);
    }
    const { status, headers, body } = await offer(greg, "one-more@example.org");
    expect([status, headers.get("retry-after"), body.error.code]).toEqual([429, "3600", "too_many_attempts"]);
    const page = await call(greg, "POST", "/account/sharing/readers", {
      body: { email: "one-more@example.org", expires_on: "" },
      headers: { Accept: "text/html", "Accept-Language": "en-US" },
    });
    expect([page.status, page.body]).toEqual([
      429,
      expect.stringContaining("Too many offers to read in a day"),
    ]);
    expect((await listOf(greg)).readers).toEqual([]);
    expect((await offer(carl, "one-more@example.org")).status).toBe(204); // each has their own
    await end(carl, (await listOf(carl)).readers[0].grant_id);
  });

  test("finds room that what has ended takes no longer", async () => {
    const dave = await register("dave@example.org");
    await server.database.pool.query(
      `insert into public.reading_grants (user_id, reader_email, created_at, expires_at)
       select $1, number || '@example.org', $2::timestamptz - interval '9 days', $2::timestamptz - interval '1 day'
       from generate_series(1, 50) as number`,
      [dave.id, server.context.clock()],
    );
    expect((await offer(dave, bert.email)).status).toBe(204);
    const { readers } = await listOf(dave);
    expect(readers).toHaveLength(1);
    await end(dave, readers[0].grant_id);
  });

  test("takes a session, and a proof", async () => {
    const { body } = await call(anna, "POST", "/api/account/tokens", {
      body: { name: "program", scope: "write" },
    });
    const byProgram = { ...anna, token: body.token };
    expect((await offer(byProgram, bert.email)).status).toBe(403);
    expect((await call(byProgram, "GET", "/api/account/readers")).status).toBe(403);
  });
});

describe("who reads", () => {
  let grantId: string;
  let under: string;
  beforeAll(async () => {
    grantId = await granted(anna, bert);
    under = `/reading/${grantId}`;
  });

  const pages = [
    "/portfolio",
    "/portfolio?range=1M",
    "/portfolio/performance",
    "/portfolio/risk",
    "/income",
    "/realized?year=2024",
    "/tickers/ACME",
    "/explain/market_value",
    "/explain/average_cost?ticker=ACME",
  ];

  test.each(pages)(
    "sees %s of the other, which says whose it is, offers no form that writes, and leads nowhere else",
    async (path) => {
      const { status, body } = await look(bert, under + path);
      expect(status).toBe(200);
      expect(body).toContain("You are looking at the portfolio of <strong>anna@example.org</strong>");
      const main = /<main.*?<\/main>/s.exec(body)![0];
      expect(main).not.toMatch(/method="post"|form="refresh-prices"/);
      const addresses = [...main.matchAll(/(?:href|action)="([^"#?][^"]*)"/g)].map(([, to]) => to!);
      for (const to of addresses) expect(to === "/portfolio" || to.startsWith(`${under}/`), to).toBe(true);
      // 12 shares at 128, not one.
      if (path === "/portfolio") expect(main).toContain("$1,536.00");
      expect(body).toContain(`data-events="${under}/events"`);
    },
  );

  test("has the own pages as ever, the buttons among them, whoever looked first", async () => {
    const [own, read, annas] = [
      await look(bert, "/portfolio?range=Max&benchmark="),
      await look(bert, `${under}/portfolio?range=Max&benchmark=`),
      await look(anna, "/portfolio?range=Max&benchmark="),
    ];
    expect(own.body).toContain("$128.00");
    expect(read.body).not.toContain("Refresh prices");
    for (const { body } of [own, annas]) {
      expect(body).toContain("Refresh prices");
      expect(body).not.toContain("You are looking at");
    }
    expect(own.body).toContain(`href="${under}/portfolio"`);
    expect(annas.body).not.toContain("/reading/");
  });

  interface Layer {
    readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
    readonly handle: { readonly stack?: readonly Layer[] };
  }
  /** Every route there is, as Express has it: a new one is in it by itself. */
  function routesOf(layers: readonly Layer[]): string[] {
    return layers.flatMap(({ route, handle }) =>
      route
        ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`)
        : handle.stack
          ? routesOf(handle.stack)
          : [],
    );
  }

  test("can do nothing: every route there is, but for the looks, is refused with a sentence", async () => {
    const router = createApp(server.context).router as unknown as { stack: Layer[] };
    const routes = [...new Set(routesOf(router.stack))];
    expect(routes.length).toBeGreaterThan(150);
    const seen: string[] = [];
    for (const route of [
      ...routes,
      "POST /portfolio",
      "PUT /portfolio",
      "DELETE /tickers/ACME",
      "GET /new-page",
    ]) {
      const [method = "", path = ""] = route.split(" ");
      const address = under + path.replaceAll(/:(\w+)/g, (_, name) => (name === "ticker" ? "ACME" : "1"));
      if (path === "/events" || path.includes("*")) continue;
      const answer = await call(bert, method, address, {
        headers: { Accept: "application/json" },
        ...(method !== "GET" && { body: {} }),
      });
      if (answer.status === 403) {
        expect(answer.body.error.code, route).toBe("read_only");
        expect(answer.body.error.message).toContain("anna@example.org");
      } else {
        expect(answer.status, route).toBeLessThan(500);
        seen.push(route);
      }
    }
    expect(seen.sort()).toEqual([
      "GET /explain/:figure",
      "GET /income",
      "GET /portfolio",
      "GET /portfolio/performance",
      "GET /portfolio/risk",
      "GET /realized",
      "GET /tickers/:ticker",
    ]);
    const page = await call(bert, "POST", `${under}/portfolio/columns`, { headers: { Accept: "text/html" } });
    expect(page.status).toBe(403);
    expect(page.body).toContain("you cannot change anything in it");
  });

  test("writes nothing, not even what was looked at last, and is not led by it", async () => {
    const { pool } = server.database;
    await pool.query(
      "insert into portfolio_choices (user_id, range_name) values ($1, '1M') on conflict (user_id) do update set range_name = '1M'",
      [anna.id],
    );
    const { status } = await look(bert, `${under}/portfolio`);
    expect(status).toBe(200);
    await call(bert, "GET", `${under}/portfolio?range=3M&benchmark=`, {
      headers: { Accept: "text/html", "Sec-Fetch-Site": "same-origin" },
    });
    const { rows } = await pool.query("select user_id, range_name from portfolio_choices order by user_id");
    expect(rows).toContainEqual({ user_id: anna.id, range_name: "1M" });
    await pool.query("delete from portfolio_choices");
  });

  test.each(["benchmark=a%20b", "benchmark=%01", "benchmark=ACME&benchmark=ACME", ""])(
    "is led neither to the benchmark nor to the columns of the other by ?%s",
    async (query) => {
      const { pool } = server.database;
      const address = `${under}/portfolio?${query}`;
      const before = await look(bert, address);
      expect(before.status).toBe(200);
      await pool.query(
        "insert into portfolio_choices (user_id, range_name, benchmark, holdings_columns) values ($1, '1M', 'ACME', '{quantity}')",
        [anna.id],
      );
      const { status, body, headers } = await look(bert, address);
      await pool.query("delete from portfolio_choices");
      expect([status, headers.get("Location")]).toEqual([200, null]);
      const main = (text: string): string => /<main.*?<\/main>/s.exec(text)![0];
      expect(main(body)).toBe(main(before.body));
    },
  );

  test("is one route of the metrics, whichever grant it is", async () => {
    await look(bert, `${under}/portfolio`);
    const { body } = await server.call("GET", "/metrics");
    expect(body).toContain('route="/reading/:grant_id/portfolio"');
    expect(body).not.toContain(grantId);
  });

  test("does not run the installation by reading for an operator, and sees no name of theirs that is not asked for", async () => {
    const { body } = await look(bert, `${under}/portfolio`);
    expect(body).not.toContain('href="/runs"');
    expect((await look(bert, "/runs")).status).toBe(403);
  });

  test("is nobody else, nor a program", async () => {
    expect((await look(carl, `${under}/portfolio`)).status).toBe(404);
    expect((await look(anna, `${under}/portfolio`)).status).toBe(404);
    const stranger = await server.call("GET", `${under}/portfolio`, { headers: { Accept: "text/html" } });
    expect(stranger.headers.get("Location")).toMatch(/^\/sign-in/);
    const { body } = await call(bert, "POST", "/api/account/tokens", {
      body: { name: "program", scope: "read" },
    });
    expect((await look({ ...bert, token: body.token }, `${under}/portfolio`)).status).toBe(403);
  });

  test("hears of the other’s news, and not of the own at that address", async () => {
    const stream = await openEvents(server.url, bert.token, {}, `${under}/events`);
    expect(stream.status).toBe(200);
    const publish = (run_id: number, id: number) =>
      server.database.pool.query("select pg_notify('orchestrator_published', $1)", [
        JSON.stringify({ run_id, assets: [], partition_column: "user_id", partitions: [String(id)] }),
      ]);
    await publish(41, bert.id);
    await publish(42, anna.id);
    expect((await stream.next()).data.run_id).toBe(42);
    expect((await end(anna, grantId)).status).toBe(204);
    await stream.ended();
    expect((await look(bert, `${under}/portfolio`)).status).toBe(404);
    expect((await openEvents(server.url, bert.token, {}, `${under}/events`)).status).toBe(404);
  });

  test("hears no more when the other is disabled or deleted", async () => {
    const frank = await register("frank@example.org");
    const address = `/reading/${await granted(frank, bert)}/events`;
    const disabled = await openEvents(server.url, bert.token, {}, address);
    const { pool } = server.database;
    await pool.query("update public.users set disabled_at = now() where user_id = $1", [frank.id]);
    await disabled.ended();
    await pool.query("update public.users set disabled_at = null where user_id = $1", [frank.id]);
    const deleted = await openEvents(server.url, bert.token, {}, address);
    await pool.query(
      `begin; set local app.user_id = '${frank.id}'; select public.delete_own_account(); commit`,
    );
    await deleted.ended();
  });

  test("stands in the security log of both", async () => {
    const again = await granted(anna, bert);
    await end(bert, again);
    for (const [who, own] of [
      [anna, ["other", "other", "yourself"]],
      [bert, ["yourself", "yourself"]],
    ] as const) {
      const { body } = await call(who, "GET", "/api/account/security-events");
      const events = body.security_events.filter(({ kind }: { kind: string }) => kind.startsWith("reading_"));
      const newest = events.slice(0, own.length);
      expect(newest.map(({ kind }: { kind: string }) => kind)).toEqual(
        ["reading_ended", "reading_accepted", "reading_granted"].slice(0, own.length),
      );
      expect(newest.map(({ by }: { by: string }) => by)).toEqual(own);
      // Of somebody else who acted, not from where.
      for (const { by, address } of events) if (by === "other") expect(address).toBeNull();
    }
  });

  test("does so until the end date, while the other’s account is open, and no longer than either account stands", async () => {
    const { pool } = server.database;
    const dora = await register("dora@example.org");
    const today = server.context.clock().toISOString().slice(0, 10);
    const id = await granted(dora, bert, { expires_on: today });
    const address = `/reading/${id}/portfolio`;
    expect((await look(bert, address)).status).toBe(200);
    await pool.query("update public.users set disabled_at = now() where user_id = $1", [dora.id]);
    expect((await look(bert, address)).status).toBe(404);
    await pool.query("update public.users set disabled_at = null where user_id = $1", [dora.id]);
    await pool.query(
      `update public.reading_grants
       set created_at = $1::timestamptz - interval '2 days', expires_at = $1::timestamptz - interval '1 second'
       where grant_id = $2`,
      [server.context.clock(), id],
    );
    expect((await look(bert, address)).status).toBe(404);
    expect((await listOf(bert)).read_portfolios).toEqual([]);
    const other = await granted(bert, dora);
    const gone = await call(dora, "DELETE", "/api/account", {
      body: { email: dora.email, password: "correct horse battery" },
    });
    expect(gone.status).toBe(204);
    const { rows } = await pool.query("select from public.reading_grants where grant_id in ($1, $2)", [
      id,
      other,
    ]);
    expect(rows).toEqual([]);
  });
});
