import { beforeAll, describe, expect, test } from "vitest";
import { openProgram, type Program, startProgram } from "../support/program.ts";

// An answer is kept until what is published is another version. Nobody notices, but by what it costs: not in another process, not
// after whatever may change.

let program: Program;
/** Another web process on the same database, and a day later. */
let other: Program;
let ada: Visitor;
let bert: Visitor;

interface Visitor {
  readonly cookie: string;
  readonly id: number;
}

const json = { "Content-Type": "application/json" };

async function register(email: string): Promise<Visitor> {
  const answer = await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { ...json, Origin: program.url },
    body: JSON.stringify({ email, password: "correct horse battery" }),
  });
  const { user } = (await answer.json()) as { user: { id: number } };
  return { cookie: answer.headers.getSetCookie()[0]!.split(";")[0]!, id: user.id };
}

async function send(who: Visitor, method: string, path: string, body: object): Promise<number> {
  const { status } = await fetch(program.url + path, {
    method,
    headers: { ...json, Origin: program.url, Cookie: who.cookie },
    body: JSON.stringify(body),
  });
  return status;
}

const trade = (who: Visitor, ticker: string, quantity: string, date: string) =>
  send(who, "POST", "/api/transactions", { ticker, type: "BUY", quantity, price: "100", date });

