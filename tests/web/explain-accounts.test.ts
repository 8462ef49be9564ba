/** Explanations for somebody with everything: two accounts with the same ticker, cash in two currencies, every type of transaction. */
import { beforeAll, describe, expect, test } from "vitest";
import { figures } from "../../src/web/explain/figures.ts";
import { insertNairobiMarket } from "../support/nairobi.ts";
import { type Program, startProgram } from "../support/program.ts";
import { addedUp, type Explained, explanationOf, hold, numberIn } from "./explanation.ts";
import { type Reader, settle, signUp, textOf } from "./reader.ts";

let program: Program;
let ada: Reader;
let books: number;
let broker: number;

/** Account, ticker, type, quantity, price, amount, fee, tax, currency, day; a transfer or conversion is of one day. */
const ledger = [
  ["books", "NORD", "BUY", 10, 120, null, 1, 0, null, "2023-01-05"],
  ["books", "WRLD", "BUY", 4, 150, null, 0.5, 0, null, "2023-02-03"],
  ["books", "NORD", "DIVIDEND", null, null, 8, 0.1, 1.2, null, "2023-03-15"],
  ["books", "NORD", "BONUS", 2, null, null, 0, 0, null, "2023-08-01"],
  ["books", null, "FEE", null, null, 7, 0, 0, "USD", "2024-01-10"],
  ["books", "WRLD", "SELL", 1, 170, null, 0.4, 0.75, null, "2024-02-01"],
  ["books", "WRLD", "DIVIDEND", null, null, 5.5, 0, 0.83, null, "2024-03-15"],
  ["books", "NORD", "TRANSFER_OUT", 3, null, null, 0, 0, null, "2024-04-04"],
  ["books", "WRLD", "RETURN_OF_CAPITAL", null, null, 20, 0, 0, null, "2024-05-02"],
  ["broker", null, "DEPOSIT", null, null, 5000, 0, 0, "USD", "2023-01-10"],
  ["broker", null, "FX_OUT", null, null, 1000, 0, 0, "USD", "2023-02-10"],
  ["broker", null, "FX_IN", null, null, 800, 0, 0, "GBP", "2023-02-10"],
  ["broker", "NORD", "BUY", 6, 118, null, 1, 0, null, "2023-02-15"],
  ["broker", "SMTT.L", "BUY", 50, 8, null, 1, 2, null, "2023-03-01"],
  ["broker", null, "INTEREST", null, null, 3.2, 0, 0.3, "USD", "2023-06-30"],
  ["broker", null, "FEE", null, null, 2.5, 0, 0, "USD", "2023-07-03"],
  ["broker", null, "TAX", null, null, 4, 0, 0, "GBP", "2023-12-29"],
  ["broker", null, "WITHDRAWAL", null, null, 300, 0, 0, "USD", "2024-03-01"],
  ["broker", "NORD", "TRANSFER_IN", 3, null, 300.25, 0, 0, null, "2024-04-04"],
  ["broker", "CURA", "TRANSFER_IN", 5, null, 100, 0.2, 0, null, "2024-07-01"],
  ["broker", "NORD", "SELL", 2, 90, null, 1, 2, null, "2024-08-01"],
  ["broker", null, "DEPOSIT", null, null, 100, 1, 0, "GBP", "2024-08-15"],
  ["broker", null, "INTEREST", null, null, -1.1, 0, 0, "GBP", "2024-09-30"],
] as const;

