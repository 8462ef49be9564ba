/** Every type of transaction, accounts, transfers and edits through the API. */
import { beforeAll, describe, expect, test } from "vitest";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let token: string;
let other: string;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await startIngestion(server.database, resourcesOf(server.market));
  ({ token } = await server.register("anna@example.org"));
  ({ token: other } = await server.register("bert@example.org"));
});

const date = "2024-01-02";
const call = (method: string, path: string, body?: unknown, as = token) =>
  server.call(method, path, { token: as, ...(body !== undefined && { body }) });
const post = (body: object, as = token) => call("POST", "/api/transactions", body, as);
const list = async (query = "", as = token) =>
  (await call("GET", `/api/transactions?limit=500${query}`, undefined, as)).body.transactions;

async function open(name: string, more: object = {}): Promise<number> {
  const { status, body } = await call("POST", "/api/accounts", { name, ...more });
  expect([status, body.error]).toEqual([201, undefined]);
  return body.account.account_id;
}

async function record(body: object): Promise<{ transaction_id: number }> {
  const answer = await post(body);
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.transaction;
}

const good = [
  { type: "BUY", ticker: "ACME", quantity: "10", price: "40", fee: "1", tax: "0.5" },
  { type: "BONUS", ticker: "ACME", quantity: "2" },
  { type: "DIVIDEND", ticker: "ACME", amount: "12", tax: "1.8" },
  { type: "INTEREST", amount: "-3.5", currency: "USD" },
  { type: "DEPOSIT", amount: "1000", note: "pay", tags: ["salary", "2024"] },
  { type: "WITHDRAWAL", amount: "10" },
  { type: "FEE", amount: "5", ticker: "ACME" },
  { type: "TAX", amount: "-7" },
  { type: "TRANSFER_IN", ticker: "ACME", quantity: "3", amount: "90", acquired_on: "2023-05-04" },
  { type: "TRANSFER_IN", amount: "100" },
  { type: "TRANSFER_OUT", amount: "40" },
  { type: "SPLIT", ticker: "ACME", numerator: "3", denominator: "2" },
  { type: "RETURN_OF_CAPITAL", ticker: "ACME", amount: "4" },
  { type: "TRANSFER_OUT", ticker: "ACME", quantity: "1" },
  { type: "SELL", ticker: "ACME", quantity: "2", price: "45", fee: "1", external_id: "x-1" },
];

