/** How much may be kept: refused where it is written, in words that say the limit and the way out, however many write at once. */
import { beforeAll, describe, expect, test } from "vitest";
import { importTransactions } from "../../src/ledger/index.ts";
import { rationed } from "../../src/market/rationed.ts";
import { resourcesFrom } from "../ledger/context.ts";
import { startIngestion } from "../support/engine.ts";
import { emptyRegistry } from "./registry.ts";
import { password, startWebServer, type WebServer } from "./server.ts";

const quotas = {
  trades: 4,
  tickers: 2,
  newTickersADay: 3,
  changesADay: 100,
  importRows: 100,
  portfolioAccounts: 3,
  ownAssets: 3,
  ownPrices: 3,
  watchedTickers: 2,
  tokens: 3,
  sharing: 3,
  sessions: 3,
  accounts: 3,
};

let server: WebServer;
let person: { token: string; id: number };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry, { quotas });
  await startIngestion(
    server.database,
    resourcesFrom(() => server.market),
  );
  await server.register("operator@example.org");
  person = await server.register("person@example.org");
});

const buy = (ticker: string, quantity = "1") =>
  server.call("POST", "/api/transactions", {
    token: person.token,
    body: { ticker, type: "BUY", quantity, price: "10", date: "2024-01-02" },
  });

const codes = (answers: readonly { status: number; body: { error?: { code: string } } }[]): string[] =>
  answers.map(({ status, body }) => `${status} ${body.error?.code ?? ""}`.trim()).sort();

describe("one person", () => {
  test("keeps so many trades, though ten are recorded at once, and may delete one for another", async () => {
    await buy("ACME");
    const answers = await Promise.all(Array.from({ length: 10 }, () => buy("ACME")));
    expect(codes(answers)).toEqual([...Array(3).fill("201"), ...Array(7).fill("409 quota_exceeded")]);
    const { body } = await buy("ACME");
    expect(body.error.message).toBe(
      "expected at most 4 trades of one person; delete some that are not needed, or ask whoever runs this installation to allow " +
        "more (QUOTA_TRADES)",
    );
    const { body: list } = await server.call("GET", "/api/transactions", person);
    for (const { transaction_id } of list.transactions.slice(0, 3))
      await server.call("DELETE", `/api/transactions/${transaction_id}`, person);
    expect((await buy("ACME")).status).toBe(201);
  });

  test("keeps so many tickers, and brings so many new ones on a day", async () => {
    const tickers = ["NEW1", "NEW2", "NEW3"];
    for (const ticker of tickers) server.market.addTicker({ ...server.market.ticker("ACME"), ticker });
    expect((await buy("NEW1")).status).toBe(201);
    const { status, body } = await buy("NEW2"); // it is known from now on, but not in this ledger
    expect([status, body.error.code]).toEqual([409, "quota_exceeded"]);
    expect(body.error.message).toMatch(
      /^expected at most 2 different tickers in one ledger; delete the trades/,
    );
    const refused = await buy("NEW3");
    expect([refused.status, refused.body.error.code, refused.body.error.field]).toEqual([
      429,
      "too_many_new_tickers",
      "ticker",
    ]);
    expect(refused.headers.get("Retry-After")).toBe("7200"); // at 22:00 UTC
    const { rows } = await server.database.pool.query(
      "select tickers, (select count(*) from bronze.raw_assets where ticker = any ($1)) as known from public.new_tickers",
      [tickers],
    );
    expect(rows).toEqual([{ tickers: 3, known: 2 }]);
  });

  test("keeps so many API tokens, though ten are made at once", async () => {
    const make = (name: string) =>
      server.call("POST", "/api/account/tokens", { token: person.token, body: { name, scope: "read" } });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => make(`token ${index}`)));
    expect(codes(answers)).toEqual([...Array(3).fill("201"), ...Array(7).fill("409 quota_exceeded")]);
    expect((await make("one more")).body.error.message).toMatch(
      /^expected at most 3 API tokens of one person; revoke one that is not used, or ask/,
    );
  });

  test("has so many open sessions: a new one ends the one used longest ago", async () => {
    const signIn = () =>
      server.call("POST", "/auth/login", { body: { email: "person@example.org", password } });
    const tokens = (await Promise.all(Array.from({ length: 5 }, signIn))).map(({ body }) => body.token);
    const isOpen = async (token: string) => (await server.call("GET", "/auth/me", { token })).status === 200;
    const open = (await Promise.all([person.token, ...tokens].map(isOpen))).filter((each) => each);
    expect(open).toHaveLength(3);
    const last = await signIn();
    expect(await isOpen(last.body.token)).toBe(true);
    const { rows } = await server.database.pool.query(
      `select
         count(*) filter (where revoked_at is null) as open,
         count(*) filter (where revoked_at is not null) as ended
       from public.sessions
       where user_id = $1`,
      [person.id],
    );
    expect(rows).toEqual([{ open: 3, ended: 4 }]); // as many stay on record, and the one that just ended
  });
});

