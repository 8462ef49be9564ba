import { beforeAll, describe, expect, test } from "vitest";
import { exportSchema, personalTableNames } from "../../src/web/personal-data.ts";
import { type Program, startProgram } from "../support/program.ts";
import { emptyRegistry } from "../web/registry.ts";
import { password, startWebServer, type WebServer } from "../web/server.ts";

let server: WebServer;
let operator: { token: string; id: number };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  operator = await server.register("first@example.org");
});

const asBrowser = { Accept: "text/html", "Accept-Language": "en-US" };

const get = (token: string, path = "/account") => server.call("GET", path, { token, headers: asBrowser });

const post = (token: string, path: string, body: object = {}) =>
  server.call("POST", path, { token, body, headers: asBrowser });

const helpOf = (html: string, field: string) =>
  new RegExp(`id="${field}-help">(.*?)</p>`, "s").exec(html)?.[1];

describe("the account page", () => {
  test("is for who is signed in", async () => {
    const { status, headers } = await server.call("GET", "/account", { headers: asBrowser });
    expect([status, headers.get("Location")]).toEqual([303, "/sign-in?next=%2Faccount"]);
  });

  test("says what is wrong with a password beside its field, and changes it", async () => {
    const { token } = await server.register("password@example.org");
    const wrong = await post(token, "/account/password", {
      current_password: "?",
      new_password: "long enough",
    });
    expect(wrong.status).toBe(422);
    expect(helpOf(wrong.body, "current_password")).toContain(
      "That is not the current password of this account.",
    );
    const short = await post(token, "/account/password", {
      current_password: password,
      new_password: "short",
    });
    expect(helpOf(short.body, "new_password")).toContain("Enter a password of 8 to 200 characters.");
    const changed = await post(token, "/account/password", {
      current_password: password,
      new_password: "long enough",
    });
    expect(changed.headers.get("Location")).toBe("/account?done=password");
    expect((await get(token, "/account?done=password")).body).toContain("Your password is changed.");
    expect((await get(token, "/account?done=nonsense")).body).not.toContain("Done.");
  });

  test("marks this session and signs out others, one or all", async () => {
    const { token } = await server.register("sessions@example.org");
    const signIn = () =>
      server.call("POST", "/auth/login", {
        body: { email: "sessions@example.org", password },
        headers: { "User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0" },
      });
    const other = (await signIn()).body.token;
    const { body } = await get(token);
    expect(body.match(/>This one</g)).toHaveLength(1);
    expect(body).toMatch(/>node<\/strong>\s+<span class="tag on">This one/);
    expect(body).toContain("Firefox on Windows");
    await post(token, /action="(\/account\/sessions\/[\w-]{36}\/sign-out)"/.exec(body)![1]!);
    expect((await get(other)).status).toBe(303);
    const third = (await signIn()).body.token;
    const { headers } = await post(token, "/account/sessions/sign-out");
    expect(headers.get("Location")).toBe("/sign-in");
    expect([(await get(token)).status, (await get(third)).status]).toEqual([303, 303]);
  });

  test("shows a new token once, however often the form is sent", async () => {
    const { token } = await server.register("token@example.org");
    const form = { name: "<b>cron</b>", scope: "read" };
    const made = await post(token, "/account/tokens", form);
    expect(made.body).toContain("&lt;b&gt;cron&lt;/b&gt; is made.");
    const apiToken = /sf_[\w-]{43}/.exec(made.body)![0];
    expect((await server.call("GET", "/api/account", { token: apiToken })).status).toBe(200);
    const again = await post(token, "/account/tokens", form);
    expect(again.status).toBe(409);
    expect(helpOf(again.body, "name")).toContain("There is an API token named");
    const { body } = await get(token);
    expect(body).not.toContain(apiToken);
    await post(token, /action="(\/account\/tokens\/[\w-]{36}\/revoke)"/.exec(body)![1]!);
    expect((await server.call("GET", "/api/account", { token: apiToken })).status).toBe(401);
    expect((await get(token)).body).toContain("No token yet.");
  });

  test("offers the other cost basis method and says whose figures change", async () => {
    const { token, id } = await server.register("basis@example.org");
    expect((await get(token)).body).toContain("You have sold nothing yet");
    await server.database.pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values ($1, 'AAPL', 'BUY', 2, 10, '2024-01-02'), ($1, 'AAPL', 'SELL', 1, 11, '2024-01-03'),
         ($1, 'MSFT', 'BUY', 2, 10, '2024-01-02')`,
      [id],
    );
    const { headers } = await post(token, "/account/cost-basis-method", { cost_basis_method: "fifo" });
    expect(headers.get("Location")).toBe("/account?done=cost-basis#cost-basis");
    const { body } = await get(token);
    expect(body).toMatch(/value="fifo"\s+checked/);
    expect(body).toContain("Yours: AAPL.");
    await post(token, "/account/cost-basis-method", { cost_basis_method: "hifo" });
    expect((await get(token)).body).toMatch(/value="hifo"\s+checked/);
    expect((await post(token, "/account/cost-basis-method", { cost_basis_method: "best" })).status).toBe(422);
  });

  test("deletes the account after the email and the password, and says goodbye", async () => {
    const { token } = await server.register("leave@example.org");
    expect((await get(token, "/account/delete")).body).toContain("Delete your account?");
    const other = await post(token, "/account/delete", { email: "first@example.org", password });
    expect(helpOf(other.body, "email")).toContain("Enter the email of this account, leave@example.org.");
    expect(other.body).toContain('value="first@example.org"');
    const wrong = await post(token, "/account/delete", { email: "leave@example.org", password: "?" });
    expect(helpOf(wrong.body, "password")).toContain("That is not the current password");
    const { headers } = await post(token, "/account/delete", { email: "leave@example.org", password });
    expect(headers.get("Location")).toBe("/account/deleted");
    expect((await get(token, "/account/deleted")).body).toContain("Your account is deleted");
    expect((await get(token)).status).toBe(303);
  });

  test("tells the last operator what to do first", async () => {
    await server.register("someone@example.org");
    const form = { email: "first@example.org", password };
    const { status, body } = await post(operator.token, "/account/delete", form);
    expect(status).toBe(409);
    expect(body).toContain("This is the only operator; make an operator of another account first");
  });
});

describe("a person with trades", () => {
  let program: Program;
  let token: string;
  let userId: number;

  const call = async (method: string, path: string, body?: object) =>
    fetch(program.url + path, {
      method,
      headers: {
        Origin: program.url,
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { "Content-Type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });

  const realized = async () => {
    const answer = await call("GET", "/api/portfolio/performance");
    return ((await answer.json()) as { performance: { realized_pnl: string } }).performance.realized_pnl;
  };

  beforeAll(async () => {
    program = await startProgram();
    const registered = await call("POST", "/auth/register", { email: "ada@example.org", password });
    const answer = (await registered.json()) as { token: string; user: { id: number } };
    token = answer.token;
    userId = answer.user.id;
    for (const [type, quantity, price, date] of [
      ["BUY", "10", "100", "2024-03-04"],
      ["BUY", "10", "120", "2024-04-04"],
      ["SELL", "10", "130", "2024-05-06"],
    ])
      await call("POST", "/api/transactions", { ticker: "NORD", type, quantity, price, date });
    await program.engine.run({ triggerKind: "manual", triggerName: "test", selection: "raw_prices+" });
    await program.engine.refresh("transaction_sensor");
  });

  test("sees the gain of the chosen cost basis method", async () => {
    expect(Number(await realized())).toBe(200);
    await call("POST", "/api/account/cost-basis-method", { cost_basis_method: "fifo" });
    await program.engine.refresh("transaction_sensor");
    expect(Number(await realized())).toBe(300);
  });

  test("takes everything along, in one file or table by table", async () => {
    const answer = await call("GET", "/api/account/export");
    expect(answer.headers.get("Content-Disposition")).toMatch(
      /^attachment; filename=stratafolio-\d{4}-\d{2}-\d{2}\.json$/,
    );
    const text = await answer.text();
    const data = exportSchema.parse(JSON.parse(text));
    expect(data.account).toMatchObject({ email: "ada@example.org", cost_basis_method: "fifo" });
    expect(data.transactions).toHaveLength(3);
    expect(data.audit).toMatchObject([{ operation: "insert", ticker: "NORD" }, {}, {}]);
    expect(data.timeseries.length).toBeGreaterThan(300);
    expect([data.performance.length, data.tickers.length, data.sessions.length]).toEqual([1, 1, 1]);
    expect(text).not.toMatch(/password|token_hash|\$2b\$/);
    for (const name of personalTableNames) {
      const file = await call("GET", `/account/export/${name}.csv`);
      expect(file.headers.get("Content-Type")).toContain("text/csv");
      const [header, ...lines] = (await file.text()).trimEnd().split("\n");
      expect(lines, name).toHaveLength(data[name].length);
      if (data[name][0]) expect(header!.split(",").sort()).toEqual(Object.keys(data[name][0]).sort());
    }
    expect((await call("GET", "/account/export/users.csv")).status).toBe(404);
  });

  test("leaves no row in any model, retired versions among them", async () => {
    await program.engine.run({
      triggerKind: "manual",
      triggerName: "test",
      selection: "int_holding_periods",
      fullRefresh: true,
    });
    const { pool } = program.database;
    const { rows: tables } = await pool.query<{ name: string }>(
      `select attrelid::regclass::text as name
       from pg_attribute
       join pg_class on pg_class.oid = attrelid and relkind = 'r'
       where relnamespace = 'materialized'::regnamespace and attname = 'user_id'`,
    );
    const holding = async () => {
      const counted = await Promise.all(
        tables.map(async ({ name }) => {
          const { rowCount } = await pool.query(`select from ${name} where user_id = $1`, [userId]);
          return rowCount! > 0 ? [name] : [];
        }),
      );
      return counted.flat();
    };
    const before = await holding();
    expect(before.filter((name) => name.includes("int_holding_periods"))).toHaveLength(2);
    const { status } = await call("DELETE", "/api/account", { email: "ada@example.org", password });
    expect(status).toBe(204);
    await program.engine.refresh("transaction_sensor");
    expect(await holding()).toEqual([]);
  });
});
