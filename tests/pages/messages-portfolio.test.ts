import { beforeAll, describe, expect, test } from "vitest";
import { createSharedLink } from "../../src/accounts/index.ts";
import { textOf } from "../support/html.ts";
import { insertNairobiLedger, insertNairobiMarket } from "../support/nairobi.ts";
import { type Program, startProgram } from "../support/program.ts";
import { bracketMessages, unspoken } from "../support/unspoken.ts";

// The portfolio's pages say nothing that is in no catalogue: as tests/pages/messages.test.ts, with more that happened, and went wrong.

let program: Program;
const cookies = new Map<string, string>();
let links: readonly string[];

/** What is data on these pages: tickers, and what somebody called something. */
const data =
  "NORD WRLD AGGB CURA SYNC SCOM XNAI SCOM.XNAI SPFD NASP NASP.JO SMTT SMTT.L COIN SYNC-USD ada bert wanjiku cleo Sept Coin USDCoin kr GBP ZAR NOK ODDS OLDS FJRD NMS PCX LSE Nairobi Johannesburg".split(
    " ",
  );
const names =
  /(?:World Equity ETF|Aggregate Bond ETF|Nordlys Software|Cura Laboratories|Syncoin USD) \(synthetic\)|Odd Company|Software - Application|Drug Manufacturers - General|Safari Telecom|Five Hundred Fund|Nasper|Scottish Trust|\w+@example\.org/g;

async function open(path: string, person: string | null, form?: Record<string, string>): Promise<string> {
  const answer = await fetch(program.url + path, {
    method: form ? "POST" : "GET",
    headers: {
      Accept: "text/html",
      "Accept-Language": "de",
      Origin: program.url,
      ...(person !== null && { Cookie: cookies.get(person)! }),
    },
    ...(form && { body: new URLSearchParams(form) }),
  });
  return (await textOf(answer)).replaceAll(names, " ");
}

async function signUp(person: string): Promise<void> {
  const answer = await fetch(`${program.url}/create-account`, {
    method: "POST",
    headers: { Accept: "text/html", Origin: program.url },
    body: new URLSearchParams({ email: `${person}@example.org`, password: "correct horse battery" }),
    redirect: "manual",
  });
  expect(answer.status).toBe(303);
  cookies.set(person, answer.headers.getSetCookie()[0]!.split(";")[0]!);
}

const trades = [
  ["NORD", "BUY", "10", "120", "2021-05-05"],
  ["WRLD", "BUY", "4", "120", "2022-05-05"],
  ["NORD", "SELL", "3", "120", "2023-05-05"],
  ["SYNC-USD", "BUY", "0.5", "120", "2024-05-06"],
  ["CURA", "BUY", "2", "120", "2024-05-06"],
  ["CURA", "SELL", "2", "130", "2024-06-06"],
] as const;

beforeAll(async () => {
  bracketMessages();
  program = await startProgram({ benchmarks: ["WRLD", "AGGB"] });
  const { pool } = program.database;
  await insertNairobiMarket(pool);
  for (const person of ["wanjiku", "ada", "bert", "cleo"]) await signUp(person);
  await insertNairobiLedger(pool, 1);
  for (const [ticker, type, quantity, price, date] of trades)
    await pool.query(
      `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values (2, $1, $2, $3, $4, $5)`,
      [ticker, type, quantity, price, date],
    );
  await insertOddities();
  const run = { triggerKind: "manual", triggerName: "test" } as const;
  await program.engine.run({ ...run, selection: "raw_prices", partitions: ["AGGB"] });
  await program.engine.run({ ...run, selection: "raw_fred+" });
  await program.engine.refresh("transaction_sensor");
  await open("/watchlist", "ada", { ticker: "AGGB" });
  await open("/portfolio/targets", "ada", {
    "target:NORD": "50",
    "target:AGGB": "20",
    "target:SYNC-USD": "1",
  });
  links = await Promise.all(
    [true, false].map(async (shows_amounts) => {
      const parts = ["holdings", "performance", "risk", "income"] as const;
      const input = { name: shows_amounts ? "ada" : "bert", parts: [...parts], shows_amounts };
      const actor = { userId: 2, via: "web", address: null, agent: null } as const;
      const { token } = await createSharedLink({ pool, clock: () => new Date() }, 2, input, actor);
      return `/shared/${token}?range=Max`;
    }),
  );
});