describe("what is kept for ever", () => {
  const few = { ...quotas, trades: 100, changesADay: 5, importRows: 3, accounts: 10 };
  let other: WebServer;
  let token: string;

  beforeAll(async () => {
    other = await startWebServer(emptyRegistry, { quotas: few });
    await startIngestion(
      other.database,
      resourcesFrom(() => other.market),
    );
    ({ token } = await other.register("changer@example.org"));
  });

  const change = (method: string, path: string, body?: object) =>
    other.call(method, `/api/transactions${path}`, { token, ...(body && { body }) });
  const buyOne = () =>
    change("POST", "", { ticker: "ACME", type: "BUY", quantity: "1", price: "10", date: "2024-01-02" });

  test("grows by so many changes a day, deletions among them, though ten come at once", async () => {
    const { body } = await buyOne();
    expect((await change("DELETE", `/${body.transaction.transaction_id}`)).status).toBe(204);
    const answers = await Promise.all(Array.from({ length: 10 }, buyOne));
    expect(codes(answers)).toEqual([...Array(3).fill("201"), ...Array(7).fill("409 quota_exceeded")]);
    expect((await buyOne()).body.error.message).toBe(
      "expected at most 5 trades of one person recorded, deleted or brought back on one day; go on from midnight UTC on, or ask " +
        "whoever runs this installation to allow more (QUOTA_CHANGES_A_DAY)",
    );
    const { body: list } = await change("GET", "");
    const kept = list.transactions.map(({ transaction_id }: { transaction_id: number }) => transaction_id);
    expect(codes([await change("DELETE", `/${kept[0]}`)])).toEqual(["409 quota_exceeded"]);
    expect((await change("GET", "")).body.transactions).toHaveLength(3);
    await other.database.pool.query(
      `alter table bronze.transactions_audit disable trigger user;
       update bronze.transactions_audit set audited_at = audited_at - interval '1 day';
       alter table bronze.transactions_audit enable trigger user`,
    );
    expect((await change("DELETE", `/${kept[0]}`)).status).toBe(204);
  });

  test("grows by so many rows of files", async () => {
    const { id } = await other.register("importer@example.org");
    const context = { ...other.context, quotas: few };
    const csv = (...days: number[]) =>
      `date,type,ticker,quantity,price,fee\n${days.map((day) => `2024-01-0${day},BUY,ACME,1,10,0\n`).join("")}`;
    expect((await importTransactions(context, id, { csv: csv(2, 3) }, null)).imported).toBe(2);
    await expect(importTransactions(context, id, { csv: csv(4, 5) }, null)).rejects.toThrow(
      "expected at most 3 rows of imported files kept for one person; record new trades by the form, or ask",
    );
    expect((await importTransactions(context, id, { csv: csv(4) }, null)).imported).toBe(1);
  });
});

test("the installation has so many accounts, though five are made at once", async () => {
  const answers = await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      server.call("POST", "/auth/register", { body: { email: `late${index}@example.org`, password } }),
    ),
  );
  expect(codes(answers)).toEqual(["201", ...Array(4).fill("409 quota_exceeded")]);
});

test("an investor who asks the market for more than a share is told so, whether it searches or records", async () => {
  const prices = rationed(server.context.prices, "the market", { person: { burst: 2, perSecond: 0.01 } });
  const shared = await startWebServer(emptyRegistry, { prices });
  const { token } = await shared.register("eager@example.org");
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => shared.call("GET", `/api/tickers?q=text${index}`, { token })),
  );
  expect(codes(answers)).toEqual([...Array(2).fill("200"), ...Array(8).fill("429 too_many_lookups")]);
  const { status, headers, body } = await shared.call("POST", "/api/transactions", {
    token,
    body: { ticker: "ACME", type: "BUY", quantity: "1", price: "10", date: "2024-01-02" },
  });
  expect([status, body.error.code, headers.get("Retry-After")]).toEqual([429, "too_many_lookups", "100"]);
});
