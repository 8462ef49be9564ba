import { beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// Income and tax as a browser without scripts meets them: what is known, what is an estimate, and what is in no total.

let program: Program;
let visitor: Visitor;

/** Dividends of the market in one account and booked in the other; two sales by lot; a purchase in a currency without a rate, and its sale. */
beforeAll(async () => {
  program = await startProgram();
  visitor = await register(program, "income@example.com");
  const { pool } = program.database;
  await pool.query("update users set cost_basis_method = 'fifo'");
  await pool.query(
    "insert into accounts (user_id, name, tracks_cash, income) select user_id, 'Books', false, 'ledger' from users",
  );
  await pool.query(
    `insert into transactions (user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, tax, currency, transaction_date)
     select u.user_id, a.account_id, t.ticker, t.type, t.quantity, t.price, t.amount, t.fee, t.tax, t.currency, t.day::date
     from users u
     cross join (values
       (true, 'NORD', 'BUY', 10, 100, null, 1.5, 0, null, '2021-05-05'),
       (true, 'NORD', 'BUY', 10, 120, null, 0, 0, null, '2022-05-05'),
       (true, 'NORD', 'SELL', 15, 140, null, 2, 0, null, '2023-05-05'),
       (false, 'NORD', 'BUY', 8, 100, null, 0, 0, null, '2022-05-05'),
       (false, 'NORD', 'DIVIDEND', null, null, 12, 0.25, 1.8, null, '2023-06-20'),
       (false, null, 'INTEREST', null, null, 3, 0, 0, 'USD', '2023-07-03'),
       (true, 'WRLD', 'BUY', 2, 100, null, 0, 0, 'ISK', '2022-06-01'),
       (true, 'WRLD', 'SELL', 1, 100, null, 0, 0, 'ISK', '2023-08-01')
     ) as t (is_default, ticker, type, quantity, price, amount, fee, tax, currency, day)
     join accounts a on a.user_id = u.user_id and a.is_default = t.is_default`,
  );
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices+ raw_fred+",
  });
  await program.engine.refresh("transaction_sensor");
});

const read = async (path: string): Promise<string> => {
  const { status, html } = await visitor.get(path);
  expect([path, status]).toEqual([path, 200]);
  return html;
};
const words = (html: string): string => html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
const json = async (path: string) => JSON.parse((await visitor.get(path)).html);