async function ask(who: Visitor, path: string, server = program) {
  const answer = await fetch(server.url + path, { headers: { Cookie: who.cookie } });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

const path = "/api/portfolio/performance";

/** As both processes say, each asked twice. */
async function worth(who: Visitor): Promise<string> {
  const said: string[] = [];
  for (const server of [program, program, other, other])
    said.push((await ask(who, path, server)).body.performance.market_value);
  expect(new Set(said).size, said.join()).toBe(1);
  return said[0]!;
}

/** What the engine does not do: another figure where no version is another one, so that it tells what is read anew. */
const tamper = (who: Visitor, amount: number) =>
  program.database.pool.query(
    "update int_portfolio_daily set market_value = market_value + $2 where user_id = $1 and portfolio_id = 0",
    [who.id, amount],
  );

beforeAll(async () => {
  program = await startProgram();
  const dayLater = () => new Date(Date.now() + 86_400_000);
  other = await openProgram(program.database, {}, dayLater);
  ada = await register("ada@example.org");
  bert = await register("bert@example.org");
  expect(await trade(ada, "NORD", "10", "2022-05-05")).toBe(201);
  expect(await trade(bert, "NORD", "3", "2022-05-05")).toBe(201);
  await program.engine.refresh("transaction_sensor");
});

test("the same is not computed again, and is each person's own", async () => {
  const [hers, his] = [await worth(ada), await worth(bert)];
  expect(Number(hers) / Number(his)).toBeCloseTo(10 / 3, 6);
  await tamper(ada, 1);
  expect([await worth(ada), await worth(bert)]).toEqual([hers, his]);
  await tamper(ada, -1);
});

test("what reads a source is not kept: that changes before any version does", async () => {
  const value = async () => (await ask(ada, "/api/portfolio/tickers")).body.rows[0].quantity as string;
  const before = await value();
  const add = "update int_holding_periods set quantity = quantity + $2 where user_id = $1";
  await program.database.pool.query(add, [ada.id, 1]);
  expect(Number(await value())).toBe(Number(before) + 1);
  await program.database.pool.query(add, [ada.id, -1]);
  expect(await value()).toBe(before);
});

describe("is read anew in every process", () => {
  test("after a trade, by who made it alone", async () => {
    const [hers, his] = [await worth(ada), await worth(bert)];
    expect(await trade(ada, "NORD", "10", "2022-06-06")).toBe(201);
    await program.engine.refresh("transaction_sensor");
    expect(Number(await worth(ada))).toBeCloseTo(2 * Number(hers), 4);
    expect(await worth(bert)).toBe(his);
  });

  test("after an edit and a deletion, which leads back to what was", async () => {
    const before = await worth(ada);
    expect(await trade(ada, "NORD", "5", "2023-06-06")).toBe(201);
    await program.engine.refresh("transaction_sensor");
    const more = await worth(ada);
    expect(Number(more)).toBeGreaterThan(Number(before));
    const { body } = await ask(ada, "/api/transactions?limit=1");
    const [{ transaction_id: id }] = body.transactions;
    expect(await send(ada, "DELETE", `/api/transactions/${id}`, {})).toBe(204);
    await program.engine.refresh("transaction_sensor");
    expect(await worth(ada)).toBe(before);
  });

  test("after another price, without a trade", async () => {
    const [hers, his] = [await worth(ada), await worth(bert)];
    await program.database.pool.query(
      `update raw_prices
       set close = close * 1.1, adj_close = adj_close * 1.1, high = high * 1.1
       where ticker = 'NORD' and price_date = (select max(price_date) from raw_prices where ticker = 'NORD')`,
    );
    await program.engine.refresh("transaction_sensor");
    expect(Number(await worth(ada)) / Number(hers)).toBeCloseTo(1.1, 4);
    expect(Number(await worth(bert)) / Number(his)).toBeCloseTo(1.1, 4);
  });

  test("after a table was built again, with what stands in it then", async () => {
    const before = await worth(ada);
    await tamper(ada, 1);
    expect(await worth(ada)).toBe(before);
    await program.engine.run({
      triggerKind: "manual",
      triggerName: "test",
      selection: "int_portfolio_daily",
    });
    expect(await worth(ada)).toBe(before);
  });

  test("after the currency was changed", async () => {
    const { pool } = program.database;
    const change = async (currency: string): Promise<void> => {
      await pool.query("update public.users set base_currency = $2 where user_id = $1", [ada.id, currency]);
      await program.engine.refresh("transaction_sensor");
    };
    /** null: there are no figures in it, since no rate of it is known. */
    const said = async (server: Program) =>
      ((await ask(ada, path, server)).body.performance?.currency ?? null) as string | null;
    expect([await said(program), await said(other)]).toEqual(["USD", "USD"]);
    await change("EUR");
    const { rows } = await pool.query("select currency from gold__performance where user_id = $1", [ada.id]);
    const published = rows[0]?.currency ?? null;
    expect(published).not.toBe("USD");
    expect([await said(program), await said(other), await said(program)]).toEqual(Array(3).fill(published));
    await change("USD");
    expect([await said(program), await said(other)]).toEqual(["USD", "USD"]);
  });
});

describe("is nobody's who may not ask", () => {
  const statuses = async (who: Visitor) => [
    (await ask(who, path)).status,
    (await ask(who, path, other)).status,
  ];

  test("any more: signed out, or with an account that was disabled", async () => {
    const carl = await register("carl@example.org");
    expect(await trade(carl, "NORD", "1", "2022-05-05")).toBe(201);
    await program.engine.refresh("transaction_sensor");
    expect(await statuses(carl)).toEqual([200, 200]);
    const disable = "update public.users set disabled_at = $2 where user_id = $1";
    await program.database.pool.query(disable, [carl.id, new Date()]);
    expect(await statuses(carl)).toEqual([401, 401]);
    await program.database.pool.query(disable, [carl.id, null]);
    expect(await statuses(carl)).toEqual([200, 200]);
    expect(await send(carl, "POST", "/auth/logout", {})).toBeLessThan(300);
    expect(await statuses(carl)).toEqual([401, 401]);
  });

  test("as an operator either: another role is another's figures by no way", async () => {
    const hers = await worth(ada);
    await program.database.pool.query("update public.users set role = 'operator' where user_id = $1", [
      bert.id,
    ]);
    expect(await worth(bert)).not.toBe(hers);
    await program.database.pool.query("update public.users set role = 'investor' where user_id = $1", [
      bert.id,
    ]);
    expect(await worth(bert)).not.toBe(hers);
  });
});

describe("the page", () => {
  async function look(server: Program, headers: Record<string, string> = {}) {
    const answer = await fetch(`${server.url}/portfolio?range=Max`, {
      headers: { Accept: "text/html", "Accept-Language": "en-US", Cookie: ada.cookie, ...headers },
    });
    return { encoding: answer.headers.get("Content-Encoding"), html: await answer.text(), answer };
  }

  test("is the same however it is sent, and once more", async () => {
    const plain = (await look(program, { "Accept-Encoding": "identity" })).html;
    for (const wanted of ["gzip", "br", "gzip", "br", "gzip;q=0.1, br;q=0"]) {
      const { encoding, html, answer } = await look(program, { "Accept-Encoding": wanted });
      expect([encoding, html === plain]).toEqual([wanted.startsWith("br") ? "br" : "gzip", true]);
      expect(answer.headers.get("Vary")).toMatch(/accept-encoding/i);
      expect(answer.headers.get("Cache-Control")).toBe("no-store");
    }
  });

  test("has the day's notes, of either process, and the language and the columns that were chosen last", async () => {
    const figure = ({ html }: { html: string }) => /<p class="value">.*?>(\$[^<]+)</.exec(html)?.[1];
    expect(figure(await look(program))).toMatch(/^\$/);
    expect(figure(await look(other))).toBe(figure(await look(program)));
    const speak = (language: string | null) =>
      program.database.pool.query("update public.users set language = $2 where user_id = $1", [
        ada.id,
        language,
      ]);
    await speak("de");
    for (const server of [program, other]) expect((await look(server)).html).toMatch(/<html lang="de/);
    await speak(null);
    for (const server of [program, other]) expect((await look(server)).html).toMatch(/<html lang="en/);
    expect(await trade(ada, "NORD", "10", "2022-07-07")).toBe(201);
    const before = figure(await look(other));
    await program.engine.refresh("transaction_sensor");
    const after = figure(await look(other));
    expect(after).not.toBe(before);
    expect(figure(await look(program))).toBe(after);
  });
});