beforeAll(async () => {
  program = await startProgram();
  const { pool } = program.database;
  await insertNairobiMarket(pool);
  ada = await signUp(program, "ada@example.com");
  const { rows } = await pool.query<{ books: number; broker: number }>(
    `with books as (
       update accounts set name = 'Books', income = 'ledger' where user_id = 1 returning account_id
     ),
     broker as (
       insert into accounts (user_id, name, tracks_cash) values (1, 'Broker', true) returning account_id
     )
     select books.account_id as books, broker.account_id as broker from books, broker`,
  );
  ({ books, broker } = rows[0]!);
  const accounts = { books, broker };
  const together = { FX_OUT: crypto.randomUUID(), TRANSFER_OUT: crypto.randomUUID() };
  for (const [account, ticker, type, quantity, price, amount, fee, tax, currency, day] of ledger) {
    const isMoved = ticker === "NORD" && type.startsWith("TRANSFER");
    const transfer = type.startsWith("FX") ? together.FX_OUT : isMoved ? together.TRANSFER_OUT : null;
    await pool.query(
      `insert into transactions
         (user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, tax, currency, transaction_date, transfer_id)
       values (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [accounts[account], ticker, type, quantity, price, amount, fee, tax, currency, day, transfer],
    );
  }
  await pool.query(
    `insert into transactions (user_id, account_id, ticker, transaction_type, numerator, denominator, transaction_date)
     values (1, $1, 'WRLD', 'SPLIT', 3, 2, '2024-06-03')`,
    [books],
  );
  await program.engine.run({ triggerKind: "manual", triggerName: "test", selection: "raw_fred+" });
  await settle(program);
});

async function explained(path: string): Promise<Explained> {
  const { status, html } = await ada.get(path);
  expect(status, path).toBe(200);
  return explanationOf(html);
}

const ranges = ["range=Max", "from=2023-03-01&to=2024-06-30"];
const accounts = ["", "books", "broker"] as const;
const scopes = ranges.flatMap((range) => accounts.map((account) => [range, account] as const));
const scopeOf = (range: string, account: (typeof accounts)[number]): string =>
  account === "" ? range : `${range}&account=${account === "books" ? books : broker}`;

/** Without which an explanation says nothing of how the figure came to be. */
const withSteps = Object.keys(figures).filter(
  (figure) =>
    !/^(regime|value_at_risk|expected_shortfall|hhi|largest_five)|^(total_return|holding_days|price_return|sharpe|sortino|volatility|calmar|weight|xirr)$/.test(
      figure,
    ),
);

describe.each(scopes)("over %s, of %s", (range, account) => {
  test("every figure of the portfolio adds up", async () => {
    const scope = scopeOf(range, account);
    for (const figure of Object.keys(figures)) {
      if (figures[figure as keyof typeof figures].portfolio === null) continue;
      // What if is a figure once it is said what.
      const question = figure === "what_if" ? "&of=twr&what_if=NORD&multiple=3" : "";
      const path = `/explain/${figure}?${scope}${question}`;
      const explanation = await explained(path);
      if (explanation.result.startsWith("Not computed")) continue;
      const sums = hold(path, explanation);
      if (withSteps.includes(figure)) expect(sums, path).toBeGreaterThan(0);
    }
  });

  test("every figure of each ticker adds up", async () => {
    const scope = scopeOf(range, account);
    const { html } = await ada.get(`/portfolio/performance?${scope}`);
    const tickers = [
      ...new Set([...html.matchAll(/href="\/tickers\/([^"?]+)/g)].map(([, ticker]) => ticker!)),
    ];
    expect(tickers.length).toBeGreaterThan(1);
    for (const ticker of tickers)
      for (const figure of Object.keys(figures)) {
        if (figures[figure as keyof typeof figures].ticker === null) continue;
        const path = `/explain/${figure}?${scope}&ticker=${ticker}`;
        const explanation = await explained(path);
        if (!explanation.result.startsWith("Not computed")) hold(path, explanation);
      }
  });

  test("every figure of the page is what its explanation says", async () => {
    const tabs = ["/portfolio", "/portfolio/performance", "/portfolio/risk"];
    const pages = await Promise.all(tabs.map((tab) => ada.get(`${tab}?${scopeOf(range, account)}`)));
    await sameAsShown(pages.map(({ html }) => html).join(""), 50);
  });
});

async function sameAsShown(html: string, atLeast: number): Promise<void> {
  const links = [...html.matchAll(/<a class="explain" href="([^"]+)">(.*?)<\/a>/gs)];
  expect(links.length).toBeGreaterThan(atLeast);
  for (const [, href, inner] of links) {
    const shown = textOf(inner!.replaceAll(/<[^>]+>/g, "")).trim();
    const { result } = await explained(textOf(href!));
    const reason = /^— (.*)$/s.exec(shown)?.[1];
    // A step of the bridge is the difference of two sums in cents, so that what is shown adds up; fees are taken off there.
    const sign = /^\/explain\/(fees|other_fees|taxes)/.test(href!) && shown.startsWith("-") ? -1 : 1;
    if (/^[+-]?[$£]/.test(shown))
      expect(Math.abs(numberIn(result) - sign * numberIn(shown)), href).toBeLessThan(0.011);
    else expect(result, href).toBe(reason ? `Not computed: ${reason}` : shown);
  }
}

describe("rows", () => {
  test("of what was put in, of fees and of taxes add up, of all and of each account", async () => {
    for (const [range, account] of scopes) {
      const scope = scopeOf(range, account);
      const put = await explained(`/explain/net_contributions?${scope}`);
      const isListed = put.tables.some(({ title }) => title === "Put in and taken out");
      if (isListed)
        expect(addedUp(put.tables, /^Put in/, "Amount"), scope).toBeCloseTo(numberIn(put.result), 1);
      const { steps, tables } = await explained(`/explain/total_gain?${scope}`);
      for (const [name, title, column] of [
        ["other fees", /^Other fees/, "Fee"],
        ["taxes", /^Taxes/, "Tax"],
      ] as const) {
        const amount = new RegExp(`${name} = ([^,]+(?:,\\d{3}[^,]*)*)`).exec(steps[0]!)?.[1] ?? "0";
        expect(addedUp(tables, title, column), `${scope} ${name}`).toBeCloseTo(numberIn(amount), 1);
      }
    }
  });

  test("of one account are its own, and lead to what is its own", async () => {
    const { rows } = await program.database.pool.query<{ transaction_id: number; account_id: number }>(
      "select transaction_id, account_id::integer from transactions where user_id = 1",
    );
    const accountOf = new Map(rows.map((row) => [row.transaction_id, row.account_id]));
    for (const figure of ["total_gain", "net_contributions", "fees", "income", "realized_pnl", "twr"])
      for (const account of [books, broker]) {
        const { html } = await ada.get(`/explain/${figure}?account=${account}`);
        const named = [...html.matchAll(/#transaction-(\d+)/g)].map(([, id]) => accountOf.get(Number(id)));
        expect(new Set(named), figure).toEqual(new Set(named.length > 0 ? [account] : []));
        const tickers = [...textOf(html).matchAll(/href="\/tickers\/[^"]+"/g)].map(([link]) => link);
        for (const link of tickers) expect(link).toContain(`account=${account}`);
        expect(html).not.toContain(">Account</th>");
        expect(textOf(html)).toMatch(new RegExp(`in <a href="/portfolio\\?account=${account}">`));
      }
  });

  test("of a ticker in two accounts say which is which", async () => {
    const { tables } = await explained("/explain/market_value?ticker=NORD");
    const [held] = tables;
    expect(held!.headers).toContain("Account");
    expect(held!.rows.map((row) => row[held!.headers.indexOf("Account")]).toSorted()).toEqual([
      "Books",
      "Broker",
    ]);
  });

  test("XIRR's movements come to nothing at that rate", async () => {
    for (const account of ["", `?account=${books}`, `?account=${broker}`]) {
      const { steps, tables } = await explained(`/explain/xirr${account}`);
      const rate = Number(/1 \+ (-?[\d.]+)/.exec(steps.at(-1)!)![1]);
      const { headers, rows } = tables.find(({ title }) => title === "Movements of money")!;
      const worth = rows.map(
        (row) =>
          numberIn(row[headers.indexOf("Amount")]!) /
          (1 + rate) ** (numberIn(row[headers.indexOf("Days")]!) / 365),
      );
      expect(Math.abs(worth.reduce((sum, part) => sum + part, 0)), account).toBeLessThan(0.1);
    }
  });
});

describe("the page of a ticker", () => {
  const page = async (path: string): Promise<string> => {
    const { status, html } = await ada.get(path);
    expect(status, path).toBe(200);
    return textOf(html);
  };

  test.each(["NORD", "WRLD", "SMTT.L", "CURA"])(
    "of %s shows what its explanations say, of all and of each account",
    async (ticker) => {
      const { rows } = await program.database.pool.query<{ account_id: number }>(
        "select distinct account_id::integer from transactions where user_id = 1 and ticker = $1",
        [ticker],
      );
      for (const query of ["", ...rows.map(({ account_id }) => `?account=${account_id}`)]) {
        const { html } = await ada.get(`/tickers/${ticker}${query}`);
        await sameAsShown(html, 10);
      }
    },
  );

  test("adds up over accounts, and each is one of them", async () => {
    const held = async (query: string): Promise<number> =>
      numberIn(/explain\/quantity[^>]*>([^<]*)</.exec(await page(`/tickers/NORD${query}`))![1]!);
    const [all, one, other] = [
      await held(""),
      await held(`?account=${books}`),
      await held(`?account=${broker}`),
    ];
    expect([one, other]).toEqual([18, 16]); // in shares of after the split
    expect(all).toBe(one! + other!);
    const points = /id="position-quantity"[^>]* data-points="([^"]*)"/.exec(await page("/tickers/NORD"))![1]!;
    const days = points.split(";").map((point) => point.split(",")[0]);
    expect(new Set(days).size).toBe(days.length); // a day of two accounts is one day
  });

  test("keeps the account on its links, and lists its rows alone", async () => {
    const html = await page(`/tickers/NORD?account=${books}`);
    expect(html).toContain(`<option value="${books}" selected>Books</option>`);
    expect(html).toContain(`href="/tickers/NORD?range=1M&account=${books}"`);
    expect(html).toContain(`href="/transactions?ticker=NORD&account=${books}"`);
    expect(html).toMatch(/<span class="type TRANSFER_OUT">TRANSFER OUT<\/span>/);
    expect(html).not.toContain(">SELL<");
    expect(html).toContain("as booked");
    const all = await page("/tickers/NORD");
    expect(all).toMatch(/<span class="aside">Broker<\/span>/);
    expect(all).toContain("<title>BUY 6 at $118.00");
    expect(all).not.toMatch(/<title>(?:DIVIDEND|BONUS|TRANSFER)/);
    expect(await page("/tickers/WRLD")).not.toContain('name="account"'); // it is in one alone
  });

  test("says by which method lots are taken, and what took them", async () => {
    const { pool } = program.database;
    await pool.query("update users set cost_basis_method = 'lifo' where user_id = 1");
    await settle(program);
    const html = await page(`/tickers/NORD?account=${books}`);
    expect(html).toContain("Latest first out (LIFO), as your account says.");
    expect(html).toMatch(/<span class="aside">transferred<\/span>/);
    for (const query of ["", `?account=${books}`, `?account=${broker}`])
      await sameAsShown((await ada.get(`/tickers/NORD${query}`)).html, 10);
    await pool.query("update users set cost_basis_method = 'average' where user_id = 1");
    await settle(program);
  });

  test("is not found in an account that never held it, nor in another's", async () => {
    expect((await ada.get(`/tickers/WRLD?account=${broker}`)).status).toBe(404);
    expect((await ada.get("/tickers/WRLD?account=999999")).status).toBe(404);
  });
});

test.each(["/portfolio", "/portfolio/performance"])(
  "weights of %s say that they are of holdings where there is cash",
  async (tab) => {
    const labels = async (account: number) => {
      const { html } = await ada.get(`${tab}?account=${account}`);
      return [
        /data-sort="weight"(>Weight(?: of holdings)?<)/.exec(html)?.[1],
        /data-label="(Weight[^"]*)"/.exec(html)?.[1],
      ];
    };
    expect(await labels(broker)).toEqual([">Weight of holdings<", "Weight of holdings"]);
    expect(await labels(books)).toEqual([">Weight<", "Weight"]);
  },
);

test("what shares had gained before a transfer is a step of its own, and no fee", async () => {
  const carl = await signUp(program, "carl@example.com");
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, amount, transaction_date)
     select user_id, 'WRLD', 'TRANSFER_IN', 3, 90, '2024-05-06' from users where email = 'carl@example.com'`,
  );
  await carl.trade("WRLD", "BUY", "2", "150", "2024-06-05");
  await settle(program);
  const { html } = await carl.get("/portfolio/performance?range=Max");
  const bridge = /<table class="bridge">(.*?)<\/table>/s.exec(html)![1]!;
  const steps = [...bridge.matchAll(/<th scope="row">([^<]+)<\/th><td class="number[^>]*>(.*?)<\/td>/g)].map(
    ([, label, amount]) => [label!, numberIn(amount!.replaceAll(/<[^>]*>/g, ""))] as const,
  );
  const [end, ...parts] = steps.map(([, amount]) => amount).toReversed();
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(end!, 2);
  const labels = new Map(steps);
  expect([labels.has("Other fees"), labels.has("Taxes")]).toEqual([false, false]);
  const { steps: gain } = explanationOf((await carl.get("/explain/total_gain")).html);
  const before = numberIn(/gains transferred with shares = (\S+)/.exec(gain[0]!)![1]!);
  expect(before).toBeGreaterThan(0);
  expect(labels.get("Gains transferred with shares")).toBeCloseTo(-before, 1);
});

test("an account of nobody's, or of somebody else, is not found", async () => {
  const bob = await signUp(program, "bob@example.com");
  for (const account of [broker, 999_999])
    expect((await bob.get(`/explain/market_value?account=${account}`)).status).toBe(404);
});
