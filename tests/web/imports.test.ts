import { beforeAll, expect, test } from "vitest";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

// Importing by the API: a preview, then the rows that were chosen in it.

let server: WebServer;
let token: string;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await startIngestion(server.database, resourcesOf(server.market));
  ({ token } = await server.register("ada@example.org"));
});

const call = (path: string, body: unknown, as: string | null = token) =>
  server.call("POST", path, { ...(as !== null && { token: as }), body });

const csv = `date,type,ticker,quantity,price,amount,currency
2024-01-10,BUY,EURX.DE,2,40,,EUR
2024-01-11,BUY,ACME,1,40,,USD
2024-02-15,DIVIDEND,ACME,,,2.50,USD
2024-02-16,BUY,EURX,1,40,,EUR
`;

test("a preview says what each row would be, and records nothing; the chosen rows are recorded", async () => {
  const preview = await call("/api/imports/preview", { csv });
  expect(preview.status).toBe(200);
  const { rows, fingerprint, symbols, unrecorded } = preview.body;
  expect(
    rows.map(({ line, status, currency, is_selected }: Record<string, unknown>) => [
      line,
      status,
      currency,
      is_selected,
    ]),
  ).toMatchObject([
    [2, expect.stringMatching(/OK|WARNING/), "EUR", true],
    [3, expect.stringMatching(/OK|WARNING/), "USD", true],
    [4, "KEPT", "USD", false],
    [5, "ERROR", "EUR", true],
  ]);
  expect(rows[0].transaction).toMatchObject({ ticker: "EURX.DE", price: "40", currency: "EUR" });
  expect(symbols).toMatchObject([{ symbol: "EURX", is_open: true }]);
  expect((await server.call("GET", "/api/transactions", { token })).body.transactions).toEqual([]);

  const refused = await call("/api/imports", { csv, fingerprint, lines: [2, 3, 5] });
  expect([refused.status, refused.body.error.code]).toEqual([409, "import_refused"]);
  const done = await call("/api/imports", { csv, fingerprint, lines: [2, 3], unrecorded });
  expect([done.status, done.body]).toEqual([
    201,
    { imported: 2, others: 0, kept: 1, import_id: expect.any(String) },
  ]);
  // The dividend by another choice, once the selection is made anew.
  const recording = { dividends: true };
  const next = await call("/api/imports/preview", { csv, recording });
  const more = await call("/api/imports", { csv, recording, fingerprint: next.body.fingerprint, lines: [] });
  expect([more.status, more.body]).toMatchObject([201, { imported: 0, others: 1, kept: 0 }]);
  const stale = await call("/api/imports", { csv, fingerprint, lines: [2] });
  expect(stale.body.error.message).toContain("your ledger has changed since");
});

test("an import is listed, undone as one, and brought back", async () => {
  const { token: owner } = await server.register("undo@example.org");
  const as = { token: owner };
  const file = { csv: csv.split("\n").slice(0, 3).join("\n"), file_name: "broker.csv" };
  const preview = await call("/api/imports/preview", file, owner);
  const { fingerprint } = preview.body;
  const done = await call("/api/imports", { ...file, fingerprint, lines: [2, 3] }, owner);
  const id = done.body.import_id;
  const listed = async () => (await server.call("GET", "/api/imports", as)).body.imports;
  expect(await listed()).toMatchObject([
    { import_id: id, file_name: "broker.csv", recorded: 2, present: 2, kept: 0, undone_at: null },
  ]);
  const stranger = await server.call("DELETE", `/api/imports/${id}`, { token });
  expect([stranger.status, stranger.body.error.code]).toEqual([404, "not_found"]);
  const path = `/api/imports/${id}`;
  const sale = { date: "2024-01-12", type: "SELL", ticker: "ACME", quantity: "1", price: "41" };
  const sold = await server.call("POST", "/api/transactions", { ...as, body: sale });
  const refused = await server.call("DELETE", path, as);
  expect([refused.status, refused.body.error.code]).toEqual([409, "oversell"]);
  await server.call("DELETE", `/api/transactions/${sold.body.transaction.transaction_id}`, as);
  const undone = await server.call("DELETE", path, as);
  expect([undone.status, undone.body]).toEqual([200, { deleted: 2 }]);
  expect(await listed()).toMatchObject([{ present: 0, undone_at: expect.any(String) }]);
  expect((await server.call("DELETE", path, as)).status).toBe(404);
  const restored = await server.call("POST", `${path}/restore`, as);
  expect([restored.status, restored.body]).toEqual([200, { restored: 2 }]);
  expect(await listed()).toMatchObject([{ present: 2, undone_at: null }]);
  expect((await server.call("DELETE", "/api/imports/none", as)).status).toBe(404);
});

test("is bounded as the page's: by its size, by who asks, and in what it says", async () => {
  const long = `${"2024-01-10,BUY,ACME,1,40,a note of some length, and more of it\n".repeat(3000)}`;
  const large = await call("/api/imports/preview", { csv: `date,type,ticker,quantity,note\n${long}` });
  expect([large.status, large.body.problem.code]).toEqual([200, "missing_columns"]);
  const many = `${csv}${"2024-01-10,BUY,ACME,1,40,,USD\n".repeat(6000)}`;
  expect((await call("/api/imports/preview", { csv: many })).body.problem.message).toContain(
    "at most 5000 trades",
  );
  expect((await call("/api/imports/preview", { csv: "x".repeat(8_000_000) })).status).toBe(413);
  expect((await call("/api/imports/preview", { csv }, null)).status).toBe(401);
  const unknown = await call("/api/imports/preview", { csv, price_currency: "ZZZ" });
  expect([unknown.status, unknown.body.error.code]).toEqual([422, "invalid_price_currency"]);
  const account = await call("/api/imports/preview", { csv, account: 4711 });
  expect([account.status, account.body.error.field]).toEqual([422, "account"]);
});
