import { beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { type Reader, settle, signUp, textOf } from "./reader.ts";

let program: Program;
let ada: Reader;

beforeAll(async () => {
  program = await startProgram();
  ada = await signUp(program, "ada@example.com");
  await ada.trade("NORD", "BUY", "10", "200", "2022-05-05");
  await ada.trade("NORD", "BUY", "5", "220", "2022-08-05");
  await ada.trade("NORD", "SELL", "12", "210", "2023-05-05");
  await settle(program, "NORD");
});

const read = async (path: string, reader = ada): Promise<string> => {
  const { status, html } = await reader.get(path);
  expect(status, path).toBe(200);
  return textOf(html);
};

describe("the page of a ticker", () => {
  test("marks trades, splits and dividends on the price, in today's shares", async () => {
    const html = await read("/tickers/NORD");
    expect(html).toContain("BUY 10 at $200.00 on May 5, 2022, $100.00 in today’s shares");
    expect(html).toContain("SELL 12 at $210.00 on May 5, 2023, $105.00 in today’s shares");
    expect(html).toContain("<title>Split 2:1 on Jun 10, 2024</title>");
    expect(html).toMatch(/<title>Dividend \$0\.\d+ a share on Sep 15, 2025<\/title>/);
    for (const label of ["Buy", "Sell", "Split", "Dividend"]) expect(html).toContain(`</svg>${label}</li>`);
  });

  test("shows what the range in the address holds", async () => {
    const month = await read("/tickers/NORD?range=1M");
    expect(month).toContain('<a href="/tickers/NORD?range=1M" aria-current="true">');
    expect(month).not.toContain("<title>BUY");
    const points = (html: string) => /id="price"[^>]* data-points="([^"]*)"/.exec(html)![1]!.split(";");
    expect(points(month).length).toBeLessThan(25);
    expect(points(await read("/tickers/NORD?range=nonsense"))[0]).toMatch(/^2022-04-0[5-9],/);
    expect(Number(points(await read("/tickers/NORD?range=Max"))[0]!.slice(0, 4))).toBeLessThan(2022);
  });

  test("is the same however the ticker is spelled", async () => {
    expect(await read("/tickers/nord")).toContain("<h1>NORD");
  });

  test("shows the figures of the model, each with its explanation", async () => {
    const html = await read("/tickers/NORD");
    const shown = (figure: string) =>
      new RegExp(`href="/explain/${figure}\\?ticker=NORD">([^<]*)<`).exec(html)?.[1];
    expect(shown("quantity")).toBe("6");
    expect(shown("average_cost")).toBe("$103.33");
    expect(shown("realized_pnl")).toBe("+$40.00");
    expect(shown("weight")).toBe("100.00%");
    expect(html.match(/class="explain"/g)!.length).toBeGreaterThanOrEqual(14);
  });

  test("lists sales at average cost, and lots under FIFO", async () => {
    const average = await read("/tickers/NORD");
    expect(average).toContain("there are no lots");
    expect(average).toMatch(
      /May 5, 2023<\/th><td [^>]*class="number">\$2,520\.00<\/td><td [^>]*class="number">\$2,480\.00/,
    );
    await program.database.pool.query("update users set cost_basis_method = 'fifo' where user_id = 1");
    await settle(program);
    const fifo = await read("/tickers/NORD");
    expect(fifo).toMatch(/<span class="tag on">open<\/span><\/td><td [^>]*class="number">6<\/td>/);
    expect(fifo).toMatch(
      /number">20<\/td><td [^>]*class="number">\$2,000\.00<\/td><td [^>]*class="number">\$2,100\.00/,
    );
    expect(fifo).toMatch(
      /number">4<\/td><td [^>]*class="number">\$440\.00<\/td><td [^>]*class="number">\$420\.00/,
    );
  });

  test("says of a trade before a split what became of it, and what dividends were paid", async () => {
    const html = await read("/tickers/NORD");
    expect(html).toContain("split since: × 2");
    expect(html).toMatch(/Dividend \$[\d.]+ a share<\/td><td [^>]*class="number">\$\d+\.\d\d</);
    expect(html).toContain("not held");
  });
});