describe("types", () => {
  test("each is recorded as it was said, listed and filtered", async () => {
    const account = await open("All types", { tracks_cash: true });
    for (const body of good) {
      const { status, body: answer } = await post({ ...body, date, account: "all TYPES" });
      expect([body.type, status, answer.error]).toEqual([body.type, 201, undefined]);
      expect(answer.transaction).toMatchObject({ ...body, account_id: account });
    }
    expect(await list(`&account=${account}`)).toHaveLength(good.length);
    expect(await list("&account=All%20types&type=TRANSFER_IN")).toHaveLength(2);
    expect(await list("&tag=salary")).toMatchObject([{ type: "DEPOSIT", note: "pay", currency: "USD" }]);
    const { status, body } = await call("GET", "/api/transactions?account=nowhere");
    expect([status, body.error.code]).toEqual([422, "invalid_account"]);

    const rowsOf = async (query: string) =>
      String((await call("GET", `/api/transactions.csv${query}`)).body)
        .trim()
        .split("\n").length - 1;
    await record({ ...good[0], date });
    expect(await rowsOf("?account=all%20types")).toBe(good.length);
    expect(await rowsOf(`?account=${account}`)).toBe(good.length);
    expect(await rowsOf("")).toBeGreaterThan(good.length);
    expect((await call("GET", "/api/transactions.csv?account=nowhere")).status).toBe(422);
  });

  test("a bonus costs nothing, and may say so", async () => {
    expect(await record({ type: "BONUS", ticker: "ACME", quantity: "2", price: "0.00", date })).toMatchObject(
      {
        quantity: "2",
        price: null,
      },
    );
  });

  test.each([
    [{ type: "BUY", ticker: "ACME", quantity: "1", price: "1", amount: "3" }, "invalid_amount"],
    [{ type: "BUY", ticker: "ACME", quantity: "1", price: "1", lots: { 1: "1" } }, "invalid_lots"],
    [{ type: "DIVIDEND", ticker: "ACME", amount: "0" }, "invalid_amount"],
    [{ type: "DIVIDEND", ticker: "ACME", amount: "1", quantity: "1" }, "invalid_quantity"],
    [{ type: "DIVIDEND", amount: "1" }, "invalid_ticker"],
    [{ type: "DEPOSIT", amount: "-1" }, "invalid_amount"],
    [{ type: "DEPOSIT" }, "invalid_amount"],
    [{ type: "DEPOSIT", amount: "1", ticker: "ACME" }, "invalid_ticker"],
    [{ type: "DEPOSIT", amount: "1", tax: "1" }, "invalid_tax"],
    [{ type: "FEE", amount: "1", fee: "1" }, "invalid_fee"],
    [{ type: "TRANSFER_IN", ticker: "ACME", quantity: "1" }, "invalid_amount"],
    [
      { type: "TRANSFER_IN", ticker: "ACME", quantity: "1", amount: "1", acquired_on: "2024-01-03" },
      "invalid_acquired_on",
    ],
    [{ type: "TRANSFER_OUT", ticker: "ACME", quantity: "1", amount: "1" }, "invalid_amount"],
    [{ type: "TRANSFER_IN", amount: "1", quantity: "1" }, "invalid_quantity"],
    [{ type: "FX_IN", amount: "1" }, "invalid_type"],
    [{ type: "SPLIT", ticker: "ACME", numerator: "2" }, "invalid_denominator"],
    [{ type: "SPLIT", ticker: "ACME", numerator: "2", denominator: "1e9" }, "invalid_denominator"],
    [{ type: "BONUS", ticker: "ACME", quantity: "1", price: "1" }, "invalid_price"],
    [{ type: "BUY", ticker: "ACME", quantity: "1", price: "0" }, "invalid_price"],
    [{ type: "DEPOSIT", amount: "1", note: "x".repeat(1001) }, "invalid_note"],
    [{ type: "DEPOSIT", amount: "1", note: "\0" }, "invalid_note"],
    [{ type: "DEPOSIT", amount: "1", tags: [] }, "invalid_tags"],
    [{ type: "DEPOSIT", amount: "1", account: 999_999 }, "invalid_account"],
    [{ type: "DEPOSIT", amount: "1", account: {} }, "invalid_account"],
    [{ type: "DEPOSIT", amount: "1", transfer_id: crypto.randomUUID() }, "invalid_transfer_id"],
  ])("%j is refused with %s", async (body, code) => {
    const before = await list();
    const { status, body: answer } = await post({ date, ...body });
    expect([status, answer.error.code]).toEqual([422, code]);
    expect(answer.error.message).toMatch(/\w/);
    expect(await list()).toEqual(before);
  });

  test("what an account does not hold it does not sell, whatever others hold", async () => {
    await open("Full");
    await open("Empty");
    await record({ type: "TRANSFER_IN", ticker: "ACME", quantity: "5", amount: "0", date, account: "Full" });
    const sale = { type: "SELL", ticker: "ACME", quantity: "1", price: "1", date };
    const refused = await post({ ...sale, account: "Empty" });
    expect([refused.status, refused.body.error.code]).toEqual([422, "oversell"]);
    expect(refused.body.error.message).toContain("you hold 0 ACME in Empty");
    const moved = await post({ type: "TRANSFER_OUT", ticker: "ACME", quantity: "6", date, account: "Full" });
    expect(moved.body.error.message).toContain("cannot transfer 6");
    await record({
      type: "SPLIT",
      ticker: "ACME",
      numerator: "2",
      denominator: "1",
      date: "2024-01-03",
      account: "Full",
    });
    const again = await post({
      type: "SPLIT",
      ticker: "ACME",
      numerator: "2",
      denominator: "1",
      date: "2024-01-03",
      account: "Full",
    });
    expect([again.status, again.body.error.code]).toEqual([409, "split_taken"]);
    await record({ ...sale, quantity: "10", date: "2024-01-03", account: "Full" });
  });

  test("the lots of a SELL are purchases of its own that are still there", async () => {
    await open("Lots");
    const bought = await record({
      type: "BUY",
      ticker: "ACME",
      quantity: "4",
      price: "9",
      date,
      account: "Lots",
    });
    await record({ type: "BUY", ticker: "ACME", quantity: "9", price: "9", date, account: "Lots" });
    const sale = { type: "SELL", ticker: "ACME", quantity: "3", price: "1", date, account: "Lots" };
    const id = bought.transaction_id;
    for (const lots of [{ [id + 1000]: "1" }, { [id]: "4" }, {}, { [id]: "0" }, { x: "1" }]) {
      const { status, body } = await post({ ...sale, lots });
      expect([status, body.error.code]).toEqual([422, "invalid_lots"]);
    }
    const sold = await record({ ...sale, lots: { [id]: "3" } });
    expect(sold).toMatchObject({ lots: { [id]: "3" } });
    expect((await post({ ...sale, lots: { [id]: "2" } })).body.error.code).toBe("invalid_lots");
    const { status, body } = await call("DELETE", `/api/transactions/${id}`);
    expect([status, body.error.code]).toEqual([409, "invalid_lots"]);
  });

  test("an external_id is one transaction of its account", async () => {
    const deposit = { type: "DEPOSIT", amount: "1", date, external_id: "bank-7" };
    await record(deposit);
    const { status, body } = await post(deposit);
    expect([status, body.error.code]).toEqual([409, "external_id_taken"]);
  });
});