describe("income", () => {
  test("bars by month and by year, with what was withheld of what was booked alone", async () => {
    for (const by of ["month", "year"]) {
      const html = await read(`/income?by=${by}`);
      expect(html).toMatch(/<svg class="frame"[^>]*role="img"[^>]*aria-labelledby="received-chart-title/);
      expect(html).toContain('<rect class="bar-interest"');
    }
    const year = words(await read("/income?by=year&from=2023-01-01&to=2023-12-31"));
    expect(year).toMatch(/2023 \$\d+\.\d\d \$1\.80 \$0\.25 \$12\.95 of \$15\.00/);
    expect(words(await read("/income?by=month&to=2021-12-31"))).not.toContain("Tax withheld");
  });

  test("an estimate that is called one, by month; yields of each holding and of the whole, explained", async () => {
    const html = await read("/income");
    expect(html).toContain("An estimate, before tax");
    expect(html).toContain('id="expected-chart"');
    expect(html).toMatch(/<a class="explain" href="\/explain\/income_yield">\d\.\d\d%<\/a>/);
    expect(html).toMatch(/<a class="explain" href="\/explain\/yield_on_cost\?ticker=NORD">\d+\.\d\d%<\/a>/);
    const { rows } = await json("/api/income/yields");
    const whole = rows.at(-1);
    expect([whole.ticker, whole.holdings, whole.unpriced]).toEqual([null, 1, 0]);
    const explained = words(await read("/explain/income_yield"));
    const [, expected, value, result] = /expected = \$([\d.,]+), value = \$([\d.,]+) \$\1 ÷ \$\2 = ([\d.]+)%/
      .exec(explained)!
      .map((text) => Number(text.replaceAll(",", "")));
    expect((100 * expected!) / value!).toBeCloseTo(result!, 1);
    expect(explained).toContain("What each share paid, expected once more a year later");
    expect(words(await read("/explain/yield_on_cost?ticker=NORD"))).toContain("cost =");
    expect((await visitor.get("/explain/income_yield?ticker=NOPE")).status).toBe(404);
  });

  test("of one account alone, and each year by ticker and month at an address", async () => {
    const { rows } = await program.database.pool.query(
      "select account_id::text as id from accounts where name = 'Books'",
    );
    const html = await read(`/income?year=2023&account=${rows[0].id}`);
    const table = words(html.slice(html.indexOf('id="year-heading"')));
    expect(table).toContain("2023 by ticker and month");
    expect(table).toMatch(
      /NORD \$12\.00 \$12\.00 Interest \$3\.00 \$3\.00 All of it \$12\.00 \$3\.00 \$15\.00/,
    );
    expect(html).toContain(`href="/income?by=month&year=2023&account=${rows[0].id}#year"`);
    expect(await read("/income?year=1999")).toContain("No income in 1999.");
  });

  test("what has no history yet is in no yield, with the reason, and the others' is as without it", async () => {
    const holder = await register(program, "dark@example.com");
    await program.database.pool.query(
      `insert into transactions (user_id, account_id, ticker, transaction_type, quantity, price, fee, transaction_date)
       select user_id, account_id, t.ticker, 'BUY', 10, t.price, 0, '2023-05-05'
       from accounts
       join users using (user_id)
       cross join (values ('NORD', 100), ('DARK', 9000)) as t (ticker, price)
       where email = 'dark@example.com'`,
    );
    await program.engine.refresh("transaction_sensor");
    const { rows } = JSON.parse((await holder.get("/api/income/yields")).html);
    const [nord, dark, whole] = rows;
    expect(dark).toMatchObject({
      ...{ ticker: "DARK", expected: null, expected_reason: "nothing is known of what it pays" },
      ...{ yield_on_cost: null, yield_on_cost_reason: "nothing is known of what it pays" },
    });
    expect(Number(nord.yield_on_cost)).toBeGreaterThan(0);
    expect([whole.ticker, whole.unestimated, whole.yield_on_cost]).toEqual([null, 1, nord.yield_on_cost]);
    const page = words((await holder.get("/income")).html);
    expect(page).toContain(
      "of a cost of $1,000.00, without 1 of 2 holdings: nobody knows what they will pay",
    );
    expect(page).toMatch(
      /DARK — no price is known \$90,000\.00 — nothing is known of what it pays — no price is known/,
    );
    expect(page).not.toContain("0.00%");
    expect(words((await holder.get("/explain/yield_on_cost")).html)).toMatch(
      /without 1 of 2 holdings, of which nobody knows what they will pay expected = \$[\d.]+, cost = \$1,000\.00/,
    );
    expect(words((await holder.get("/explain/expected_income?ticker=DARK")).html)).toContain(
      "nothing is known of what it pays",
    );
  });

  test("who holds nothing is told so, not 0 %", async () => {
    const empty = await register(program, "empty@example.com");
    const html = words((await empty.get("/income")).html);
    expect(html).toMatch(/Yield — nothing is held/);
    expect(html).toContain("No income yet.");
    expect(JSON.parse((await empty.get("/api/income/yields")).html)).toEqual({ rows: [] });
  });
});

describe("tax", () => {
  test("each sale by lot with its days and term, the totals beside, and what they lack", async () => {
    const html = await read("/realized?year=2023");
    const text = words(html);
    expect(text).toMatch(
      /NORD Portfolio May 5, 2021 May 5, 2023 730 long 20 \$1,001\.50 \$1,398\.67 \+\$397\.17/,
    );
    expect(text).toMatch(
      /NORD Portfolio May 5, 2022 May 5, 2023 365 short 10 \$600\.00 \$699\.33 \+\$99\.33/,
    );
    expect(text).toMatch(
      /Short term \$600\.00 \$699\.33 \+\$99\.33 Long term \$1,001\.50 \$1,398\.67 \+\$397\.17/,
    );
    expect(text).toMatch(/All of it \$1,601\.50 \$2,098\.00 \+\$496\.50/);
    expect(text).toContain(
      "These totals lack 1 sale of the year and what 1 other row of your ledger would add.",
    );
    expect(text).toMatch(/SELL WRLD 1 for kr 100: an exchange rate/);
    expect(text).toContain("Long: held for more than one year.");
    expect(words(await read("/realized?year=2021"))).not.toContain("These totals lack");
  });

  test("dividends and interest, withheld where it is known; fees and taxes by what they are of", async () => {
    const text = words(await read("/realized?year=2023"));
    expect(text).toMatch(/NORD Jun 20, 2023 dividend Books \$12\.00 \$1\.80 \$0\.25 \$9\.95/);
    expect(text).toMatch(/Cash Jul 3, 2023 interest Books \$3\.00 \$0\.00 \$0\.00 \$3\.00/);
    expect(text).toMatch(/\d payments, \$[\d.]+ before tax, are as the market says/);
    expect(text).toMatch(/Of trades, where fees are in cost and proceeds already \$2\.00 \$0\.00/);
    expect(text).toMatch(/Of dividends and interest, as above \$0\.25 \$1\.80/);
    expect(text).toMatch(/All of it \$2\.25 \$1\.80/);
  });

  test("the API and its files have the same rows", async () => {
    const { rows } = await json("/api/tax/income?year=2023");
    expect(rows.filter(({ source }: { source: string }) => source === "ledger")).toMatchObject([
      { ticker: "NORD", kind: "dividend", gross: "12", tax: "1.8", fee: "0.25", net: "9.95" },
      { ticker: null, kind: "interest", gross: "3", net: "3" },
    ]);
    const { rows: costs } = await json("/api/tax/fees?year=2023");
    expect(costs.map(({ kind, fee }: Record<string, string>) => [kind, Number(fee)])).toEqual([
      ["trade", 2],
      ["income", 0.25],
    ]);
    const { rows: uncounted } = await json("/api/tax/uncounted?year=2023");
    expect(uncounted.map(({ transaction_type }: Record<string, string>) => transaction_type)).toEqual([
      "BUY",
      "SELL",
    ]);
    for (const [section, count] of [
      ["realized", 2],
      ["income", rows.length],
      ["fees", 2],
    ]) {
      const file = await visitor.get(`/api/tax/${section}?year=2023&format=csv`);
      const [head, ...lines] = file.html.trim().split("\n");
      expect([section, lines.length]).toEqual([section, Number(count)]);
      expect(head).toMatch(/,is_rated,(is_cost_given,)?base_currency,name\s*$/);
      for (const line of lines) expect(line).toContain(",USD,");
      // Nobody knows what was withheld of the market's dividends: no 0 is written, and no net.
      for (const line of lines.filter((one) => one.includes(",market,"))) expect(line).toMatch(/,,,,market,/);
    }
  });

  test("nobody else's rows are in it", async () => {
    const other = await register(program, "other@example.com");
    for (const path of ["realized", "income", "fees", "uncounted"])
      expect(JSON.parse((await other.get(`/api/tax/${path}?year=2023`)).html).rows).toEqual([]);
    expect(words((await other.get("/realized?year=2023")).html)).toContain("Nothing was sold in 2023.");
  });
});