describe("many trades of one ticker", () => {
  let eve: Reader;
  beforeAll(async () => {
    eve = await signUp(program, "eve@example.com");
    // 800 on 700 days: one sale for three purchases, of half as much.
    await program.database.pool.query(`
      update users set cost_basis_method = 'fifo' where email = 'eve@example.com';
      insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
      select user_id, 'NORD', case when trade % 4 = 3 then 'SELL' else 'BUY' end,
        case when trade % 4 = 3 then 15 else 10 end, 100 + trade % 7, date '2022-01-03' + trade * 7 / 8
      from users
      cross join generate_series(0, 799) as trade
      where email = 'eve@example.com'`);
    await settle(program);
  });

  const section = (html: string, list: string): string =>
    new RegExp(`aria-labelledby="${list}-heading">(.*?)</section>`, "s").exec(html)![1]!;
  const rowCount = (html: string): number => html.match(/<th scope="row"/g)?.length ?? 0;

  test("are shown a hundred at a time, lots too; sums stay those of all", async () => {
    const html = await read("/tickers/NORD", eve);
    expect(html).toContain("800 in all");
    expect(html.length).toBeLessThan(500_000);
    for (const [list, pages] of [
      ["trades", 8],
      ["lots", 7],
    ] as const) {
      expect(rowCount(section(html, list)), list).toBe(100);
      expect(section(html, list)).toContain(`Page 1 of ${pages}`);
      expect(section(html, list)).toContain(
        `<a href="/tickers/NORD?range=Held&${list}=2#${list}-heading" rel="next">`,
      );
    }
  });

  test("each stands on one page, the newest first; a page beyond the last is the last", async () => {
    const seen = new Set<string>();
    for (let page = 1; page <= 8; page++) {
      const html = await read(`/tickers/NORD?trades=${page}`, eve);
      for (const [, id] of html.matchAll(/id="trade-(\d+)"/g)) seen.add(id!);
    }
    expect(seen.size).toBe(800);
    const last = section(await read("/tickers/NORD?trades=8&lots=7", eve), "lots");
    expect(section(await read("/tickers/NORD?trades=999&lots=999", eve), "lots")).toBe(last);
    expect(await read("/tickers/NORD?lots=-1&trades=x", eve)).toContain("Page 1 of 8");
  });

  test("are marked on the chart by stretches of days", async () => {
    const html = await read("/tickers/NORD", eve);
    const marks = html.match(/<g class="marker-(buy|sell)"/g)!;
    expect(marks.length).toBeGreaterThan(100);
    expect(marks.length).toBeLessThanOrEqual(300);
    const traded = [...html.matchAll(/<title>(\d+) times (?:BUY|SELL), /g)].map(([, times]) => Number(times));
    const single = html.match(/<title>(BUY|SELL) /g)?.length ?? 0;
    expect(traded.reduce((sum, times) => sum + times, single)).toBe(800);
  });
});

test("is not found for what one never held, with a way out", async () => {
  const bob = await signUp(program, "bob@example.com");
  for (const path of ["/tickers/NORD", "/tickers/NO-SUCH", "/tickers/%20", `/tickers/${"A".repeat(40)}`]) {
    const { status, html } = await bob.get(path);
    expect(status, path).toBe(404);
    expect(html).toContain('<a href="/">');
  }
});