describe("edits", () => {
  test("keep the id, leave one line in the audit, and are taken back and done again", async () => {
    await open("Edits");
    const { transaction_id } = await record({
      type: "BUY",
      ticker: "ACME",
      quantity: "4",
      price: "10",
      date,
      account: "Edits",
    });
    const path = `/api/transactions/${transaction_id}`;
    const edited = await call("PATCH", path, { price: "11.00", note: "typo" });
    expect(edited.body.transaction).toMatchObject({
      transaction_id,
      price: "11",
      note: "typo",
      quantity: "4",
    });
    const audit = await server.database.pool.query(
      "select operation, changes, trim_scale(price) as price from bronze.transactions_audit where transaction_id = $1 order by audit_id",
      [transaction_id],
    );
    expect(audit.rows).toEqual([
      { operation: "insert", changes: null, price: "10" },
      { operation: "update", changes: "note none -> typo, price 10 -> 11", price: "10" },
    ]);
    expect((await call("POST", `${path}/undo`)).body.transaction).toMatchObject({ price: "10", note: null });
    expect((await call("POST", `${path}/undo`)).body.transaction).toMatchObject({
      price: "11",
      note: "typo",
    });
    expect((await call("PATCH", path, { note: null })).body.transaction).toMatchObject({ note: null });
    expect((await call("PATCH", path, { date: "2024-06-28" })).body.transaction).toMatchObject({
      date: "2024-06-28",
    });
    await call("DELETE", path);
    expect((await call("POST", `${path}/undo`)).body.transaction).toMatchObject({
      transaction_id,
      price: "11",
    });
  });

  test("are checked as one step", async () => {
    await open("Steps");
    const mine = { ticker: "ACME", date, account: "Steps", price: "5" };
    const bought = await record({ ...mine, type: "BUY", quantity: "4" });
    await record({ ...mine, type: "SELL", quantity: "4" });
    const path = `/api/transactions/${bought.transaction_id}`;
    expect((await call("PATCH", path, { price: "6" })).status).toBe(200);
    for (const [change, status, code] of [
      [{ quantity: "3" }, 422, "oversell"],
      [{ account: "Edits" }, 422, "oversell"],
      [{ date: "2024-02-02" }, 422, "oversell"],
      [{ amount: "3" }, 422, "invalid_amount"],
      [{ price: null }, 422, "invalid_price"],
      [{ type: "HOLD" }, 422, "invalid_type"],
      [{}, 422, "invalid_type"],
    ] as const) {
      const { status: got, body } = await call("PATCH", path, change);
      expect([change, got, body.error?.code]).toEqual([change, status, code]);
    }
    expect((await call("PATCH", path, { type: "BONUS" })).body.transaction).toMatchObject({
      type: "BONUS",
      price: null,
    });
    expect((await call("PATCH", path, { price: "6" }, other)).status).toBe(404);
    expect((await call("PATCH", "/api/transactions/x", { price: "6" })).status).toBe(404);
    expect((await call("POST", `${path}/undo`, undefined, other)).status).toBe(404);
  });
});

