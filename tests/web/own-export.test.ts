/** A ledger with every type and column, exported and imported by somebody else, is the same ledger. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { importTransactions } from "../../src/ledger/index.ts";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await startIngestion(server.database, resourcesOf(server.market));
});

const call = (method: string, path: string, token: string, body?: unknown) =>
  server.call(method, path, { token, ...(body !== undefined && { body }) });

const decimal = fc
  .tuple(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, scale]) => (digits / 10 ** scale).toFixed(scale));
const words = fc.constantFrom(
  "none",
  "-",
  "N/A",
  "=1+1",
  "'quoted'",
  'a "b", c;d',
  "two\nlines",
  "Ünïcödé 💶",
  "cancelled",
  "total",
  "1,5",
  "2024-01-01",
);
const text = fc.oneof(
  words,
  fc.string({ minLength: 1, maxLength: 30 }).filter((s) => s.trim() !== "" && !s.includes("\0")),
);
const said = fc.record(
  {
    note: text,
    tags: fc.uniqueArray(
      text.map((word) => word.trim()),
      { minLength: 1, maxLength: 3 },
    ),
    external_id: text,
    fee: decimal,
  },
  { requiredKeys: [] },
);
const account = fc.constantFrom(undefined, "None", "Bröker, Inc.", "7");
const date = fc.integer({ min: 1, max: 28 }).map((day) => `2024-02-${String(day).padStart(2, "0")}`);
const ticker = fc.constantFrom("ACME", "GLOBEX");
const currency = fc.constantFrom(undefined, "USD", "EUR");
const rated = fc.oneof(fc.constant({}), fc.record({ currency: fc.constant("EUR"), fx_rate: decimal }));

const one = (type: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc
    .tuple(fc.record({ type: fc.constant(type), date, account, ...fields }), said, rated)
    .map(([row, more, rate]) => {
      const { fee, ...rest } = more;
      const hasFee = !["FEE", "TAX", "SPLIT"].includes(type);
      return { ...row, ...rest, ...(type !== "SPLIT" && rate), ...(hasFee && fee !== undefined && { fee }) };
    });

const signed = fc
  .tuple(decimal, fc.boolean())
  .map(([value, isNegative]) => (isNegative ? `-${value}` : value));

const transaction = fc.oneof(
  one("BUY", { ticker, quantity: decimal, price: decimal, tax: signed }),
  one("BONUS", { ticker, quantity: decimal }),
  one("SELL", { ticker, quantity: fc.constantFrom("0.001", "1", "7"), price: decimal }),
  one("TRANSFER_IN", {
    ticker,
    quantity: decimal,
    amount: decimal,
    acquired_on: fc.constantFrom(undefined, "2023-05-06"),
  }),
  one("TRANSFER_OUT", { ticker, quantity: fc.constantFrom("0.001", "1") }),
  one("SPLIT", { ticker, numerator: fc.constantFrom("2", "1.5"), denominator: fc.constantFrom("1", "3") }),
  one("RETURN_OF_CAPITAL", { ticker, amount: decimal }),
  one("DIVIDEND", { ticker, amount: signed, tax: signed }),
  one("INTEREST", { amount: signed, currency, ticker: fc.constantFrom(undefined, "ACME") }),
  one("DEPOSIT", { amount: decimal, currency }),
  one("WITHDRAWAL", { amount: decimal, currency }),
  one("FEE", { amount: signed, currency }),
  one("TAX", { amount: signed, currency }),
  one("TRANSFER_IN", { amount: decimal, currency }),
  one("TRANSFER_OUT", { amount: decimal, currency }),
);
const transfer = fc.record({
  isTransfer: fc.constant(true),
  from: fc.constant("None"),
  to: fc.constantFrom(undefined, "7"),
  date,
  amount: decimal,
  currency: fc.constant("USD"),
  to_amount: decimal,
  to_currency: fc.constant("EUR"),
});

const refusals = new Set(["oversell", "split_taken", "external_id_taken", "invalid_lots"]);

/** Of every SELL of a ledger the first purchase is named, where it may be. */
async function nameLots(token: string): Promise<void> {
  const { transactions } = (await call("GET", "/api/transactions?limit=500", token)).body;
  for (const sale of transactions.filter(({ type }: { type: string }) => type === "SELL").slice(0, 2)) {
    const lot = transactions.findLast(
      (row: { type: string; account_id: number; ticker: string }) =>
        row.type === "BUY" && row.account_id === sale.account_id && row.ticker === sale.ticker,
    );
    if (lot)
      await call("PATCH", `/api/transactions/${sale.transaction_id}`, token, {
        lots: { [lot.transaction_id]: sale.quantity },
      });
  }
}

/** Everything of it but by which numbers the rows go, which lots name by their place. */
async function ledgerOf(token: string): Promise<unknown[]> {
  const { transactions } = (await call("GET", "/api/transactions?limit=500", token)).body;
  const { accounts } = (await call("GET", "/api/accounts", token)).body;
  const names = new Map(
    accounts.map((row: { account_id: number; name: string }) => [row.account_id, row.name]),
  );
  const places = new Map(
    transactions.map(({ transaction_id }: { transaction_id: number }, place: number) => [
      String(transaction_id),
      place,
    ]),
  );
  return transactions.map(
    ({ transaction_id, created_at, account_id, lots, ...row }: Record<string, unknown>) => ({
      ...row,
      account: names.get(account_id),
      lots: lots && Object.entries(lots as object).map(([id, quantity]) => [places.get(id), quantity]),
    }),
  );
}

let people = 0;

test("export, import: the same ledger, in every column", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 9, arbitrary: transaction }, transfer), { minLength: 1, maxLength: 25 }),
      async (rows) => {
        const from = await server.register(`from${++people}@example.org`);
        const to = await server.register(`to${people}@example.org`);
        for (const name of ["None", "Bröker, Inc.", "7"])
          await call("POST", "/api/accounts", from.token, { name });
        const inOrder = rows.toSorted((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
        for (const row of inOrder) {
          const path = "isTransfer" in row ? "/api/transfers" : "/api/transactions";
          const { status, body } = await call("POST", path, from.token, row);
          if (status !== 201)
            expect([row, refusals.has(body.error.code), body.error]).toEqual([row, true, body.error]);
        }
        await nameLots(from.token);
        const csv = (await call("GET", "/api/transactions.csv", from.token)).body;
        const before = await ledgerOf(from.token);
        if (before.length === 0) return;
        const { imported, review } = await importTransactions(server.context, to.id, { csv }, null);
        expect([imported, review.problem, review.rows.flatMap(({ errors }) => errors)]).toEqual([
          before.length,
          null,
          [],
        ]);
        expect(await ledgerOf(to.token)).toEqual(before);
        expect((await call("GET", "/api/transactions.csv", to.token)).body).toBe(csv);
        // And once more: it is known.
        expect((await importTransactions(server.context, to.id, { csv }, null)).imported).toBe(0);
      },
    ),
    { numRuns: 10 },
  );
});
