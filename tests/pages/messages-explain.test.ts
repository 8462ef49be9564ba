import { beforeAll, describe, expect, test } from "vitest";
import { figures } from "../../src/web/explain/figures.ts";
import { textOf } from "../support/html.ts";
import { insertNairobiMarket } from "../support/nairobi.ts";
import { type Program, startProgram } from "../support/program.ts";
import { bracketMessages, unspoken } from "../support/unspoken.ts";

// As in messages.test.ts: of every figure that is explained, for somebody with everything, for who just began, and for who has nothing.

type Person = "ada" | "newcomer" | "nobody";

let program: Program;
const tokens = new Map<Person, string>();
let books: number;
let broker: number;

const data = [
  ...["NORD", "WRLD", "SMTT.L", "CURA", "AGGB", "GBP", "Books", "Broker", "Main"],
  ...["ada", "newcomer", "nobody"].map((name) => `${name}@example.org`),
  // As it is written in dates of some months.
  "Sept",
  // Of formulas, in every language.
  ...["sqrt", "mean", "rf", "beta"],
];

/** Account, ticker, type, quantity, price, amount, fee, tax, currency, day. */
const ledger = [
  ["books", "NORD", "BUY", 10, 120, null, 1, 0, null, "2023-01-05"],
  ["books", "WRLD", "BUY", 4, 150, null, 0.5, 0, null, "2023-02-03"],
  ["books", "NORD", "DIVIDEND", null, null, 8, 0.1, 1.2, null, "2023-03-15"],
  ["books", "NORD", "BONUS", 2, null, null, 0, 0, null, "2023-08-01"],
  ["books", null, "FEE", null, null, 7, 0, 0, "USD", "2024-01-10"],
  ["books", "WRLD", "SELL", 1, 170, null, 0.4, 0.75, null, "2024-02-01"],
  ["books", "NORD", "TRANSFER_OUT", 3, null, null, 0, 0, null, "2024-04-04"],
  ["books", "WRLD", "RETURN_OF_CAPITAL", null, null, 20, 0, 0, null, "2024-05-02"],
  ["broker", null, "DEPOSIT", null, null, 5000, 0, 0, "USD", "2023-01-10"],
  ["broker", null, "FX_OUT", null, null, 1000, 0, 0, "USD", "2023-02-10"],
  ["broker", null, "FX_IN", null, null, 800, 0, 0, "GBP", "2023-02-10"],
  ["broker", "NORD", "BUY", 6, 118, null, 1, 0, null, "2023-02-15"],
  ["broker", "SMTT.L", "BUY", 50, 8, null, 1, 2, null, "2023-03-01"],
  ["broker", null, "INTEREST", null, null, 3.2, 0, 0.3, "USD", "2023-06-30"],
  ["broker", null, "TAX", null, null, 4, 0, 0, "GBP", "2023-12-29"],
  ["broker", null, "WITHDRAWAL", null, null, 300, 0, 0, "USD", "2024-03-01"],
  ["broker", "NORD", "TRANSFER_IN", 3, null, 300.25, 0, 0, null, "2024-04-04"],
  ["broker", "CURA", "TRANSFER_IN", 5, null, 100, 0.2, 0, null, "2024-07-01"],
] as const;