describe("transfers", () => {
  test("of cash and conversions are one group, deleted and brought back as one", async () => {
    await open("From", { tracks_cash: true });
    await open("To", { tracks_cash: true, currency: "EUR" });
    const cash = await call("POST", "/api/transfers", {
      from: "From",
      to: "To",
      amount: "50",
      fee: "1",
      date,
    });
    expect([cash.status, cash.body.error]).toEqual([201, undefined]);
    expect(
      cash.body.transactions.map((row: { type: string; amount: string; fee: string }) => [
        row.type,
        row.amount,
        row.fee,
      ]),
    ).toEqual([
      ["TRANSFER_OUT", "50", "1"],
      ["TRANSFER_IN", "50", "0"],
    ]);
    const ids = new Set(cash.body.transactions.map((row: { transfer_id: string }) => row.transfer_id));
    expect(ids.size).toBe(1);
    const converted = await call("POST", "/api/transfers", {
      from: "From",
      to: "To",
      amount: "100",
      currency: "USD",
      to_amount: "90",
      to_currency: "EUR",
      date,
    });
    expect(
      converted.body.transactions.map((row: { type: string; currency: string }) => [row.type, row.currency]),
    ).toEqual([
      ["FX_OUT", "USD"],
      ["FX_IN", "EUR"],
      ["TRANSFER_OUT", "EUR"],
      ["TRANSFER_IN", "EUR"],
    ]);
    const before = await list();
    const [side] = converted.body.transactions;
    expect(
      (await call("PATCH", `/api/transactions/${side.transaction_id}`, { amount: "99" })).body.error.code,
    ).toBe("part_of_transfer");
    expect((await call("PATCH", `/api/transactions/${side.transaction_id}`, { note: "bank" })).status).toBe(
      200,
    );
    await call("DELETE", `/api/transactions/${side.transaction_id}`);
    expect(await list()).toHaveLength(before.length - 4);
    expect((await call("POST", `/api/transactions/${side.transaction_id}/undo`)).status).toBe(200);
    expect(await list()).toHaveLength(before.length);
  });

  test("of shares with a cost that the person says; without figures it has to be said", async () => {
    await open("Old broker");
    await open("New broker");
    await record({ type: "BUY", ticker: "ACME", quantity: "4", price: "10", date, account: "Old broker" });
    const shares = {
      from: "Old broker",
      to: "New broker",
      ticker: "ACME",
      quantity: "3",
      date: "2024-01-05",
    };
    expect((await call("POST", "/api/transfers", shares)).body.error.code).toBe("invalid_amount");
    const moved = await call("POST", "/api/transfers", { ...shares, amount: "30", acquired_on: date });
    expect(moved.body.transactions).toMatchObject([
      { type: "TRANSFER_OUT", quantity: "3", amount: null },
      { type: "TRANSFER_IN", quantity: "3", amount: "30", acquired_on: date },
    ]);
    expect((await call("POST", "/api/transfers", { ...shares, amount: "1" })).body.error.code).toBe(
      "oversell",
    );
    for (const [body, code] of [
      [{ ...shares, to: "Old broker", amount: "1" }, "invalid_account"],
      [{ ...shares, to: "nowhere" }, "invalid_account"],
      [{ from: "From", to: "From", amount: "1", date }, "invalid_account"],
      [{ from: "From", amount: "1", currency: "USD", to_currency: "EUR", date }, "invalid_amount"],
    ] as const)
      expect((await call("POST", "/api/transfers", body)).body.error.code).toBe(code);
    const arrived = moved.body.transactions[1].transaction_id;
    await record({
      type: "SELL",
      ticker: "ACME",
      quantity: "3",
      price: "1",
      date: "2024-01-05",
      account: "New broker",
    });
    expect((await call("DELETE", `/api/transactions/${arrived}`)).status).toBe(409);
  });
});