/** Of bert: no prices and why, prices that ended, no exchange rate, an asset of his own, splits and defects. */
async function insertOddities(): Promise<void> {
  const { pool } = program.database;
  await pool.query(
    `insert into bronze.raw_assets
       (ticker, name, asset_class, exchange, exchange_timezone, currency, quote_unit, unit_factor, is_active, last_error, source, owner_id)
     values
       ('ODDS', 'Odd Company', 'stock', 'LSE', 'UTC', 'USD', 'USD', 1, true, 'NOK', 'yahoo', null),
       ('OLDS', 'Odd Company', 'index', 'LSE', 'UTC', 'USD', 'USD', 1, false, null, 'yahoo', null),
       ('FJRD', 'Odd Company', 'future', 'LSE', 'UTC', 'NOK', 'NOK', 1, true, null, 'yahoo', null),
       ('~3.1', 'Odd Company', 'real_estate', null, 'UTC', 'USD', null, 1, true, null, 'manual', 3),
       ('~3.2', 'Odd Company', 'real_estate', null, 'UTC', 'USD', null, 1, true, null, 'manual', 3)`,
  );
  await pool.query(
    `insert into bronze.raw_prices (ticker, price_date, close, adj_close)
     select ticker, day, price, price
     from generate_series(date '2024-01-02', date '2024-03-01', interval '1 day') as day
     cross join (values ('OLDS'), ('FJRD')) as listed (ticker)
     cross join lateral (select case when day < '2024-02-02' then 100 else 310 end as price) as priced
     where extract(isodow from day) < 6 and (ticker = 'FJRD' or day not between '2024-02-12' and '2024-02-25')
     union all
     values ('~3.2', date '2024-02-01', 1000, 1000)`,
  );
  await pool.query(
    `insert into bronze.raw_corporate_actions (ticker, action_date, action_type, numerator, denominator, cash_per_share)
     values ('OLDS', '2024-01-15', 'split', 2, 1, null), ('OLDS', '2024-01-22', 'split', 17, 50, null),
            ('OLDS', '2024-01-29', 'dividend', null, null, 1)`,
  );
  await pool.query(
    `insert into bronze.market_defects (ticker, defect_date, defect, is_kept_out, detail)
     values ('OLDS', '2024-01-16', 'lone_spike', true, 'NOK'), ('OLDS', '2024-01-17', 'missing_day', false, 'NOK')`,
  );
  for (const ticker of ["ODDS", "OLDS", "FJRD", "~3.1", "~3.2"])
    await pool.query(
      `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values (3, $1, 'BUY', 10, 100, '2023-12-29'), (3, $1, 'SELL', 1, 110, '2024-01-30')`,
      [ticker],
    );
}

const expectSpoken = (html: string): void => {
  expect(html).toContain("⟦");
  expect(unspoken(html, data)).toEqual([]);
};

describe.each(["wanjiku", "ada", "bert", "cleo"])("of %s", (person) => {
  test.each([
    "/portfolio?range=Max",
    "/portfolio?range=1M&by=account&benchmark=AGGB",
    "/portfolio?range=1Y&by=class",
    "/portfolio?range=3Y&by=currency&benchmark=NONE",
    "/portfolio?from=2001-01-01&to=2001-02-01",
    "/portfolio?from=2021-13-01&to=2001-02-01",
    "/portfolio?from=2021-03-01&to=2001-02-01",
    "/portfolio/performance?range=Max&benchmark=WRLD",
    "/portfolio/performance?range=1M",
    "/portfolio/risk?range=Max&what_if=NORD&multiple=2",
    "/portfolio/risk?range=1M&what_if=SPFD&multiple=x",
    "/portfolio/targets",
    "/portfolio/targets?invest=1000",
    "/portfolio/targets?invest=x",
    "/watchlist",
    "/watchlist?removed=NORD",
    "/income",
    "/income?by=year",
    "/income?by=ticker",
    "/cash",
    "/cash?date=2024-01-05",
    "/realized",
    "/realized?year=2024",
    "/realized?year=2023",
  ])("%s", async (path) => {
    expectSpoken(await open(path, person));
  });
});

test.each([
  ["wanjiku", "/tickers/SCOM.XNAI"],
  ["wanjiku", "/tickers/NASP.JO?range=1Y"],
  ["wanjiku", "/tickers/SMTT.L"],
  ["ada", "/tickers/NORD?range=Max"],
  ["ada", "/tickers/WRLD?range=1M"],
  ["ada", "/tickers/CURA"],
  ["bert", "/tickers/ODDS"],
  ["bert", "/tickers/OLDS?range=Max"],
  ["bert", "/tickers/FJRD?range=Max"],
  ["bert", "/tickers/~3.1"],
  ["bert", "/tickers/~3.2?range=Max"],
])("%s reads %s", async (person, path) => {
  expectSpoken(await open(path, person));
});

test("what is typed wrong", async () => {
  expectSpoken(await open("/watchlist", "ada", { ticker: "" }));
  expectSpoken(await open("/watchlist", "ada", { ticker: "<b>" }));
  expectSpoken(await open("/watchlist/NONE/remove", "ada", {}));
  expectSpoken(await open("/portfolio/targets", "ada", { "target:NORD": "x" }));
  expectSpoken(await open("/portfolio/targets", "ada", { "target:NORD": "90", "target:WRLD": "20" }));
  expectSpoken(await open("/portfolio/targets", "ada", { "target:": "20" }));
  expectSpoken(await open("/portfolio/targets", "ada", { "target:NONE": "20" }));
});

test("pages of links", async () => {
  for (const link of links) expectSpoken(await open(link, null));
  expectSpoken(await open("/shared/none", null));
});