beforeAll(async () => {
  bracketMessages();
  program = await startProgram({ benchmarks: ["WRLD", "AGGB"] });
  const { pool } = program.database;
  await insertNairobiMarket(pool);
  for (const person of ["ada", "newcomer", "nobody"] as const) {
    const answer = await fetch(`${program.url}/auth/register`, {
      method: "POST",
      headers: { Origin: program.url, "Content-Type": "application/json" },
      body: JSON.stringify({ email: `${person}@example.org`, password: "correct horse battery" }),
    });
    tokens.set(person, ((await answer.json()) as { token: string }).token);
  }
  await trade("newcomer", "WRLD", new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10));
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
  const together = { FX: crypto.randomUUID(), TRANSFER: crypto.randomUUID() };
  for (const [account, ticker, type, quantity, price, amount, fee, tax, currency, day] of ledger) {
    const isMoved = ticker === "NORD" && type.startsWith("TRANSFER");
    const transfer = type.startsWith("FX") ? together.FX : isMoved ? together.TRANSFER : null;
    await pool.query(
      `insert into transactions
         (user_id, account_id, ticker, transaction_type, quantity, price, amount, fee, tax, currency, transaction_date, transfer_id)
       values (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [{ books, broker }[account], ticker, type, quantity, price, amount, fee, tax, currency, day, transfer],
    );
  }
  const run = { triggerKind: "manual" as const, triggerName: "test", selection: "raw_prices+ raw_fred+" };
  await program.engine.run(run);
  await program.engine.refresh("transaction_sensor");
});

async function trade(person: Person, ticker: string, date: string): Promise<void> {
  const answer = await fetch(`${program.url}/api/transactions`, {
    method: "POST",
    headers: {
      Origin: program.url,
      "Content-Type": "application/json",
      Authorization: `Bearer ${tokens.get(person)}`,
    },
    body: JSON.stringify({ ticker, type: "BUY", quantity: "1", price: "150", date }),
  });
  expect(answer.status, await answer.text()).toBe(201);
}

async function pageOf(person: Person, path: string): Promise<{ status: number; html: string }> {
  const headers = {
    Accept: "text/html",
    "Accept-Language": "de",
    Authorization: `Bearer ${tokens.get(person)}`,
  };
  const answer = await fetch(program.url + path, { headers });
  return { status: answer.status, html: await textOf(answer) };
}

/** Names of models and sources are data. */
const withoutModels = (html: string): string =>
  html
    .replaceAll(/<span class="layer-[^>]*>[^<]*<\/span>/g, "")
    .replaceAll(/(<summary>\s*)[a-z_]+(, [a-z_]+)*/g, "$1");

/** Of each path, what no message says; of paths whose page is all said, nothing. */
async function unspokenOf(person: Person, paths: readonly string[]): Promise<Record<string, string[]>> {
  const left: Record<string, string[]> = {};
  for (const path of paths) {
    const { status, html } = await pageOf(person, path);
    expect(status, path).toBe(200);
    const lines = unspoken(withoutModels(html), data);
    if (lines.length > 0) left[path] = lines;
  }
  return left;
}

const names = Object.keys(figures) as (keyof typeof figures)[];
const ofPortfolio = names.filter((figure) => figures[figure].portfolio !== null);
const ofTicker = names.filter((figure) => figures[figure].ticker !== null);

const ranges = ["range=Max", "from=2023-03-01&to=2024-06-30"];

describe.each(ranges)("over %s", (range) => {
  const over = (figures: readonly string[], of = ""): string[] =>
    figures.map((figure) => `/explain/${figure}?${range}${of}`);

  test.each(over(ofPortfolio))("%s is said", async (path) => {
    expect(await unspokenOf("ada", [path])).toEqual({});
  });

  test.each(["books", "broker"] as const)("every figure of %s is said", async (account) => {
    const id = { books, broker }[account];
    expect(await unspokenOf("ada", over(ofPortfolio, `&account=${id}`))).toEqual({});
  });

  test.each(["NORD", "WRLD", "SMTT.L"])("every figure of %s is said", async (ticker) => {
    expect(await unspokenOf("ada", over(ofTicker, `&ticker=${ticker}`))).toEqual({});
  });
});

const whatIfs = ["twr", "volatility", "sharpe", "max_drawdown", "value_at_risk_95", "beta"].flatMap((of) => [
  `/explain/what_if?of=${of}&what_if=NORD&multiple=0&benchmark=WRLD`,
  `/explain/what_if?of=${of}&what_if=SMTT.L&multiple=2.5`,
]);

test("pairs of holdings, what if, and rolling figures of a day are said", async () => {
  const account = `account=${books}`;
  const paths = [
    ...["WRLD", "SMTT.L", "NORD"].map((other) => `/explain/correlation?ticker=NORD&other=${other}`),
    "/explain/correlation?ticker=CURA&other=WRLD&from=2024-07-01&to=2024-07-10",
    "/explain/rolling_drawdown?day=2024-01-10",
    "/explain/rolling_sharpe?from=2023-03-01&to=2023-04-30",
    "/explain/what_if?of=volatility&what_if=NORD&multiple=100",
  ];
  const ofAccount = [`/explain/correlation?ticker=NORD&other=WRLD&${account}`, `${whatIfs[0]!}&${account}`];
  expect(await unspokenOf("ada", [...paths, ...whatIfs, ...ofAccount])).toEqual({});
  expect(await unspokenOf("newcomer", ["/explain/what_if?of=sharpe&what_if=WRLD&multiple=2"])).toEqual({});
});

test("every figure of each regime is said", async () => {
  const { html } = await pageOf("ada", "/explain/regime_return?range=Max");
  const regimes = [...html.matchAll(/\?regime(?:=|&#x3D;)(\w+)/g)].map(([, regime]) => regime!);
  expect(regimes.length).toBeGreaterThan(1);
  const byRegime = names.filter((figure) => figure.startsWith("regime_"));
  const paths = byRegime.flatMap((figure) => regimes.map((regime) => `/explain/${figure}?regime=${regime}`));
  expect(await unspokenOf("ada", paths)).toEqual({});
});

const beginnings = names.map((figure) => `/explain/${figure}`);

test.each(["newcomer", "nobody"] as const)(
  "what asks for a ticker, and what cannot be computed, is said to %s",
  async (person) => {
    expect(await unspokenOf(person, beginnings)).toEqual({});
  },
);

test("what cannot be computed of a ticker yet is said", async () => {
  const paths = ofTicker.map((figure) => `/explain/${figure}?ticker=WRLD`);
  expect(await unspokenOf("newcomer", paths)).toEqual({});
});

test("what has no explanation is said", async () => {
  for (const path of [
    "/explain/treynor",
    "/explain/volatility?ticker=NORD",
    "/explain/xirr?ticker=AGGB",
    "/explain/xirr?account=999",
    "/explain/regime_return?regime=boom",
    "/explain/correlation?ticker=NORD&other=AGGB",
    "/explain/what_if?of=beta&what_if=AGGB&multiple=2",
  ]) {
    const { status, html } = await pageOf("ada", path);
    expect(status, path).toBe(404);
    expect(unspoken(html, [...data, "treynor", "boom"]), path).toEqual([]);
  }
});