describe("accounts", () => {
  test("are opened, changed, closed and deleted", async () => {
    const id = await open("Pension", { kind: "pension", currency: "EUR" });
    expect((await call("POST", "/api/accounts", { name: "PENSION" })).body.error.code).toBe("name_taken");
    expect((await call("POST", "/api/accounts", { name: "x", currency: "XQQ" })).body.error.code).toBe(
      "invalid_currency",
    );
    expect((await call("POST", "/api/accounts", { name: " " })).body.error.code).toBe("invalid_name");
    await record({ type: "DEPOSIT", amount: "5", date, account: "Pension" });
    expect((await list(`&account=${id}`))[0]).toMatchObject({ currency: "EUR" });
    const path = `/api/accounts/${id}`;
    expect((await call("PATCH", path, { closed_at: "2024-01-01" })).body.error.code).toBe(
      "invalid_closed_at",
    );
    expect((await call("PATCH", path, { closed_at: "2024-01-02" })).body.account).toMatchObject({
      closed_at: "2024-01-02",
      transactions: 1,
    });
    expect(
      (await post({ type: "DEPOSIT", amount: "5", date: "2024-01-03", account: id })).body.error.code,
    ).toBe("invalid_account");
    expect((await call("PATCH", path, { is_default: true })).body.error.code).toBe("default_account");
    expect((await call("PATCH", path, { name: "Mine" }, other)).status).toBe(404);
    expect((await call("DELETE", path, undefined, other)).status).toBe(404);
    expect((await call("DELETE", path)).body.error.code).toBe("account_in_use");
    const main = (await call("GET", "/api/accounts")).body.accounts[0];
    expect(main).toMatchObject({ name: "Portfolio", is_default: true });
    expect(
      (await call("DELETE", `/api/accounts/${main.account_id}?transactions=delete`)).body.error.code,
    ).toBe("default_account");
    expect((await call("DELETE", `${path}?transactions=move&to=Portfolio`)).status).toBe(204);
    expect(await list("&account=Portfolio&type=DEPOSIT")).toContainEqual(
      expect.objectContaining({ amount: "5", currency: "EUR" }),
    );
    const next = await open("Next", { is_default: true });
    expect((await call("GET", "/api/accounts")).body.accounts[0]).toMatchObject({ account_id: next });
    expect((await call("PATCH", `/api/accounts/${main.account_id}`, { is_default: true })).status).toBe(200);
    const { transaction_id } = await record({ type: "DEPOSIT", amount: "6", date, account: next });
    expect((await call("DELETE", `/api/accounts/${next}?transactions=delete`)).status).toBe(204);
    expect((await call("POST", `/api/transactions/${transaction_id}/undo`)).body.transaction).toMatchObject({
      account_id: main.account_id,
    });
  });

  test("are so many at most", async () => {
    const { body } = await call("GET", "/api/accounts", undefined, other);
    expect(body.accounts).toHaveLength(1);
    for (let count = 1; count < 50; count++)
      await call("POST", "/api/accounts", { name: `a${count}` }, other);
    expect((await call("POST", "/api/accounts", { name: "more" }, other)).body.error.code).toBe(
      "quota_exceeded",
    );
  });
});