test("is there from the first trade on, before any price or figure is", async () => {
  const carl = await signUp(program, "carl@example.com");
  // By plain SQL: the sensor fetches its prices afterwards.
  await program.database.pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, 'HELI', 'BUY', 1, 90, '2024-01-05' from users where email = 'carl@example.com'`,
  );
  const html = await read("/tickers/HELI", carl);
  expect(html).toContain("Its price history is being fetched.");
  expect(html).toContain("Your figures are being computed.");
  expect(html).toContain("data-poll");
});

test("says why there are no prices, and that they are asked for again, on the pages that miss them", async () => {
  const hana = await signUp(program, "hana@example.com");
  await program.database.pool.query(`
    insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone, last_error)
    values ('MISS', 'Missing Corporation', 'stock', 'USD', 'America/New_York', 'Yahoo Finance cannot be reached');
    insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
    select user_id, 'MISS', 'BUY', 3, 9, '2024-02-05'
    from users
    where email = 'hana@example.com'`);
  await settle(program);
  const said =
    "Prices could not be fetched: Yahoo Finance cannot be reached. They are asked for again by themselves; " +
    "until they are there, it is valued at your last trade price.";
  expect(await read("/portfolio", hana)).toContain(said);
  expect(await read("/transactions", hana)).toContain(said);
  const html = await read("/tickers/MISS", hana);
  expect(html).toContain("The last fetch of its prices failed: Yahoo Finance cannot be reached");
  expect(html).toContain("No price is known yet.");
  expect(html).not.toContain("Choose a longer range.");
});

test("says in words what is wrong with the data, beside what it touches", async () => {
  const dora = await signUp(program, "dora@example.com");
  await program.database.pool.query(`
    insert into raw_assets (ticker, name, asset_class, currency, exchange_timezone, last_error)
    values ('ODD', 'Odd Corporation', 'stock', 'USD', 'America/New_York', 'HTTP 500');
    insert into raw_prices (ticker, price_date, open, high, low, close, adj_close, volume, is_final)
    select 'ODD', day, price, price, price, price, price, 1, day <> '2024-04-15'
    from (values
      (date '2024-03-01', 10), ('2024-03-04', 10), ('2024-03-05', 20), ('2024-03-06', 20),
      ('2024-03-07', 2000), ('2024-03-08', 20), ('2024-03-11', 30), ('2024-04-12', 20), ('2024-04-15', 20)
    ) as bar (day, price);
    insert into raw_corporate_actions (ticker, action_date, action_type, ratio, numerator, denominator)
    values ('ODD', '2024-03-05', 'split', 2, 2, 1);
    insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
    select user_id, 'ODD', 'BUY', 3, 9, day
    from users
    cross join (values (date '2024-02-05'), ('2024-05-06')) as trade (day)
    where email = 'dora@example.com'`);
  await settle(program);
  const html = await read("/tickers/ODD", dora);
  const notes = (label: string) =>
    new RegExp(`<ul class="notes" aria-label="${label}">(.*?)</ul>`, "s").exec(html)?.[1];
  expect(notes("About its prices")).toContain("The last fetch of its prices failed: HTTP 500");
  expect(notes("About its prices")).toContain("The price of Apr 15, 2024 is provisional");
  expect(notes("About its prices")).toContain("The price is stale: none is newer than that of Apr 15, 2024");
  expect(notes("About its prices")).toContain("A gap: no price for 32 days before Apr 12, 2024");
  expect(notes("About its prices")).toContain("A spike: the close of Mar 11, 2024 is +50.00%");
  expect(notes("About its prices")).toContain(
    "A price in another unit, Mar 7, 2024: its close 2000 is 100 times the last good one, 20. It is kept out of all figures.",
  );
  expect(notes("About the position")).toContain("before its first known price of Mar 1, 2024");
  // A trade that is newer than any price is marked at the price that it is valued at.
  expect(html).toContain('<g class="marker-buy" data-date="2024-05-06">');
  expect(html).toMatch(/data-points="[^"]*;2024-05-06,20"/);
  // The close doubled across a split that would halve it: the history was adjusted for what never was.
  expect(notes("About its splits")).toContain("The split 2:1 of Mar 5, 2024 changes nobody’s shares.");
  expect(notes("About its splits")).toContain("it never happened.");
});
