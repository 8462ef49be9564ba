import { beforeAll, describe, expect, test } from "vitest";
import { defaultQuotas } from "../../src/quotas.ts";
import { type Program, startProgram } from "../support/program.ts";
import { Visitor } from "../support/visitor.ts";

// The watchlist and target weights, over the API and the pages: what is kept, for whom, and what it comes to.

let program: Program;
let ada: Person;
let bert: Person;

interface Person {
  readonly id: number;
  readonly token: string;
  readonly visitor: Visitor;
}

async function register(email: string): Promise<Person> {
  const response = await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email, password: "correct horse battery" }),
  });
  const { token, user } = (await response.json()) as { token: string; user: { id: number } };
  return { id: user.id, token, visitor: new Visitor(program.url, token) };
}

async function call(method: string, path: string, { token }: Person, body?: object) {
  const response = await fetch(program.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

const watch = (person: Person, ticker: string) => call("POST", "/api/watchlist", person, { ticker });
const aimAt = (person: Person, targets: object, cash?: string) =>
  call("POST", "/api/portfolio/targets", person, {
    targets: Object.entries(targets).map(([ticker, weight]) => ({ ticker, weight })),
    ...(cash !== undefined && { cash }),
  });

/** All that waits has come to gold. */
async function settle(): Promise<void> {
  for (;;) {
    await program.engine.refresh("transaction_sensor");
    const { rowCount } = await program.database.pool.query("select from orchestrator.changes limit 1");
    if (rowCount === 0) return;
  }
}

beforeAll(async () => {
  program = await startProgram({ quotas: { ...defaultQuotas, watchedTickers: 2 } });
  // The operator is somebody else.
  await register("olga@example.org");
  [ada, bert] = [await register("ada@example.org"), await register("bert@example.org")];
  for (const [ticker, quantity] of [
    ["NORD", "10"],
    ["CURA", "20"],
  ])
    await call("POST", "/api/transactions", ada, {
      ticker,
      type: "BUY",
      quantity,
      price: "120",
      date: "2022-05-05",
    });
  await settle();
});

describe("a watchlist", () => {
  test("has what its price did, beside its own ticker, and is nobody else's", async () => {
    expect(await watch(ada, " wrld ")).toEqual({ status: 201, body: { ticker: "WRLD" } });
    expect(await watch(ada, "WRLD")).toMatchObject({ status: 201 });
    const { body } = await call("GET", "/api/watchlist", ada);
    const { rows } = await program.database.pool.query(
      "select * from gold_price_changes where ticker = 'WRLD'",
    );
    const { ticker: _, currency: __, close, low_52_weeks, high_52_weeks, ...changes } = rows[0];
    expect(body.watched).toMatchObject([
      { ticker: "WRLD", asset_class: "etf", currency: "USD", is_held: false, problem: null, prices: changes },
    ]);
    expect(Number(body.watched[0].prices.close)).toBe(Number(close));
    expect(Number(low_52_weeks)).toBeLessThan(Number(high_52_weeks));
    expect((await call("GET", "/api/watchlist", bert)).body).toEqual({ watched: [] });
    expect((await call("DELETE", "/api/watchlist/WRLD", bert)).status).toBe(404);
    const choices = (await bert.visitor.get("/portfolio?benchmark=WRLD")).html;
    expect(choices).not.toMatch(/<option value="WRLD"/);
  });

  test("takes what a trade takes, and so many of them", async () => {
    expect(await watch(ada, "no such")).toMatchObject({
      status: 422,
      body: { error: { code: "invalid_ticker" } },
    });
    expect(await watch(ada, `~${ada.id}.1`)).toMatchObject({
      status: 422,
      body: { error: { code: "invalid_ticker" } },
    });
    expect(await watch(ada, "NONESUCH")).toMatchObject({
      status: 422,
      body: { error: { code: "unknown_ticker" } },
    });
    expect((await watch(bert, "WRLD")).status).toBe(201);
    const answers = await Promise.all(["NORD", "CURA", "SYNC-USD"].map((ticker) => watch(bert, ticker)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body.error).toMatchObject({
      code: "quota_exceeded",
      message: expect.stringContaining("at most 2 tickers that you watch or aim at and have never traded"),
    });
    for (const { ticker } of (await call("GET", "/api/watchlist", bert)).body.watched)
      expect((await call("DELETE", `/api/watchlist/${ticker}`, bert)).status).toBe(204);
    // What is traded has a quota of its own.
    for (const ticker of ["SYNC-USD", "NORD"]) expect((await watch(ada, ticker)).status).toBe(201);
    for (const ticker of ["SYNC-USD", "NORD"])
      expect((await call("DELETE", `/api/watchlist/${ticker}`, ada)).status).toBe(204);
  });

  test("a page says what is wrong with a ticker beside its field, and undoes a removal", async () => {
    const wrong = await bert.visitor.post("/watchlist", { ticker: "<b>" });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain("“&lt;b&gt;” is no ticker. Enter one as it is quoted, such as AAPL");
    expect(wrong.html).toContain('value="&lt;b&gt;"');
    expect(await bert.visitor.post("/watchlist", { ticker: "nord" })).toMatchObject({
      status: 303,
      location: "/watchlist?added=NORD",
    });
    expect(await bert.visitor.post("/watchlist/NORD/remove")).toMatchObject({
      status: 303,
      location: "/watchlist?removed=NORD",
    });
    expect((await bert.visitor.get("/watchlist?removed=NORD")).html).toContain("You no longer watch NORD.");
    expect((await bert.visitor.post("/watchlist/NORD/remove")).status).toBe(404);
  });

  test("what somebody watches is fetched by the daily run, what nobody watches any more is not", async () => {
    const { pool } = program.database;
    const recent = "ticker = 'WRLD' and price_date > current_date - 20";
    const fetchAnew = async (): Promise<number> => {
      await pool.query(`delete from raw_prices where ${recent}`);
      await program.engine.run({ triggerKind: "manual", triggerName: "test", selection: "raw_prices" });
      const { rows } = await pool.query<{ bars: number }>(
        `select count(*) as bars from raw_prices where ${recent}`,
      );
      return rows[0]!.bars;
    };
    expect(await fetchAnew()).toBeGreaterThan(5);
    await call("DELETE", "/api/watchlist/WRLD", ada);
    expect(await fetchAnew()).toBe(0);
    await watch(ada, "WRLD");
    expect(await fetchAnew()).toBeGreaterThan(5);
    await settle();
  });
});

describe("target weights", () => {
  test("are one whole at most, of what is held or watched, and all said at once", async () => {
    expect(await aimAt(ada, { NORD: "0.7", CURA: 0.31 })).toMatchObject({
      status: 422,
      body: {
        error: {
          code: "invalid_targets",
          message:
            "the targets come to 101 %, and there is only 100 % to give; take 1 points off some of them",
        },
      },
    });
    expect(await aimAt(ada, { "SYNC-USD": "0.1" })).toMatchObject({
      status: 422,
      body: { error: { code: "invalid_targets" } },
    });
    expect(await aimAt(ada, { NORD: "1.5" })).toMatchObject({ status: 422 });
    expect(await aimAt(ada, { NORD: "0.5" }, "0.1")).toMatchObject({
      status: 422,
      body: { error: { code: "invalid_cash" } },
    });
    expect(await aimAt(ada, { NORD: "0.5", CURA: "0.3", WRLD: "0.2" })).toMatchObject({ status: 204 });
    expect(await aimAt(ada, { NORD: "0.5", CURA: "0.25", WRLD: "0.25" })).toMatchObject({ status: 204 });
  });

  test("keep no place on the watchlist free: what has a target counts as what is watched", async () => {
    const cleo = await register("cleo@example.org");
    for (const ticker of ["WRLD", "NORD"]) expect((await watch(cleo, ticker)).status).toBe(201);
    expect((await aimAt(cleo, { WRLD: "0.1", NORD: "0" })).status).toBe(204);
    for (const ticker of ["WRLD", "NORD"])
      expect((await call("DELETE", `/api/watchlist/${ticker}`, cleo)).status).toBe(204);
    const kept = async () =>
      (
        await program.database.pool.query(
          "select ticker, weight::text from target_weights where user_id = $1 order by ticker",
          [cleo.id],
        )
      ).rows;
    // 0 of what is neither held nor watched says nothing.
    expect(await kept()).toEqual([{ ticker: "WRLD", weight: "0.1" }]);
    expect((await watch(cleo, "CURA")).status).toBe(201);
    expect(await watch(cleo, "NORD")).toMatchObject({
      status: 409,
      body: { error: { code: "quota_exceeded" } },
    });
    // What has a target already takes no other place.
    expect((await watch(cleo, "WRLD")).status).toBe(201);
    expect((await call("DELETE", "/api/watchlist/WRLD", cleo)).status).toBe(204);
    expect((await aimAt(cleo, { WRLD: "0", CURA: "0" })).status).toBe(204);
    expect(await kept()).toEqual([{ ticker: "CURA", weight: "0" }]);
    expect((await watch(cleo, "NORD")).status).toBe(201);
  });

  test("have a ticker: one of blanks is none, and is not taken for cash", async () => {
    for (const cash of [undefined, "0.1"])
      expect(await aimAt(ada, { " ": "0.1" }, cash)).toMatchObject({
        status: 422,
        body: { error: { code: "invalid_targets" } },
      });
    const page = await ada.visitor.post("/portfolio/targets", { "target: ": "10", "target:NORD": "10" });
    expect(page.status).toBe(422);
    expect(page.html).toContain("Enter a ticker as it is quoted");
  });

  test("come in one form, however many there are", async () => {
    const many = (fields: number) =>
      Object.fromEntries(Array.from({ length: fields }, (_, at) => [`target:T${at}`, ""]));
    expect((await bert.visitor.post("/portfolio/targets", many(2500))).status).toBe(303);
    const tooMany = await bert.visitor.post("/portfolio/targets", many(2600));
    expect(tooMany.status).toBe(413);
    expect(tooMany.html).toContain("There is more in this form than can be sent at once");
    expect((await bert.visitor.post("/watchlist", many(1100))).status).toBe(413);
  });

  test("however many are said at once, one of them stands", async () => {
    await Promise.all([aimAt(ada, { NORD: "1" }), aimAt(ada, { CURA: "1" }), aimAt(ada, { WRLD: "1" })]);
    const { rows } = await program.database.pool.query("select sum(weight) as whole from target_weights");
    expect(Number(rows[0].whole)).toBe(1);
    await aimAt(ada, { NORD: "0.5", CURA: "0.25", WRLD: "0.25" });
  });

  test("are read as their page writes numbers, and the money beside them, too", async () => {
    const page = await fetch(`${program.url}/portfolio/targets?invest=1234.567`, {
      headers: { Accept: "text/html", "Accept-Language": "de", Authorization: `Bearer ${ada.token}` },
    });
    expect(await page.text()).toMatch(/type="hidden" name="invest" value="1234,567"/);
    const saved = await ada.visitor.post("/portfolio/targets", {
      number_locale: "de",
      invest: "1234,567",
      "target:NORD": "50",
      "target:CURA": "12,5",
      "target:WRLD": "37,5",
    });
    expect(saved).toMatchObject({ status: 303, location: "/portfolio/targets?invest=1234.567&saved=1" });
    const { body } = await call("GET", "/api/portfolio/targets", ada);
    const targets = body.parts.map(({ ticker, target }: { ticker: string; target: string }) => [
      ticker,
      target,
    ]);
    expect(Object.fromEntries(targets)).toEqual({ NORD: "0.5", CURA: "0.125", WRLD: "0.375" });
    await aimAt(ada, { NORD: "0.5", CURA: "0.25", WRLD: "0.25" });
  });

  test("say what to buy and sell, at the values that the portfolio has", async () => {
    const { body } = await call("GET", "/api/portfolio/targets", ada);
    const { rows } = await program.database.pool.query(
      "select sum(current_value) as whole from gold_ticker_kpis where user_id = $1",
      [ada.id],
    );
    expect(Number(body.whole)).toBe(Number(rows[0].whole));
    expect(body).toMatchObject({ currency: "USD", cash: null, missing: "0", unassigned: "0" });
    const parts = Object.fromEntries(body.parts.map((part: { ticker: string }) => [part.ticker, part]));
    expect(Number(parts.WRLD.trade.shares)).toBeGreaterThan(0);
    for (const { value, close, target, trade } of body.parts)
      expect(Number(value) + Number(trade.exact_shares) * Number(close)).toBeCloseTo(
        Number(body.whole) * target,
        3,
      );
    expect(Number(body.purchases)).toBeLessThanOrEqual(Number(body.money));
    const added = await call("GET", "/api/portfolio/targets?invest=1000", ada);
    expect(
      added.body.parts.every(({ trade }: { trade: { shares: string } }) => Number(trade.shares) >= 0),
    ).toBe(true);
    expect(Number(added.body.purchases)).toBeLessThanOrEqual(1000);
    expect((await call("GET", "/api/portfolio/targets?invest=-1", ada)).status).toBe(422);
  });

  test("fill in no more decimals than a trade takes: a third of a coin, all of which is to be sold", async () => {
    const dora = await register("dora@example.org");
    await program.database.pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values ($1, 'SYNC-USD', 'BUY', 0.33333333333333333, 20000, '2022-05-05'), ($1, 'NORD', 'BUY', 1, 120, '2022-05-05')`,
      [dora.id],
    );
    await settle();
    expect((await aimAt(dora, { "SYNC-USD": "0", NORD: "1" })).status).toBe(204);
    const { html } = await dora.visitor.get("/portfolio/targets");
    const [, address] = /href="([^"]*enter=SYNC-USD[^"]*)"/.exec(html)!;
    const quantity = new URLSearchParams(address!.replaceAll("&amp;", "&").split(/[?#]/)[1]).get("quantity");
    expect(quantity).toBe("0.333333333333");
    const sold = { ticker: "SYNC-USD", type: "SELL", quantity, price: "20000", date: "2022-05-06" };
    expect((await call("POST", "/api/transactions", dora, sold)).status).toBe(201);
  });

  test("nobody else has them, and a page of one account says that they are of all", async () => {
    expect((await call("GET", "/api/portfolio/targets", bert)).body).toMatchObject({ parts: [], whole: "0" });
    expect((await bert.visitor.get("/portfolio/targets")).html).toContain("There is nothing to weigh yet.");
    const { rows } = await program.database.pool.query(
      "select account_id, name from accounts where user_id = $1",
      [ada.id],
    );
    const page = await ada.visitor.get(`/portfolio/targets?account=${rows[0].account_id}`);
    expect(page.html).toContain(`Not of ${rows[0].name} alone.`);
    expect((await ada.visitor.get("/portfolio/targets")).html).not.toContain("alone.");
  });

  test("without an exchange rate, or while it is not quoted, nothing is suggested, and the page says why", async () => {
    await program.database.pool.query("update raw_assets set is_active = false where ticker = 'CURA'");
    const { body } = await call("GET", "/api/portfolio/targets", ada);
    const cura = body.parts.find(({ ticker }: { ticker: string }) => ticker === "CURA");
    expect(cura).toMatchObject({ trade: null, reason: "it is no longer quoted" });
    expect((await ada.visitor.get("/portfolio/targets")).html).toContain(
      "Nothing suggested: it is no longer quoted",
    );
    await program.database.pool.query(
      "update raw_assets set is_active = true, currency = 'XAU' where ticker = 'WRLD'",
    );
    const unrated = (await call("GET", "/api/portfolio/targets", ada)).body.parts.find(
      ({ ticker }: { ticker: string }) => ticker === "WRLD",
    );
    expect(unrated).toMatchObject({ trade: null, reason: "no exchange rate of XAU into USD is known" });
    await program.database.pool.query(
      `insert into raw_fx_rates (currency, rate_date, usd_per_unit, source)
       select 'XAU', last_day - 8, 2000, 'file' from int_last_day`,
    );
    await settle();
    const ofWrld = async () =>
      (await call("GET", "/api/portfolio/targets", ada)).body.parts.find(
        ({ ticker }: { ticker: string }) => ticker === "WRLD",
      );
    expect(await ofWrld()).toMatchObject({
      trade: null,
      reason: "the last exchange rate of XAU into USD is more than 7 days old",
    });
    await program.database.pool.query(
      "update raw_fx_rates set rate_date = rate_date + 1 where currency = 'XAU'",
    );
    await settle();
    expect(await ofWrld()).toMatchObject({ reason: null });
    await program.database.pool.query("delete from raw_fx_rates where currency = 'XAU'");
    await program.database.pool.query(
      "update raw_assets set is_active = true, currency = 'USD' where ticker in ('WRLD', 'CURA')",
    );
    await settle();
  });

  test("both are in the person's export, and go with the account", async () => {
    const { body } = await call("GET", "/api/account/export", ada);
    expect(body.watchlist).toMatchObject([{ ticker: "WRLD" }]);
    expect(body.target_weights).toEqual([
      { ticker: "CURA", weight: "0.25" },
      { ticker: "NORD", weight: "0.5" },
      { ticker: "WRLD", weight: "0.25" },
    ]);
    await program.database.pool.query("select public.erase_account($1)", [ada.id]);
    const { rows } = await program.database.pool.query(
      "select (select count(*) from watchlist where user_id = $1) + (select count(*) from target_weights where user_id = $1) as left",
      [ada.id],
    );
    expect(rows[0].left).toBe(0);
  });
});
